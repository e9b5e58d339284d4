// The workload of the task `kdmap`: that of Brown's programs (arXiv 2509.08148), n tuples of three 64-bit integers.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "coppice/index/kd_map/kd_map.hpp"

namespace coppice::bench {

using Tuple = std::array<std::int64_t, 3>;
using Tuples = std::vector<Tuple>;

inline PointView<std::int64_t> rows(const Tuples& tuples) {
  return {tuples.front().data(), tuples.size(), 3};
}
inline std::span<const std::int64_t> row(const Tuple& tuple) {
  return tuple;
}

/// On every axis n numbers at equal distances over the middle half of their range, shuffled.
inline Tuples random_tuples(std::size_t n, unsigned seed) {
  std::mt19937_64 engine(seed);
  Tuples tuples(n);
  const auto begin = std::int64_t{-1} << 62;
  const auto step = static_cast<std::int64_t>((std::uint64_t{1} << 63) / n);
  std::vector<std::int64_t> numbers(n);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    for (std::size_t i = 0; i < n; ++i) numbers[i] = begin + step * static_cast<std::int64_t>(i);
    std::shuffle(numbers.begin(), numbers.end(), engine);
    for (std::size_t i = 0; i < n; ++i) tuples[i][axis] = numbers[i];
  }
  return tuples;
}

/// The same tuples in the order of a static tree: the worst case of a tree that balances itself.
inline Tuples in_tree_order(const Tuples& tuples) {
  KdMap<std::int64_t, 3> tree;
  tree.build(rows(tuples));
  Tuples sorted;
  sorted.reserve(tuples.size());
  constexpr Tuple lowest{INT64_MIN, INT64_MIN, INT64_MIN};
  constexpr Tuple highest{INT64_MAX, INT64_MAX, INT64_MAX};
  tree.in_box(lowest, highest, [&](std::span<const std::int64_t> key) { sorted.push_back({key[0], key[1], key[2]}); });
  return sorted;
}

}  // namespace coppice::bench
