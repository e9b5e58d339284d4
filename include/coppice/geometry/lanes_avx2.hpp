// Eight lanes of floats for the pair kernels in AVX2 registers.
#pragma once

#include <immintrin.h>

#include "coppice/geometry/lanes.hpp"
#include "coppice/geometry/pack_avx2.hpp"

namespace coppice::simd {

template <>
struct Lanes<avx2> {
  static constexpr unsigned width = 8;
  static constexpr int rows = 2;
  using Mask = std::uint32_t;
  using F = __m256;
  using I = __m256i;

  static F broadcast(float x) { return _mm256_set1_ps(x); }
  static F load(const float* from) { return _mm256_loadu_ps(from); }
  static F load(const std::int16_t* from) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
  }
  static I load(const std::int32_t* from) { return _mm256_loadu_si256(reinterpret_cast<const I*>(from)); }
  static void store(float* to, F a) { _mm256_storeu_ps(to, a); }
  static void store(std::int32_t* to, I a) { _mm256_storeu_si256(reinterpret_cast<I*>(to), a); }
  static I broadcast_id(std::int32_t x) { return _mm256_set1_epi32(x); }
  static I lane_ids() { return _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7); }
  static I add_id(I a, std::int32_t x) { return _mm256_add_epi32(a, _mm256_set1_epi32(x)); }
  static void pack(std::uint32_t* to, F values, std::uint32_t first, std::uint32_t mask) {
    const I low = _mm256_set1_epi32(static_cast<int>(mask));
    const I number = _mm256_and_si256(add_id(lane_ids(), static_cast<int>(first)), low);
    const I kept = _mm256_or_si256(_mm256_andnot_si256(low, _mm256_castps_si256(values)), number);
    _mm256_storeu_si256(reinterpret_cast<I*>(to), kept);
  }
  static float unpacked(std::uint32_t bits) {
    return _mm256_cvtss_f32(_mm256_castsi256_ps(_mm256_set1_epi32(static_cast<int>(bits))));
  }
  static void sort(std::uint32_t* keys, std::size_t count) { PlainSort<avx2>::sort(keys, count); }
  static F add(F a, F b) { return _mm256_add_ps(a, b); }
  static F sub(F a, F b) { return _mm256_sub_ps(a, b); }
  static F mul(F a, F b) { return _mm256_mul_ps(a, b); }
  static F mul_add(F a, F b, F c) { return _mm256_add_ps(_mm256_mul_ps(a, b), c); }
  static F max(F a, F b) { return _mm256_max_ps(a, b); }
  static F min(F a, F b) { return _mm256_min_ps(a, b); }
  static F abs(F a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
  static F offset(const double* from, double c, double factor) {
    const __m256d center = _mm256_set1_pd(c), scale = _mm256_set1_pd(factor);
    const __m128 low = _mm256_cvtpd_ps(_mm256_mul_pd(_mm256_sub_pd(_mm256_loadu_pd(from), center), scale));
    const __m128 high = _mm256_cvtpd_ps(_mm256_mul_pd(_mm256_sub_pd(_mm256_loadu_pd(from + 4), center), scale));
    return _mm256_insertf128_ps(_mm256_castps128_ps256(low), high, 1);
  }
  static Mask less(F a, F b) { return static_cast<Mask>(_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_LT_OQ))); }
  using Close = F;  ///< all bits of lanes that have seen low ≤ d < high
  static Close none_close() { return _mm256_setzero_ps(); }
  static Mask near(F d, F high, F low, Close& close) {
    const F m = _mm256_cmp_ps(d, high, _CMP_LT_OQ);
    close = _mm256_or_ps(close, _mm256_and_ps(m, _mm256_cmp_ps(d, low, _CMP_GE_OQ)));
    return static_cast<Mask>(_mm256_movemask_ps(m));
  }
  static bool any(Close close, F) { return _mm256_movemask_ps(close) != 0; }
  static Mask not_greater(F a, F b) { return static_cast<Mask>(_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_NGT_UQ))); }
  static Mask equal(I a, I b) { return bits(_mm256_cmpeq_epi32(a, b)); }
  static Mask less_id(I a, I b) { return bits(_mm256_cmpgt_epi32(b, a)); }
  static unsigned count(Mask m) { return static_cast<unsigned>(__builtin_popcount(m)); }
  static Mask first(std::uint32_t n) { return _bzhi_u32(0xffu, n < width ? n : width); }
  struct Packer {
    I lanes;
    explicit Packer(Mask m) : lanes(simd::avx2::permutation(simd::avx2::kept_lanes[m])) {}
    void operator()(float* to, F a) const { _mm256_storeu_ps(to, _mm256_permutevar8x32_ps(a, lanes)); }
    void operator()(std::int32_t* to, I a) const { store(to, _mm256_permutevar8x32_epi32(a, lanes)); }
  };
  static void compress(std::int32_t* to, Mask m, I a) { Packer{m}(to, a); }
  static float largest(F a) {
    const __m128 half = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    const __m128 pair = _mm_max_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_max_ss(pair, _mm_movehdup_ps(pair)));
  }
  static F zero_unless(Mask m, F a) {
    const I bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    const I set = _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(static_cast<int>(m)), bit), bit);
    return _mm256_and_ps(a, _mm256_castsi256_ps(set));
  }

 private:
  static Mask bits(I set) { return static_cast<Mask>(_mm256_movemask_ps(_mm256_castsi256_ps(set))); }
};

}  // namespace coppice::simd
