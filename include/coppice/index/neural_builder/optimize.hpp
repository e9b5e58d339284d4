// Tops without a network: greedy cuts, exact or by bins; a search over several cuts a node, kept narrow; coordinate
// descent on the offsets of any tree; and the optimum over a grid. What the network is judged by, and its twin.
// Costs: Evangelou et al. 2023, equations 4 to 6.
#pragma once

#include <span>

#include "coppice/index/neural_builder/top_tree.hpp"

namespace coppice::neural_builder {

/// Every node takes the cheapest cut here among all points on all axes. Complexity: O(n log n · levels).
[[nodiscard]] TopTree greedy_exact(int levels, const CostModel& cost, const Box3& root, std::span<const Vec3> points);

/// As above among the edges of `bins` (2 … 256) bins of the tight bounds. Complexity: O((n + bins) · levels).
[[nodiscard]] TopTree greedy_binned(int levels, const CostModel& cost, const Box3& root, std::span<const Vec3> points,
                                    int bins = 32);

/// How wide the search is.
struct SearchOptions {
  int bins = 32;     ///< candidates an axis before the choice
  int per_axis = 2;  ///< local minima taken of each axis
  int keep = 4;      ///< of all axes together; the cost grows with keep^(levels − 1)
};
/// The cheapest tree among all that the kept cuts of every node span; the last level is greedy.
/// Errors: invalid_input (options; more than 8 levels). Complexity: O(n · keep^(levels − 1)).
[[nodiscard]] TopTree search_top(int levels, const CostModel& cost, const Box3& root, std::span<const Vec3> points,
                                 const SearchOptions& options = {});

/// How the descent goes.
struct DescentOptions {
  int sweeps = 2;
  int steps = 24;  ///< offsets tried over the tight bounds of a node, and again about the best
};
/// Moves one offset after the other to where the whole subtree below costs least, axes unchanged. Never worse.
/// Complexity: O(sweeps · steps · n · levels²).
void descend_offsets(TopTree& tree, const CostModel& cost, const Box3& root, std::span<const Vec3> points,
                     const DescentOptions& options = {});

/// The cheapest tree of all whose cuts lie on a grid of `cells` (2 … 16) cells an axis, half of them at quantiles; by
/// dynamic programming over its boxes. Complexity: O(levels · cells^7).
[[nodiscard]] TopTree grid_optimum(int levels, const CostModel& cost, const Box3& root, std::span<const Vec3> points,
                                   int cells = 12);

}  // namespace coppice::neural_builder
