// Reads an archive, trusting nothing: the preamble before the header, the header before the sections, and each of them
// only after its checksum. The bounds are checked all the same, since a checksum stops accidents and not forgers.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "archive_layout.hpp"
#include "coppice/errors.hpp"
#include "coppice/persist/archive.hpp"
#include "coppice/persist/byte_order.hpp"
#include "coppice/persist/checksum.hpp"

namespace coppice::persist {

namespace {

/// Takes one field after the other from the header.
class HeaderCursor {
 public:
  HeaderCursor(const std::string& path, std::span<const std::byte> file, std::uint64_t first, std::uint64_t end)
      : path_(path), file_(file), position_(first), end_(end) {}

  [[nodiscard]] std::uint64_t position() const noexcept { return position_; }
  [[nodiscard]] std::uint64_t left() const noexcept { return end_ - position_; }

  [[noreturn]] void refuse(const char* field, const std::string& reason) const {
    throw corrupt_file(path_, field, position_, reason);
  }

  const std::byte* take(std::uint64_t count, const char* field) {
    if (count > left()) refuse(field, fmt::format("needs {} bytes, the header has {} left", count, left()));
    const std::byte* bytes = file_.data() + position_;
    position_ += count;
    return bytes;
  }

  template <class T>
  T number(const char* field) {
    return load_little<T>(take(sizeof(T), field));
  }

  std::string text(std::uint64_t length, const char* field) {
    const std::byte* bytes = take(length, field);
    return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length)};
  }

  std::string name(const char* field) { return text(number<std::uint16_t>(field), field); }

  HeaderValue value() {
    switch (const auto type = number<std::uint8_t>("header value type")) {
      case 0:
        return number<std::int64_t>("header integer");
      case 1:
        return number<double>("header number");
      case 2:
        return text(number<std::uint32_t>("header text"), "header text");
      case 3: {
        const std::uint64_t count = number<std::uint32_t>("header array");
        const std::byte* bytes = take(count * sizeof(double), "header array");
        std::vector<double> reals(static_cast<std::size_t>(count));
        for (std::size_t i = 0; i < reals.size(); ++i) reals[i] = load_little<double>(bytes + i * sizeof(double));
        return reals;
      }
      default:
        refuse("header value type", fmt::format("found {}, expected 0 to 3", type));
    }
  }

 private:
  const std::string& path_;
  std::span<const std::byte> file_;
  std::uint64_t position_;
  std::uint64_t end_;
};

/// Checks the 32 fixed bytes and the header's checksum; returns where the header ends.
std::uint64_t verify_preamble(const std::string& path, std::span<const std::byte> file) {
  const std::span<const std::byte> magic = as_bytes(layout::magic);
  if (file.size() < magic.size() || !std::equal(magic.begin(), magic.end(), file.begin()))
    throw corrupt_file(path, "magic", 0, "not a Coppice archive");
  if (file.size() < layout::preamble_bytes)
    throw corrupt_file(
        path, "preamble", file.size(),
        fmt::format("the file ends after {} bytes, expected {} or more", file.size(), layout::preamble_bytes));
  // The preamble is the same in every version, so a damaged version is not taken for a newer one.
  const auto stored = load_little<std::uint32_t>(file.data() + 28);
  if (const std::uint32_t found = crc32(file.first(28)); found != stored)
    throw corrupt_file(path, "preamble checksum", 28, fmt::format("stored {:08x}, computed {:08x}", stored, found));
  const auto version = load_little<std::uint32_t>(file.data() + 8);
  if (version > archive_version)
    throw unsupported(fmt::format("{}: format version {} is newer than version {}, the newest that this library reads",
                                  path, version, archive_version));
  if (version == 0) throw corrupt_file(path, "format version", 8, "found 0, expected 1 or more");
  if (const auto length = load_little<std::uint64_t>(file.data() + 16); length != file.size())
    throw corrupt_file(path, "file length", 16, fmt::format("stored {}, the file has {} bytes", length, file.size()));
  const std::uint64_t header_length = load_little<std::uint32_t>(file.data() + 12);
  if (header_length > file.size() - layout::preamble_bytes)
    throw corrupt_file(path, "header length", 12,
                       fmt::format("found {}, the file has {} bytes", header_length, file.size()));
  const auto stored_header = load_little<std::uint32_t>(file.data() + 24);
  const auto header = file.subspan(layout::preamble_bytes, static_cast<std::size_t>(header_length));
  if (const std::uint32_t found = crc32(header); found != stored_header)
    throw corrupt_file(path, "header checksum", 24,
                       fmt::format("stored {:08x}, computed {:08x}", stored_header, found));
  return layout::preamble_bytes + header_length;
}

}  // namespace

