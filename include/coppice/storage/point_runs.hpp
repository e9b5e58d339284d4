// Leaf blocks of any size: runs of consecutive units, a unit being eight points, behind 32-bit handles. A unit's
// coordinates stand together, one short array an axis; the ids of a run are one array. Beside every unit stands a cold
// part, which only the writer reads.
//
// Units may be allocated and released on several threads at once; everything else is for one writer. Readers need a
// RunView only, which goes on serving every run that existed when it was taken.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "coppice/errors.hpp"
#include "coppice/storage/arena.hpp"
#include "coppice/storage/id_array.hpp"
#include "coppice/storage/memory.hpp"

namespace coppice::storage {

/// Points of a unit.
inline constexpr int unit_points = 8;

/// Where a chunk of units keeps what belongs to them.
struct RunChunk {
  std::byte* coordinates = nullptr;
  std::byte* ids = nullptr;
  std::byte* cold = nullptr;
};

/// log2 of the units of a chunk.
constexpr int run_chunk_shift(std::size_t coordinate_bytes) {
  return chunk_shift(coordinate_bytes);
}

/// Resolves handles. `CoordinateBytes`: of a unit.
template <std::size_t CoordinateBytes>
class RunView {
 public:
  RunView() = default;
  RunView(const RunChunk* chunks, bool wide_ids) : chunks_(chunks), wide_ids_(wide_ids) {}

  [[nodiscard, gnu::always_inline]] std::byte* coordinates(Handle unit) const {
    return chunks_[unit >> shift].coordinates + (unit & mask) * CoordinateBytes;
  }
  [[nodiscard, gnu::always_inline]] IdArray ids(Handle unit) const {
    const std::size_t bytes = wide_ids_ ? unit_points * sizeof(point_id) : unit_points * sizeof(std::uint32_t);
    return {chunks_[unit >> shift].ids + (unit & mask) * bytes, wide_ids_};
  }
  template <class Cold>
  [[nodiscard, gnu::always_inline]] Cold& cold(Handle unit) const {
    return reinterpret_cast<Cold*>(chunks_[unit >> shift].cold)[unit & mask];
  }

  static constexpr int shift = run_chunk_shift(CoordinateBytes);
  static constexpr Handle mask = (Handle{1} << shift) - 1;

 private:
  const RunChunk* chunks_ = nullptr;
  bool wide_ids_ = false;
};

/// Which units of a growing range are free: runs by their length, the shortest that fits first, and neighbours put
/// together again when memory would have to grow otherwise.
class FreeRuns {
 public:
  /// The first unit of `units` consecutive free ones, which are free no more; `none` where there are no such.
  [[nodiscard]] Handle take(std::uint32_t units);
  void give(Handle first, std::uint32_t units);
  [[nodiscard]] std::size_t units() const noexcept { return units_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return runs_ * sizeof(Handle); }
  /// Puts neighbouring runs together; none reaches across a multiple of `chunk`. O(r log r) for r runs.
  void join(std::uint32_t chunk);
  void clear() noexcept;
  static constexpr Handle none = 0xffffffffu;

 private:
  static constexpr std::uint32_t short_run = 32;  // units up to which a run has a list of its own length
  std::array<std::vector<Handle>, short_run + 1> short_;
  std::multimap<std::uint32_t, Handle> long_;
  std::size_t units_ = 0;
  std::size_t runs_ = 0;
};

/// Owner of the chunks. `Cold`: the writer's part of a unit.
template <class Cold, std::size_t CoordinateBytes>
class PointRuns {
 public:
  using View = RunView<CoordinateBytes>;

  explicit PointRuns(bool wide_ids) : wide_ids_(wide_ids) { lengthen(8); }
  PointRuns(const PointRuns&) = delete;
  PointRuns& operator=(const PointRuns&) = delete;
  ~PointRuns() {
    for (const Block& b : blocks_) storage::release(b.memory, b.bytes, b.pages);
  }

  /// `units` consecutive units whose contents are undefined. O(1) amortised; thread safe.
  [[nodiscard]] Handle allocate(std::uint32_t units) {
    const std::lock_guard lock(mutex_);
    if (const Handle h = free_.take(units); h != FreeRuns::none) return h;
    if (units > end_ - used_) {
      if (free_.units() > used_ / 2) {
        free_.join(chunk_units);
        if (const Handle h = free_.take(units); h != FreeRuns::none) return h;
      }
      grow(units);
    }
    const Handle h = used_;
    used_ += units;
    return h;
  }
  /// Thread safe.
  void release(Handle first, std::uint32_t units) {
    const std::lock_guard lock(mutex_);
    free_.give(first, units);
  }
  /// Says that about this many units will be used: from 2 MiB on, they lie in huge pages.
  void expect(std::size_t units) {
    if (units * CoordinateBytes < huge_page || !blocks_.empty()) return;
    grow(1);
    prefer_huge_pages(blocks_[0].memory, blocks_[0].bytes);
  }

