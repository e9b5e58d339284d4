// A file that must be refused, and the check that it is: with the right type of exception, and a message that begins
// with the file and names the place.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "coppice/errors.hpp"
#include "io/readers.hpp"
#include "sample_files.hpp"

namespace coppice::test {

enum class Refusal { invalid, corrupt, unsupported };

struct Malformed {
  std::string name;
  std::string bytes;
  Refusal refusal;
  std::string place;                              // must be in the message
  std::string found;                              // this too
  std::optional<std::size_t> row = std::nullopt;  // what `row()` of an invalid_input gives
};

inline void check(const Malformed& malformed) {
  SCOPED_TRACE(malformed.name + ": " + malformed.place + " / " + malformed.found);
  const TemporaryFolder folder;
  write_file(folder / malformed.name, malformed.bytes);
  std::string message;
  try {
    (void)io::read_points(folder / malformed.name);
    FAIL() << "was accepted";
  } catch (const invalid_input& problem) {
    EXPECT_EQ(malformed.refusal, Refusal::invalid) << problem.what();
    EXPECT_EQ(problem.row(), malformed.row) << problem.what();
    message = problem.what();
  } catch (const corrupt_file& problem) {
    EXPECT_EQ(malformed.refusal, Refusal::corrupt) << problem.what();
    EXPECT_LE(problem.offset(), malformed.bytes.size());
    message = problem.what();
  } catch (const unsupported& problem) {
    EXPECT_EQ(malformed.refusal, Refusal::unsupported) << problem.what();
    message = problem.what();
  }
  EXPECT_TRUE(message.starts_with((folder / malformed.name).string() + ":")) << message;
  EXPECT_NE(message.find(malformed.place), std::string::npos) << message;
  EXPECT_NE(message.find(malformed.found), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
}

/// Every truncation of `good` and every changed byte of it either reads or throws a typed exception.
inline void check_damage(const std::string& name, const std::string& good) {
  const auto survives = [&](const std::string& bytes) {
    try {
      (void)io::decode_points(name, std::as_bytes(std::span(bytes)));
    } catch (const error&) {
    }
  };
  ASSERT_NO_THROW((void)read_as(name, good)) << name;
  for (std::size_t i = 0; i < good.size(); ++i) {
    survives(good.substr(0, i));
    for (const int mask : {0x01, 0x10, 0x80, 0xff}) {
      std::string bytes = good;
      bytes[i] = static_cast<char>(bytes[i] ^ mask);
      survives(bytes);
    }
  }
}

}  // namespace coppice::test
