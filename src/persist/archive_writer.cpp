// Lays an archive out as docs/format.md says.
#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "archive_layout.hpp"
#include "coppice/errors.hpp"
#include "coppice/persist/archive.hpp"
#include "coppice/persist/atomic_file.hpp"
#include "coppice/persist/byte_order.hpp"
#include "coppice/persist/checksum.hpp"

namespace coppice::persist {

namespace {

void check_name(std::string_view name) {
  if (name.empty()) throw invalid_input("an archive's names must not be empty");
  if (name.size() > std::numeric_limits<std::uint16_t>::max())
    throw invalid_input(fmt::format("a name in an archive has {} bytes, at most 65535 are possible", name.size()));
}

std::uint32_t checked_length(std::size_t length, std::string_view name) {
  if (length > std::numeric_limits<std::uint32_t>::max())
    throw invalid_input(fmt::format("archive value '{}' is too long ({}); make it a section", name, length));
  return static_cast<std::uint32_t>(length);
}

void append_name(std::string& bytes, std::string_view name) {
  append_little<std::uint16_t>(bytes, static_cast<std::uint16_t>(name.size()));
  bytes.append(name);
}

void append_value(std::string& bytes, std::string_view name, const HeaderValue& value) {
  append_name(bytes, name);
  append_little<std::uint8_t>(bytes, static_cast<std::uint8_t>(value.index()));
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    append_little<std::int64_t>(bytes, *integer);
  } else if (const auto* real = std::get_if<double>(&value)) {
    append_little<double>(bytes, *real);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    append_little<std::uint32_t>(bytes, checked_length(text->size(), name));
    bytes.append(*text);
  } else if (const auto* reals = std::get_if<std::vector<double>>(&value)) {
    append_little<std::uint32_t>(bytes, checked_length(reals->size(), name));
    for (const double number : *reals) append_little<double>(bytes, number);
  }
}

}  // namespace

ArchiveWriter::ArchiveWriter(std::string kind) : kind_(std::move(kind)) {
  check_name(kind_);
}

void ArchiveWriter::add_value(std::string_view name, HeaderValue value) {
  check_name(name);
  if (!values_.emplace(name, std::move(value)).second)
    throw invalid_input(fmt::format("archive value '{}' is set twice", name));
}

void ArchiveWriter::add_section(std::string_view name, std::span<const std::byte> bytes,
                                std::shared_ptr<const void> owner) {
  check_name(name);
  if (std::any_of(sections_.begin(), sections_.end(), [&](const Section& section) { return section.name == name; }))
    throw invalid_input(fmt::format("archive section '{}' is added twice", name));
  sections_.push_back({std::string(name), bytes, std::move(owner)});
}

void ArchiveWriter::write(const std::filesystem::path& path) const {
  std::string header;
  append_name(header, kind_);
  append_little<std::uint32_t>(header, checked_length(values_.size(), "count"));
  append_little<std::uint32_t>(header, checked_length(sections_.size(), "count"));
  for (const auto& [name, value] : values_) append_value(header, name, value);

  std::uint64_t header_length = header.size();
  for (const Section& section : sections_) header_length += layout::table_entry_bytes(section.name);
  std::uint64_t end = layout::preamble_bytes + header_length;
  for (const Section& section : sections_) {
    const std::uint64_t offset = layout::align(end);
    append_name(header, section.name);
    append_little<std::uint64_t>(header, offset);
    append_little<std::uint64_t>(header, section.bytes.size());
    append_little<std::uint32_t>(header, crc32(section.bytes));
    end = offset + section.bytes.size();
  }

  std::string preamble(layout::magic);
  append_little<std::uint32_t>(preamble, archive_version);
  append_little<std::uint32_t>(preamble, checked_length(header.size(), "header"));
  append_little<std::uint64_t>(preamble, end);
  append_little<std::uint32_t>(preamble, crc32(as_bytes(header)));
  append_little<std::uint32_t>(preamble, crc32(as_bytes(preamble)));

  AtomicFile file(path);
  file.write(preamble);
  file.write(header);
  for (const Section& section : sections_) {
    file.write(std::string(layout::align(file.size()) - file.size(), '\0'));
    file.write(section.bytes);
  }
  file.commit();
}

}  // namespace coppice::persist
