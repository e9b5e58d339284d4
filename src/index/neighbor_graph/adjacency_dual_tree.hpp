// The comparator: dual-tree construction of a level, which tests all pairs of children of boxes that touch.
#pragma once

#include <cstdint>
#include <vector>

#include "adjacency_expand.hpp"
#include "coppice/index/neighbor_graph/partition_tree.hpp"

namespace coppice::neighbor_graph {

/// Fills rows of `graph`, whose nodes and parents are given, by testing the integer places of all pairs of children;
/// `places` are those of the level above, `dimension` numbers a vertex, and become those of `graph`.
ExpansionCounts expand_dual_tree(const MidpointTopology& tree, const AdjacencyGraph& above, AdjacencyGraph& graph,
                                 std::vector<std::uint32_t>& places, int level, std::uint64_t most_edges,
                                 const Executor& executor);

}  // namespace coppice::neighbor_graph
