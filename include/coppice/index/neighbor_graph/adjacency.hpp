// The adjacency graph hierarchy (Iliopoulos 2020, §3.4): for every level of a mid-point partition the graph of boxes
// that touch. A level comes from the one above by filtering children with two words an edge: no two boxes are looked
// at that do not touch, and no pair is looked at twice. docs/design/adjacency_graph_hierarchy.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "coppice/index/neighbor_graph/adjacency_graph.hpp"
#include "coppice/index/neighbor_graph/partition_tree.hpp"
#include "coppice/parallel/executor.hpp"

namespace coppice {

/// Which boxes are vertices of a level.
enum class AdjacencyVertices {
  level,   ///< its own
  canopy,  ///< and the leaves above it: every level covers all points, the last has all leaves
};

/// How pairs that touch are found.
enum class AdjacencyMethod {
  qodes,      ///< by qodes of two generations: never a pair in vain
  dual_tree,  ///< all pairs of children of boxes that touch, tested by their places: the comparator; own boxes only
};

struct AdjacencyConfig {
  AdjacencyVertices vertices = AdjacencyVertices::level;
  AdjacencyMethod method = AdjacencyMethod::qodes;
  /// Levels below this one are not made.
  int last_level = std::numeric_limits<int>::max();
  /// Whether all levels are kept, or the last one alone.
  bool keep_levels = true;
  /// Whether faces are kept, or let go once the level below is made: then graphs have none, and take a fifth.
  bool keep_faces = true;
  /// A level of more pairs than this is refused before it is stored.
  std::uint64_t most_edges = std::uint64_t{1} << 30;
  /// A box follows at most so many neighbours into the next level, those with the largest faces; an edge stays if one
  /// of its ends follows it. 0: all. What that leaves out is estimated, see AdjacencyLevel::left_out.
  std::size_t most_neighbors = 0;
  Executor executor{};
};

/// What making a level took, and what it was expected to be.
struct AdjacencyLevel {
  std::size_t vertices = 0;
  std::uint64_t edges = 0;  ///< pairs, each once
  /// Traversal length: boxes and pairs of boxes that were gone to. With qodes over the levels' own boxes it is
  /// vertices + edges, the least there can be (Prop. 3.5).
  std::uint64_t visits = 0;
  /// Operations on words of a bit an axis; with the dual tree on two places along one axis.
  std::uint64_t operations = 0;
  double expected_edges = 0;  ///< by Theorem 3.2, from the level above
  std::uint64_t dropped = 0;  ///< edges that the cap left out of this level
  /// Edges that this level lacks, by estimate: those dropped, and what would have come of those dropped above.
  double left_out = 0;

  /// The share of the true edges that is there, by estimate; 1 without a cap.
  [[nodiscard]] double confidence() const noexcept {
    const double all = static_cast<double>(edges) + left_out;
    return all > 0 ? static_cast<double>(edges) / all : 1;
  }
};

/// The graphs of all levels. Immutable. The same for any number of threads.
class AdjacencyHierarchy {
 public:
  using Config = AdjacencyConfig;

  /// Does not keep the tree. Errors: invalid_input (a level of more than most_edges pairs, with how many there are;
  /// a negative level), unsupported (the dual tree over canopies or capped). Complexity with qodes: O(vertices + edges
  /// + Σ over edges of the children of both ends). Memory: 40 bytes an edge, without faces 8.
  explicit AdjacencyHierarchy(const MidpointTopology& tree, const Config& config = {});

  [[nodiscard]] int dimension() const noexcept { return dimension_; }
  /// How many levels were made; level 0 is the root alone.
  [[nodiscard]] int levels() const noexcept { return static_cast<int>(statistics_.size()); }
  /// Requires: a level that was made, the last one unless levels are kept.
  [[nodiscard]] const AdjacencyGraph& level(int level) const noexcept {
    return graphs_[static_cast<std::size_t>(level)];
  }
  [[nodiscard]] const AdjacencyGraph& last() const noexcept { return graphs_.back(); }
  [[nodiscard]] std::span<const AdjacencyLevel> statistics() const noexcept { return statistics_; }
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  int dimension_ = 0;
  std::vector<AdjacencyGraph> graphs_;
  std::vector<AdjacencyLevel> statistics_;
};

}  // namespace coppice
