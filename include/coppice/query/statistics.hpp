// What an index says about itself: shape, memory, and the history of its repairs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace coppice {

/// Counts of events by size: bucket b counts sizes in [2^b, 2^(b+1)).
struct SizeHistogram {
  std::array<std::uint64_t, 40> buckets{};
  std::uint64_t events = 0;   ///< how many
  std::uint64_t total = 0;    ///< the sum of their sizes
  std::uint64_t largest = 0;  ///< the largest of them

  void record(std::uint64_t size) noexcept;
};

/// A structure's shape and memory now, and what its repairs cost so far. O(nodes) to gather.
struct Statistics {
  std::size_t points = 0;
  std::size_t nodes = 0;          ///< inner nodes
  std::size_t leaves = 0;         ///< leaf blocks
  std::size_t height = 0;         ///< inner nodes on the longest path from the root
  std::size_t binary_height = 0;  ///< splitting planes on the longest path
  double leaf_fill = 0;           ///< points a leaf ÷ its capacity; 0 where there are no leaves
  std::size_t bytes = 0;          ///< everything the index holds on the heap
  double bytes_per_point = 0;
  SizeHistogram rebuilds{};   ///< partial rebuilds by the number of points rebuilt
  SizeHistogram cleavings{};  ///< cuts that went through a whole subtree, by the number of leaf blocks they divided
};

}  // namespace coppice
