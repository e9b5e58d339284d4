// All neighbours in high dimension through subspaces (Iliopoulos 2020, chapter 6): a mid-point partition and its
// adjacency hierarchy in each of a few subspaces of few axes. Boxes that touch there give candidates, distances in all
// dimensions decide among them, and how far the rest is away in the subspaces says when a row is proven.
//
// It shows what subspace trees are worth; the fast way in high dimension is high_dimension.hpp. Distances are those of
// all other searches, rows are sorted by (distance, id), and nothing depends on the number of threads.
// docs/design/high_dimension.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "coppice/geometry/metric.hpp"
#include "coppice/geometry/point_view.hpp"
#include "coppice/index/neighbor_graph/graph.hpp"
#include "coppice/parallel/executor.hpp"

namespace coppice {

/// How subspaces are chosen, and what can be said of a point that is at least gap_s away in each of them.
enum class SubspaceKind {
  random_rotations,     ///< each by a random rotation of its own (§6.1.1): at least max gap_s away. l2 only.
  principal_axes,       ///< leading principal axes, dealt out in turn (§6.1.2): √Σ gap_s² away. l2 only.
  dimension_partition,  ///< coordinates, dealt out in runs (§6.1.3): (Σ gap_s^p)^(1/p) away
};

/// By what candidates are ranked, and left out, before they are evaluated in all dimensions.
enum class PartialDistances {
  none,  ///< by nothing
  met,   ///< distances in those subspaces where they were met, gaps in the others (Remark 6.2)
  all,   ///< distances in all subspaces, wherever they were met
};

struct SubspaceConfig {
  static constexpr std::size_t most_subspaces = 64;

  SubspaceKind kind = SubspaceKind::principal_axes;
  std::size_t subspaces = 4;  ///< m
  /// Of each subspace, at most 64. 0: 8 where there are as many; for a partition of coordinates all of them, split
  /// evenly. More: fewer points a box, and many more boxes that touch.
  int axes = 0;
  std::size_t mass = 64;  ///< p: a leaf holds at most so many points, unless it is of the last level
  int levels = 16;        ///< of each tree
  /// A box follows at most so many neighbours into the next level of a hierarchy. 0: all. With a limit no row can be
  /// proven; SubspaceSearch::confidence says what share of the pairs of boxes is left.
  std::size_t most_neighbors = 0;
  std::uint64_t most_edges = std::uint64_t{1} << 28;  ///< of a level of a hierarchy; more are refused
  MetricKind metric = MetricKind::l2;                 ///< l2; with a partition of coordinates also l1 and linf
  std::uint64_t seed = 1;                             ///< of rotations and of the sample behind principal axes
  Executor executor{};                                ///< that builds; searches bring their own
};

/// The k nearest of every point.
struct SubspaceNearest {
  std::size_t k = 10;
  bool self = false;  ///< whether a point is its own first neighbour
  /// Caps on what a leaf is compared with in each subspace beside itself: leaves, or points in leaves (it ends with the
  /// leaf that reaches the number). 0: none. Without any cap rows are exact.
  std::size_t most_boxes = 0;
  std::size_t most_points = 0;
  /// Of all candidates of a row only so many with the least bounds are evaluated in all dimensions. 0: all that could
  /// be among the k. Needs partial distances; of those that are `met` it takes first whatever was met in few subspaces.
  std::size_t most_evaluated = 0;
  PartialDistances partial_distances = PartialDistances::all;
  /// Rounds in which a row also tries the neighbours of its neighbours, and of points whose neighbour it is.
  int refinements = 0;
  Executor executor{};
};

/// What a search did.
struct SubspaceStatistics {
  std::uint64_t boxes = 0;         ///< leaves that leaves were compared with, themselves included, over all subspaces
  std::uint64_t bounds = 0;        ///< boxes whose distance was evaluated
  std::uint64_t candidates = 0;    ///< pairs met, each once a round however many subspaces it was met in
  std::uint64_t partials = 0;      ///< distances evaluated in one subspace, or in all of them at once
  std::uint64_t pairs = 0;         ///< distances evaluated in all dimensions
  std::uint64_t refined = 0;       ///< of those, neighbours of neighbours
  std::size_t certified_rows = 0;  ///< proven exact
  int rounds = 0;
};

/// Trees and hierarchies in subspaces. Immutable: any number of threads may ask at the same time.
template <class Scalar>
class SubspaceSearch {
 public:
  using Config = SubspaceConfig;

  /// Copies the points: one byte a coordinate where l2 allows it. Errors: invalid_input (subspaces or axes of which
  /// there are not as many, with the dimension; mass or levels that no partition takes; NaN, infinite or too large
  /// numbers, with the row; a hierarchy of more than most_edges pairs), unsupported (another metric than l2 with
  /// rotations; 2^31 points or more). Complexity: O(n d m axes), and the hierarchies.
  explicit SubspaceSearch(PointView<Scalar> points, const Config& config = {});
  SubspaceSearch(SubspaceSearch&&) noexcept;
  SubspaceSearch& operator=(SubspaceSearch&&) noexcept;
  ~SubspaceSearch();

  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] int dimension() const noexcept;
  [[nodiscard]] std::size_t subspaces() const noexcept;
  /// Levels of the deepest tree.
  [[nodiscard]] int levels() const noexcept;
  /// Leaves of all trees, and pairs of them that touch.
  [[nodiscard]] std::size_t leaves() const noexcept;
  [[nodiscard]] std::uint64_t edges() const noexcept;
  /// The least share, over the subspaces, of pairs of touching leaves that most_neighbors leaves, as Theorem 3.2
  /// estimates it; 1 without a limit.
  [[nodiscard]] double confidence() const noexcept;
  /// Memory held between calls.
  [[nodiscard]] std::size_t bytes() const noexcept;

  /// The k nearest of every point. Without caps these are brute force's, bit for bit; with caps every neighbour has its
  /// exact distance, and `statistics` tells how many rows are proven all the same. Errors: invalid_input (k of 0;
  /// most_evaluated without partial distances; refinements below 0; no cap, but a limit on neighbours). Complexity:
  /// with a cap of c points O(n m c (axes + d)) at most; without, up to O(n² m (axes + d)).
  [[nodiscard]] DenseGraph<Scalar> nearest(const SubspaceNearest& query,
                                           SubspaceStatistics* statistics = nullptr) const;

  /// The product-adjacency neighbourhood of a point (Definition 6.2): the points whose boxes are the same as its own or
  /// touch it in every subspace, at `level` or as leaves above it; ascending, the point included. Requires: a row and a
  /// level ≥ 0; levels deeper than a tree stand for its leaves. Complexity: O(points of the smallest such row of
  /// boxes).
  [[nodiscard]] std::vector<point_id> product_neighborhood(std::size_t row, int level) const;
  /// At most the distance, along the subspace axis where it is largest, to any point that is not in there (Eq. 6.4);
  /// infinite where there is none. With a partition of coordinates this bounds the linf distance, and any other.
  [[nodiscard]] Scalar product_gap(int level) const;

 private:
  class Body;
  std::unique_ptr<const Body> body_;
};

/// The share of the neighbours of `exact` that `graph` names: those, and others that are no farther than the last of
/// the exact row. 1 where there are none. Requires: distances in both. Errors: invalid_input (another number of rows).
template <class Scalar>
[[nodiscard]] double recall_of(const GraphView<Scalar>& graph, const GraphView<Scalar>& exact);

}  // namespace coppice
