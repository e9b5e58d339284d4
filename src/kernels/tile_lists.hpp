// Entering a list of candidates, and keeping its best when it is full.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "coppice/index/neighbor_graph/tile_kernels.hpp"

namespace coppice::kernels {
namespace {

/// How sums become keys and keys thresholds.
template <class Sum>
struct KeyOf;
template <>
struct KeyOf<float> {
  static std::int32_t key(float sum, std::int32_t) {
    const float squared = -2 * sum;
    return std::bit_cast<std::int32_t>(squared > 0 ? squared : 0.0f);
  }
  static float threshold(std::int32_t key) { return -0.5f * std::bit_cast<float>(key); }
};
template <>
struct KeyOf<std::int32_t> {
  static std::int32_t key(std::int32_t sum, std::int32_t odd) { return odd - 2 * sum; }
  static std::int32_t threshold(std::int32_t key) { return -(key >> 1); }
};

/// How many of `count` numbers are at most `limit`.
inline std::size_t count_up_to(const std::int32_t* numbers, std::size_t count, std::int32_t limit) {
  std::int32_t found = 0;
  for (std::size_t i = 0; i < count; ++i) found += numbers[i] <= limit ? 1 : 0;
  return static_cast<std::size_t>(found);
}
inline std::size_t count_up_to(const std::int32_t* keys, const std::int32_t* ids, std::size_t count, std::int32_t key,
                               std::int32_t id) {
  std::int32_t found = 0;
  for (std::size_t i = 0; i < count; ++i) found += ((keys[i] == key) & (ids[i] <= id)) ? 1 : 0;
  return static_cast<std::size_t>(found);
}

/// A limit in (lower, upper] for which `count` gives at least `wanted`, and at most `enough` if there is such a one;
/// else the smallest.
template <class Count>
std::int32_t bisect(std::int64_t lower, std::int64_t upper, std::size_t wanted, std::size_t enough,
                    const Count& count) {
  while (upper - lower > 1) {
    const std::int64_t middle = lower + (upper - lower) / 2;
    const std::size_t found = count(static_cast<std::int32_t>(middle));
    (found >= wanted ? upper : lower) = middle;
    if (found >= wanted && found <= enough) break;
  }
  return static_cast<std::int32_t>(upper);
}

/// Keeps the `most` best of a full list, or a few more, and sets its limits and its threshold. Counting a list costs
/// less than moving it about, so the limit is found by bisection.
template <class Sum>
[[gnu::noinline]] void keep_best(const tiles::Lists<Sum>& lists, std::size_t row) {
  std::int32_t* const keys = lists.entries + row * 2 * lists.room;
  std::int32_t* const ids = keys + lists.room;
  const std::size_t room = lists.room;
  const std::size_t most = lists.most;
  const std::size_t enough = most + (room - most) / 4;
  std::int32_t least = keys[0];
  std::int32_t greatest = keys[0];
  for (std::size_t i = 1; i < room; ++i) {
    least = keys[i] < least ? keys[i] : least;
    greatest = keys[i] > greatest ? keys[i] : greatest;
  }
  const std::int32_t key = bisect(static_cast<std::int64_t>(least) - 1, greatest, most, enough,
                                  [&](std::int32_t limit) { return count_up_to(keys, room, limit); });
  std::int32_t id = INT32_MAX;
  if (count_up_to(keys, room, key) > enough) {  // ties at the limit: the smaller ids stay
    const std::size_t below = count_up_to(keys, room, key - 1);
    id = bisect(-1, INT32_MAX, most - below, enough - below,
                [&](std::int32_t limit) { return count_up_to(keys, ids, room, key, limit); });
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < room; ++i) {
    const std::int32_t k = keys[i];
    const std::int32_t j = ids[i];
    keys[kept] = k;
    ids[kept] = j;
    kept += ((k < key) | ((k == key) & (j <= id))) ? 1 : 0;
  }
  lists.counts[row] = static_cast<std::uint32_t>(kept);
  lists.limits[2 * row] = key;
  lists.limits[2 * row + 1] = id;
  lists.thresholds[row] = KeyOf<Sum>::threshold(key);
}

/// Requires: no pair enters twice. Keys are never negative.
template <class Sum>
void enter(const tiles::Lists<Sum>& lists, std::size_t row, std::int32_t key, std::int32_t id) {
  const std::int32_t limit = lists.limits[2 * row];
  if (key > limit || (key == limit && id >= lists.limits[2 * row + 1])) return;
  std::int32_t* const keys = lists.entries + row * 2 * lists.room;
  const std::uint32_t count = lists.counts[row];
  keys[count] = key;
  keys[lists.room + count] = id;
  lists.counts[row] = count + 1;
  if (count + 1 == lists.room) keep_best(lists, row);
}

}  // namespace
}  // namespace coppice::kernels