  [[nodiscard]] View view() const noexcept { return {chunks_.load(std::memory_order_acquire), wide_ids_}; }
  [[nodiscard, gnu::always_inline]] Cold& cold(Handle unit) const { return view().template cold<Cold>(unit); }
  /// Units in use.
  [[nodiscard]] std::size_t live() const noexcept { return touched_ + used_ - begin_ - free_.units(); }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return (touched_ + used_ - begin_) * unit_bytes() + free_.bytes();
  }
  [[nodiscard]] bool has_wide_ids() const noexcept { return wide_ids_; }

 private:
  static constexpr std::uint32_t chunk_units = std::uint32_t{1} << View::shift;
  struct Block {
    void* memory;
    std::size_t bytes;
    PageSize pages;
  };
  [[nodiscard]] std::size_t id_bytes() const { return unit_points * IdArray::bytes_each(wide_ids_); }
  [[nodiscard]] std::size_t unit_bytes() const { return CoordinateBytes + id_bytes() + sizeof(Cold); }

  void lengthen(std::size_t chunks) {
    auto next = std::make_unique<RunChunk[]>(chunks);
    tables_.reserve(tables_.size() + 1);
    std::copy_n(chunks_.load(std::memory_order_relaxed), chunk_count_, next.get());
    chunks_.store(next.get(), std::memory_order_release);
    tables_.push_back(std::move(next));
    table_size_ = chunks;
  }
  /// Makes room for a run of `units`: one chunk, or for a longer run as many side by side as it takes. What is left of
  /// the newest block becomes free. Errors: unsupported, std::bad_alloc; nothing has changed then.
  void grow(std::uint32_t units) {
    constexpr std::uint32_t most = std::uint32_t{1} << 29;  // locations are units · 8 + lane in 32 bits
    const std::uint32_t more = (units + chunk_units - 1) / chunk_units;
    const auto first = static_cast<std::uint32_t>(chunk_count_ * chunk_units);
    if (more * std::uint64_t{chunk_units} > most - first)
      throw unsupported("an index holds at most 2^29 leaf blocks of eight points");
    if (chunk_count_ + more > table_size_) lengthen(std::max(chunk_count_ + more, 2 * table_size_));
    const std::size_t in_block = std::size_t{more} * chunk_units;
    const PageSize pages = blocks_.empty() ? PageSize::huge_later : PageSize::huge;
    blocks_.reserve(blocks_.size() + 1);
    const std::size_t bytes = in_block * unit_bytes();
    auto* memory = static_cast<std::byte*>(storage::allocate(bytes, pages));
    blocks_.push_back({memory, bytes, pages});
    std::byte* ids = memory + in_block * CoordinateBytes;
    std::byte* cold = ids + in_block * id_bytes();
    RunChunk* table = chunks_.load(std::memory_order_relaxed);
    for (std::uint32_t c = 0; c < more; ++c, ++chunk_count_) {
      const std::size_t before = std::size_t{c} * chunk_units;
      table[chunk_count_] = {memory + before * CoordinateBytes, ids + before * id_bytes(),
                             cold + before * sizeof(Cold)};
    }
    const Handle rest = std::exchange(used_, first);
    const Handle rest_end = std::exchange(end_, static_cast<Handle>(first + in_block));
    touched_ += rest_end - std::exchange(begin_, first);
    if (rest < rest_end) free_.give(rest, rest_end - rest);
  }

  bool wide_ids_;
  std::atomic<RunChunk*> chunks_{nullptr};
  std::vector<std::unique_ptr<RunChunk[]>> tables_;  // every table ever published: a view may hold any of them
  std::size_t table_size_ = 0;
  std::size_t chunk_count_ = 0;
  std::vector<Block> blocks_;
  FreeRuns free_;
  Handle begin_ = 0, used_ = 0, end_ = 0;  // of the newest block: units handed out begin_ … used_, room until end_
  std::size_t touched_ = 0;                // units of the blocks before
  std::mutex mutex_;
};

}  // namespace coppice::storage
