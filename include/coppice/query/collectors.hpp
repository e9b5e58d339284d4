// Collectors keep the k best candidates by (key, id) while a search runs. Each takes eight candidates at once, already
// masked by `threshold()`: one hit in scalars (k = 1), a few in a sorted array (k ≤ 16; in registers with AVX-512),
// many in an unsorted pool that is cut back by bisecting the key range when it fills up. Ids are compared as unsigned
// numbers, so the padding id −1 sorts after every real one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

#include "coppice/geometry/pack_baseline.hpp"
#if defined(__AVX512F__)
#include "coppice/geometry/pack_avx512.hpp"
#endif

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

/// 1 ≤ k ≤ 16: insertion into a sorted array.
template <class T, class S>
class BestFew {
 public:
  static constexpr std::size_t capacity = 16;
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
  S keys_[capacity];
  point_id ids_[capacity];
};

#if defined(__AVX512F__)
/// With AVX-512 the sorted array lives in four registers and an insertion is compare, mask, expand: no branch, no
/// memory. Keys are held as double, which represents every float.
template <class S>
class BestFew<simd::avx512, S> {
 public:
  static constexpr std::size_t capacity = 16;
  using Pack = simd::avx512::Pack<S>;
  explicit BestFew(std::size_t k) : k_(k), last_(_mm512_set1_epi64(static_cast<long long>(k - 1))) {}

  void reset(S limit) {
    limit_ = limit;
    threshold_ = Pack::broadcast(limit);
    keys_[0] = keys_[1] = _mm512_set1_pd(std::numeric_limits<double>::infinity());
    ids_[0] = ids_[1] = _mm512_set1_epi64(no_point);
  }
  [[nodiscard]] Pack threshold() const { return threshold_; }

  void take(Pack keys, Mask m, const point_id* ids) {
    do {
      const int i = __builtin_ctz(m);
      m &= m - 1;
      push(keys.lane(i), ids[i]);
      m &= less_equal(keys, threshold_);
    } while (m != 0);
  }

  std::size_t finish(S* keys, point_id* ids) {
    double sorted[capacity];
    point_id named[capacity];
    for (int half = 0; half < 2; ++half) {
      _mm512_storeu_pd(sorted + 8 * half, keys_[half]);
      _mm512_storeu_si512(named + 8 * half, ids_[half]);
    }
    std::size_t count = 0;
    for (; count < k_ && named[count] != no_point; ++count) {
      keys[count] = static_cast<S>(sorted[count]);
      ids[count] = named[count];
    }
    return count;
  }

 private:
  void push(double key, point_id id) {
    const __m512d v = _mm512_set1_pd(key);
    const __m512i name = _mm512_set1_epi64(id);
    unsigned before = 0;  // bit i: entry i precedes the new one
    for (int half = 0; half < 2; ++half) {
      const __mmask8 less = _mm512_cmp_pd_mask(keys_[half], v, _CMP_LT_OQ);
      const __mmask8 equal = _mm512_cmp_pd_mask(keys_[half], v, _CMP_EQ_OQ);
      before |= static_cast<unsigned>(less | _mm512_mask_cmplt_epu64_mask(equal, ids_[half], name)) << (8 * half);
    }
    // The entries that stay keep their lane; the others move up by one, and the gap takes the new entry.
    const unsigned stay_or_move = ~(before + 1);
    const __mmask8 low = static_cast<__mmask8>(stay_or_move);
    const __mmask8 high = static_cast<__mmask8>((stay_or_move >> 8) & (0xfe | (before >> 7 & 1)));
    const __m512i seven = _mm512_set1_epi64(7);
    const bool spills = (before & 0x80) == 0;  // the low half's last entry moves into the high half
    const __m512d carry = spills ? _mm512_permutexvar_pd(seven, keys_[0]) : v;
    const __m512i carry_id = spills ? _mm512_permutexvar_epi64(seven, ids_[0]) : name;
    keys_[1] = _mm512_mask_expand_pd(carry, high, keys_[1]);
    ids_[1] = _mm512_mask_expand_epi64(carry_id, high, ids_[1]);
    keys_[0] = _mm512_mask_expand_pd(v, low, keys_[0]);
    ids_[0] = _mm512_mask_expand_epi64(name, low, ids_[0]);
    const double last = _mm512_cvtsd_f64(_mm512_permutex2var_pd(keys_[0], last_, keys_[1]));
    threshold_ = Pack::broadcast(std::min(limit_, static_cast<S>(last)));
  }

  Pack threshold_;
  __m512d keys_[2];
  __m512i ids_[2];
  std::size_t k_;
  __m512i last_;
  S limit_ = 0;
};
#endif

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
    for (std::size_t i = 0; i < count_; ++i) entries_[i] = {keys_[i], ids_[i]};
    Entry* entries = entries_.get();
    if (count_ > kept) std::nth_element(entries, entries + kept, entries + count_);
    std::sort(entries, entries + kept);
    for (std::size_t i = 0; i < kept; ++i) {
      keys[i] = entries[i].key;
      ids[i] = entries[i].id;
    }
    return kept;
  }

 private:
  struct Entry {
    S key;
    point_id id;
    bool operator<(const Entry& other) const { return key < other.key || (key == other.key && id < other.id); }
  };

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
    S low = 0;
    S high = limit_;
    if (!(high <= std::numeric_limits<S>::max())) {
      high = 0;
      for (std::size_t i = 0; i < count_; ++i) high = std::max(high, keys_[i]);
    }
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
