// How far boxes are apart that do not touch, with an allowance for the rounding of cells and of keys.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "coppice/geometry/metric.hpp"
#include "coppice/index/neighbor_graph/partition_tree.hpp"

namespace coppice::neighbor_graph {

/// At most the difference along some axis of any two points whose boxes do not touch in the canopy of `level`; 0 where
/// rounding could make it nothing.
///
/// A cell is ⌊t⌋ with t = (x − lower) · 2^L / width rounded three times, so two points whose cells differ by m or more
/// boxes' edges differ by more than that less 6 ε of the width; the gap between boxes that do not touch is at least an
/// edge of the smaller one (Eq. 3.7 in the ordinary norm).
template <class Scalar>
Scalar gap_of(const PartitionTree<Scalar>& tree, int level) {
  constexpr Scalar eps = std::numeric_limits<Scalar>::epsilon();
  return std::max(Scalar{0}, tree.width() * (std::ldexp(Scalar{1}, -level) - 16 * eps));
}

/// At most the key of two such points. The largest difference alone is a bound in every metric.
template <class Scalar>
Scalar key_beyond(const PartitionTree<Scalar>& tree, int level, MetricKind kind) {
  constexpr Scalar eps = std::numeric_limits<Scalar>::epsilon();
  const Scalar key = Metric<Scalar>{kind, {}}.key_of(gap_of(tree, level)) * (1 - 16 * eps);
  return key < std::numeric_limits<Scalar>::min() ? Scalar{0} : key;  // denormal keys round by more than that
}

/// ℓ_r: the deepest of the tree's levels at which points of boxes that do not touch have keys above `limit` (Prop. 5.1:
/// ⌊log2(width / radius)⌋, less rounding); 0 where there is none.
template <class Scalar>
int level_of_radius(const PartitionTree<Scalar>& tree, Scalar limit, MetricKind kind) {
  int level = 0;
  while (level + 1 < tree.levels() && key_beyond(tree, level + 1, kind) > limit) ++level;
  return level;
}

}  // namespace coppice::neighbor_graph
