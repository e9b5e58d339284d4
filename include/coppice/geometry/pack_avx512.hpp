// Eight lanes in AVX-512 registers (double) or AVX-512VL ones (float). No operation here contracts or reorders.
#pragma once

#include <immintrin.h>

#include "coppice/geometry/pack_baseline.hpp"

namespace coppice::simd {

struct avx512 {
  template <class S>
  struct Pack;

  static void compress_ids(point_id* to, Mask m, const point_id* ids) {
    // A register compress and a full store: compressing straight to memory is many times slower on some processors.
    _mm512_storeu_si512(to, _mm512_maskz_compress_epi64(static_cast<__mmask8>(m), _mm512_loadu_si512(ids)));
  }
  static void compress_ids(point_id* to, Mask m, const std::uint32_t* ids) {
    const __m256i eight = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(ids));
    _mm512_storeu_si512(to, _mm512_cvtepu32_epi64(_mm256_maskz_compress_epi32(static_cast<__mmask8>(m), eight)));
  }
  /// The mask of the first n lanes.
  static __mmask8 first(int n) { return static_cast<__mmask8>((1u << n) - 1); }
};

template <>
struct avx512::Pack<double> {
  __m512d v;

  static Pack broadcast(double x) { return {_mm512_set1_pd(x)}; }
  static Pack load(const double* from) { return {_mm512_loadu_pd(from)}; }
  static Pack load(const float* from) { return {_mm512_cvtps_pd(_mm256_loadu_ps(from))}; }
  void store(double* to) const { _mm512_storeu_pd(to, v); }

  friend Pack operator+(Pack a, Pack b) { return {_mm512_add_pd(a.v, b.v)}; }
  friend Pack operator-(Pack a, Pack b) { return {_mm512_sub_pd(a.v, b.v)}; }
  friend Pack operator*(Pack a, Pack b) { return {_mm512_mul_pd(a.v, b.v)}; }
  friend Pack min(Pack a, Pack b) { return {_mm512_min_pd(a.v, b.v)}; }
  friend Pack max(Pack a, Pack b) { return {_mm512_max_pd(a.v, b.v)}; }
  friend Pack abs(Pack a) { return {_mm512_abs_pd(a.v)}; }
  friend Mask less(Pack a, Pack b) { return _mm512_cmp_pd_mask(a.v, b.v, _CMP_LT_OQ); }
  friend Mask less_equal(Pack a, Pack b) { return _mm512_cmp_pd_mask(a.v, b.v, _CMP_LE_OQ); }
  friend Mask equal(Pack a, Pack b) { return _mm512_cmp_pd_mask(a.v, b.v, _CMP_EQ_OQ); }
  friend Pack select(Mask m, Pack a, Pack b) { return {_mm512_mask_blend_pd(static_cast<__mmask8>(m), a.v, b.v)}; }
  friend void compress_store(double* to, Mask m, Pack a) {
    _mm512_storeu_pd(to, _mm512_maskz_compress_pd(static_cast<__mmask8>(m), a.v));
  }
  friend void compress_store_exactly(double* to, Mask m, Pack a) {
    _mm512_mask_storeu_pd(to, first(__builtin_popcount(m)), _mm512_maskz_compress_pd(static_cast<__mmask8>(m), a.v));
  }
  friend double least(Pack a, Mask m) { return _mm512_mask_reduce_min_pd(static_cast<__mmask8>(m), a.v); }
  double lane(int i) const { return _mm512_cvtsd_f64(lane_as_doubles(i)); }
  /// Lane i in all eight lanes.
  __m512d lane_as_doubles(int i) const { return _mm512_permutexvar_pd(_mm512_set1_epi64(i), v); }
  static Pack from_doubles(__m512d x) { return {x}; }
};

template <>
struct avx512::Pack<float> {
  __m256 v;

  static Pack broadcast(float x) { return {_mm256_set1_ps(x)}; }
  static Pack load(const float* from) { return {_mm256_loadu_ps(from)}; }
  void store(float* to) const { _mm256_storeu_ps(to, v); }

  friend Pack operator+(Pack a, Pack b) { return {_mm256_add_ps(a.v, b.v)}; }
  friend Pack operator-(Pack a, Pack b) { return {_mm256_sub_ps(a.v, b.v)}; }
  friend Pack operator*(Pack a, Pack b) { return {_mm256_mul_ps(a.v, b.v)}; }
  friend Pack min(Pack a, Pack b) { return {_mm256_min_ps(a.v, b.v)}; }
  friend Pack max(Pack a, Pack b) { return {_mm256_max_ps(a.v, b.v)}; }
  friend Pack abs(Pack a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }
  friend Mask less(Pack a, Pack b) { return _mm256_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ); }
  friend Mask less_equal(Pack a, Pack b) { return _mm256_cmp_ps_mask(a.v, b.v, _CMP_LE_OQ); }
  friend Mask equal(Pack a, Pack b) { return _mm256_cmp_ps_mask(a.v, b.v, _CMP_EQ_OQ); }
  friend Pack select(Mask m, Pack a, Pack b) { return {_mm256_mask_blend_ps(static_cast<__mmask8>(m), a.v, b.v)}; }
  friend void compress_store(float* to, Mask m, Pack a) {
    _mm256_storeu_ps(to, _mm256_maskz_compress_ps(static_cast<__mmask8>(m), a.v));
  }
  friend void compress_store_exactly(float* to, Mask m, Pack a) {
    _mm256_mask_storeu_ps(to, first(__builtin_popcount(m)), _mm256_maskz_compress_ps(static_cast<__mmask8>(m), a.v));
  }
  friend float least(Pack a, Mask m) {
    return _mm512_mask_reduce_min_ps(static_cast<__mmask16>(m), _mm512_castps256_ps512(a.v));
  }
  __m512d lane_as_doubles(int i) const { return _mm512_cvtps_pd(_mm256_permutevar8x32_ps(v, _mm256_set1_epi32(i))); }
  static Pack from_doubles(__m512d x) { return {_mm512_cvtpd_ps(x)}; }
  float lane(int i) const { return _mm256_cvtss_f32(_mm256_permutevar8x32_ps(v, _mm256_set1_epi32(i))); }
};

}  // namespace coppice::simd
