// What a tree of axis-aligned cuts costs: C = leaf ? w·q : w·p + C_left + C_right, where w is a box's surface area (the
// chance that a ray meets it) or its volume grown by a radius (that a query does), over the root's.
// Evangelou et al. 2023 (10.1007/s00371-023-02975-y), equations 4 to 6.
#pragma once

#include <cmath>
#include <cstddef>

#include "coppice/geometry/triangle_mesh.hpp"

namespace coppice::neural_builder {

[[nodiscard]] inline float extent(const Box3& box, std::size_t axis) noexcept {
  return box.upper[axis] - box.lower[axis];
}
/// Requires: not empty.
[[nodiscard]] inline std::size_t widest_axis(const Box3& box) noexcept {
  std::size_t widest = 0;
  for (std::size_t a = 1; a < 3; ++a)
    if (extent(box, a) > extent(box, widest)) widest = a;
  return widest;
}

/// What a node's box is weighed by.
enum class Heuristic {
  surface_area,  ///< SAH: rays
  volume         ///< VVH: queries of a radius
};

/// What a leaf of N primitives costs beside its weight. `linear` is the paper's; a top whose leaves are built further
/// is judged better by less, since a subtree answers without touching all of its primitives.
enum class LeafCost {
  linear,    ///< intersection · N
  power,     ///< intersection · N^exponent
  logarithm  ///< intersection · log2(1 + N)
};

/// The terms of the recursive cost.
struct CostModel {
  Heuristic heuristic = Heuristic::surface_area;
  float traversal = 1.2f;  ///< of an inner node (c_t)
  float intersection = 1;  ///< of a primitive (c_i)
  float radius = 1e-4f;    ///< of the queries, `volume` only, in the unit of the coordinates
  LeafCost leaves = LeafCost::linear;
  float exponent = 0.5f;  ///< of `power`

  /// The weight of a box: its surface area, or its volume with the radius on all sides.
  [[nodiscard]] float measure(const Box3& box) const noexcept {
    float x = extent(box, 0);
    float y = extent(box, 1);
    float z = extent(box, 2);
    if (heuristic == Heuristic::surface_area) return 2 * (x * y + y * z + z * x);
    x += 2 * radius;
    y += 2 * radius;
    z += 2 * radius;
    return x * y * z;
  }
  /// The derivatives of `measure` by the extents.
  [[nodiscard]] Vec3 measure_slopes(const Box3& box) const noexcept {
    float x = extent(box, 0);
    float y = extent(box, 1);
    float z = extent(box, 2);
    if (heuristic == Heuristic::surface_area) return {2 * (y + z), 2 * (x + z), 2 * (x + y)};
    x += 2 * radius;
    y += 2 * radius;
    z += 2 * radius;
    return {y * z, x * z, x * y};
  }
  [[nodiscard]] double leaf(std::size_t primitives) const noexcept {
    const auto n = static_cast<double>(primitives);
    if (leaves == LeafCost::linear) return static_cast<double>(intersection) * n;
    if (leaves == LeafCost::power)
      return static_cast<double>(intersection) * std::pow(n, static_cast<double>(exponent));
    return static_cast<double>(intersection) * std::log2(1 + n);
  }
  /// What one more primitive adds to a leaf of N: the derivative of `leaf`, from 1 primitive up.
  [[nodiscard]] double leaf_slope(std::size_t primitives) const noexcept {
    const double n = primitives == 0 ? 1.0 : static_cast<double>(primitives);
    const auto c = static_cast<double>(intersection);
    if (leaves == LeafCost::linear) return c;
    if (leaves == LeafCost::power)
      return c * static_cast<double>(exponent) * std::pow(n, static_cast<double>(exponent) - 1);
    return c / ((1 + n) * 0.6931471805599453);
  }
  /// Errors: invalid_input naming the field: a cost or radius that is negative or not finite, an exponent outside (0,
  /// 1].
  void check() const;
};

}  // namespace coppice::neural_builder
