// What a neighbour graph is like: its undirected forms, its connected parts, its degrees, and the critical values at
// which it becomes connected (Iliopoulos 2020, §1.2.3). Nothing depends on the number of threads.
//
// Edges from a point to itself, which graphs with `self` have, count neither as edges nor as neighbours here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "coppice/geometry/metric.hpp"
#include "coppice/geometry/point_view.hpp"
#include "coppice/index/neighbor_graph/graph.hpp"
#include "coppice/parallel/executor.hpp"

namespace coppice {

/// i and j are neighbours where either names the other. Rows are sorted by (distance, id), or by id where the graph has
/// no distances; where the distances of the two directions differ, that of the row's own edge stands.
/// Requires: every id is a row of the graph, and no row names a point twice. Complexity: O(E log k). Memory: twice that
/// of the result.
template <class Scalar, GraphIndex Index>
[[nodiscard]] SparseGraph<Scalar, Index> symmetric_graph(const GraphView<Scalar, Index>& graph, Executor executor = {});
/// i and j are neighbours where each names the other; else as `symmetric_graph`.
template <class Scalar, GraphIndex Index>
[[nodiscard]] SparseGraph<Scalar, Index> mutual_graph(const GraphView<Scalar, Index>& graph, Executor executor = {});

/// The parts of a graph that no edge connects, whichever way edges point.
struct Components {
  std::size_t count = 0;
  std::vector<std::int64_t> labels;  ///< one a point; parts are numbered from 0 by their smallest point
  std::vector<std::int64_t> sizes;   ///< one a part

  friend bool operator==(const Components&, const Components&) = default;
};

/// Joins points edge by edge, so that graphs made in pieces need not be kept. Any number of threads may join at once.
class ComponentFinder {
 public:
  explicit ComponentFinder(std::size_t points);

  /// Joins two points. Returns whether they were apart. Requires: both are below `size`.
  bool join(std::size_t a, std::size_t b) noexcept;
  /// Joins every point of `rows` with its neighbours; row 0 is that of point `first`.
  template <class Scalar, GraphIndex Index>
  void join(const GraphView<Scalar, Index>& rows, std::size_t first, Executor executor = {});

  [[nodiscard]] std::size_t size() const noexcept { return parents_.size(); }
  /// The smallest point joined with this one. Requires: nobody joins meanwhile.
  [[nodiscard]] std::size_t smallest(std::size_t point) const noexcept;
  /// Requires: nobody joins meanwhile. Complexity: O(n).
  [[nodiscard]] Components components() const;

 private:
  [[nodiscard]] std::int64_t root(std::int64_t point) noexcept;

  std::vector<std::int64_t> parents_;  // never larger than the point itself, so a root is the smallest of its part
};

/// The weakly connected components. Complexity: close to O(n + E).
template <class Scalar, GraphIndex Index>
[[nodiscard]] Components weak_components(const GraphView<Scalar, Index>& graph, Executor executor = {});

/// How many neighbours the points have, and how far those are.
struct Degrees {
  std::int64_t edges = 0;     ///< each direction counted by itself
  std::int64_t smallest = 0;  ///< k_r of a graph of all within r; 0 without points
  std::int64_t largest = 0;
  double mean = 0;
  double longest = 0;         ///< r_k of a graph of the k nearest: its longest edge; 0 without edges or distances
  std::int64_t reversed = 0;  ///< the most rows that name one point
};
/// Lemma 1.1: every edge of the k nearest is one of those within r where r ≥ r_k, and only where k ≤ k_r can it be.
/// Complexity: O(n + E).
template <class Scalar, GraphIndex Index>
[[nodiscard]] Degrees degrees(const GraphView<Scalar, Index>& graph);

/// The part of all edges whose reverse is there, too: 1 for a symmetric graph, and for one without edges.
template <class Scalar, GraphIndex Index>
[[nodiscard]] double mutual_share(const GraphView<Scalar, Index>& graph, Executor executor = {});

/// The smallest k for which the first k neighbours of all points make a weakly connected graph, or nothing where all
/// of the graph's columns do not; 0 for fewer than two points. Requires: rows sorted by (key, id), as those of the k
/// nearest. Complexity: O(n · k), and no more columns are looked at than it takes.
template <class Scalar, GraphIndex Index>
[[nodiscard]] std::optional<std::size_t> critical_k(const GraphView<Scalar, Index>& graph, Executor executor = {});

/// The same of the graphs of points themselves, asking for more and more neighbours, but no more than `most`. (It can
/// be no more than half of the points.) Memory: the points, and up to 2 k ids of 32 bits a point. Complexity: that of
/// the k nearest for up to twice the k found. Errors: those of AllNeighbors.
template <class Scalar>
[[nodiscard]] std::optional<std::size_t> critical_k(PointView<Scalar> points, MetricKind metric, std::size_t most,
                                                    Executor executor = {});

/// The smallest radius for which all within it make a connected graph: the longest edge of the minimum spanning tree,
/// exactly, in the sense that `within` asks (key ≤ key_of(radius)); 0 for fewer than two points. Complexity: O(n log n)
/// where density varies slowly; far clumps cost no more, but many dimensions do. Errors: those of AllNeighbors.
template <class Scalar>
[[nodiscard]] Scalar critical_radius(PointView<Scalar> points, MetricKind metric, Executor executor = {});
/// The same, given rows of exactly nearest neighbours, at least one a point where there are two; 8 or so are best.
/// Requires: those rows are of these points and this metric.
template <class Scalar, GraphIndex Index>
[[nodiscard]] Scalar critical_radius(PointView<Scalar> points, const GraphView<Scalar, Index>& nearest,
                                     MetricKind metric, Executor executor = {});

}  // namespace coppice
