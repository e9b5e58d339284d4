// The neighbours of all points in high dimension, kept while points come and go: rows that new points enter are
// improved, and rows that lose neighbours are searched again only when none are left in reserve.
// docs/design/high_dimension.md.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "coppice/index/neighbor_graph/graph.hpp"
#include "coppice/index/neighbor_graph/high_dimension.hpp"
#include "coppice/query/hit.hpp"

namespace coppice {

/// What the last build, insert or erase did to the rows of a HighGraph.
struct HighRepair {
  std::size_t changed = 0;    ///< points that came or went
  std::size_t evaluated = 0;  ///< (new point, old row) pairs whose filter was passed
  std::size_t searched = 0;   ///< rows of old points that were searched anew
  std::size_t audited = 0;    ///< new rows that were compared with an exact search
  bool all_anew = false;      ///< so much changed that all rows were made anew
};

/// The k nearest of every point, by Euclidean distance, under insertion and erasure in batches. Meant for more than
/// about 16 dimensions; for fewer, NeighborGraph is faster. The query says what rows are: k, self, recall, method,
/// seed, executor.
///
/// With recall 1 rows equal brute force bit for bit, ordered by (key, id), whatever the history and the number of
/// threads. With less they reach the recall as a fresh build does: new points are held against the same sketch keys as
/// the old ones were, rows keep as many candidates as the build found necessary, some new rows are compared with an
/// exact search, and everything is made anew, with effort found out anew, when these fall short by three standard
/// errors or half of the points have changed. Then answers depend on seed and history, never on the number of threads.
///
/// Thread safety: any number of concurrent const calls; one writer at a time and no other call beside it. A call that
/// throws invalid_input or unsupported has changed nothing.
template <class Scalar>
class HighGraph {
 public:
  /// An empty graph. `spare`: neighbours kept beyond the k-th (of sketches beyond the candidates, and a quarter of
  /// these at least), so that a row that loses some need not be searched again. More cost memory. Errors: invalid_input
  /// (a dimension outside 1 … max_dimension, a bad query; spare above 2^20), unsupported (another metric than l2).
  explicit HighGraph(int dimension, HighNearest<Scalar> query = {}, std::size_t spare = 6);
  HighGraph(HighGraph&&) noexcept;
  HighGraph& operator=(HighGraph&&) noexcept;
  ~HighGraph();

  /// Replaces everything; copies the points. Ids become 0 … n − 1, or the caller's. Errors: invalid_input (the row of
  /// NaN, infinite or too large; another dimension; a negative or repeated id), unsupported (2^31 points or more).
  /// Complexity: that of HighNeighbors::nearest, with room for the spare ones.
  void build(PointView<Scalar> points);
  void build(PointView<Scalar> points, std::span<const point_id> ids);

  /// Adds points under consecutive fresh ids and returns the first, or under the caller's. All or nothing. Errors: as
  /// for build, and invalid_input for an id that is in use. Complexity for m of n points: two filter passes over m · n
  /// pairs, where a build takes one over n² / 2, each of at least 48 points: insert in batches.
  point_id insert(PointView<Scalar> points);
  void insert(PointView<Scalar> points, std::span<const point_id> ids);
  /// Removes points. All or nothing. Errors: invalid_input naming the row of an unknown or repeated id. Complexity:
  /// O(n k) to find their rows, and a filter pass over n for each row that has no neighbour to spare.
  void erase(std::span<const point_id> ids);
  void clear() noexcept;

  /// The k nearest of a point, by (key, id); fewer where there are fewer. With `self` the point is among them. Errors:
  /// invalid_input for an unknown id. Complexity: O(k).
  [[nodiscard]] std::vector<Hit<Scalar>> neighbors(point_id id) const;
  /// The ids of all points, ascending. Complexity: O(n log n).
  [[nodiscard]] std::vector<point_id> ids() const;
  /// All rows as a value: row i belongs to ids()[i], and neighbours are named by their rows, which are their ids while
  /// these are 0 … n − 1. Complexity: O(n (k + log n)).
  template <GraphIndex Index = point_id>
  [[nodiscard]] DenseGraph<Scalar, Index> graph() const;

  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] int dimension() const noexcept;
  [[nodiscard]] const HighNearest<Scalar>& query() const noexcept;
  [[nodiscard]] bool contains(point_id id) const noexcept;
  /// The coordinates of a point. Errors: invalid_input for an unknown id.
  [[nodiscard]] std::vector<Scalar> point(point_id id) const;
  /// Memory held, of points, what the filter sees of them, and rows.
  [[nodiscard]] std::size_t bytes() const noexcept;
  [[nodiscard]] HighRepair last_repair() const noexcept;
  /// Of the search that last made all rows.
  [[nodiscard]] HighStatistics statistics() const noexcept;

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

}  // namespace coppice
