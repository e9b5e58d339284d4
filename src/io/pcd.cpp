// PCD, the Point Cloud Library's format, in its three encodings: the fields x, y and z, float32 or float64. Other
// fields are walked over. Compressed files hold one field after another, not one point after another.
#include <fmt/core.h>

#include <algorithm>

#include "coppice/errors.hpp"
#include "counted.hpp"
#include "lzf.hpp"
#include "pcd_header.hpp"
#include "readers.hpp"
#include "text_numbers.hpp"
#include "writers.hpp"

namespace coppice::io {

namespace pcd {
namespace {

template <class Scalar>
void read_ascii(const std::string& path, const Header& header, Points<Scalar>& points) {
  LineReader lines = header.body;
  std::vector<std::string_view> fields;
  for (std::uint64_t row = 0; row < header.points; ++row) {
    const auto line = lines.next_content();
    if (!line)
      refuse_line(path, lines.number(),
                  fmt::format("the file ends after {}, expected {}", counted(row, "point"), header.points));
    split(*line, Separator::blanks, fields);
    if (fields.size() != header.columns)
      refuse_line(path, lines.number(),
                  fmt::format("found {}, expected {} as in FIELDS", counted(fields.size(), "column"), header.columns));
    for (const auto& [type, column, offset] : header.coordinates)
      points.coordinates.push_back(
          parse_coordinate<Scalar>(fields[column], {path, lines.number(), column + 1, points.size()}));
  }
  if (lines.next_content())
    refuse_line(path, lines.number(),
                fmt::format("more rows than the {} of the header", counted(header.points, "point")));
}

/// Whatever follows the points must be zeros: some versions of PCL leave a page of them.
void check_rest(const std::string& path, std::span<const std::byte> bytes, std::size_t end) {
  const auto rest = bytes.subspan(end);
  const auto found = std::find_if(rest.begin(), rest.end(), [](std::byte byte) { return byte != std::byte{0}; });
  if (found != rest.end())
    throw corrupt_file(path, "end of data", end + static_cast<std::size_t>(found - rest.begin()),
                       fmt::format("found {} behind the points, expected none", counted(rest.size(), "byte")));
}

/// The bytes of the points, still as they are stored.
std::span<const std::byte> binary_data(const std::string& path, std::span<const std::byte> bytes,
                                       const Header& header) {
  const std::size_t start = header.body.position();
  const std::size_t left = bytes.size() - start;
  if (header.points > left / header.record_bytes)
    throw corrupt_file(
        path, "data", start,
        fmt::format("found {}, expected {} x {}", counted(left, "byte"), header.points, header.record_bytes));
  const auto size = static_cast<std::size_t>(header.points) * header.record_bytes;
  check_rest(path, bytes, start + size);
  return bytes.subspan(start, size);
}

std::vector<std::byte> decompressed_data(const std::string& path, std::span<const std::byte> bytes,
                                         const Header& header) {
  constexpr std::size_t head = 2 * sizeof(std::uint32_t);
  const std::size_t start = header.body.position();
  if (bytes.size() - start < head)
    throw corrupt_file(path, "sizes of compressed data", start,
                       fmt::format("found {}, expected {}", counted(bytes.size() - start, "byte"), head));
  const std::size_t packed = persist::load_little<std::uint32_t>(bytes.data() + start);
  const std::size_t unpacked = persist::load_little<std::uint32_t>(bytes.data() + start + sizeof(std::uint32_t));
  const std::size_t left = bytes.size() - start - head;
  if (packed > left)
    throw corrupt_file(path, "compressed size", start,
                       fmt::format("found {}, expected at most the {} left", packed, counted(left, "byte")));
  if (unpacked % header.record_bytes != 0 || unpacked / header.record_bytes != header.points)
    throw corrupt_file(path, "uncompressed size", start + sizeof(std::uint32_t),
                       fmt::format("found {}, expected {} x {}", unpacked, header.points, header.record_bytes));
  check_rest(path, bytes, start + head + packed);
  return lzf_decompress(path, bytes.subspan(start + head, packed), start + head, unpacked);
}

/// Reads point by point or, `by_field`, from the fields' own stretches.
template <class Scalar>
void read_binary(std::span<const std::byte> data, const Header& header, bool by_field, Points<Scalar>& points) {
  const auto count = static_cast<std::size_t>(header.points);
  points.coordinates.resize(3 * count);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto& [type, column, offset] = header.coordinates[axis];
    const std::size_t start = by_field ? offset * count : offset;
    const std::size_t step = by_field ? size_of(type) : header.record_bytes;
    for (std::size_t row = 0; row < count; ++row)
      points.coordinates[3 * row + axis] = load_number<Scalar>(type, data.data() + start + row * step);
  }
}

template <class Scalar>
Points<Scalar> read_body(const std::string& path, std::span<const std::byte> bytes, const Header& header) {
  Points<Scalar> points{{}, 3};
  switch (header.encoding) {
    case Encoding::ascii:
      read_ascii(path, header, points);
      break;
    case Encoding::binary:
      read_binary(binary_data(path, bytes, header), header, false, points);
      break;
    case Encoding::binary_compressed:
      read_binary(std::span<const std::byte>(decompressed_data(path, bytes, header)), header, true, points);
      break;
  }
  return points;
}

}  // namespace
}  // namespace pcd

PointFile read_pcd(const std::string& path, std::span<const std::byte> bytes) {
  const pcd::Header header = pcd::read_header(path, as_text(bytes));
  PointFile file{{}, std::nullopt, "pcd", {"x", "y", "z"}};
  if (std::all_of(header.coordinates.begin(), header.coordinates.end(),
                  [](const pcd::Coordinate& coordinate) { return fits_float(coordinate.type); }))
    file.points = pcd::read_body<float>(path, bytes, header);
  else
    file.points = pcd::read_body<double>(path, bytes, header);
  return file;
}

void write_pcd(Output& out, const PointFile& file) {
  const int bytes = std::holds_alternative<Points<float>>(file.points) ? 4 : 8;
  out.append(
      fmt::format("# .PCD v0.7 - Point Cloud Data file format\nVERSION 0.7\nFIELDS x y z\nSIZE {0} {0} {0}\n"
                  "TYPE F F F\nCOUNT 1 1 1\nWIDTH {1}\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS {1}\n"
                  "DATA binary\n",
                  bytes, file.size()));
  out.append_rows(file);
}

}  // namespace coppice::io
