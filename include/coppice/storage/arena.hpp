// A chunked arena of equal records behind 32-bit handles. Records never move; a record has a hot part, which searches
// read, and a cold part beside it in the same chunk, which only the writer reads (links upward, versions, weights).
//
// Records may be allocated and released on several threads at once; everything else is for one writer.
//
// A reader needs an ArenaView only: growth publishes a longer chunk table and keeps the old ones until the arena dies,
// so a view taken before goes on serving every handle that existed then.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <type_traits>
#include <vector>

#include "coppice/errors.hpp"
#include "coppice/storage/memory.hpp"

namespace coppice {

using Handle = std::uint32_t;

namespace storage {

/// A chunk's size. Chunks are huge pages, but for the first 2 MiB of the first chunk where nobody said that many
/// records are to come, so that small indexes stay small.
inline constexpr std::size_t chunk_bytes = 4 * huge_page;

/// log2 of the number of records a chunk holds: as many hot parts as fit, at least one.
constexpr int chunk_shift(std::size_t record_bytes) {
  return record_bytes >= chunk_bytes ? 0 : std::bit_width(chunk_bytes / record_bytes) - 1;
}

/// Resolves handles to hot parts. `Bytes` is the record size where it is known at compile time, else 0.
template <std::size_t Bytes>
class ArenaView {
 public:
  ArenaView() = default;
  /// `shift`: chunk_shift(bytes), which costs a division.
  ArenaView(std::byte* const* chunks, std::size_t bytes, int shift) : chunks_(chunks), bytes_(bytes), shift_(shift) {}

  [[nodiscard, gnu::always_inline]] std::byte* operator[](Handle h) const noexcept {
    if constexpr (Bytes != 0) {
      constexpr int shift = chunk_shift(Bytes);
      return chunks_[h >> shift] + (h & ((Handle{1} << shift) - 1)) * Bytes;
    } else {
      return chunks_[h >> shift_] + (h & ((Handle{1} << shift_) - 1)) * bytes_;
    }
  }
  [[nodiscard]] std::size_t record_bytes() const noexcept { return Bytes != 0 ? Bytes : bytes_; }

 private:
  std::byte* const* chunks_ = nullptr;
  std::size_t bytes_ = 0;
  int shift_ = 0;
};

/// Owner of the chunks. `Cold` is the writer's part of a record; an empty type where there is none.
template <class Cold, std::size_t Bytes>
class Arena {
 public:
  /// `bytes`: the hot part's size, a multiple of the cache line; must equal `Bytes` unless that is 0.
  explicit Arena(std::size_t bytes) : bytes_(bytes), shift_(chunk_shift(bytes)) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() {
    for (std::size_t i = 0; i < chunks_; ++i) storage::release(table()[i], record_bytes() << shift_, pages(i));
  }

  /// A record whose contents are undefined. O(1) amortised; thread safe.
  [[nodiscard]] Handle allocate() {
    if (has_free_.load(std::memory_order_relaxed)) {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        const Handle h = free_.back();
        free_.pop_back();
        has_free_.store(!free_.empty(), std::memory_order_relaxed);
        return h;
      }
    }
    for (Handle h = used_.load(std::memory_order_relaxed);;) {
      if (h < capacity_.load(std::memory_order_acquire)) {
        if (used_.compare_exchange_weak(h, h + 1, std::memory_order_relaxed)) return h;
      } else {
        const std::lock_guard lock(mutex_);
        if (h >= capacity_.load(std::memory_order_relaxed)) grow();
      }
    }
  }
  /// Records 0 … count − 1. Requires: none is in use, and one thread.
  void allocate_first(std::size_t count) {
    expect(count);
    while (capacity_ < count) grow();
    used_ = static_cast<Handle>(count);
  }
  /// Says that about this many records will be used: from 1 MiB on, all of them lie in huge pages.
  void expect(std::size_t records) {
    if (2 * records * record_bytes() < huge_page) return;
    if (capacity_ != 0) {
      prefer_huge_pages(table()[0], record_bytes() << shift_);
    } else {
      first_ = PageSize::huge;
      grow();
    }
  }
  /// Gives a record back, to be the next one allocated. O(1) amortised; thread safe.
  void release(Handle h) {
    const std::lock_guard lock(mutex_);
    free_.push_back(h);
    has_free_.store(true, std::memory_order_relaxed);
  }

