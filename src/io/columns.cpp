// Columns by way of the point readers, with what .npy has beyond them: arrays of one axis and 64-bit integers.
#include "coppice/io/columns.hpp"

#include <fmt/core.h>

#include <cmath>
#include <span>
#include <string>

#include "coppice/errors.hpp"
#include "coppice/io/point_file.hpp"
#include "coppice/persist/byte_order.hpp"
#include "coppice/persist/file_bytes.hpp"
#include "counted.hpp"
#include "formats.hpp"
#include "npy_header.hpp"
#include "refused_row.hpp"

namespace coppice::io {

namespace {

using IdPairs = std::vector<std::pair<std::int64_t, std::int64_t>>;

Points<double> as_columns(const std::string& path, PointFile file, int columns) {
  check_finite(path, file);
  if (file.dimension() != columns)
    throw invalid_input(fmt::format("{}: found {}, expected {}", path, counted(file.dimension(), "column"), columns));
  return points_as<double>(std::move(file));
}

template <class Found>
[[noreturn]] void refuse_id(const std::string& path, std::size_t row, Found found) {
  throw RefusedRow(row, fmt::format("{}: row {}: found {}, expected a whole number of at least 0", path, row, found));
}

/// Rows of 64-bit integers in either order of the axes.
IdPairs wide_pairs(const std::string& path, std::span<const std::byte> bytes, const NpyHeader& header) {
  const std::size_t room = bytes.size() - header.data_offset;
  if (header.shape.size() != 2 || header.shape[1] != 2)
    throw invalid_input(fmt::format("{}: found shape {}, expected pairs x 2", path, shape_text(header.shape)));
  const std::uint64_t rows = header.shape[0];
  if (room % 16 != 0 || room / 16 != rows)
    throw corrupt_file(path, "data", header.data_offset,
                       fmt::format("found {}, expected {} x 2 numbers of 8 bytes", counted(room, "byte"), rows));
  IdPairs pairs(static_cast<std::size_t>(rows));
  const auto number = [&](std::size_t row, std::size_t column) {
    const std::size_t at = header.fortran_order ? row + column * pairs.size() : 2 * row + column;
    const auto id = persist::load_little<std::int64_t>(bytes.data() + header.data_offset + 8 * at);
    if (id < 0) {
      if (header.dtype == "<u8") refuse_id(path, row, static_cast<std::uint64_t>(id));
      refuse_id(path, row, id);
    }
    return id;
  };
  for (std::size_t row = 0; row < pairs.size(); ++row) pairs[row] = {number(row, 0), number(row, 1)};
  return pairs;
}

}  // namespace

std::vector<double> read_numbers(const std::filesystem::path& path) {
  const std::string name = path.string();
  if (lower_extension(path) != ".npy") return as_columns(name, read_points(path), 1).coordinates;
  const persist::FileBytes file(path);
  NpyHeader header = read_npy_header(name, file.bytes());
  if (header.shape.size() == 1) header.shape.push_back(1);
  return as_columns(name, npy_points(name, file.bytes(), header), 1).coordinates;
}

IdPairs read_id_pairs(const std::filesystem::path& path) {
  const std::string name = path.string();
  if (lower_extension(path) == ".npy") {
    const persist::FileBytes file(path);
    const NpyHeader header = read_npy_header(name, file.bytes());
    if (header.dtype == "<i8" || header.dtype == "<u8") return wide_pairs(name, file.bytes(), header);
  }
  constexpr double most = 9007199254740992;  // 2⁵³: whole numbers beyond are not all doubles
  const Points<double> points = as_columns(name, read_points(path), 2);
  IdPairs pairs;
  pairs.reserve(points.size());
  for (std::size_t row = 0; row < points.size(); ++row) {
    for (const double number : points.view()[row])
      if (!(number >= 0 && number <= most && number == std::floor(number))) refuse_id(name, row, number);
    pairs.emplace_back(static_cast<std::int64_t>(points.view()[row][0]),
                       static_cast<std::int64_t>(points.view()[row][1]));
  }
  return pairs;
}

}  // namespace coppice::io
