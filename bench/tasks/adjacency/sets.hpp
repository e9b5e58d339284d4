// The points of the task `adjacency`: uniform and clustered in any dimension, and the distinct 3 × 3 patches of a CT
// slice in COPPICE_DATA. They depend on nothing but their name and n.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "coppice/geometry/point_view.hpp"
#include "coppice/io/point_file.hpp"
#include "harness/datasets.hpp"
#include "harness/options.hpp"

namespace coppice::bench {

struct Cloud {
  std::string name;
  Points<double> points;
};

/// Uniform in the unit cube.
inline Cloud uniform_cloud(std::size_t n, int d) {
  Random random(static_cast<std::uint64_t>(d));
  Points<double> points{{}, d};
  for (std::size_t i = 0; i < n * static_cast<std::size_t>(d); ++i) points.coordinates.push_back(random.uniform());
  return {"uniform-" + std::to_string(d), std::move(points)};
}

/// Twenty clusters whose widths grow from 0.003 to 0.1, each uniform in a cube about its center.
inline Cloud clustered_cloud(std::size_t n, int d) {
  constexpr std::size_t clusters = 20;
  Random random(100 + static_cast<std::uint64_t>(d));
  const auto axes = static_cast<std::size_t>(d);
  std::vector<double> centers;
  for (std::size_t i = 0; i < clusters * axes; ++i) centers.push_back(random.uniform());
  Points<double> points{{}, d};
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t cluster = random.below(clusters);
    const double width = 0.003 * std::pow(0.1 / 0.003, static_cast<double>(cluster) / (clusters - 1));
    for (std::size_t a = 0; a < axes; ++a)
      points.coordinates.push_back(centers[cluster * axes + a] + width * random.symmetric());
  }
  return {"clustered-" + std::to_string(d), std::move(points)};
}

/// All distinct 3 × 3 windows of the slice; none where the file is absent, and stderr says so.
inline std::optional<Cloud> ct_patches(const Options& options) {
  const auto file = options.data / "img_ct_b" / "693_UNCI.npy";
  if (!std::filesystem::exists(file)) {
    std::fprintf(stderr, "no %s: ct-9 is left out\n", file.c_str());
    return {};
  }
  const auto image = io::points_as<double>(io::read_points(file, {.widen = true}));
  const auto columns = static_cast<std::size_t>(image.dimension);
  std::set<std::vector<double>> patches;
  for (std::size_t y = 0; y + 3 <= image.size(); ++y)
    for (std::size_t x = 0; x + 3 <= columns; ++x) {
      std::vector<double> patch;
      for (std::size_t i = 0; i < 9; ++i) patch.push_back(image.coordinates[(y + i / 3) * columns + x + i % 3]);
      patches.insert(std::move(patch));
    }
  Points<double> points{{}, 9};
  for (const auto& patch : patches) points.coordinates.insert(points.coordinates.end(), patch.begin(), patch.end());
  return Cloud{"ct-9", std::move(points)};
}

}  // namespace coppice::bench
