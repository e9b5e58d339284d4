// How many nodes an operation has to touch, whatever the traversal, and how many points leave their leaf: counted on
// the boxes of an index, not while it works.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "coppice/geometry/point_view.hpp"
#include "coppice/query/level_box.hpp"
#include "harness/real.hpp"

namespace coppice::bench {

/// Inner nodes and the leaf on the way from the root to a point, on average: what an insert or an erase touches.
inline double nodes_on_path(const std::vector<LevelBox<Real>>& boxes) {
  double nodes = 0, points = 0;
  for (const auto& box : boxes) {
    nodes += static_cast<double>(box.points);  // each is on the way to all points below
    if (box.is_leaf) points += static_cast<double>(box.points);
  }
  return points > 0 ? nodes / points : 0;
}

/// Inner nodes and leaves whose boxes lie within `distance` of the query: what no exact search can leave out.
inline std::size_t nodes_near(const std::vector<LevelBox<Real>>& boxes, const Real* query, double distance) {
  std::size_t near = 0;
  for (const auto& box : boxes) {
    double squared = 0;
    for (std::size_t axis = 0; axis < dimension; ++axis) {
      const double x = query[axis];
      const double gap = std::max({double{box.lower[axis]} - x, x - double{box.upper[axis]}, 0.0});
      squared += gap * gap;
    }
    near += squared <= distance * distance ? 1 : 0;
  }
  return near;
}

/// The cells of the leaves of an Octree, as far as their points show them: the smallest dyadic cubes around each leaf.
class LeafCells {
 public:
  static constexpr int all_levels = 1 << 20;

  explicit LeafCells(const std::vector<LevelBox<Real>>& boxes) {
    for (const auto& box : boxes)
      if (box.is_leaf) add(box);
  }

  /// The part of the points that are not in their leaf's cell any more.
  [[nodiscard]] double crossing(PointView<Real> from, PointView<Real> to) const {
    std::size_t crossed = 0;
    for (std::size_t i = 0; i < from.size(); ++i) crossed += share_a_cell(from.row(i), to.row(i)) ? 0 : 1;
    return static_cast<double>(crossed) / static_cast<double>(from.size());
  }

 private:
  using Cube = std::array<std::int64_t, dimension>;

  template <class Number>
  static Cube cube_of(const Number* point, int exponent) {
    Cube cube{};
    for (std::size_t axis = 0; axis < dimension; ++axis)
      cube[axis] = static_cast<std::int64_t>(std::floor(std::ldexp(static_cast<double>(point[axis]), -exponent)));
    return cube;
  }
  void add(const LevelBox<Real>& box) {
    std::array<double, dimension> lower{}, upper{};
    for (std::size_t axis = 0; axis < dimension; ++axis) {
      // Boxes are rounded outward, perhaps beyond the cell.
      const double hair = 1e-5 * (double{box.upper[axis]} - double{box.lower[axis]});
      lower[axis] = double{box.lower[axis]} + hair;
      upper[axis] = double{box.upper[axis]} - hair;
    }
    constexpr int finest = -30, coarsest = 2;  // of points in the unit cube
    for (int exponent = finest; exponent <= coarsest; ++exponent)
      if (const Cube cube = cube_of(lower.data(), exponent); cube == cube_of(upper.data(), exponent)) {
        cells_[exponent].insert(cube);
        return;
      }
  }
  bool share_a_cell(const Real* a, const Real* b) const {
    for (const auto& [exponent, cubes] : cells_)
      if (const Cube cube = cube_of(a, exponent); cubes.contains(cube)) return cube == cube_of(b, exponent);
    return false;
  }

  std::map<int, std::set<Cube>> cells_;
};

}  // namespace coppice::bench
