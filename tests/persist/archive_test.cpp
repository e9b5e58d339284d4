// Archives: what was put in comes out, and no byte of a file can change, vanish or be added unnoticed.
#include "coppice/persist/archive.hpp"

#include <cmath>
#include <limits>

#include "coppice/errors.hpp"
#include "coppice/persist/byte_order.hpp"
#include "coppice/persist/checksum.hpp"
#include "temporary_folder.hpp"

namespace coppice::persist {
namespace {

using namespace std::string_view_literals;
using test::file_content;
using test::TemporaryFolder;
using test::write_file;

ArchiveWriter sample(std::span<const float> coordinates, const std::vector<std::int64_t>& ids) {
  ArchiveWriter writer("kd_tree");
  writer.set("dimension", 3);
  writer.set("next_id", std::numeric_limits<std::int64_t>::max());
  writer.set("omega", 0.1);
  writer.set("scalar", "float");
  writer.set("periodic", std::vector<double>{1.0, std::numeric_limits<double>::infinity(), -0.0});
  writer.add("coordinates", coordinates);
  writer.add("ids", ids);
  writer.add("empty", std::vector<std::uint32_t>{});
  writer.add("owned", std::vector<std::uint16_t>{7, 8, 9});
  return writer;
}

TEST(Archive, RoundTrip) {
  const TemporaryFolder folder;
  const std::vector<float> coordinates{1.5f, -2.5f, std::numeric_limits<float>::denorm_min()};
  const std::vector<std::int64_t> ids{0, 1, 1LL << 62};
  sample(coordinates, ids).write(folder / "a");
  EXPECT_EQ(folder.entries(), 1u);

  const ArchiveReader reader(folder / "a");
  EXPECT_EQ(reader.kind(), "kd_tree");
  EXPECT_EQ(reader.integer("dimension"), 3);
  EXPECT_EQ(reader.integer("next_id"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(reader.real("omega"), 0.1);
  EXPECT_EQ(reader.text("scalar"), "float");
  ASSERT_EQ(reader.reals("periodic").size(), 3u);
  EXPECT_TRUE(std::isinf(reader.reals("periodic")[1]));
  EXPECT_TRUE(std::signbit(reader.reals("periodic")[2]));

  const auto read_coordinates = reader.section<float>("coordinates");
  EXPECT_EQ(std::vector<float>(read_coordinates.begin(), read_coordinates.end()), coordinates);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(read_coordinates.data()) % 64, 0u);
  const auto read_ids = reader.section<std::int64_t>("ids");
  EXPECT_EQ(std::vector<std::int64_t>(read_ids.begin(), read_ids.end()), ids);
  EXPECT_TRUE(reader.section<std::uint32_t>("empty").empty());
  EXPECT_EQ(reader.section<std::uint16_t>("owned")[2], 9);
  EXPECT_EQ(reader.section("owned").size(), 6u);
  EXPECT_TRUE(reader.has_value("omega"));
  EXPECT_FALSE(reader.has_value("ids"));
  EXPECT_TRUE(reader.has_section("ids"));
}

TEST(Archive, LayoutIsTheDocumentedOne) {
  const TemporaryFolder folder;
  ArchiveWriter writer("demo");
  writer.set("n", 3);
  writer.add("ids", std::vector<std::int64_t>{7});
  writer.write(folder / "a");
  // The example of docs/format.md.
  constexpr std::string_view start =
      "\x89\x43\x50\x43\x0d\x0a\x1a\x0a\x01\x00\x00\x00\x33\x00\x00\x00"
      "\x88\x00\x00\x00\x00\x00\x00\x00\xad\x2f\xc7\x24\x6c\x37\xec\x60"
      "\x04\x00\x64\x65\x6d\x6f\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00"
      "\x6e\x00\x03\x00\x00\x00\x00\x00\x00\x00\x03\x00\x69\x64\x73\x80"
      "\x00\x00\x00\x00\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x70"
      "\xd6\xe7\x6f"sv;
  EXPECT_EQ(file_content(folder / "a"),
            std::string(start) + std::string(128 - start.size(), '\0') + "\x07" + std::string(7, '\0'));
}

TEST(Archive, NothingButAKind) {
  const TemporaryFolder folder;
  ArchiveWriter("x").write(folder / "a");
  EXPECT_EQ(ArchiveReader(folder / "a").kind(), "x");
}

TEST(Archive, WritesTheSameBytesEachTime) {
  const TemporaryFolder folder;
  const std::vector<float> coordinates{1, 2, 3};
  sample(coordinates, {4}).write(folder / "a");
  sample(coordinates, {4}).write(folder / "b");
  EXPECT_EQ(file_content(folder / "a"), file_content(folder / "b"));
}

/// What opening these bytes throws: "corrupt", "unsupported", or "nothing".
std::string refusal(const TemporaryFolder& folder, const std::string& bytes) {
  write_file(folder / "damaged", bytes);
  try {
    const ArchiveReader reader(folder / "damaged");
  } catch (const corrupt_file& problem) {
    const std::string message = problem.what();
    const bool names_the_place = message.find("damaged: ") != std::string::npos &&
                                 message.find(problem.field() + " at byte ") != std::string::npos &&
                                 problem.offset() <= bytes.size();
    return names_the_place ? "corrupt" : message;
  } catch (const unsupported&) {
    return "unsupported";
  }
  return "nothing";
}

/// Puts right checksums over a changed header, as no accident does.
std::string forged(std::string bytes) {
  const auto put = [&](std::size_t offset, std::uint32_t value) {
    std::string raw;
    append_little<std::uint32_t>(raw, value);
    bytes.replace(offset, raw.size(), raw);
  };
  const auto header_length = load_little<std::uint32_t>(as_bytes(std::string_view(bytes)).data() + 12);
  put(24, crc32(as_bytes(std::string_view(bytes).substr(32, header_length))));
  put(28, crc32(as_bytes(std::string_view(bytes).substr(0, 28))));
  return bytes;
}

TEST(Archive, EveryFlippedByteIsFound) {
  const TemporaryFolder folder;
  sample(std::vector<float>{1, 2, 3}, {4, 5}).write(folder / "a");
  const std::string good = file_content(folder / "a");
  ASSERT_EQ(refusal(folder, good), "nothing");
  for (std::size_t i = 0; i < good.size(); ++i)
    for (const int mask : {0x01, 0x80, 0xff}) {
      std::string bytes = good;
      bytes[i] = static_cast<char>(bytes[i] ^ mask);
      EXPECT_EQ(refusal(folder, bytes), "corrupt") << "byte " << i;
    }
}

TEST(Archive, EveryTruncationAndAdditionIsFound) {
  const TemporaryFolder folder;
  sample(std::vector<float>{1, 2, 3}, {4, 5}).write(folder / "a");
  const std::string good = file_content(folder / "a");
  for (std::size_t length = 0; length < good.size(); ++length)
    EXPECT_EQ(refusal(folder, good.substr(0, length)), "corrupt") << "length " << length;
  for (const char extra : {'\0', 'x'}) EXPECT_EQ(refusal(folder, good + extra), "corrupt");
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bytes = good;
    bytes.erase(i, 1);
    EXPECT_EQ(refusal(folder, bytes), "corrupt") << "without byte " << i;
    bytes = good;
    bytes.insert(i, 1, '\0');
    EXPECT_EQ(refusal(folder, bytes), "corrupt") << "extra byte " << i;
  }
}

TEST(Archive, ForgedHeadersStayInBounds) {
  const TemporaryFolder folder;
  sample(std::vector<float>{1, 2, 3}, {4, 5}).write(folder / "a");
  const std::string good = file_content(folder / "a");
  ASSERT_EQ(forged(good), good);
  const auto header_end = 32 + load_little<std::uint32_t>(as_bytes(std::string_view(good)).data() + 12);
  int refused = 0;
  for (std::size_t i = 8; i < header_end; ++i)
    for (const int mask : {0x01, 0x7f, 0xff}) {
      std::string bytes = good;
      bytes[i] = static_cast<char>(bytes[i] ^ mask);
      if (refusal(folder, forged(bytes)) != "nothing") ++refused;
    }
  EXPECT_GT(refused, 100);  // names and values may differ; lengths, offsets and types may not
}

TEST(Archive, SaysWhatIsWrong) {
  const TemporaryFolder folder;
  const auto message = [&](const std::string& bytes) -> std::string {
    write_file(folder / "damaged", bytes);
    try {
      const ArchiveReader reader(folder / "damaged");
    } catch (const error& problem) {
      return problem.what();
    }
    return "";
  };
  EXPECT_NE(message("id,x,y\n0,1,2\n").find("not a Coppice archive"), std::string::npos);
  EXPECT_NE(message("").find("not a Coppice archive"), std::string::npos);
  ArchiveWriter("x").write(folder / "a");
  std::string newer = file_content(folder / "a");
  newer[8] = 2;
  EXPECT_NE(message(newer).find("preamble checksum at byte 28"), std::string::npos) << message(newer);
  newer = forged(newer);
  EXPECT_NE(message(newer).find("format version 2 is newer than version 1"), std::string::npos) << message(newer);
}

TEST(Archive, MissingFileIsAnIoError) {
  const TemporaryFolder folder;
  EXPECT_THROW(ArchiveReader(folder / "absent"), io_error);
  EXPECT_THROW(ArchiveReader{folder.path()}, io_error);
}

TEST(Archive, FailedWriteLeavesNothing) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "directory");
  EXPECT_THROW(ArchiveWriter("x").write(folder / "missing/a"), io_error);
  EXPECT_THROW(ArchiveWriter("x").write(folder / "directory"), io_error);
  EXPECT_EQ(folder.entries(), 1u);
  EXPECT_TRUE(std::filesystem::is_empty(folder / "directory"));
}

