// One subspace: its partition, its hierarchy, its points leaf by leaf, and how far each leaf has gone outward.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "coppice/index/neighbor_graph/adjacency.hpp"
#include "coppice/index/neighbor_graph/partition_tree.hpp"
#include "coppice/index/neighbor_graph/subspace_search.hpp"
#include "leaf_columns.hpp"

namespace coppice::subspace {

class SubspaceTree {
 public:
  SubspaceTree(PointView<double> coordinates, const SubspaceConfig& config);

  [[nodiscard]] const PartitionTree<double>& tree() const noexcept { return tree_; }
  [[nodiscard]] const AdjacencyHierarchy& hierarchy() const noexcept { return hierarchy_; }
  [[nodiscard]] const neighbor_graph::LeafColumns<double>& columns() const noexcept { return columns_; }
  [[nodiscard]] const std::vector<std::uint32_t>& kids(int level) const noexcept {
    return kids_[static_cast<std::size_t>(level)];
  }
  /// Leaves are named by their vertices in the last graph.
  [[nodiscard]] std::size_t leaves() const noexcept { return hierarchy_.last().size(); }
  [[nodiscard]] const PartitionNode& leaf(std::size_t vertex) const noexcept {
    return tree_.nodes()[hierarchy_.last().nodes[vertex]];
  }
  [[nodiscard]] std::uint32_t leaf_of(std::size_t row) const noexcept { return leaf_of_[row]; }
  /// The vertex of the box that holds a row at a level of the hierarchy.
  [[nodiscard]] std::uint32_t vertex_of(std::size_t row, int level) const noexcept;
  /// A row's coordinates.
  void point(std::size_t row, std::vector<double>& to) const;
  /// At most the key of two points whose boxes at `level` do not touch; infinite at the root, where all do.
  [[nodiscard]] double key_beyond(int level) const noexcept;
  /// False: boxes that touch are missing, and nothing is known of what was not met.
  [[nodiscard]] bool is_complete() const noexcept { return complete_; }
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  MetricKind metric_;
  bool complete_;
  PartitionTree<double> tree_;
  AdjacencyHierarchy hierarchy_;
  neighbor_graph::LeafColumns<double> columns_;
  std::vector<std::vector<std::uint32_t>> kids_;  // of the vertices of each level, in the next
  std::vector<std::uint32_t> leaf_of_;            // the vertex of a row's leaf
  std::vector<std::uint32_t> place_;              // of a row in its leaf
};

/// How far one leaf has gone: first to leaves that touch it, then to what touches the boxes above it.
struct Outward {
  int level = 0;             ///< whose touching boxes are being visited
  std::uint32_t vertex = 0;  ///< of the box around the leaf, one level below; at first the leaf itself
  bool own = false;          ///< whether the leaf was compared with itself
  bool ended = false;        ///< nothing is left, or a cap was reached
  std::pair<double, std::uint32_t> last{-1, 0};  ///< visited of this level: bound and node
  std::size_t boxes = 0, points = 0;             ///< visited so far
  double gap = 0;                                ///< at most the key of any point that was not visited
};

/// What one step may take.
struct StepCaps {
  std::size_t most_boxes = 0, most_points = 0;      ///< in all; 0: no cap
  std::size_t boxes_a_step = 0, points_a_step = 0;  ///< in this step
  double reach = 0;                                 ///< leaves further away are left out for good
};

/// Writes the nodes of the leaves that come next, nearest first, and moves on. Deterministic.
template <class Terms>
void step(const SubspaceTree& tree, std::uint32_t leaf, const StepCaps& caps, Outward& outward,
          std::vector<std::uint32_t>& visits, std::uint64_t& bounds);

}  // namespace coppice::subspace
