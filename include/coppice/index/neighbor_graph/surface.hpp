// The local shape of a cloud of 3-D points, from the rows of a neighbour graph: means, covariances, normals,
// curvatures.
//
// The neighbourhood of a point is its row and the point itself, counted once whether the row holds it or not. Sums are
// taken in double from the point on, then from their mean, in the order of the row: nothing depends on the number of
// threads, and a cloud far from the origin loses nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "coppice/geometry/point_view.hpp"
#include "coppice/index/neighbor_graph/graph.hpp"
#include "coppice/parallel/executor.hpp"

namespace coppice {

/// Where the neighbourhood of a point lies, and how it spreads.
struct LocalMoments {
  std::int64_t count = 0;  ///< points, itself included
  std::array<double, 3> mean{};
  std::array<double, 6> covariance{};  ///< xx, xy, xz, yy, yz, zz, divided by count

  friend bool operator==(const LocalMoments&, const LocalMoments&) = default;
};

/// One a point. Errors: invalid_input when the points are not 3-D, or the graph has another number of rows.
/// Requires: every id of the graph is a row of the points. Complexity: O(E).
template <class Scalar, GraphIndex Index>
[[nodiscard]] std::vector<LocalMoments> local_moments(PointView<Scalar> points, const GraphView<Scalar, Index>& graph,
                                                      Executor executor = {});

/// A plane through every point, as well as the neighbourhood allows.
template <class Scalar>
struct Surface {
  Points<Scalar> normals;          ///< n × 3 of length 1; (0, 0, 0) for fewer than 3 points or equal ones
  std::vector<Scalar> curvatures;  ///< λ₀ / (λ₀ + λ₁ + λ₂): 0 for a plane, ⅓ at most; 0 where there is no normal

  friend bool operator==(const Surface& a, const Surface& b) {
    return a.normals.coordinates == b.normals.coordinates && a.curvatures == b.curvatures;
  }
};

/// Which way normals point.
struct Orientation {
  /// Towards this place. Without one, or where a normal is square to the view: up, z > 0, else y > 0, else x > 0.
  std::optional<std::array<double, 3>> viewpoint;
};

/// A normal is the eigenvector of the smallest eigenvalue of the covariance; in a neighbourhood along a line any vector
/// square to it, though always the same one. Errors, Requires and Complexity: those of `local_moments`.
template <class Scalar, GraphIndex Index>
[[nodiscard]] Surface<Scalar> surface(PointView<Scalar> points, const GraphView<Scalar, Index>& graph,
                                      const Orientation& orientation = {}, Executor executor = {});

/// Neighbourhoods of points that have no graph yet.
template <class Scalar>
struct Neighborhoods {
  std::size_t k = 30;                                       ///< neighbours, the point itself not counted
  Scalar radius = std::numeric_limits<Scalar>::infinity();  ///< only those within it, boundary included
};
/// The graph is made piece by piece and not kept. Memory: the points twice, the result, and a piece of up to 2²⁰ rows.
/// Errors: those of AllNeighbors; invalid_input when the points are not 3-D.
template <class Scalar>
[[nodiscard]] Surface<Scalar> surface(PointView<Scalar> points, const Neighborhoods<Scalar>& neighborhoods,
                                      const Orientation& orientation = {}, Executor executor = {});

}  // namespace coppice