TEST(Archive, RefusesNamesThatCannotBe) {
  ArchiveWriter writer("x");
  writer.set("a", 1);
  EXPECT_THROW(writer.set("a", 2.0), invalid_input);
  EXPECT_THROW(writer.set("", 1), invalid_input);
  EXPECT_THROW(writer.set(std::string(70000, 'n'), 1), invalid_input);
  writer.add("s", std::vector<int>{1});
  EXPECT_THROW(writer.add("s", std::vector<int>{1}), invalid_input);
  EXPECT_THROW(ArchiveWriter(""), invalid_input);
}

TEST(Archive, WrongContentIsCorrupt) {
  const TemporaryFolder folder;
  sample(std::vector<float>{1, 2, 3}, {4, 5}).write(folder / "a");
  const ArchiveReader reader(folder / "a");
  EXPECT_THROW((void)reader.integer("absent"), corrupt_file);
  EXPECT_THROW((void)reader.integer("omega"), corrupt_file);
  EXPECT_THROW((void)reader.reals("omega"), corrupt_file);
  EXPECT_THROW((void)reader.section("absent"), corrupt_file);
  EXPECT_THROW((void)reader.section<double>("owned"), corrupt_file);
  try {
    reader.refuse("ids", "id 4 occurs twice");
  } catch (const corrupt_file& problem) {
    EXPECT_EQ(problem.field(), "ids");
    EXPECT_EQ(problem.offset() % 64, 0u);
    EXPECT_NE(std::string(problem.what()).find("id 4 occurs twice"), std::string::npos);
  }
}

}  // namespace
}  // namespace coppice::persist
