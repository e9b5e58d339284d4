// All neighbours of all points in high dimension, where no tree helps: every pair of points in tiles of registers,
// exactly, or a sketch of every point first, with as much effort as a wanted recall takes.
// docs/design/high_dimension.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

#include "coppice/geometry/metric.hpp"
#include "coppice/geometry/point_view.hpp"
#include "coppice/index/neighbor_graph/graph.hpp"
#include "coppice/parallel/executor.hpp"

namespace coppice {

/// How neighbours are found: all pairs in tiles, exactly; sketches that prove most rows exact; or sketches alone.
enum class HighMethod { automatic, tiles, certified_sketch, sketch };

/// The k nearest of every point, by Euclidean distance.
template <class Scalar>
struct HighNearest {
  std::size_t k = 10;
  bool self = false;  ///< whether a point is its own first neighbour
  /// The part of all true neighbours that is wanted. 1: exact, every row proven. Less: the least effort that reaches
  /// it, three standard errors to spare, on neighbours of sample points that are searched exactly.
  double recall = 1;
  /// `automatic`: what is expected to be the fastest. Else this one even where it is slower; `tiles` are exact whatever
  /// the recall, `certified_sketch` needs a recall of 1. Where sketches cannot reach the recall, or there are too few
  /// points to tell, tiles take their place.
  HighMethod method = HighMethod::automatic;
  std::uint64_t seed = 1;  ///< of the sample and of the sketch; answers with recall below 1 depend on it
  MetricKind metric = MetricKind::l2;
  Executor executor{};
};

/// What the last call did.
struct HighStatistics {
  HighMethod method = HighMethod::automatic;  ///< automatic: there was nothing to do
  int sketch_dimension = 0;                   ///< p
  std::size_t candidates = 0;                 ///< m: kept for each row, whose distances were then evaluated
  /// Of the sample; 1 for exact answers.
  double recall = 1;
  double recall_margin = 0;        ///< three standard errors and more: that of all is expected above recall − margin
  std::int64_t pairs = 0;          ///< of points or sketches that a filter compared
  std::int64_t distances = 0;      ///< evaluated exactly
  std::int64_t certain_rows = 0;   ///< proven by the filter's bound
  std::int64_t finished_rows = 0;  ///< for which it was not enough: proven by a second search
};

/// A set of points made ready for all-neighbour searches in high dimension. Meant for more than about 16 dimensions;
/// for fewer, AllNeighbors is faster. Any number of threads may ask at the same time.
///
/// With recall 1 answers equal brute force bit for bit (geometry/metric.hpp). With less they are the same for a seed
/// and any number of threads; every neighbour given has its exact distance.
template <class Scalar>
class HighNeighbors {
 public:
  /// Copies the points: one byte a coordinate where all are integers within 255 of the least. Errors: invalid_input
  /// (NaN, infinite or too large, with the row; a dimension outside 1 … max_dimension), unsupported (2^31 points or
  /// more). Complexity: O(n · d).
  explicit HighNeighbors(PointView<Scalar> points, Executor executor = {});
  HighNeighbors(HighNeighbors&&) noexcept;
  HighNeighbors& operator=(HighNeighbors&&) noexcept;
  ~HighNeighbors();

  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] int dimension() const noexcept;
  /// Whether the points are kept, and compared, as bytes.
  [[nodiscard]] bool has_bytes() const noexcept;
  /// Memory held between calls.
  [[nodiscard]] std::size_t bytes() const noexcept;
  /// Of the call that ended last.
  [[nodiscard]] HighStatistics statistics() const;

  /// The k nearest of every point, in the caller's order, k a row, sorted by (distance, id); rows with fewer end with
  /// (−1, infinity). `distances` may be null. Errors: invalid_input (k of 0; a recall outside (0, 1], or below 1 with
  /// `certified_sketch`), unsupported
  /// (another metric than l2; a name that `Index` cannot hold). Complexity: O(n² d) for recall 1 unless a sketch
  /// certifies; else O(n d p + n² p + n m d). Memory beside the output: the points packed (floats, or as bytes a
  /// quarter), which a sketch needs not; and 100 to 1,000 bytes a row, by k.
  template <GraphIndex Index>
  void nearest(const HighNearest<Scalar>& query, Index* ids, Scalar* distances) const;
  template <GraphIndex Index = point_id>
  [[nodiscard]] DenseGraph<Scalar, Index> nearest(const HighNearest<Scalar>& query) const;
  /// For points that are not in the set (`self` has no meaning): row i belongs to queries[i]. Errors: as above, and
  /// those of the constructor.
  template <GraphIndex Index>
  void nearest_of(PointView<Scalar> queries, const HighNearest<Scalar>& query, Index* ids, Scalar* distances) const;

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

}  // namespace coppice
