// Local headers, central directory and end records; all numbers little-endian.
#include "zip_store.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "coppice/errors.hpp"
#include "coppice/persist/byte_order.hpp"
#include "coppice/persist/checksum.hpp"

namespace coppice::io {

namespace {

using persist::append_little;

constexpr std::uint32_t in_zip64 = 0xffffffffu;  // stands for a number that the zip64 record holds
constexpr std::uint16_t version_plain = 20;
constexpr std::uint16_t version_zip64 = 45;
constexpr std::uint16_t made_on_unix = 3u << 8;
constexpr std::uint32_t regular_file_0644 = 0100644u << 16;

/// The fields from "flags" to "uncompressed size" that local headers and directory entries share.
void append_common(std::string& bytes, std::uint32_t checksum, std::uint32_t size) {
  append_little<std::uint16_t>(bytes, 0x0800);  // flags: the name is UTF-8
  append_little<std::uint16_t>(bytes, 0);       // method: stored
  append_little<std::uint16_t>(bytes, 0);       // 00:00
  append_little<std::uint16_t>(bytes, 0x21);    // 1980-01-01
  append_little<std::uint32_t>(bytes, checksum);
  append_little<std::uint32_t>(bytes, size);
  append_little<std::uint32_t>(bytes, size);
}

void append_zip64_head(std::string& bytes, std::uint16_t length) {
  append_little<std::uint16_t>(bytes, 0x0001);
  append_little<std::uint16_t>(bytes, length);
}

}  // namespace

void ZipStore::add(std::string name, std::string_view head, std::span<const std::byte> body) {
  if (name.empty() || name.size() > 0xffff)
    throw invalid_input(fmt::format("an archive entry's name needs 1 to 65535 bytes, found {}", name.size()));
  if (std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.name == name; }))
    throw invalid_input(fmt::format("archive entry '{}' is added twice", name));
  const std::uint64_t size = head.size() + body.size();
  const std::uint32_t checksum = persist::crc32(body, persist::crc32(persist::as_bytes(head)));
  const Entry entry{std::move(name), checksum, size, file_.size()};
  const bool large = is_large(size);

  std::string local;
  append_little<std::uint32_t>(local, 0x04034b50);
  append_little<std::uint16_t>(local, large ? version_zip64 : version_plain);
  append_common(local, checksum, large ? in_zip64 : static_cast<std::uint32_t>(size));
  append_little<std::uint16_t>(local, static_cast<std::uint16_t>(entry.name.size()));
  append_little<std::uint16_t>(local, large ? 20 : 0);
  local += entry.name;
  if (large) {
    append_zip64_head(local, 16);
    append_little<std::uint64_t>(local, size);
    append_little<std::uint64_t>(local, size);
  }
  file_.write(local);
  file_.write(head);
  file_.write(body);
  entries_.push_back(entry);
}

std::string ZipStore::directory_entry(const Entry& entry) const {
  const bool large = is_large(entry.size);
  const bool far = is_large(entry.offset);
  const auto extra = static_cast<std::uint16_t>((large ? 16 : 0) + (far ? 8 : 0));
  const std::uint16_t version = extra != 0 ? version_zip64 : version_plain;
  std::string bytes;
  append_little<std::uint32_t>(bytes, 0x02014b50);
  append_little<std::uint16_t>(bytes, static_cast<std::uint16_t>(made_on_unix | version));
  append_little<std::uint16_t>(bytes, version);
  append_common(bytes, entry.checksum, large ? in_zip64 : static_cast<std::uint32_t>(entry.size));
  append_little<std::uint16_t>(bytes, static_cast<std::uint16_t>(entry.name.size()));
  append_little<std::uint16_t>(bytes, static_cast<std::uint16_t>(extra != 0 ? extra + 4 : 0));
  append_little<std::uint16_t>(bytes, 0);  // no comment
  append_little<std::uint16_t>(bytes, 0);  // disk
  append_little<std::uint16_t>(bytes, 0);  // internal attributes
  append_little<std::uint32_t>(bytes, regular_file_0644);
  append_little<std::uint32_t>(bytes, far ? in_zip64 : static_cast<std::uint32_t>(entry.offset));
  bytes += entry.name;
  if (extra != 0) append_zip64_head(bytes, extra);
  if (large) {
    append_little<std::uint64_t>(bytes, entry.size);
    append_little<std::uint64_t>(bytes, entry.size);
  }
  if (far) append_little<std::uint64_t>(bytes, entry.offset);
  return bytes;
}

void ZipStore::close() {
  const std::uint64_t offset = file_.size();
  std::string end;
  for (const Entry& entry : entries_) end += directory_entry(entry);
  const std::uint64_t size = end.size();
  const std::uint64_t count = entries_.size();
  const bool far = is_large(offset) || is_large(size) || count >= 0xffff;
  if (far) {
    append_little<std::uint32_t>(end, 0x06064b50);
    append_little<std::uint64_t>(end, 44);  // bytes that follow in this record
    append_little<std::uint16_t>(end, made_on_unix | version_zip64);
    append_little<std::uint16_t>(end, version_zip64);
    append_little<std::uint32_t>(end, 0);
    append_little<std::uint32_t>(end, 0);
    append_little<std::uint64_t>(end, count);
    append_little<std::uint64_t>(end, count);
    append_little<std::uint64_t>(end, size);
    append_little<std::uint64_t>(end, offset);
    append_little<std::uint32_t>(end, 0x07064b50);
    append_little<std::uint32_t>(end, 0);
    append_little<std::uint64_t>(end, offset + size);
    append_little<std::uint32_t>(end, 1);
  }
  append_little<std::uint32_t>(end, 0x06054b50);
  append_little<std::uint16_t>(end, 0);
  append_little<std::uint16_t>(end, 0);
  append_little<std::uint16_t>(end, static_cast<std::uint16_t>(far ? 0xffff : count));
  append_little<std::uint16_t>(end, static_cast<std::uint16_t>(far ? 0xffff : count));
  append_little<std::uint32_t>(end, far ? in_zip64 : static_cast<std::uint32_t>(size));
  append_little<std::uint32_t>(end, far ? in_zip64 : static_cast<std::uint32_t>(offset));
  append_little<std::uint16_t>(end, 0);
  file_.write(end);
  file_.commit();
}

}  // namespace coppice::io