ArchiveReader::ArchiveReader(const std::filesystem::path& path) : path_(path.string()), file_(path) {
  const std::span<const std::byte> file = file_.bytes();
  read_contents(file, verify_preamble(path_, file));
}

void ArchiveReader::read_contents(std::span<const std::byte> file, std::uint64_t header_end) {
  HeaderCursor cursor(path_, file, layout::preamble_bytes, header_end);
  kind_ = cursor.name("kind");
  const auto value_count = cursor.number<std::uint32_t>("value count");
  const auto section_count = cursor.number<std::uint32_t>("section count");
  for (std::uint32_t i = 0; i < value_count; ++i) {
    std::string name = cursor.name("value name");
    const std::uint64_t offset = cursor.position();
    if (!values_.emplace(name, Value{cursor.value(), offset}).second)
      cursor.refuse("value name", fmt::format("'{}' occurs twice", name));
  }
  std::uint64_t end = header_end;
  for (std::uint32_t i = 0; i < section_count; ++i) {
    const std::string name = cursor.name("section name");
    const auto offset = cursor.number<std::uint64_t>("section offset");
    const auto length = cursor.number<std::uint64_t>("section length");
    const auto checksum = cursor.number<std::uint32_t>("section checksum");
    if (offset != layout::align(end) || offset > file.size() || length > file.size() - offset)
      cursor.refuse("section table", fmt::format("'{}' lies at byte {} with {} bytes, expected at {} in a file of {}",
                                                 name, offset, length, layout::align(end), file.size()));
    verify_section(file, name, {offset, length}, checksum, end);
    if (!sections_.emplace(name, Section{offset, length}).second)
      cursor.refuse("section name", fmt::format("'{}' occurs twice", name));
    end = offset + length;
  }
  if (cursor.left() != 0) cursor.refuse("header", fmt::format("{} bytes too many", cursor.left()));
  if (end != file.size())
    throw corrupt_file(path_, "end", end, fmt::format("{} bytes follow the last section", file.size() - end));
}

void ArchiveReader::verify_section(std::span<const std::byte> file, const std::string& name, const Section& section,
                                   std::uint32_t checksum, std::uint64_t previous_end) const {
  for (std::uint64_t i = previous_end; i < section.offset; ++i)
    if (file[static_cast<std::size_t>(i)] != std::byte{0})
      throw corrupt_file(path_, "padding", i, fmt::format("not zero before section '{}'", name));
  const auto bytes = file.subspan(static_cast<std::size_t>(section.offset), static_cast<std::size_t>(section.length));
  if (const std::uint32_t found = crc32(bytes); found != checksum)
    throw corrupt_file(path_, fmt::format("section '{}'", name), section.offset,
                       fmt::format("stored checksum {:08x}, computed {:08x}", checksum, found));
}

std::span<const std::byte> ArchiveReader::section_bytes(std::string_view name, std::size_t unit) const {
  const auto found = sections_.find(name);
  if (found == sections_.end()) refuse(name, "this section is missing");
  const auto& [offset, length] = found->second;
  if (length % unit != 0) refuse(name, fmt::format("{} bytes are no multiple of {}", length, unit));
  return file_.bytes().subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length));
}

void ArchiveReader::refuse_value(std::string_view name, const char* expected) const {
  refuse(name,
         fmt::format("{}, expected {}", has_value(name) ? "has another type" : "this value is missing", expected));
}

void ArchiveReader::refuse(std::string_view name, const std::string& reason) const {
  std::uint64_t offset = layout::preamble_bytes;
  if (const auto section = sections_.find(name); section != sections_.end())
    offset = section->second.offset;
  else if (const auto value = values_.find(name); value != values_.end())
    offset = value->second.offset;
  throw corrupt_file(path_, std::string(name), offset, reason);
}

}  // namespace coppice::persist
