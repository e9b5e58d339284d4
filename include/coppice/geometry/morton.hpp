// Points in the order of a Morton curve: neighbours in space become neighbours in time, so a batch of searches finds in
// the cache what the search before it left there.
#pragma once

#include <cstdint>
#include <vector>

#include "coppice/geometry/point_view.hpp"

namespace coppice {

/// The rows of `points` along the Morton curve of their bounding box, cut to 33 bits; with more than three axes along
/// the three of largest extent. Rows of the same cell keep their order. Requires: finite coordinates, fewer than 2^32
/// rows. Complexity: O(n · d).
template <class Scalar>
[[nodiscard]] std::vector<std::uint32_t> morton_order(PointView<Scalar> points);

}  // namespace coppice
