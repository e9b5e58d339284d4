// Which rows of a batch are the first of their tuple, by hashing: a table of row numbers with a part of the hash beside
// each, so that a row is looked at only where its hash agrees. Cost: O(n) expected; memory: 16 to 32 bytes a row.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "coppice/geometry/point_view.hpp"
#include "coppice/geometry/super_key.hpp"
#include "coppice/storage/prefetch.hpp"

namespace coppice::kd_map {

/// Equal tuples have equal hashes; −0 equals 0.
template <int Dim, class Key>
[[nodiscard]] std::uint64_t hash_of(const Key* key, int dimension) {
  std::uint64_t hash = 0;
  for (int a = 0; a < (Dim != 0 ? Dim : dimension); ++a) {
    std::uint64_t bits;
    if constexpr (std::is_floating_point_v<Key>)
      bits = std::bit_cast<std::uint64_t>(static_cast<double>(key[a]) + 0.0);
    else
      bits = static_cast<std::uint64_t>(key[a]);
    // Multiply and fold: every bit of the number reaches the upper half, and that comes down.
    hash = (hash ^ bits) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 32;
  }
  return hash * 0x9e3779b97f4a7c15u;
}

/// The rows that equal none before them, ascending. Requires: no NaN; fewer than 2^32 rows.
template <int Dim, class Key>
[[nodiscard]] std::vector<std::uint32_t> distinct_rows(const PointView<Key>& keys) {
  struct Slot {
    std::uint32_t tag;  // 0: empty
    std::uint32_t row;
  };
  const std::size_t count = keys.size();
  const int bits = std::bit_width(count) + 1;
  std::vector<Slot> table(std::size_t{1} << bits, Slot{0, 0});
  const std::size_t mask = table.size() - 1;
  std::vector<std::uint32_t> rows;
  rows.reserve(count);
  constexpr std::size_t ahead = 16;
  std::uint64_t hashes[ahead];
  const auto prepare = [&](std::size_t row) {
    if (row >= count) return;
    hashes[row % ahead] = hash_of<Dim>(keys.row(row), keys.dimension());
    storage::prefetch_to_write(&table[hashes[row % ahead] >> (64 - bits)]);
  };
  for (std::size_t row = 0; row < ahead; ++row) prepare(row);
  for (std::size_t row = 0; row < count; ++row) {
    const std::uint64_t hash = hashes[row % ahead];
    prepare(row + ahead);
    const std::uint32_t tag = static_cast<std::uint32_t>(hash) | 1;
    std::size_t at = hash >> (64 - bits);
    const auto is_same = [&](const Slot& slot) {
      return slot.tag == tag && compare_super_keys<Dim>(keys.row(slot.row), keys.row(row), 0, keys.dimension()) == 0;
    };
    while (table[at].tag != 0 && !is_same(table[at])) at = (at + 1) & mask;
    if (table[at].tag != 0) continue;
    table[at] = {tag, static_cast<std::uint32_t>(row)};
    rows.push_back(static_cast<std::uint32_t>(row));
  }
  return rows;
}

}  // namespace coppice::kd_map
