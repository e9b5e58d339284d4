// How many parts a node should have: the average external path length of a balanced multi-way tree, corrected, and a
// model of what a node costs a processor with vector registers. Both are minimised by trying every number.
// Source: Ji et al., "Updatable Balanced Index for Fast On-device Search with Auto-selection Model", section IV-A.
#pragma once

#include <cstddef>

namespace coppice::multiway_tree {

/// Levels of nodes above n points in leaves of c: ⌈log_t (n ÷ c)⌉, at least 1. Requires, of all here: n, c ≥ 1, t ≥ 2.
[[nodiscard]] int levels(std::size_t n, std::size_t c, int t);

/// Average external path length: comparisons with pivots, one after the other, from the root to a leaf, averaged over
/// the leaves. The paper's (4) has the height as an exponent and lacks the division by t.
[[nodiscard]] double average_path_length(std::size_t n, std::size_t c, int t);

/// The cost of the same path where a node costs one miss of the caches, and pivots are compared eight at a time.
/// `compare`: the cost of one such comparison, in misses.
[[nodiscard]] double cache_cost(std::size_t n, std::size_t c, int t, double compare = 1);

/// The t in 2 … most of the least average_path_length or cache_cost; of several the smallest.
[[nodiscard]] int partitions_by_path_length(std::size_t n, std::size_t c, int most = 64);
[[nodiscard]] int partitions_by_cache_cost(std::size_t n, std::size_t c, int most = 64, double compare = 1);

}  // namespace coppice::multiway_tree
