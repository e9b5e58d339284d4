// LAS, versions 1.0 to 1.4, point formats 0 to 10: x, y and z are int32 times a scale plus an offset, as float64. Other
// attributes and records are not looked at. Compressed points (.laz) are refused.
// Format: ASPRS, "LAS Specification 1.4 - R15".
#include <fmt/core.h>

#include <array>
#include <cmath>

#include "coppice/errors.hpp"
#include "coppice/persist/byte_order.hpp"
#include "counted.hpp"
#include "readers.hpp"
#include "text_numbers.hpp"

namespace coppice::io {

namespace {

using persist::load_little;

// Byte offsets in the public header block.
namespace field {
constexpr std::size_t version_major = 24;
constexpr std::size_t version_minor = 25;
constexpr std::size_t header_size = 94;
constexpr std::size_t data_offset = 96;
constexpr std::size_t point_format = 104;
constexpr std::size_t record_length = 105;
constexpr std::size_t count_32 = 107;
constexpr std::size_t scales = 131;
constexpr std::size_t offsets = 155;
constexpr std::size_t count_64 = 247;  // since 1.4
}  // namespace field

constexpr std::size_t header_bytes = 227;
constexpr std::size_t header_bytes_1_4 = 375;

/// The bytes of a point in formats 0 to 10; a file may append bytes of its own.
constexpr std::array<std::size_t, 11> format_bytes{20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67};

struct Header {
  std::size_t data_offset;
  std::size_t record_bytes;
  std::uint64_t count;
  std::array<double, 3> scale;
  std::array<double, 3> offset;
};

Header read_header(const std::string& path, std::span<const std::byte> bytes) {
  constexpr std::string_view magic = "LASF";
  if (const auto text = as_text(bytes); !text.starts_with(magic))
    throw corrupt_file(path, "magic", 0, fmt::format("found {}, expected LASF", shown(text.substr(0, magic.size()))));
  if (bytes.size() < header_bytes)
    throw corrupt_file(path, "header", bytes.size(),
                       fmt::format("the file ends here, expected at least {} bytes", header_bytes));
  const std::byte* const start = bytes.data();
  const int major = std::to_integer<int>(start[field::version_major]);
  const int minor = std::to_integer<int>(start[field::version_minor]);
  if (major != 1 || minor > 4)
    throw corrupt_file(path, "version", field::version_major,
                       fmt::format("found {}.{}, expected 1.0 to 1.4", major, minor));
  const std::size_t least_header = minor == 4 ? header_bytes_1_4 : header_bytes;
  const std::size_t header_size = load_little<std::uint16_t>(start + field::header_size);
  if (header_size < least_header || header_size > bytes.size())
    throw corrupt_file(
        path, "header size", field::header_size,
        fmt::format("found {}, expected {} to the file's {} bytes", header_size, least_header, bytes.size()));

  const unsigned format = std::to_integer<unsigned>(start[field::point_format]);
  if (format >= 0x80)  // LASzip sets this bit
    throw unsupported(path +
                      ": cannot read compressed points; decompress the file first, for example with: laszip -i a.laz "
                      "-o a.las, or: pdal translate a.laz a.las");
  if (format >= format_bytes.size())
    throw corrupt_file(path, "point format", field::point_format, fmt::format("found {}, expected 0 to 10", format));
  Header header{};
  header.record_bytes = load_little<std::uint16_t>(start + field::record_length);
  if (header.record_bytes < format_bytes[format])
    throw corrupt_file(path, "record length", field::record_length,
                       fmt::format("found {}, expected at least {} for point format {}", header.record_bytes,
                                   format_bytes[format], format));
  header.data_offset = load_little<std::uint32_t>(start + field::data_offset);
  if (header.data_offset < header_size || header.data_offset > bytes.size())
    throw corrupt_file(path, "offset to points", field::data_offset,
                       fmt::format("found {}, expected {} to {}", header.data_offset, header_size, bytes.size()));

  header.count = load_little<std::uint32_t>(start + field::count_32);
  std::size_t count_field = field::count_32;
  if (minor == 4 && load_little<std::uint64_t>(start + field::count_64) != 0) {
    header.count = load_little<std::uint64_t>(start + field::count_64);
    count_field = field::count_64;
  }
  const std::size_t left = bytes.size() - header.data_offset;
  if (header.count > left / header.record_bytes)
    throw corrupt_file(path, "number of points", count_field,
                       fmt::format("found {} of {} bytes, expected to fit the {} behind the header", header.count,
                                   header.record_bytes, counted(left, "byte")));
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const std::size_t scale_at = field::scales + axis * sizeof(double);
    const std::size_t offset_at = field::offsets + axis * sizeof(double);
    header.scale[axis] = load_little<double>(start + scale_at);
    header.offset[axis] = load_little<double>(start + offset_at);
    if (!std::isfinite(header.scale[axis]) || header.scale[axis] == 0)
      throw corrupt_file(path, "scale", scale_at,
                         fmt::format("found {}, expected a finite number that is not 0", header.scale[axis]));
    if (!std::isfinite(header.offset[axis]))
      throw corrupt_file(path, "offset", offset_at,
                         fmt::format("found {}, expected a finite number", header.offset[axis]));
  }
  return header;
}

}  // namespace

PointFile read_las(const std::string& path, std::span<const std::byte> bytes) {
  const Header header = read_header(path, bytes);
  Points<double> points{std::vector<double>(static_cast<std::size_t>(3 * header.count)), 3};
  auto next = points.coordinates.begin();
  const std::byte* at = bytes.data() + header.data_offset;
  for (std::uint64_t row = 0; row < header.count; ++row, at += header.record_bytes)
    for (std::size_t axis = 0; axis < 3; ++axis)
      *next++ = load_little<std::int32_t>(at + axis * sizeof(std::int32_t)) * header.scale[axis] + header.offset[axis];
  return {std::move(points), std::nullopt, "las", {"x", "y", "z"}};
}

}  // namespace coppice::io
