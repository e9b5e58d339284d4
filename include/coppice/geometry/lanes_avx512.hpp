// Sixteen lanes of floats for the pair kernels in AVX-512 registers.
#pragma once

#include <immintrin.h>

#include "coppice/geometry/lanes.hpp"
#include "coppice/geometry/pack_avx512.hpp"

namespace coppice::simd {

/// Sorts sixteen numbers a register, and registers by Batcher's bitonic merges: no branch depends on the numbers.
struct BitonicSort {
  using V = __m512i;

  static void sort(std::uint32_t* keys, std::size_t count) {
    const std::size_t n = count / 16;
    if (n == 1) return put(keys, 0, sorted(get(keys, 0)));
    if (n == 2) {
      V low = sorted(get(keys, 0)), high = reversed(sorted(get(keys, 1)));
      exchange(low, high);
      put(keys, 0, merged(low));
      return put(keys, 1, merged(high));
    }
    for (std::size_t i = 0; i < n; ++i) put(keys, i, sorted(get(keys, i)));
    for (std::size_t run = 1; run < n; run *= 2)
      for (std::size_t first = 0; first < n; first += 2 * run) merge_runs(keys, first, run);
  }

 private:
  static V get(const std::uint32_t* keys, std::size_t i) { return _mm512_loadu_si512(keys + 16 * i); }
  static void put(std::uint32_t* keys, std::size_t i, V v) { _mm512_storeu_si512(keys + 16 * i, v); }
  static V reversed(V v) {
    return _mm512_permutexvar_epi32(_mm512_setr_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0), v);
  }
  static void exchange(V& low, V& high) {
    const V least = _mm512_min_epu32(low, high);
    high = _mm512_max_epu32(low, high);
    low = least;
  }
  /// Lanes in `larger` keep the larger of themselves and their partner, the others the smaller.
  static V step(V v, V partner, __mmask16 larger) {
    return _mm512_mask_max_epu32(_mm512_min_epu32(v, partner), larger, v, partner);
  }
  static V half(V v) { return step(v, _mm512_shuffle_i64x2(v, v, 0x4e), 0xff00); }
  static V quarter(V v) { return step(v, _mm512_shuffle_i64x2(v, v, 0xb1), 0xf0f0); }
  static V pair(V v) { return step(v, _mm512_shuffle_epi32(v, static_cast<_MM_PERM_ENUM>(0x4e)), 0xcccc); }
  static V single(V v) { return step(v, _mm512_shuffle_epi32(v, static_cast<_MM_PERM_ENUM>(0xb1)), 0xaaaa); }
  /// A bitonic register, sorted.
  static V merged(V v) { return single(pair(quarter(half(v)))); }
  static V sorted(V v) {
    v = single(v);
    v = single(step(v, _mm512_shuffle_epi32(v, static_cast<_MM_PERM_ENUM>(0x1b)), 0xcccc));
    const V mirrored = _mm512_shuffle_epi32(_mm512_shuffle_i64x2(v, v, 0xb1), static_cast<_MM_PERM_ENUM>(0x1b));
    v = single(pair(step(v, mirrored, 0xf0f0)));
    return single(pair(quarter(step(v, reversed(v), 0xff00))));
  }
  static void merge_runs(std::uint32_t* keys, std::size_t first, std::size_t run) {
    for (std::size_t i = 0; i < run; ++i) {
      V low = get(keys, first + i), high = reversed(get(keys, first + 2 * run - 1 - i));
      exchange(low, high);
      put(keys, first + i, low);
      put(keys, first + 2 * run - 1 - i, high);
    }
    // What is in the upper run stands in reverse, which a bitonic sequence may.
    for (std::size_t stride = run / 2; stride > 0; stride /= 2)
      for (std::size_t block = first; block < first + 2 * run; block += 2 * stride)
        for (std::size_t i = block; i < block + stride; ++i) {
          V low = get(keys, i), high = get(keys, i + stride);
          exchange(low, high);
          put(keys, i, low);
          put(keys, i + stride, high);
        }
    for (std::size_t i = first; i < first + 2 * run; ++i) put(keys, i, merged(get(keys, i)));
  }
};

template <>
struct Lanes<avx512> {
  static constexpr unsigned width = 16;
  static constexpr int rows = 4;
  using Mask = std::uint32_t;
  using F = __m512;
  using I = __m512i;

