// The collectors of few candidates in AVX-512 registers: no branch and no memory an insertion. The best ones of a query
// are the most-used numbers of a search, and a mispredicted branch costs as much as ten of these instructions.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "coppice/geometry/pack_avx512.hpp"
#include "coppice/query/collectors.hpp"

namespace coppice::query {

/// k = 1: the least of eight candidates by a reduction, then one comparison.
template <class S>
class BestOne<simd::avx512, S> {
 public:
  using Pack = simd::avx512::Pack<S>;
  explicit BestOne(std::size_t) {}

  void reset(S limit) {
    key_ = limit;
    id_ = static_cast<std::uint64_t>(no_point);
    threshold_ = Pack::broadcast(limit);
  }
  [[nodiscard]] Pack threshold() const { return threshold_; }

  /// Requires: the masked keys are within the threshold.
  void take(Pack keys, Mask m, const point_id* ids) {
    const S key = least(keys, m);
    const Pack all = Pack::broadcast(key);
    m &= equal(keys, all);
    auto id = static_cast<std::uint64_t>(ids[__builtin_ctz(m)]);
    while ((m &= m - 1) != 0) id = std::min(id, static_cast<std::uint64_t>(ids[__builtin_ctz(m)]));
    if (key == key_ && id >= id_) return;
    key_ = key;
    id_ = id;
    threshold_ = all;
  }

  std::size_t finish(S* keys, point_id* ids) {
    if (static_cast<point_id>(id_) == no_point) return 0;
    *keys = key_;
    *ids = static_cast<point_id>(id_);
    return 1;
  }

 private:
  Pack threshold_;
  S key_;
  std::uint64_t id_;
};

/// Few candidates, Capacity (8, 16 or 32) at most, and k more than Capacity − 16: a sorted array in registers; an
/// insertion is compare, shift, blend. Keys are held as double, which represents every float.
template <class S, std::size_t Capacity>
class BestFew<simd::avx512, S, Capacity> {
 public:
  using Pack = simd::avx512::Pack<S>;
  explicit BestFew(std::size_t k) : k_(k), last_(_mm512_set1_epi64(static_cast<long long>((k - 1) % 16))) {}

  void reset(S limit) {
    limit_ = threshold_ = Pack::broadcast(limit);
    for (int r = 0; r < registers; ++r) {
      keys_[r] = _mm512_set1_pd(std::numeric_limits<double>::infinity());
      ids_[r] = _mm512_set1_epi64(no_point);
    }
  }
  [[nodiscard]] Pack threshold() const { return threshold_; }

  /// A candidate that an earlier one has put out of the running falls off the end. Asking the threshold again before
  /// each would cost more: it would make the choice of the next candidate wait for the insertion of the last.
  void take(Pack keys, Mask m, const point_id* ids) {
    do {
      const int i = __builtin_ctz(m);
      m &= m - 1;
      push(keys.lane_as_doubles(i), ids[i]);
    } while (m != 0);
    tighten();
  }

  std::size_t finish(S* keys, point_id* ids) {
    double sorted[Capacity];
    point_id named[Capacity];
    for (int r = 0; r < registers; ++r) {
      _mm512_storeu_pd(sorted + 8 * r, keys_[r]);
      _mm512_storeu_si512(named + 8 * r, ids_[r]);
    }
    std::size_t count = 0;
    for (; count < k_ && named[count] != no_point; ++count) {
      keys[count] = static_cast<S>(sorted[count]);
      ids[count] = named[count];
    }
    return count;
  }

 private:
  static constexpr int registers = Capacity / 8;
  static constexpr long long minus_infinity = std::bit_cast<long long>(-std::numeric_limits<double>::infinity());

  /// v: the new key in every lane.
  void push(__m512d v, point_id id) {
    const __m512i name = _mm512_set1_epi64(id);
    __mmask8 less[registers];  // the entries that precede the new one
    __mmask8 ties = 0;
    for (int r = 0; r < registers; ++r) {
      less[r] = _mm512_cmp_pd_mask(keys_[r], v, _CMP_LT_OQ);
      ties |= _mm512_cmp_pd_mask(keys_[r], v, _CMP_EQ_OQ);
    }
    if (__builtin_expect(ties != 0, 0))
      for (int r = 0; r < registers; ++r)
        less[r] |= _mm512_mask_cmplt_epu64_mask(_mm512_cmp_pd_mask(keys_[r], v, _CMP_EQ_OQ), ids_[r], name);
    // Every entry but those moves up a lane, into the next register, too, and the new one fills the gap. For keys that
    // is the lesser of the entry and the greater of its neighbour and the new one: the next insertion waits for three
    // plain instructions.
    for (int r = registers - 1; r >= 0; --r) {
      const __m512i below = r == 0 ? _mm512_set1_epi64(minus_infinity) : _mm512_castpd_si512(keys_[r - 1]);
      const __m512d shifted =
          _mm512_castsi512_pd(_mm512_alignr_epi64(_mm512_castpd_si512(keys_[r]), below, simd::lanes - 1));
      keys_[r] = _mm512_min_pd(keys_[r], _mm512_max_pd(shifted, v));
      const unsigned preceding = r == 0 ? 1 : less[r - 1] >> 7;
      const auto gap = static_cast<__mmask8>((less[r] << 1 | preceding) & ~less[r]);
      const __m512i moved = _mm512_alignr_epi64(ids_[r], r == 0 ? name : ids_[r - 1], simd::lanes - 1);
      ids_[r] = _mm512_mask_mov_epi64(_mm512_mask_mov_epi64(moved, gap, name), less[r], ids_[r]);
    }
  }

  void tighten() {
    __m512d last;
    if constexpr (registers == 1)
      last = _mm512_permutexvar_pd(last_, keys_[0]);
    else  // the k-th entry is in one of the last two registers
      last = _mm512_permutex2var_pd(keys_[registers - 2], last_, keys_[registers - 1]);
    threshold_ = min(limit_, Pack::from_doubles(last));
  }

  Pack threshold_;
  Pack limit_;
  __m512d keys_[registers];
  __m512i ids_[registers];
  std::size_t k_;
  __m512i last_;
};

}  // namespace coppice::query
