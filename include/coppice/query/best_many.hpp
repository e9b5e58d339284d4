// The collector of many candidates: a pool that is cut back when it fills up, and put in order at the end.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>

#include "coppice/geometry/pack_baseline.hpp"

namespace coppice::query {

using simd::Mask;

/// Any k: candidates are packed to the end of a pool; a full pool is cut to a little over the k best at a key that is
/// guessed and checked by counting, or exactly where ties defeat that.
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
  /// give or take a few, and an insertion sort does the rest. False where all keys are equal, and for large k.
  bool sort_by_buckets(std::size_t kept) {
    constexpr std::size_t most = 8192;
    constexpr std::uint16_t crowded = 32;
    if (count_ == 0 || count_ > most) return count_ == 0;
    const auto [least, greatest] = range();
    // Twice as many buckets as entries: the fewer share one, the fewer branches of the insertion sort go wrong.
    const std::size_t buckets = 2 * (count_ + count_ % 2);
    const S scale = static_cast<S>(buckets - 1) / (greatest - least);
    if (!(scale > 0 && scale <= std::numeric_limits<S>::max())) return false;

    // Every step is a loop of its own: vectors compute the buckets and look for the fullest.
    std::uint16_t bucket[most];
    for (std::size_t i = 0; i < count_; ++i)
      bucket[i] = static_cast<std::uint16_t>(static_cast<std::int32_t>((keys_[i] - least) * scale));
    std::uint16_t start[2 * most];
    std::fill_n(start, buckets, std::uint16_t{0});
    for (std::size_t i = 0; i < count_; ++i) ++start[bucket[i]];
    std::uint16_t fullest = 0;
    for (std::size_t b = 0; b < buckets; ++b) fullest = std::max(fullest, start[b]);
    sum_before(start, buckets);
    for (std::size_t i = 0; i < count_; ++i) entries_[start[bucket[i]]++] = {keys_[i], ids_[i]};
    // By now every bucket starts where the one before it started, and ends where it starts itself.
    if (fullest > crowded)
      for (std::size_t b = 0, from = 0; b < buckets && from < kept; from = start[b++])
        if (start[b] - from > crowded) std::sort(entries_.get() + from, entries_.get() + start[b]);
    // Entries move down at most within their bucket, so sorting may stop a bucket behind the last one wanted.
    const std::size_t end = std::min<std::size_t>(count_, kept + crowded);
    for (std::size_t i = 1; i < end; ++i) {
      if (!(entries_[i] < entries_[i - 1])) continue;
      const Entry e = entries_[i];
      std::size_t at = i;
      for (; at > 0 && e < entries_[at - 1]; --at) entries_[at] = entries_[at - 1];
      entries_[at] = e;
    }
    return true;
  }

  /// Every number becomes the sum of those before it, four at a time: a product with ones has the sums of a word's
  /// parts up to each, and the last of them is all that the next word waits for.
  static void sum_before(std::uint16_t* numbers, std::size_t count) {
    constexpr std::uint64_t ones = 0x0001'0001'0001'0001;
    std::uint64_t before = 0;
    for (std::size_t i = 0; i < count; i += 4) {
      std::uint64_t four;
      std::memcpy(&four, numbers + i, sizeof four);
      const std::uint64_t up_to = four * ones;
      const std::uint64_t sums = (up_to << 16) + before * ones;
      std::memcpy(numbers + i, &sums, sizeof sums);
      before += up_to >> 48;
    }
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

  /// A key that is above `low` and below `high`, another for every `turn`; `high` where none is found.
  [[nodiscard]] S a_key_between(S low, S high, int turn) const {
    const Pack above = Pack::broadcast(low);
    const Pack below = Pack::broadcast(high);
    const std::size_t packs = (count_ + simd::lanes - 1) / simd::lanes;
    const std::size_t first = static_cast<std::size_t>(turn) * 40503u % packs;
    for (std::size_t pack = first; pack < first + packs; ++pack) {
      const std::size_t i = (pack < packs ? pack : pack - packs) * simd::lanes;
      const Pack keys = Pack::load(keys_.get() + i);
      const Mask m = ~less_equal(keys, above) & ~less_equal(below, keys) & live(i);
      if (m != 0) return keys_[i + static_cast<std::size_t>(__builtin_ctz(m))];
    }
    return high;
  }

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

  /// Cuts the pool back to the k best and a few more.
  void shrink() {
    // Keys that are spread evenly take this many guesses by interpolation. Others get one of their own for a guess, so
    // that a few far ones, whatever their scale, are left behind by counting.
    constexpr int interpolations = 2;
    constexpr int rounds = 12;
    const auto [least, greatest] = range();
    // Invariant: at least k keys are ≤ high, so the k-th is, and all that may be among the k best are kept.
    S low = least;
    S high = std::min(limit_, greatest);
    std::size_t up_to_low = 0;
    std::size_t up_to_high = count_;
    const std::size_t aim = k_ + k_ / 32;
    for (int round = 0; round < rounds && high <= std::numeric_limits<S>::max(); ++round) {
      const S share = S(aim - up_to_low) / S(std::max(up_to_high, aim + 1) - up_to_low);
      const S guess = round < interpolations ? low + (high - low) * share : a_key_between(low, high, round);
      const std::size_t n = count_up_to(guess);
      if (n >= k_) {
        high = guess;
        up_to_high = n;
        if (n <= k_ + (round < interpolations ? k_ / 16 : k_ / 4)) break;
      } else {
        low = guess;
        up_to_low = n;
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
