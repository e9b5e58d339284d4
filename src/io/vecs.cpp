// The vector files of the TEXMEX benchmarks: records of an int32 dimension and as many float32 (.fvecs) or uint8
// (.bvecs), little-endian. Every record repeats the same dimension.
#include <fmt/core.h>

#include <string_view>

#include "coppice/errors.hpp"
#include "coppice/persist/byte_order.hpp"
#include "counted.hpp"
#include "readers.hpp"
#include "scalar_type.hpp"
#include "writers.hpp"

namespace coppice::io {

namespace {

constexpr std::size_t head_bytes = sizeof(std::int32_t);

PointFile read_vectors(const std::string& path, std::span<const std::byte> bytes, std::string_view format,
                       ScalarType type) {
  if (bytes.empty()) throw invalid_input(path + ": holds no record, so that the dimension is unknown");
  if (bytes.size() < head_bytes)
    throw corrupt_file(path, "dimension of record 0", 0,
                       fmt::format("found {}, expected {}", counted(bytes.size(), "byte"), head_bytes));
  const auto dimension = persist::load_little<std::int32_t>(bytes.data());
  if (dimension < 1)
    throw corrupt_file(path, "dimension of record 0", 0, fmt::format("found {}, expected 1 or more", dimension));
  const auto columns = static_cast<std::size_t>(dimension);
  const std::size_t record = head_bytes + columns * size_of(type);
  const std::size_t count = bytes.size() / record;
  Points<float> points{std::vector<float>(count * columns), dimension};
  auto next = points.coordinates.begin();
  for (std::size_t row = 0; row < count; ++row) {
    const std::byte* at = bytes.data() + row * record;
    if (const auto found = persist::load_little<std::int32_t>(at); found != dimension)
      throw corrupt_file(path, fmt::format("dimension of record {}", row), row * record,
                         fmt::format("found {}, expected {} as in record 0", found, dimension));
    at += head_bytes;
    for (std::size_t column = 0; column < columns; ++column, at += size_of(type))
      *next++ = load_number<float>(type, at);
  }
  if (bytes.size() % record != 0)
    throw corrupt_file(
        path, fmt::format("record {}", count), count * record,
        fmt::format("found {}, expected {} (a dimension and {} of {})", counted(bytes.size() % record, "byte"), record,
                    counted(dimension, "number"), counted(size_of(type), "byte")));
  return {std::move(points), std::nullopt, std::string(format), {}};
}

}  // namespace

PointFile read_fvecs(const std::string& path, std::span<const std::byte> bytes) {
  return read_vectors(path, bytes, "fvecs", ScalarType::float32);
}

PointFile read_bvecs(const std::string& path, std::span<const std::byte> bytes) {
  return read_vectors(path, bytes, "bvecs", ScalarType::uint8);
}

void write_fvecs(Output& out, const PointFile& file) {
  const auto& points = std::get<Points<float>>(file.points);
  if (points.size() == 0) throw invalid_input(out.path() + ": a .fvecs file cannot say the dimension of no points");
  for (std::size_t row = 0; row < points.size(); ++row) {
    out.append<std::int32_t>(points.dimension);
    out.append_row(points, row);
  }
}

}  // namespace coppice::io
