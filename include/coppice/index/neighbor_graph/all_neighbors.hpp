// All neighbours of all points of one set, exactly and at once: what a search of every point by itself does over and
// over, finding its place and a first bound, is done once for a leaf of points. docs/design/neighbor_graph.md.
//
// Distances are those of every other index (geometry/metric.hpp), rows are sorted by (distance, id), and nothing
// depends on the number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "coppice/geometry/metric.hpp"
#include "coppice/geometry/point_view.hpp"
#include "coppice/index/neighbor_graph/graph.hpp"
#include "coppice/parallel/executor.hpp"
#include "coppice/query/hit.hpp"

namespace coppice {

/// The k nearest of every point; with a radius only those within it.
template <class Scalar>
struct AllNearest {
  std::size_t k = 10;
  Scalar radius = std::numeric_limits<Scalar>::infinity();  ///< inclusive: key ≤ metric.key_of(radius)
  bool self = false;                                        ///< whether a point is its own first neighbour
  MetricKind metric = MetricKind::l2;                       ///< l2, l1 or linf
  /// With ε > 0 the j-th neighbour given may be up to (1 + ε) times as far as the j-th nearest; 0: exact.
  Scalar epsilon = 0;
  Executor executor{};
};

/// Every point within `radius` of every point, boundary included.
template <class Scalar>
struct AllWithin {
  Scalar radius = 0;
  bool self = false;
  MetricKind metric = MetricKind::l2;  ///< l2, l1 or linf
  Order order = Order::by_distance;    ///< of the rows; `none` is the fastest, and the same for any number of threads
  bool distances = true;               ///< false: ids alone
  /// More edges than this are refused before they are stored.
  std::int64_t most_edges = std::numeric_limits<std::int64_t>::max();
  Executor executor{};
};

/// What the last call did, summed over all threads.
struct AllNeighborsStatistics {
  std::int64_t pairs = 0;       ///< evaluated by the filter
  std::int64_t exact_rows = 0;  ///< rows that the filter could not narrow down
  std::size_t leaves = 0;
  std::size_t bytes = 0;  ///< held between calls
};

/// A set of points made ready for all-neighbour searches: copied once, in leaves. Immutable, so any number of threads
/// may ask at the same time.
template <class Scalar>
class AllNeighbors {
 public:
  /// Copies the points. Errors: invalid_input (NaN, infinite or too large, with the row; a dimension outside
  /// 1 … max_dimension), unsupported (2^31 points or more). Complexity: O(n) for up to three dimensions, else
  /// O(n log n). Memory: about twice the points.
  explicit AllNeighbors(PointView<Scalar> points, Executor executor = {});
  AllNeighbors(AllNeighbors&&) noexcept;
  AllNeighbors& operator=(AllNeighbors&&) noexcept;
  ~AllNeighbors();

  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] int dimension() const noexcept;
  [[nodiscard]] AllNeighborsStatistics statistics() const noexcept;

  /// The k nearest of every point, k a row. Errors: invalid_input (k of 0, a radius or ε that is negative or NaN),
  /// unsupported (a weighted metric; 32-bit names are always enough). Complexity: O(n k) where density varies slowly.
  template <GraphIndex Index = point_id>
  [[nodiscard]] DenseGraph<Scalar, Index> nearest(const AllNearest<Scalar>& query) const;
  /// The same for points [first, first + count) alone, into the caller's arrays of count × k: a graph piece by piece,
  /// in as much memory as a piece takes. `distances` may be null.
  template <GraphIndex Index>
  void nearest(const AllNearest<Scalar>& query, std::size_t first, std::size_t count, Index* ids,
               Scalar* distances) const;
  /// For points that are not in the set (`self` has no meaning): row i belongs to queries[i].
  template <GraphIndex Index>
  void nearest_of(PointView<Scalar> queries, const AllNearest<Scalar>& query, Index* ids, Scalar* distances) const;

  /// All within the radius. Errors: invalid_input (a radius that is negative or NaN; more than most_edges, with how
  /// many there are), unsupported (a weighted metric). Complexity: O(n + edges) where density varies slowly.
  template <GraphIndex Index = point_id>
  [[nodiscard]] SparseGraph<Scalar, Index> within(const AllWithin<Scalar>& query) const;
  /// The same for points [first, first + count) alone; offsets start at 0.
  template <GraphIndex Index = point_id>
  [[nodiscard]] SparseGraph<Scalar, Index> within(const AllWithin<Scalar>& query, std::size_t first,
                                                  std::size_t count) const;
  /// How many edges `within` would give, without storing them; `degrees`, if not empty, gets the length of each row.
  [[nodiscard]] std::int64_t count_within(const AllWithin<Scalar>& query, std::span<std::int64_t> degrees = {}) const;

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

}  // namespace coppice
