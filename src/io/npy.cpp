// Points from numpy's .npy: the header of npy_header.hpp, then the numbers as they lay in memory.
#include <fmt/format.h>

#include <limits>

#include "coppice/errors.hpp"
#include "counted.hpp"
#include "npy_header.hpp"
#include "readers.hpp"

namespace coppice::io {

namespace {

template <class Scalar>
Points<Scalar> read_rows(const std::string& path, std::span<const std::byte> bytes, const NpyHeader& header,
                         ScalarType type) {
  const std::span<const std::byte> data = bytes.subspan(header.data_offset);
  const std::uint64_t rows = header.shape[0];
  const std::uint64_t columns = header.shape[1];
  const std::uint64_t row_bytes = columns * size_of(type);
  if (data.size() % row_bytes != 0 || data.size() / row_bytes != rows)
    throw corrupt_file(path, "data", header.data_offset,
                       fmt::format("found {}, expected {} x {} of {}", counted(data.size(), "byte"), rows,
                                   counted(columns, "number"), counted(size_of(type), "byte")));
  Points<Scalar> points{std::vector<Scalar>(static_cast<std::size_t>(rows * columns)), static_cast<int>(columns)};
  if (!header.fortran_order) {
    load_numbers<Scalar>(type, data, points.coordinates);
    return points;
  }
  auto next = points.coordinates.begin();
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t column = 0; column < columns; ++column, ++next)
      *next = load_number<Scalar>(type, data.data() + (row + column * rows) * size_of(type));
  return points;
}

}  // namespace

PointFile read_npy(const std::string& path, std::span<const std::byte> bytes) {
  return npy_points(path, bytes, read_npy_header(path, bytes));
}

PointFile npy_points(const std::string& path, std::span<const std::byte> bytes, const NpyHeader& header) {
  const ScalarType type = npy_type(path, header.dtype);
  if (header.shape.size() != 2)
    throw invalid_input(
        fmt::format("{}: found shape {}, expected two axes: points x coordinates", path, shape_text(header.shape)));
  if (header.shape[1] == 0 || header.shape[1] > std::numeric_limits<int>::max())
    throw invalid_input(
        fmt::format("{}: found shape {}, expected 1 or more coordinates a point", path, shape_text(header.shape)));
  PointFile file{{}, std::nullopt, "npy", {}};
  if (fits_float(type))
    file.points = read_rows<float>(path, bytes, header, type);
  else
    file.points = read_rows<double>(path, bytes, header, type);
  return file;
}

}  // namespace coppice::io
