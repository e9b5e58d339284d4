// Which reader serves which name, and the checks that all formats share.
#include "coppice/io/point_file.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include "coppice/errors.hpp"
#include "coppice/persist/file_bytes.hpp"
#include "formats.hpp"
#include "readers.hpp"
#include "refused_row.hpp"

namespace coppice::io {

namespace {

struct Format {
  std::string_view extension;
  PointFile (*read)(const std::string& path, std::span<const std::byte> bytes);
};

constexpr std::array<Format, 15> formats{{{".npy", read_npy},
                                          {".csv", read_csv},
                                          {".tsv", read_csv},
                                          {".txt", read_csv},
                                          {".xyz", read_xyz},
                                          {".ply", read_ply},
                                          {".pcd", read_pcd},
                                          {".bin", read_kitti},
                                          {".las", read_las},
                                          {".laz", read_las},
                                          {".obj", read_obj},
                                          {".pdb", read_pdb},
                                          {".gro", read_gro},
                                          {".fvecs", read_fvecs},
                                          {".bvecs", read_bvecs}}};

const Format& readable_format(const std::filesystem::path& path) {
  return format_of(formats, path, "read", "readable");
}

}  // namespace

void check_finite(const std::string& path, const PointFile& file) {
  std::visit(
      [&](const auto& points) {
        const auto& numbers = points.coordinates;
        const auto bad =
            std::find_if(numbers.begin(), numbers.end(), [](auto number) { return !std::isfinite(number); });
        if (bad == numbers.end()) return;
        const auto index = static_cast<std::size_t>(bad - numbers.begin());
        const auto dimension = static_cast<std::size_t>(points.dimension);
        const std::size_t row = index / dimension;
        throw RefusedRow(row, fmt::format("{}: row {}: coordinate {} is {}, expected a finite number", path, row,
                                          index % dimension, *bad));
      },
      file.points);
}

PointFile decode_points(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  const std::string shown_path = path.string();
  PointFile file = readable_format(path).read(shown_path, bytes);
  check_finite(shown_path, file);
  return file;
}

PointFile read_points(const std::filesystem::path& path, const ReadOptions& options) {
  (void)readable_format(path);  // before the file is read
  PointFile file = decode_points(path, persist::FileBytes(path).bytes());
  if (options.widen) {
    Points<double> wide = points_as<double>(PointFile{std::move(file.points), std::nullopt, {}, {}});
    file.points = std::move(wide);
  }
  return file;
}

template <class Scalar>
Points<Scalar> points_as(PointFile file) {
  if (auto* same = std::get_if<Points<Scalar>>(&file.points)) return std::move(*same);
  using Other = std::conditional_t<std::is_same_v<Scalar, float>, double, float>;
  const auto& other = std::get<Points<Other>>(file.points);
  Points<Scalar> points{{}, other.dimension};
  points.coordinates.reserve(other.coordinates.size());
  for (const Other number : other.coordinates) {
    // Beyond float's range the conversion itself would be undefined behaviour.
    if constexpr (std::is_same_v<Scalar, float>)
      if (!(std::fabs(number) <= static_cast<double>(std::numeric_limits<float>::max())))
        throw invalid_input(points.size(), fmt::format("{} is beyond the range of float32", number));
    points.coordinates.push_back(static_cast<Scalar>(number));
  }
  return points;
}

template Points<float> points_as(PointFile);
template Points<double> points_as(PointFile);

}  // namespace coppice::io
