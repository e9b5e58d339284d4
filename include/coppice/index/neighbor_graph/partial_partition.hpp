// The adjacency-sensitive partial partition (Iliopoulos 2020, chapter 4): boxes are cut along as few axes as it takes,
// and along those that make the fewest pairs of boxes that touch. Partition and adjacency grow together, level by
// level, because a box asks its neighbours what a cut would cost.
//
// Where many axes are cut at once most children hold a point or two: the tree grows, and with it the pairs. Only leaves
// are cut in part: a box that is cut further is a cube of its level, as in a PartitionTree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "coppice/geometry/point_view.hpp"
#include "coppice/index/neighbor_graph/adjacency_graph.hpp"
#include "coppice/index/neighbor_graph/partition_tree.hpp"
#include "coppice/parallel/executor.hpp"

namespace coppice {

struct PartialPartitionConfig {
  static constexpr int most_levels = 15;

  int levels = 9;         ///< L, as in PartitionConfig; 1 … 15, so that intervals have 16 bits
  std::size_t mass = 64;  ///< p: a box of at most so many points is a leaf
  /// Pieces of at most so many points are avoided; 0 stands for p / 2. Higher: fewer cuts are free to choose from.
  std::size_t mass_low = 0;
  bool uniform = false;      ///< cut along all axes after all: what the partial partition is compared with
  bool keep_levels = false;  ///< the graphs of all levels, or the leaves' alone
  std::uint64_t most_edges = std::uint64_t{1} << 30;  ///< a level of more pairs is refused before it is stored
  Executor executor{};

  /// Errors: invalid_input that names the field.
  void validate() const;
};

/// The sums of a level: its boxes and the leaves above it.
struct PartialPartitionLevel {
  std::size_t boxes = 0;
  std::size_t leaves = 0;
  std::uint64_t edges = 0;
  std::uint64_t visits = 0;      ///< boxes and pairs that were gone to; as many as there are, none in vain
  std::uint64_t operations = 0;  ///< on words of a bit an axis
};

/// Immutable; the points are not kept. The same for any number of threads.
template <class Scalar>
class PartialPartition : public PartitionTopology {
 public:
  using Config = PartialPartitionConfig;

  /// Errors: those of PartitionTree; invalid_input (a level of more than most_edges pairs, with how many there are).
  /// Complexity: O(n · dimension · levels + Σ over edges of the children of both ends).
  explicit PartialPartition(PointView<Scalar> points, const Config& config = {});

  /// A box in cells of 2^−levels of the root's edge: [lower[i], upper[i]] along axis i, both ends touching.
  [[nodiscard]] std::span<const std::uint16_t> lower(std::uint32_t node) const noexcept { return row(lower_, node); }
  [[nodiscard]] std::span<const std::uint16_t> upper(std::uint32_t node) const noexcept { return row(upper_, node); }
  /// Whether two boxes touch, from their intervals: two comparisons an axis, without a branch. Complexity:
  /// O(dimension).
  [[nodiscard]] bool touch(std::uint32_t a, std::uint32_t b) const noexcept;
  /// Along which axes a box was cut from its parent.
  [[nodiscard]] Qode cut(std::uint32_t node) const noexcept { return cuts_[node]; }

  /// Boxes that touch, over the boxes of a level and the leaves above it. Requires: the last level, or levels kept.
  [[nodiscard]] const AdjacencyGraph& graph(int level) const noexcept {
    return graphs_[static_cast<std::size_t>(level)];
  }
  /// The graph of all leaves.
  [[nodiscard]] const AdjacencyGraph& leaf_graph() const noexcept { return graphs_.back(); }
  [[nodiscard]] std::span<const PartialPartitionLevel> statistics() const noexcept { return statistics_; }

 private:
  [[nodiscard]] std::span<const std::uint16_t> row(const std::vector<std::uint16_t>& numbers,
                                                   std::uint32_t node) const noexcept {
    return std::span(numbers).subspan(node * static_cast<std::size_t>(dimension_),
                                      static_cast<std::size_t>(dimension_));
  }

  std::vector<std::uint16_t> lower_;
  std::vector<std::uint16_t> upper_;
  std::vector<Qode> cuts_;
  std::vector<AdjacencyGraph> graphs_;
  std::vector<PartialPartitionLevel> statistics_;
};

}  // namespace coppice
