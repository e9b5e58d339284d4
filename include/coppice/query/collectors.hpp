// Collectors keep the k best candidates by (key, id) while a search runs. Each takes eight candidates at once, already
// masked by `threshold()`: one hit in scalars (k = 1), a few in a sorted array (k ≤ 32; in registers with AVX-512),
// many in an unsorted pool that is cut back by bisecting the key range when it fills up. Ids are compared as unsigned
// numbers, so the padding id −1 sorts after every real one. collectors_avx512.hpp has the forms that live in registers.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

#include "coppice/geometry/pack_baseline.hpp"

namespace coppice::query {

using simd::Mask;

/// k = 1.
template <class T, class S>
class BestOne {
 public:
  using Pack = typename T::template Pack<S>;
  explicit BestOne(std::size_t) {}

  void reset(S limit) {
    key_ = limit;
    id_ = no_point;
    threshold_ = Pack::broadcast(limit);
  }
  [[nodiscard]] Pack threshold() const { return threshold_; }

  void take(Pack keys, Mask m, const point_id* ids) {
    do {
      const int i = __builtin_ctz(m);
      m &= m - 1;
      const S key = keys.lane(i);
      if (key < key_ || (key == key_ && static_cast<std::uint64_t>(ids[i]) < static_cast<std::uint64_t>(id_))) {
        key_ = key;
        id_ = ids[i];
      }
    } while (m != 0);
    threshold_ = Pack::broadcast(key_);
  }

  /// Writes the hits in order and returns how many there are.
  std::size_t finish(S* keys, point_id* ids) {
    if (id_ == no_point) return 0;
    *keys = key_;
    *ids = id_;
    return 1;
  }

 private:
  Pack threshold_;
  S key_;
  point_id id_;
};

/// 1 ≤ k ≤ Capacity: insertion into a sorted array.
template <class T, class S, std::size_t Capacity>
class BestFew {
 public:
  using Pack = typename T::template Pack<S>;
  explicit BestFew(std::size_t k) : k_(k) {}

  void reset(S limit) {
    count_ = 0;
    threshold_ = Pack::broadcast(limit);
  }
  [[nodiscard]] Pack threshold() const { return threshold_; }

  void take(Pack keys, Mask m, const point_id* ids) {
    S lane[simd::lanes];
    keys.store(lane);
    do {
      const int i = __builtin_ctz(m);
      m &= m - 1;
      const S key = lane[i];
      const point_id id = ids[i];
      if (count_ == k_ && !precedes(key, id, k_ - 1)) continue;
      std::size_t at = count_ < k_ ? count_++ : k_ - 1;
      for (; at > 0 && precedes(key, id, at - 1); --at) {
        keys_[at] = keys_[at - 1];
        ids_[at] = ids_[at - 1];
      }
      keys_[at] = key;
      ids_[at] = id;
    } while (m != 0);
    if (count_ == k_) threshold_ = Pack::broadcast(keys_[k_ - 1]);
  }

  std::size_t finish(S* keys, point_id* ids) {
    std::copy_n(keys_, count_, keys);
    std::copy_n(ids_, count_, ids);
    return count_;
  }

 private:
  [[nodiscard]] bool precedes(S key, point_id id, std::size_t at) const {
    return key < keys_[at] || (key == keys_[at] && id < ids_[at]);
  }

  Pack threshold_;
  std::size_t k_;
  std::size_t count_ = 0;
  S keys_[Capacity];
  point_id ids_[Capacity];
};

/// Any k: candidates are packed to the end of a pool; a full pool is cut to a little over the k best by bisecting the
/// range of its keys, or exactly where ties defeat that.
template <class T, class S>
class BestMany {
 public:
  using Pack = typename T::template Pack<S>;
  explicit BestMany(std::size_t k)
      : k_(k), full_(std::max<std::size_t>(k + k / 2, 64)), entries_(new Entry[full_ + simd::lanes]) {
    keys_.reset(new S[full_ + 2 * simd::lanes]);
    ids_.reset(new point_id[full_ + 2 * simd::lanes]);
  }

  void reset(S limit) {
    count_ = 0;
    limit_ = limit;
    threshold_ = Pack::broadcast(limit);
  }
  [[nodiscard]] Pack threshold() const { return threshold_; }

  void take(Pack keys, Mask m, const point_id* ids) {
    compress_store(keys_.get() + count_, m, keys);
    T::compress_ids(ids_.get() + count_, m, ids);
    count_ += static_cast<std::size_t>(__builtin_popcount(m));
    if (count_ >= full_) shrink();
  }

  std::size_t finish(S* keys, point_id* ids) {
    const std::size_t kept = std::min(k_, count_);
    if (!sort_by_buckets(kept)) sort_by_comparisons(kept);
    for (std::size_t i = 0; i < kept; ++i) {
      keys[i] = entries_[i].key;
      ids[i] = entries_[i].id;
    }
    return kept;
  }

 private:
  struct Entry {
    S key;
    point_id id;
    bool operator<(const Entry& other) const { return key < other.key || (key == other.key && id < other.id); }
  };

