// The order in which a peer's user may give it points or queries: along a Morton curve, neighbours in space become
// neighbours in time, and a search finds in the cache what the one before it left there.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "coppice/geometry/morton.hpp"
#include "harness/real.hpp"

namespace coppice::bench {

/// As they come; queries along the curve; the points themselves, before anything else, and so the queries, too.
enum class Given { as_they_come, queries_sorted, points_sorted };

[[nodiscard]] inline const char* suffix_of(Given given) {
  return given == Given::as_they_come ? "" : given == Given::queries_sorted ? "/sorted" : "/sorted-points";
}

/// The rows along a Morton curve of all axes.
[[nodiscard]] inline std::vector<std::uint32_t> curve_order(PointView<Real> points) {
  if constexpr (dimension <= 3) return morton_order(points);
  constexpr int bits = 63 / dimension;
  std::vector<Real> lower(points[0].begin(), points[0].end()), upper = lower;
  for (std::size_t i = 1; i < points.size(); ++i)
    for (std::size_t axis = 0; axis < dimension; ++axis) {
      lower[axis] = std::min(lower[axis], points.row(i)[axis]);
      upper[axis] = std::max(upper[axis], points.row(i)[axis]);
    }
  Real widest = 0;
  for (std::size_t axis = 0; axis < dimension; ++axis) widest = std::max(widest, upper[axis] - lower[axis]);
  const Real scale = widest > 0 ? static_cast<Real>((1 << bits) - 1) / widest : 0;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> keys(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::uint64_t key = 0;
    for (std::size_t axis = 0; axis < dimension; ++axis) {
      const auto cell = static_cast<std::uint64_t>((points.row(i)[axis] - lower[axis]) * scale);
      for (std::size_t bit = 0; bit < bits; ++bit) key |= (cell >> bit & 1) << (bit * dimension + axis);
    }
    keys[i] = {key, static_cast<std::uint32_t>(i)};
  }
  std::sort(keys.begin(), keys.end());
  std::vector<std::uint32_t> order(points.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = keys[i].second;
  return order;
}

}  // namespace coppice::bench
