// How many pairs of boxes the next level will have (Iliopoulos 2020, Theorem 3.2), from this level and from how many
// children its boxes have, without asking where the children lie. Corrected: the printed distribution lacks its
// binomial coefficient, and the printed sum lacks the pairs of siblings.
#pragma once

#include <cstdint>

#include "coppice/index/neighbor_graph/adjacency_graph.hpp"
#include "coppice/index/neighbor_graph/partition_tree.hpp"

namespace coppice {

/// The probability that `touching` of `children` children, placed at random in a box, touch a face of it across which
/// `split` axes are split: binomial, each child with probability 2^−split (Eq. 3.15).
[[nodiscard]] double touching_probability(std::uint32_t children, int split, std::uint32_t touching);

/// What is expected to become of one pair: c · c' · 4^−split. The mean is the same whether children may coincide, as
/// the theorem takes it, or not.
[[nodiscard]] double expected_pairs(std::uint32_t children, std::uint32_t others, int split) noexcept;

/// The edges that the level below `graph` is expected to have (Eq. 3.16): those between siblings, which are certain,
/// and those of every edge. With `canopy`, leaves go on as they are. Complexity: O(vertices + edges).
[[nodiscard]] double expected_edges(const MidpointTopology& tree, const AdjacencyGraph& graph, bool canopy = false);

/// The edges that it will have: the same sum with children counted where they lie. `canopy` as above.
/// Complexity: O(Σ over edges of the children of both ends); stores nothing.
[[nodiscard]] std::uint64_t edges_below(const MidpointTopology& tree, const AdjacencyGraph& graph, bool canopy = false);

}  // namespace coppice
