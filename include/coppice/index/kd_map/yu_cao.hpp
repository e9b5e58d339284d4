// The builder of Cao, Wang, Zhao, Duan and Zhang, "A New Method to Construct the KD Tree Based on Presorted Results"
// (Complexity, 2020; reviewed by Brown in arXiv 2506.20687): tuples are sorted once along every axis, and these orders
// are never touched again. The tree grows level by level: the order of the level's axis is walked, every tuple says
// which subtree of the level it is in, and the number of tuples met of that subtree says on which side of its median.
// Cost: k sorts of n, then n · log2 n steps, each with two reads at random. Memory: 4 (k + 2) bytes a tuple and up to
// 20 for the counters, beside the sorts'.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "coppice/index/kd_map/presort.hpp"

namespace coppice::kd_map {

/// The tuples in the order of the tree whose root splits `root_axis`: every part of it has its median in its middle.
/// `columns`: what sort_along_every_axis writes. `cutoff`: fewer tuples take one thread, others at most two.
[[nodiscard]] inline std::unique_ptr<Row[]> yu_cao_order(const Row* columns, std::size_t size, int dimension,
                                                         int root_axis, const Executor& executor, std::size_t cutoff) {
  struct Range {
    std::uint32_t first, size;
  };
  constexpr std::uint32_t placed = std::numeric_limits<std::uint32_t>::max();
  auto order = std::make_unique_for_overwrite<Row[]>(size);
  if (size == 0) return order;
  std::vector<std::uint32_t> subtree(size, 0);      // of every tuple that has no place yet
  const std::size_t widest = std::bit_floor(size);  // twice the subtrees of the last level that is walked
  std::vector<Range> ranges, below;                 // the subtrees of a level, from left to right
  ranges.reserve(widest);
  below.reserve(widest);
  // The order is walked from both ends, so that two threads can; each counts for itself what it met of a subtree.
  std::vector<std::uint32_t> met_before(widest / 2 + 1), met_after(widest / 2 + 1);

  ranges.push_back({0, static_cast<std::uint32_t>(size)});
  const bool both = executor.is_parallel() && size >= cutoff;
  const std::size_t meeting = both ? size / 2 : size;
  int axis = root_axis;
  for (; ranges.front().size > 0; axis = axis + 1 == dimension ? 0 : axis + 1) {  // the first range is the largest
    const Row* sorted = columns + static_cast<std::size_t>(axis) * size;
    std::fill_n(met_before.begin(), ranges.size(), 0);
    std::fill_n(met_after.begin(), ranges.size(), 0);
    const auto place = [&](Row tuple, const Range& range, std::uint32_t rank) {
      const std::uint32_t middle = range.size / 2;
      if (range.size <= 3 || rank == middle) {
        order[range.first + rank] = tuple;
        subtree[tuple] = placed;
      } else {
        subtree[tuple] = 2 * subtree[tuple] + (rank > middle);
      }
    };
    const auto forward = [&] {
      for (std::size_t i = 0; i < meeting; ++i)
        if (const std::uint32_t at = subtree[sorted[i]]; at != placed) place(sorted[i], ranges[at], met_before[at]++);
    };
    const auto backward = [&] {
      for (std::size_t i = size; i-- > meeting;)
        if (const std::uint32_t at = subtree[sorted[i]]; at != placed)
          place(sorted[i], ranges[at], ranges[at].size - ++met_after[at]);
    };
    (both ? executor : Executor::sequential()).invoke(forward, backward);
    below.clear();
    for (const Range& range : ranges) {
      const std::uint32_t middle = range.size <= 3 ? 0 : range.size / 2;
      below.push_back({range.first, middle});
      below.push_back({range.first + middle + 1, middle == 0 ? 0 : range.size - middle - 1});
    }
    std::swap(ranges, below);
  }
  return order;
}

}  // namespace coppice::kd_map
