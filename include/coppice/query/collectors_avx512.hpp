// The collectors of few candidates in AVX-512 registers: no branch and no memory an insertion. The best ones of a query
// are the most-used numbers of a search, and a mispredicted branch costs as much as ten of these instructions.
#pragma once

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

/// 1 ≤ k ≤ Capacity (8 or 16): a sorted array in registers; an insertion is compare, mask, expand. Keys are held as
/// double, which represents every float.
template <class S, std::size_t Capacity>
class BestFew<simd::avx512, S, Capacity> {
 public:
  using Pack = simd::avx512::Pack<S>;
  explicit BestFew(std::size_t k) : k_(k), last_(_mm512_set1_epi64(static_cast<long long>(k - 1))) {}

  void reset(S limit) {
    limit_ = threshold_ = Pack::broadcast(limit);
    for (int r = 0; r < registers; ++r) {
      keys_[r] = _mm512_set1_pd(std::numeric_limits<double>::infinity());
      ids_[r] = _mm512_set1_epi64(no_point);
    }
  }
  [[nodiscard]] Pack threshold() const { return threshold_; }

  void take(Pack keys, Mask m, const point_id* ids) {
    do {
      const int i = __builtin_ctz(m);
      m &= m - 1;
      push(keys.lane_as_doubles(i), ids[i]);
      m &= less_equal(keys, threshold_);
    } while (m != 0);
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
  static_assert(registers == 1 || registers == 2);

  /// v: the new key in every lane.
  void push(__m512d v, point_id id) {
    const __m512i name = _mm512_set1_epi64(id);
    unsigned before = 0;  // bit i: entry i precedes the new one
    for (int r = 0; r < registers; ++r) {
      const __mmask8 less = _mm512_cmp_pd_mask(keys_[r], v, _CMP_LT_OQ);
      const __mmask8 equal = _mm512_cmp_pd_mask(keys_[r], v, _CMP_EQ_OQ);
      before |= static_cast<unsigned>(less | _mm512_mask_cmplt_epu64_mask(equal, ids_[r], name)) << (8 * r);
    }
    // The entries that precede keep their lane; the others move up by one, and the gap takes the new entry.
    const unsigned kept = ~(before + 1);
    __m512d last;
    if constexpr (registers == 2) {
      const auto high = static_cast<__mmask8>((kept >> 8) & (0xfe | (before >> 7 & 1)));
      // The low register's last entry moves into the high one, unless it precedes the new entry.
      const auto spills = static_cast<__mmask8>((before >> 7 & 1) - 1);
      const __m512i seven = _mm512_set1_epi64(7);
      const __m512d carry = _mm512_mask_permutexvar_pd(v, spills, seven, keys_[0]);
      const __m512i carry_id = _mm512_mask_permutexvar_epi64(name, spills, seven, ids_[0]);
      keys_[1] = _mm512_mask_expand_pd(carry, high, keys_[1]);
      ids_[1] = _mm512_mask_expand_epi64(carry_id, high, ids_[1]);
    }
    const auto low = static_cast<__mmask8>(kept);
    keys_[0] = _mm512_mask_expand_pd(v, low, keys_[0]);
    ids_[0] = _mm512_mask_expand_epi64(name, low, ids_[0]);
    if constexpr (registers == 2)
      last = _mm512_permutex2var_pd(keys_[0], last_, keys_[1]);
    else
      last = _mm512_permutexvar_pd(last_, keys_[0]);
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
