// The typed errors of the library. Nothing in Coppice prints, aborts or exits: a caller's mistake, a damaged file and a
// failing disk each arrive as one of these, with a message that says what was found and what was expected.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

namespace coppice {

/// Base of every exception that Coppice throws on purpose (allocation failure stays std::bad_alloc).
class error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The caller's data or parameters break a contract; nothing was changed.
class invalid_input : public error {
 public:
  explicit invalid_input(const std::string& reason);
  /// `row` is the 0-based row of the batch that was refused; the message starts with it, or with the place in a file
  /// that stands for it.
  invalid_input(std::size_t row, const std::string& reason);

  [[nodiscard]] std::optional<std::size_t> row() const noexcept { return row_; }
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

 private:
  std::optional<std::size_t> row_;
  std::string reason_;
};

/// A capability that is not there; the message names what is.
class unsupported : public error {
 public:
  using error::error;
};

/// A file whose bytes contradict its format or checksum; names the field and the byte offset.
class corrupt_file : public error {
 public:
  corrupt_file(const std::string& path, std::string field, std::uint64_t offset, const std::string& reason);

  [[nodiscard]] const std::string& field() const noexcept { return field_; }
  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }

 private:
  std::string field_;
  std::uint64_t offset_;
};

/// The operating system refused: the message names the path and its reason.
class io_error : public error {
 public:
  using error::error;
};

}  // namespace coppice
