// Sixteen lanes of floats for the pair kernels in AVX-512 registers.
#pragma once

#include <immintrin.h>

#include "coppice/geometry/pack_avx512.hpp"
#include "coppice/index/octree/pair_lanes.hpp"

namespace coppice::octree {

template <>
struct Lanes<simd::avx512> {
  static constexpr unsigned width = 16;
  static constexpr int rows = 4;
  using Mask = std::uint32_t;
  using F = __m512;
  using I = __m512i;

  static F broadcast(float x) { return _mm512_set1_ps(x); }
  static F load(const float* from) { return _mm512_loadu_ps(from); }
  static I load(const std::int32_t* from) { return _mm512_loadu_si512(from); }
  static void store(float* to, F a) { _mm512_storeu_ps(to, a); }
  static void store(std::int32_t* to, I a) { _mm512_storeu_si512(to, a); }
  static I broadcast_id(std::int32_t x) { return _mm512_set1_epi32(x); }
  static F add(F a, F b) { return _mm512_add_ps(a, b); }
  static F sub(F a, F b) { return _mm512_sub_ps(a, b); }
  static F mul(F a, F b) { return _mm512_mul_ps(a, b); }
  static F mul_add(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
  static F max(F a, F b) { return _mm512_max_ps(a, b); }
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

}  // namespace coppice::octree
