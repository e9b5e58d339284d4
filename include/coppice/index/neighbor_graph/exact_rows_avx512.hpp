// Keys of sixteen points at a time in AVX-512 registers, for points of three coordinates and a name in a row of four.
// No operation here contracts or reorders, so the keys are those of ExactRows, which has the portable form.
#pragma once

#include <immintrin.h>

#include "coppice/geometry/lanes_avx512.hpp"
#include "coppice/index/neighbor_graph/exact_rows.hpp"

namespace coppice::neighbor_graph {

template <>
struct KeyBlock<simd::avx512, double, 3, MetricKind::l2> {
  static constexpr std::size_t size = 16;

  /// Keys and ids of sixteen points; true: the first `count` keys ascend.
  static bool keys(const LeafSetView<double>& set, const std::int32_t* table, const std::uint32_t* packed,
                   std::uint32_t mask, std::size_t count, const double* x, double* keys, std::int32_t* ids) {
    const __m512d at[3] = {_mm512_set1_pd(x[0]), _mm512_set1_pd(x[1]), _mm512_set1_pd(x[2])};
    __m512d key[2];
    for (int h = 0; h < 2; ++h) {
      const auto load = [&](std::size_t i) {
        const auto row = [&](std::size_t j) {
          const std::size_t slot = j < count ? static_cast<std::size_t>(table[packed[j] & mask]) : 0;
          return _mm256_loadu_pd(set.rows + 4 * slot);
        };
        return _mm512_insertf64x4(_mm512_castpd256_pd512(row(i)), row(i + 4), 1);
      };
      const std::size_t first = 8 * static_cast<std::size_t>(h);
      const __m512d a = load(first), b = load(first + 1), c = load(first + 2), d = load(first + 3);
      const __m512d low_ab = _mm512_unpacklo_pd(a, b), high_ab = _mm512_unpackhi_pd(a, b);
      const __m512d low_cd = _mm512_unpacklo_pd(c, d), high_cd = _mm512_unpackhi_pd(c, d);
      const __m512i even = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13),
                    odd = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
      const __m512d dx = _mm512_sub_pd(_mm512_permutex2var_pd(low_ab, even, low_cd), at[0]);
      const __m512d dy = _mm512_sub_pd(_mm512_permutex2var_pd(high_ab, even, high_cd), at[1]);
      const __m512d dz = _mm512_sub_pd(_mm512_permutex2var_pd(low_ab, odd, low_cd), at[2]);
      const __m512i id = _mm512_castpd_si512(_mm512_permutex2var_pd(high_ab, odd, high_cd));
      key[h] = _mm512_add_pd(_mm512_add_pd(_mm512_mul_pd(dx, dx), _mm512_mul_pd(dy, dy)), _mm512_mul_pd(dz, dz));
      _mm512_storeu_pd(keys + first, key[h]);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(ids + first), _mm512_cvtepi64_epi32(id));
    }
    const __m512i low = _mm512_castpd_si512(key[0]), high = _mm512_castpd_si512(key[1]);
    const __m512d after_low = _mm512_castsi512_pd(_mm512_alignr_epi64(high, low, 1));
    const __m512d after_high = _mm512_castsi512_pd(_mm512_alignr_epi64(high, high, 1));
    const auto falls = static_cast<std::uint32_t>(_mm512_cmp_pd_mask(key[0], after_low, _CMP_GE_OQ)) |
                       static_cast<std::uint32_t>(_mm512_cmp_pd_mask(key[1], after_high, _CMP_GE_OQ)) << 8;
    return (falls & pairs_of(count)) == 0;
  }

  static std::uint32_t pairs_of(std::size_t count) {
    return count < 2 ? 0 : count >= size ? 0x7fffu : (1u << (count - 1)) - 1;
  }
};

template <>
struct KeyBlock<simd::avx512, float, 3, MetricKind::l2> {
  static constexpr std::size_t size = 16;

  static bool keys(const LeafSetView<float>& set, const std::int32_t* table, const std::uint32_t* packed,
                   std::uint32_t mask, std::size_t count, const float* x, float* keys, std::int32_t* ids) {
    const auto row = [&](std::size_t j) {
      const std::size_t slot = j < count ? static_cast<std::size_t>(table[packed[j] & mask]) : 0;
      return _mm_loadu_ps(set.rows + 4 * slot);
    };
    // Lane l of register r holds point 4 l + r, so that a transposition of the lanes puts them in order.
    const auto load = [&](std::size_t r) {
      __m512 v = _mm512_castps128_ps512(row(r));
      v = _mm512_insertf32x4(v, row(r + 4), 1);
      v = _mm512_insertf32x4(v, row(r + 8), 2);
      return _mm512_insertf32x4(v, row(r + 12), 3);
    };
    const __m512 a = load(0), b = load(1), c = load(2), d = load(3);
    const __m512d low_ab = _mm512_castps_pd(_mm512_unpacklo_ps(a, b)),
                  high_ab = _mm512_castps_pd(_mm512_unpackhi_ps(a, b));
    const __m512d low_cd = _mm512_castps_pd(_mm512_unpacklo_ps(c, d)),
                  high_cd = _mm512_castps_pd(_mm512_unpackhi_ps(c, d));
    const __m512 dx = _mm512_sub_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(low_ab, low_cd)), _mm512_set1_ps(x[0]));
    const __m512 dy = _mm512_sub_ps(_mm512_castpd_ps(_mm512_unpackhi_pd(low_ab, low_cd)), _mm512_set1_ps(x[1]));
    const __m512 dz = _mm512_sub_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(high_ab, high_cd)), _mm512_set1_ps(x[2]));
    const __m512i id = _mm512_castpd_si512(_mm512_unpackhi_pd(high_ab, high_cd));
    const __m512 key =
        _mm512_add_ps(_mm512_add_ps(_mm512_mul_ps(dx, dx), _mm512_mul_ps(dy, dy)), _mm512_mul_ps(dz, dz));
    _mm512_storeu_ps(keys, key);
    _mm512_storeu_si512(ids, id);
    const __m512i bits = _mm512_castps_si512(key);
    const __m512 after = _mm512_castsi512_ps(_mm512_alignr_epi32(bits, bits, 1));
    return (_mm512_cmp_ps_mask(key, after, _CMP_GE_OQ) &
            KeyBlock<simd::avx512, double, 3, MetricKind::l2>::pairs_of(count)) == 0;
  }
};

}  // namespace coppice::neighbor_graph