  /// Puts the least `kept` entries in order: keys spread evenly enough over their range land in buckets of their rank,
  /// give or take a few, and an insertion sort does the rest. False where ties or large k call for another way.
  bool sort_by_buckets(std::size_t kept) {
    constexpr std::size_t most = 2048;
    constexpr std::uint32_t crowded = 32;
    if (count_ == 0 || count_ > most) return count_ == 0;
    const auto [least, greatest] = range();
    const std::size_t buckets = std::bit_ceil(count_);
    const S scale = static_cast<S>(buckets - 1) / (greatest - least);
    if (!(scale > 0 && scale <= std::numeric_limits<S>::max())) return false;

    std::uint32_t start[most + 1];
    std::uint16_t bucket[most];
    std::fill_n(start, buckets + 1, 0u);
    for (std::size_t i = 0; i < count_; ++i) {
      bucket[i] = static_cast<std::uint16_t>((keys_[i] - least) * scale);
      ++start[bucket[i] + 1];
    }
    std::uint32_t largest = 0;
    for (std::size_t b = 1; b <= buckets; ++b) {
      largest = std::max(largest, start[b]);
      start[b] += start[b - 1];
    }
    if (largest > crowded) return false;
    for (std::size_t i = 0; i < count_; ++i) entries_[start[bucket[i]]++] = {keys_[i], ids_[i]};
    // Entries move down at most within their bucket, so sorting may stop a bucket behind the last one wanted.
    const std::size_t end = std::min<std::size_t>(count_, kept + crowded);
    for (std::size_t i = 1; i < end; ++i) {
      const Entry e = entries_[i];
      std::size_t at = i;
      for (; at > 0 && e < entries_[at - 1]; --at) entries_[at] = entries_[at - 1];
      entries_[at] = e;
    }
    return true;
  }

  void sort_by_comparisons(std::size_t kept) {
    for (std::size_t i = 0; i < count_; ++i) entries_[i] = {keys_[i], ids_[i]};
    Entry* entries = entries_.get();
    if (count_ > kept) std::nth_element(entries, entries + kept, entries + count_);
    std::sort(entries, entries + kept);
  }

  /// The least and the greatest key. Far from all points their range is narrow.
  struct Range {
    S least;
    S greatest;
  };
  [[nodiscard]] Range range() {
    for (std::size_t i = count_; i % simd::lanes != 0; ++i) keys_[i] = keys_[0];
    Pack least = Pack::load(keys_.get());
    Pack greatest = least;
    for (std::size_t i = simd::lanes; i < count_; i += simd::lanes) {
      least = min(least, Pack::load(keys_.get() + i));
      greatest = max(greatest, Pack::load(keys_.get() + i));
    }
    S low[simd::lanes];
    S high[simd::lanes];
    least.store(low);
    greatest.store(high);
    return {*std::min_element(low, low + simd::lanes), *std::max_element(high, high + simd::lanes)};
  }

  [[nodiscard]] std::size_t count_up_to(S bound) const {
    const Pack b = Pack::broadcast(bound);
    std::size_t n = 0;
    for (std::size_t i = 0; i < count_; i += simd::lanes)
      n += static_cast<std::size_t>(__builtin_popcount(less_equal(Pack::load(keys_.get() + i), b) & live(i)));
    return n;
  }
  [[nodiscard]] Mask live(std::size_t i) const { return count_ - i >= simd::lanes ? 0xffu : (1u << (count_ - i)) - 1; }

  void keep_up_to(S bound) {
    const Pack b = Pack::broadcast(bound);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count_; i += simd::lanes) {
      const Pack keys = Pack::load(keys_.get() + i);
      const Mask m = less_equal(keys, b) & live(i);
      compress_store(keys_.get() + kept, m, keys);
      T::compress_ids(ids_.get() + kept, m, ids_.get() + i);
      kept += static_cast<std::size_t>(__builtin_popcount(m));
    }
    count_ = kept;
  }

  void shrink() {
    const auto [least, greatest] = range();
    S low = least;
    S high = std::min(limit_, greatest);
    // Invariant: at least k keys are ≤ high, so the k-th is, and all that may be among the k best are kept.
    constexpr int rounds = 10;
    for (int round = 0; round < rounds && high <= std::numeric_limits<S>::max(); ++round) {
      const S middle = low + (high - low) * S(0.5);
      const std::size_t n = count_up_to(middle);
      if (n >= k_) {
        high = middle;
        if (n <= k_ + k_ / 16) break;
      } else {
        low = middle;
      }
    }
    keep_up_to(high);
    if (count_ + simd::lanes > full_ || count_ > k_ + k_ / 4 + simd::lanes) select_exactly();
    limit_ = std::min(limit_, high);
    threshold_ = Pack::broadcast(limit_);
  }

  void select_exactly() {
    Entry* entries = entries_.get();
    for (std::size_t i = 0; i < count_; ++i) entries[i] = {keys_[i], ids_[i]};
    std::nth_element(entries, entries + k_ - 1, entries + count_);
    for (std::size_t i = 0; i < k_; ++i) {
      keys_[i] = entries[i].key;
      ids_[i] = entries[i].id;
    }
    count_ = k_;
    limit_ = entries[k_ - 1].key;
  }

  Pack threshold_;
  S limit_ = 0;
  std::size_t k_;
  std::size_t full_;  // the pool is cut back when it holds this many
  std::size_t count_ = 0;
  std::unique_ptr<Entry[]> entries_;
  std::unique_ptr<S[]> keys_;
  std::unique_ptr<point_id[]> ids_;
};

}  // namespace coppice::query
