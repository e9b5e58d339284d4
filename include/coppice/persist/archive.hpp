// The one file format of every index: a kind, a few named values, and named sections of bytes, each checksummed, in one
// file that is written atomically and verified whole before anything of it is used. Layout: docs/format.md.
// Knows nothing of the indexes that use it.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "coppice/persist/file_bytes.hpp"

namespace coppice::persist {

/// The version that this library writes, and the newest that it reads.
inline constexpr std::uint32_t archive_version = 1;

/// What an archive's header can hold under a name.
using HeaderValue = std::variant<std::int64_t, double, std::string, std::vector<double>>;

/// Collects values and sections, then writes them as one file.
/// Errors: invalid_input for an empty, too long (65,535 bytes) or repeated name.
class ArchiveWriter {
 public:
  /// `kind` says what the file holds, for example "kd_tree".
  explicit ArchiveWriter(std::string kind);

  void set(std::string_view name, std::integral auto value) { add_value(name, static_cast<std::int64_t>(value)); }
  void set(std::string_view name, double value) { add_value(name, value); }
  void set(std::string_view name, std::string_view value) { add_value(name, std::string(value)); }
  void set(std::string_view name, std::span<const double> values) {
    add_value(name, std::vector<double>(values.begin(), values.end()));
  }

  /// Adds a section without copying it. Requires: the numbers stay alive and unchanged until `write` returns.
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void add(std::string_view name, std::span<const T> values) { add_section(name, std::as_bytes(values), nullptr); }
  /// As above; requires the same.
  template <class T>
  void add(std::string_view name, const std::vector<T>& values) {
    add(name, std::span<const T>(values));
  }
  /// Adds a section and takes it over.
  template <class T>
  void add(std::string_view name, std::vector<T>&& values) {
    auto owner = std::make_shared<const std::vector<T>>(std::move(values));
    const auto bytes = std::as_bytes(std::span<const T>(*owner));
    add_section(name, bytes, std::move(owner));
  }

  /// Writes the file atomically: see AtomicFile. Errors: io_error.
  void write(const std::filesystem::path& path) const;

 private:
  struct Section {
    std::string name;
    std::span<const std::byte> bytes;
    std::shared_ptr<const void> owner;  // null when the caller keeps the bytes alive
  };

  void add_value(std::string_view name, HeaderValue value);
  void add_section(std::string_view name, std::span<const std::byte> bytes, std::shared_ptr<const void> owner);

  std::string kind_;
  std::map<std::string, HeaderValue, std::less<>> values_;
  std::vector<Section> sections_;
};

/// An archive in memory, every byte of it verified.
/// Every accessor throws corrupt_file when what it asks for is not in the file or has another type: a file whose
/// checksums are right but whose content is incomplete was not written by the index that reads it.
class ArchiveReader {
 public:
  /// Reads and verifies the whole file. Memory: the file's size and the header's values.
  /// Errors: io_error (missing or unreadable), corrupt_file naming field and byte (not an archive at all, or any byte
  /// changed, missing or added), unsupported when the file's format version is newer than `archive_version`.
  explicit ArchiveReader(const std::filesystem::path& path);

  [[nodiscard]] const std::string& kind() const noexcept { return kind_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  [[nodiscard]] bool has_value(std::string_view name) const noexcept { return values_.contains(name); }
  [[nodiscard]] bool has_section(std::string_view name) const noexcept { return sections_.contains(name); }

  [[nodiscard]] std::int64_t integer(std::string_view name) const { return value<std::int64_t>(name, "an integer"); }
  [[nodiscard]] double real(std::string_view name) const { return value<double>(name, "a number"); }
  [[nodiscard]] const std::string& text(std::string_view name) const { return value<std::string>(name, "a text"); }
  [[nodiscard]] const std::vector<double>& reals(std::string_view name) const {
    return value<std::vector<double>>(name, "an array of numbers");
  }

  /// A section as numbers of type T (or as plain bytes), in place: it lives as long as the reader.
  /// Errors: corrupt_file also when its length is no multiple of sizeof(T).
  template <class T = std::byte>
  [[nodiscard]] std::span<const T> section(std::string_view name) const {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= FileBytes::alignment);
    const std::span<const std::byte> bytes = section_bytes(name, sizeof(T));
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  }

  /// Throws corrupt_file about a value or section, with the byte where it lies: for contents that contradict each
  /// other.
  [[noreturn]] void refuse(std::string_view name, const std::string& reason) const;

 private:
  struct Value {
    HeaderValue value;
    std::uint64_t offset;
  };
  struct Section {
    std::uint64_t offset;
    std::uint64_t length;
  };

  template <class T>
  [[nodiscard]] const T& value(std::string_view name, const char* expected) const {
    if (const auto found = values_.find(name); found != values_.end())
      if (const T* held = std::get_if<T>(&found->second.value)) return *held;
    refuse_value(name, expected);
  }
  [[noreturn]] void refuse_value(std::string_view name, const char* expected) const;
  [[nodiscard]] std::span<const std::byte> section_bytes(std::string_view name, std::size_t unit) const;

  void read_contents(std::span<const std::byte> file, std::uint64_t header_end);
  void verify_section(std::span<const std::byte> file, const std::string& name, const Section& section,
                      std::uint32_t checksum, std::uint64_t previous_end) const;

  std::string path_;
  FileBytes file_;
  std::string kind_;
  std::map<std::string, Value, std::less<>> values_;
  std::map<std::string, Section, std::less<>> sections_;
};

}  // namespace coppice::persist
