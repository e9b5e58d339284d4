// KITTI's LiDAR sweeps: float32 x, y, z, intensity, nothing else. The length is all that can be checked.
#include <fmt/core.h>

#include "coppice/errors.hpp"
#include "coppice/persist/byte_order.hpp"
#include "counted.hpp"
#include "readers.hpp"
#include "writers.hpp"

namespace coppice::io {

PointFile read_kitti(const std::string& path, std::span<const std::byte> bytes) {
  constexpr std::size_t record = 4 * sizeof(float);
  const std::size_t count = bytes.size() / record;
  if (bytes.size() % record != 0)
    throw corrupt_file(path, "last point", count * record,
                       fmt::format("found {}, expected {} (x, y, z, intensity as float32)",
                                   counted(bytes.size() % record, "byte"), record));
  Points<float> points{std::vector<float>(3 * count), 3};
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t axis = 0; axis < 3; ++axis)
      points.coordinates[3 * i + axis] = persist::load_little<float>(bytes.data() + i * record + axis * sizeof(float));
  return {std::move(points), std::nullopt, "kitti", {"x", "y", "z"}};
}

void write_kitti(Output& out, const PointFile& file) {
  const auto& points = std::get<Points<float>>(file.points);
  for (std::size_t row = 0; row < points.size(); ++row) {
    out.append_row(points, row);
    out.append<float>(0);  // the intensity
  }
}

}  // namespace coppice::io
