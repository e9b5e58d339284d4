// All neighbours of all points as the adjacency hierarchy directs it (Iliopoulos 2020, chapter 5, Algorithm A.2
// corrected): a leaf first asks the leaves that touch it, then goes up level by level and asks the boxes that touch its
// box there and did not below, until no box further out can hold anything nearer.
//
// It shows what the hierarchy buys, beside the same search without it; for speed there is all_neighbors.hpp. Answers
// are those of all other searches: brute force's, bit for bit, rows by (distance, id), for any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "coppice/geometry/point_view.hpp"
#include "coppice/index/neighbor_graph/adjacency.hpp"
#include "coppice/index/neighbor_graph/all_neighbors.hpp"
#include "coppice/index/neighbor_graph/graph.hpp"
#include "coppice/index/neighbor_graph/partition_tree.hpp"

namespace coppice {

namespace neighbor_graph {
template <class Scalar>
class LeafColumns;
}

struct AdjacencySearchConfig {
  int levels = 16;        ///< of the partition
  std::size_t mass = 32;  ///< p: a leaf holds at most so many points, unless it is of the last level
  /// Whether searches go from box to touching box; if not they come down from the root, nearest box first.
  bool hierarchy = true;
  std::uint64_t most_edges = std::uint64_t{1} << 28;  ///< of a level of the hierarchy; more are refused
  Executor executor{};                                ///< that builds; searches bring their own
};

/// What a search did, summed over all leaves.
struct AdjacencySearchCounts {
  std::uint64_t pairs = 0;   ///< distances evaluated
  std::uint64_t bounds = 0;  ///< boxes whose distance was evaluated
  std::uint64_t leaves = 0;  ///< pairs of leaves whose points were compared, each from both ends
  std::uint64_t rings = 0;   ///< levels gone up
};

/// Immutable: any number of threads may ask at the same time.
template <class Scalar>
class AdjacencySearch {
 public:
  using Config = AdjacencySearchConfig;

  /// Copies the points. Errors: those of PartitionTree and AdjacencyHierarchy.
  explicit AdjacencySearch(PointView<Scalar> points, const Config& config = {});
  AdjacencySearch(AdjacencySearch&&) noexcept;
  AdjacencySearch& operator=(AdjacencySearch&&) noexcept;
  ~AdjacencySearch();

  [[nodiscard]] const PartitionTree<Scalar>& tree() const noexcept { return tree_; }
  /// Over canopies, without faces; the root alone where Config::hierarchy is off.
  [[nodiscard]] const AdjacencyHierarchy& hierarchy() const noexcept { return hierarchy_; }

  /// The k nearest of every point. With ε > 0 the search stops where what is left is further than the k-th found by
  /// now, less that factor. Errors: invalid_input (k of 0, a radius or ε that is negative or NaN), unsupported (a
  /// weighted metric).
  [[nodiscard]] DenseGraph<Scalar> nearest(const AllNearest<Scalar>& query,
                                           AdjacencySearchCounts* counts = nullptr) const;

  /// All points within the radius: among boxes that touch at the level whose edge is at least the radius (Prop. 5.1),
  /// by tight boxes below it, and without a test where a box is within the radius as a whole. Errors: invalid_input (a
  /// radius that is negative or NaN; more than most_edges, with how many there are), unsupported (a weighted metric).
  [[nodiscard]] SparseGraph<Scalar> within(const AllWithin<Scalar>& query,
                                           AdjacencySearchCounts* counts = nullptr) const;

 private:
  PartitionTree<Scalar> tree_;
  AdjacencyHierarchy hierarchy_;
  std::vector<std::vector<std::uint32_t>> kids_;  // children_of, a level
  std::unique_ptr<const neighbor_graph::LeafColumns<Scalar>> columns_;
};

/// The k nearest of every point among those of its own leaf and of at most `most_leaves` that touch it, the nearest
/// first: approximate, and a measure of how much a partition scatters neighbours over leaves. `leaves` is the graph of
/// all leaves of `tree`, of whatever partition. Errors: as `nearest`.
template <class Scalar>
[[nodiscard]] DenseGraph<Scalar> nearest_in_touching_leaves(PointView<Scalar> points, const PartitionTopology& tree,
                                                            const AdjacencyGraph& leaves,
                                                            const AllNearest<Scalar>& query, std::size_t most_leaves,
                                                            AdjacencySearchCounts* counts = nullptr);

}  // namespace coppice