  [[nodiscard, gnu::always_inline]] std::byte* hot(Handle h) const noexcept { return view()[h]; }
  [[nodiscard, gnu::always_inline]] Cold& cold(Handle h) const noexcept {
    const int shift = Bytes != 0 ? chunk_shift(Bytes) : shift_;
    const std::size_t records = std::size_t{1} << shift;
    std::byte* chunk = table()[h >> shift];
    return reinterpret_cast<Cold*>(chunk + records * (Bytes != 0 ? Bytes : bytes_))[h & (records - 1)];
  }
  /// Both parts, found together.
  struct Record {
    std::byte* hot;
    Cold* cold;
  };
  [[nodiscard, gnu::always_inline]] Record record(Handle h) const noexcept {
    const std::size_t bytes = Bytes != 0 ? Bytes : bytes_;
    const int shift = Bytes != 0 ? chunk_shift(Bytes) : shift_;
    const std::size_t records = std::size_t{1} << shift;
    std::byte* chunk = table()[h >> shift];
    const std::size_t i = h & (records - 1);
    return {chunk + i * bytes, reinterpret_cast<Cold*>(chunk + records * bytes) + i};
  }
  [[nodiscard]] ArenaView<Bytes> view() const noexcept { return {table(), bytes_, shift_}; }

  /// Records in use.
  [[nodiscard]] std::size_t live() const noexcept { return used_ - free_.size(); }
  /// Memory of the records that were ever in use: pages beyond are reserved, not touched.
  [[nodiscard]] std::size_t bytes() const noexcept {
    return used_ * record_bytes() + free_.capacity() * sizeof(Handle);
  }
  /// Forgets every record and keeps the memory. Requires: no view is in use.
  void clear() noexcept {
    used_ = 0;
    free_.clear();
    has_free_ = false;
  }

 private:
  [[nodiscard, gnu::always_inline]] std::byte** table() const noexcept {
    return table_.load(std::memory_order_acquire);
  }
  [[nodiscard]] std::size_t record_bytes() const noexcept {
    return bytes_ + (std::is_empty_v<Cold> ? 0 : sizeof(Cold));
  }

  [[nodiscard]] PageSize pages(std::size_t chunk) const noexcept { return chunk == 0 ? first_ : PageSize::huge; }

  void grow() {
    constexpr std::size_t handles = std::size_t{1} << 27;  // the bits that locations and node links leave for a handle
    if (capacity_ >= handles) throw unsupported("an index holds at most 2^27 leaf blocks");
    if (chunks_ == tables_capacity_) {
      const std::size_t longer = tables_capacity_ == 0 ? 8 : tables_capacity_ * 2;
      auto next = std::make_unique<std::byte*[]>(longer);
      if (chunks_ != 0) std::memcpy(next.get(), table(), chunks_ * sizeof(std::byte*));
      tables_.reserve(tables_.size() + 1);
      table_.store(next.get(), std::memory_order_release);
      tables_.push_back(std::move(next));
      tables_capacity_ = longer;
    }
    table()[chunks_] = static_cast<std::byte*>(storage::allocate(record_bytes() << shift_, pages(chunks_)));
    ++chunks_;
    capacity_.store(static_cast<Handle>(chunks_ << shift_), std::memory_order_release);
  }

  std::size_t bytes_;
  int shift_;
  PageSize first_ = PageSize::huge_later;  ///< of the first chunk
  std::atomic<std::byte**> table_{nullptr};
  std::vector<std::unique_ptr<std::byte*[]>> tables_;  // every table ever published: a view may hold any of them
  std::size_t tables_capacity_ = 0;
  std::size_t chunks_ = 0;
  std::atomic<Handle> capacity_{0};
  std::atomic<Handle> used_{0};
  std::vector<Handle> free_;
  std::atomic<bool> has_free_{false};
  std::mutex mutex_;  // of the free ones and of growth
};

}  // namespace storage
}  // namespace coppice