  static F broadcast(float x) { return _mm512_set1_ps(x); }
  static F load(const float* from) { return _mm512_loadu_ps(from); }
  static F load(const std::int16_t* from) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))));
  }
  static I load(const std::int32_t* from) { return _mm512_loadu_si512(from); }
  static void store(float* to, F a) { _mm512_storeu_ps(to, a); }
  static void store(std::int32_t* to, I a) { _mm512_storeu_si512(to, a); }
  static I broadcast_id(std::int32_t x) { return _mm512_set1_epi32(x); }
  static I lane_ids() { return _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); }
  static I add_id(I a, std::int32_t x) { return _mm512_add_epi32(a, _mm512_set1_epi32(x)); }
  static void pack(std::uint32_t* to, F values, std::uint32_t first, std::uint32_t mask) {
    const I number = add_id(lane_ids(), static_cast<int>(first));
    _mm512_storeu_si512(to, _mm512_ternarylogic_epi32(_mm512_set1_epi32(static_cast<int>(mask)), number,
                                                      _mm512_castps_si512(values), 0xca));  // mask ? number : value
  }
  static float unpacked(std::uint32_t bits) {
    return _mm_cvtss_f32(_mm_castsi128_ps(_mm_cvtsi32_si128(static_cast<int>(bits))));
  }
  static void sort(std::uint32_t* keys, std::size_t count) { BitonicSort::sort(keys, count); }
  static F add(F a, F b) { return _mm512_add_ps(a, b); }
  static F sub(F a, F b) { return _mm512_sub_ps(a, b); }
  static F mul(F a, F b) { return _mm512_mul_ps(a, b); }
  static F mul_add(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
  static F max(F a, F b) { return _mm512_max_ps(a, b); }
  static F min(F a, F b) { return _mm512_min_ps(a, b); }
  static F abs(F a) { return _mm512_abs_ps(a); }
  static F offset(const double* from, double c, double factor) {
    const __m512d center = _mm512_set1_pd(c), scale = _mm512_set1_pd(factor);
    const __m256 low = _mm512_cvtpd_ps(_mm512_mul_pd(_mm512_sub_pd(_mm512_loadu_pd(from), center), scale));
    const __m256 high = _mm512_cvtpd_ps(_mm512_mul_pd(_mm512_sub_pd(_mm512_loadu_pd(from + 8), center), scale));
    return _mm512_insertf32x8(_mm512_castps256_ps512(low), high, 1);
  }
  static Mask less(F a, F b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
  using Close = F;  ///< the largest d below `high` that a lane has seen
  static Close none_close() { return _mm512_set1_ps(-3e38f); }
  static Mask near(F d, F high, F, Close& close) {
    const __mmask16 m = _mm512_cmp_ps_mask(d, high, _CMP_LT_OQ);
    close = _mm512_mask_max_ps(close, m, close, d);
    return m;
  }
  static bool any(Close close, F low) { return _mm512_cmp_ps_mask(close, low, _CMP_GE_OQ) != 0; }
  static Mask not_greater(F a, F b) { return _mm512_cmp_ps_mask(a, b, _CMP_NGT_UQ); }
  static Mask equal(I a, I b) { return _mm512_cmpeq_epi32_mask(a, b); }
  static Mask less_id(I a, I b) { return _mm512_cmplt_epi32_mask(a, b); }
  static unsigned count(Mask m) { return static_cast<unsigned>(__builtin_popcount(m)); }
  static Mask first(std::uint32_t n) { return _bzhi_u32(0xffffu, n < width ? n : width); }
  /// One compress finds the lanes, and cheap permutations move each register.
  struct Packer {
    I lanes;
    explicit Packer(Mask m)
        : lanes(_mm512_maskz_compress_epi32(static_cast<__mmask16>(m),
                                            _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))) {}
    void operator()(float* to, F a) const { _mm512_storeu_ps(to, _mm512_permutexvar_ps(lanes, a)); }
    void operator()(std::int32_t* to, I a) const { _mm512_storeu_si512(to, _mm512_permutexvar_epi32(lanes, a)); }
  };
  static void compress(std::int32_t* to, Mask m, I a) {
    _mm512_storeu_si512(to, _mm512_maskz_compress_epi32(static_cast<__mmask16>(m), a));
  }
  static float largest(F a) { return _mm512_reduce_max_ps(a); }
  static F zero_unless(Mask m, F a) { return _mm512_maskz_mov_ps(static_cast<__mmask16>(m), a); }
};

}  // namespace coppice::simd
