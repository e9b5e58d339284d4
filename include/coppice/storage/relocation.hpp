// The locations of all points at once, as after a bulk construction. Leaves come in the order of space and ids in any
// other, so one location at a time would miss the caches in a large id map. Here locations are dealt out to blocks of
// the map first, and each block is written while it lies in the cache.
// Cost: O(n), 8 bytes a point of scratch memory.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "coppice/storage/id_map.hpp"
#include "coppice/storage/memory.hpp"

namespace coppice::storage {

/// New locations of present ids, each named once at most.
class Relocation {
 public:
  static constexpr std::size_t blocks = 64;

  /// Whether this is faster than IdMap::relocate for every id, and possible: no id is in the hash table.
  [[nodiscard]] static bool pays(const IdMap& map) noexcept;
  /// `scratch`: memory that may be written, aligned for 32-bit numbers; used if it suffices. Requires: pays(map).
  Relocation(IdMap& map, std::span<std::byte> scratch);
  /// Adds some points: each(add) calls add(id, location) for every one of them. It is called twice, to count and to
  /// deal, so the points should be few enough to stay in the cache. Thread safe.
  template <class Each>
  void add(const Each& each);
  /// Writes the locations of blocks [first, last). Requires: all points have been added. Thread safe for different
  /// blocks.
  void write(std::size_t first, std::size_t last) const;

 private:
  struct Entry {
    std::uint32_t id;  // from the first of the block on
    std::uint32_t location;
  };
  static constexpr int smallest_block = 7;  // log2 of its pages: half a megabyte of the map

  [[nodiscard, gnu::always_inline]] std::uint64_t offset(point_id id) const {
    return static_cast<std::uint64_t>(id) - static_cast<std::uint64_t>(first_id_);
  }

  IdMap& map_;
  point_id first_id_ = 0;
  int shift_ = 0;  // log2 of the ids of a block
  RawArray<Entry> own_;
  Entry* entries_ = nullptr;
  std::array<std::size_t, blocks + 1> begin_{};
  std::array<std::atomic<std::size_t>, blocks> next_;
};

template <class Each>
void Relocation::add(const Each& each) {
  const int shift = shift_;
  std::array<std::size_t, blocks> at{};
  each([&](point_id id, std::uint32_t) { ++at[offset(id) >> shift]; });
  for (std::size_t block = 0; block < blocks; ++block)
    at[block] = next_[block].fetch_add(at[block], std::memory_order_relaxed);
  const std::uint64_t inside = (std::uint64_t{1} << shift) - 1;
  each([&](point_id id, std::uint32_t location) {
    entries_[at[offset(id) >> shift]++] = {static_cast<std::uint32_t>(offset(id) & inside), location};
  });
}

}  // namespace coppice::storage
