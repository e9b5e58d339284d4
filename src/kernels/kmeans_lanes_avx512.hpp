// Eight lanes of integers, masks and rows for k-means in AVX-512 registers.
#pragma once

#include <immintrin.h>

#include "coppice/geometry/pack_avx512.hpp"
#include "kmeans_lanes.hpp"

namespace coppice::kmeans {

template <>
struct KMeansLanes<simd::avx512> {
  using Pack = simd::avx512::Pack<double>;
  using Integers = __m512i;
  using Rows = __m256i;

  static Pack load_first(Mask live, const double* from) {
    if (live == 0xff) return Pack::load(from);
    return {_mm512_maskz_loadu_pd(static_cast<__mmask8>(live), from)};
  }
  static Integers zero() { return _mm512_setzero_si512(); }
  static Integers load(const std::int64_t* from) { return _mm512_load_si512(from); }
  static void store(std::int64_t* to, Integers x) { _mm512_store_si512(to, x); }
  static Integers rounded(Pack x) { return _mm512_cvtpd_epi64(x.v); }
  static Integers add(Integers x, Integers y) { return _mm512_add_epi64(x, y); }
  static Integers subtract(Integers x, Integers y) { return _mm512_sub_epi64(x, y); }
  static Integers add_where(Mask m, Integers x, Integers y) {
    return _mm512_mask_add_epi64(x, static_cast<__mmask8>(m), x, y);
  }
  static std::int64_t total(Integers x) { return _mm512_reduce_add_epi64(x); }
  static void take_less(Pack& best, Pack& who, Pack z, Pack name) {
    const __mmask8 m = _mm512_cmp_pd_mask(z.v, best.v, _CMP_LT_OQ);
    best.v = _mm512_min_pd(z.v, best.v);
    who.v = _mm512_mask_mov_pd(who.v, m, name.v);
  }
  static Pack mul_add(Pack x, Pack y, Pack z) { return {_mm512_fmadd_pd(x.v, y.v, z.v)}; }
  static Pack where_negative(Pack u, Pack otherwise, Pack then) {
    return {_mm512_mask_mov_pd(otherwise.v, _mm512_movepi64_mask(_mm512_castpd_si512(u.v)), then.v)};
  }
  static double least(Pack x) { return _mm512_reduce_min_pd(x.v); }
  static double most(Pack x) { return _mm512_reduce_max_pd(x.v); }
  static Rows rows(const std::uint32_t* from) { return _mm256_loadu_si256(reinterpret_cast<const Rows*>(from)); }
  static Rows rows_from(std::uint32_t first) {
    return _mm256_add_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), _mm256_set1_epi32(static_cast<int>(first)));
  }
  static void compress(std::uint32_t* to, Mask m, Rows r) {
    _mm256_storeu_si256(reinterpret_cast<Rows*>(to), _mm256_maskz_compress_epi32(static_cast<__mmask8>(m), r));
  }
  static void compress_exactly(std::uint32_t* to, Mask m, Rows r) {
    _mm256_mask_storeu_epi32(to, simd::avx512::first(__builtin_popcount(m)),
                             _mm256_maskz_compress_epi32(static_cast<__mmask8>(m), r));
  }
  static unsigned count(Mask m) { return static_cast<unsigned>(_mm_popcnt_u32(m)); }
};

}  // namespace coppice::kmeans
