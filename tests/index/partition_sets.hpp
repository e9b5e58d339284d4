// Sets of points for the tests of partitions and their adjacency: uniform, in clusters, on a coarse grid, equal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "coppice/geometry/point_view.hpp"

namespace coppice::test {

enum class Spread { uniform, clustered, grid, equal };

template <class Scalar>
Points<Scalar> make_set(Spread spread, std::size_t n, int dimension, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> unit(0, 1);
  std::normal_distribution<double> normal(0, 1);
  const auto d = static_cast<std::size_t>(dimension);
  std::vector<double> centers(5 * d);
  for (double& x : centers) x = unit(random);
  Points<Scalar> points{{}, dimension};
  points.coordinates.reserve(n * d);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t center = random() % 5;
    for (std::size_t a = 0; a < d; ++a) {
      double x = 0.25;
      if (spread == Spread::uniform) x = unit(random);
      if (spread == Spread::clustered)
        x = centers[center * d + a] + normal(random) * (center == 0 ? 0.2 : 0.01 * static_cast<double>(center));
      if (spread == Spread::grid) x = static_cast<double>(random() % 5) * 0.25;
      points.coordinates.push_back(static_cast<Scalar>(x));
    }
  }
  return points;
}

/// The distinct side × side windows of a grey image, an image row a row of points, in ascending order.
inline Points<double> distinct_patches(const Points<double>& image, std::size_t side) {
  const auto columns = static_cast<std::size_t>(image.dimension);
  std::set<std::vector<double>> patches;
  for (std::size_t y = 0; y + side <= image.size(); ++y)
    for (std::size_t x = 0; x + side <= columns; ++x) {
      std::vector<double> patch;
      for (std::size_t i = 0; i < side * side; ++i)
        patch.push_back(image.coordinates[(y + i / side) * columns + x + i % side]);
      patches.insert(std::move(patch));
    }
  Points<double> points{{}, static_cast<int>(side * side)};
  for (const auto& patch : patches) points.coordinates.insert(points.coordinates.end(), patch.begin(), patch.end());
  return points;
}

}  // namespace coppice::test
