// Eight lanes in AVX2 registers: two for double, one for float. Masks are moved to general registers, since AVX2 has
// none; packing to the front goes through a permutation looked up by the mask.
#pragma once

#include <immintrin.h>

#include <array>
#include <cstdint>

#include "coppice/geometry/pack_baseline.hpp"

namespace coppice::simd {

struct avx2 {
  template <class S>
  struct Pack;

  /// For every 8-bit mask the lanes to keep, in order, one byte each.
  static constexpr std::array<std::uint64_t, 256> kept_lanes = [] {
    std::array<std::uint64_t, 256> table{};
    for (unsigned m = 0; m < 256; ++m)
      for (unsigned lane = 0, n = 0; lane < 8; ++lane)
        if (m >> lane & 1) table[m] |= std::uint64_t{lane} << (8 * n++);
    return table;
  }();
  /// For every 4-bit mask over 64-bit lanes the 32-bit halves to keep, one byte each.
  static constexpr std::array<std::uint64_t, 16> kept_halves = [] {
    std::array<std::uint64_t, 16> table{};
    for (unsigned m = 0; m < 16; ++m)
      for (unsigned lane = 0, n = 0; lane < 4; ++lane)
        if (m >> lane & 1) {
          table[m] |= std::uint64_t{2 * lane} << (16 * n) | std::uint64_t{2 * lane + 1} << (16 * n + 8);
          ++n;
        }
    return table;
  }();
  static __m256i permutation(std::uint64_t bytes) {
    return _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(static_cast<long long>(bytes)));
  }
  /// All bits of lane i set where bit i of `m` is: 64-bit lanes of the low four bits.
  static __m256i wide_mask(Mask m) {
    const __m256i bit = _mm256_setr_epi64x(1, 2, 4, 8);
    return _mm256_cmpeq_epi64(_mm256_and_si256(_mm256_set1_epi64x(m), bit), bit);
  }
  static void compress_four(void* to, Mask m, __m256i four) {
    _mm256_storeu_si256(static_cast<__m256i*>(to), _mm256_permutevar8x32_epi32(four, permutation(kept_halves[m])));
  }

  static void compress_ids(point_id* to, Mask m, const point_id* ids) {
    const Mask low = m & 15;
    compress_four(to, low, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(ids)));
    compress_four(to + __builtin_popcount(low), m >> 4, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(ids + 4)));
  }
  static void compress_ids(point_id* to, Mask m, const std::uint32_t* ids) {
    const Mask low = m & 15;
    const auto* fours = reinterpret_cast<const __m128i*>(ids);
    compress_four(to, low, _mm256_cvtepu32_epi64(_mm_loadu_si128(fours)));
    compress_four(to + __builtin_popcount(low), m >> 4, _mm256_cvtepu32_epi64(_mm_loadu_si128(fours + 1)));
  }
};

template <>
struct avx2::Pack<double> {
  __m256d a, b;  // lanes 0–3 and 4–7

  static Pack broadcast(double x) { return {_mm256_set1_pd(x), _mm256_set1_pd(x)}; }
  static Pack load(const double* from) { return {_mm256_loadu_pd(from), _mm256_loadu_pd(from + 4)}; }
  static Pack load(const float* from) {
    return {_mm256_cvtps_pd(_mm_loadu_ps(from)), _mm256_cvtps_pd(_mm_loadu_ps(from + 4))};
  }
  void store(double* to) const {
    _mm256_storeu_pd(to, a);
    _mm256_storeu_pd(to + 4, b);
  }

  friend Pack operator+(Pack x, Pack y) { return {_mm256_add_pd(x.a, y.a), _mm256_add_pd(x.b, y.b)}; }
  friend Pack operator-(Pack x, Pack y) { return {_mm256_sub_pd(x.a, y.a), _mm256_sub_pd(x.b, y.b)}; }
  friend Pack operator*(Pack x, Pack y) { return {_mm256_mul_pd(x.a, y.a), _mm256_mul_pd(x.b, y.b)}; }
  friend Pack min(Pack x, Pack y) { return {_mm256_min_pd(x.a, y.a), _mm256_min_pd(x.b, y.b)}; }
  friend Pack max(Pack x, Pack y) { return {_mm256_max_pd(x.a, y.a), _mm256_max_pd(x.b, y.b)}; }
  friend Pack abs(Pack x) {
    const __m256d sign = _mm256_set1_pd(-0.0);
    return {_mm256_andnot_pd(sign, x.a), _mm256_andnot_pd(sign, x.b)};
  }
  friend Mask less(Pack x, Pack y) { return test<_CMP_LT_OQ>(x, y); }
  friend Mask less_equal(Pack x, Pack y) { return test<_CMP_LE_OQ>(x, y); }
  friend Mask equal(Pack x, Pack y) { return test<_CMP_EQ_OQ>(x, y); }
  friend Pack select(Mask m, Pack x, Pack y) {
    return {_mm256_blendv_pd(x.a, y.a, _mm256_castsi256_pd(wide_mask(m & 15))),
            _mm256_blendv_pd(x.b, y.b, _mm256_castsi256_pd(wide_mask(m >> 4)))};
  }
  friend void compress_store(double* to, Mask m, Pack x) {
    const Mask low = m & 15;
    compress_four(to, low, _mm256_castpd_si256(x.a));
    compress_four(to + __builtin_popcount(low), m >> 4, _mm256_castpd_si256(x.b));
  }
  friend void compress_store_exactly(double* to, Mask m, Pack x) {
    double packed[lanes];
    compress_store(packed, m, x);
    const int n = __builtin_popcount(m);
    for (int i = 0; i < n; ++i) to[i] = packed[i];
  }
  double lane(int i) const {
    double lanes_[8];
    store(lanes_);
    return lanes_[i];
  }

 private:
  template <int Predicate>
  static Mask test(Pack x, Pack y) {
    return static_cast<Mask>(_mm256_movemask_pd(_mm256_cmp_pd(x.a, y.a, Predicate))) |
           static_cast<Mask>(_mm256_movemask_pd(_mm256_cmp_pd(x.b, y.b, Predicate))) << 4;
  }
};

template <>
struct avx2::Pack<float> {
  __m256 v;

  static Pack broadcast(float x) { return {_mm256_set1_ps(x)}; }
  static Pack load(const float* from) { return {_mm256_loadu_ps(from)}; }
  void store(float* to) const { _mm256_storeu_ps(to, v); }

  friend Pack operator+(Pack x, Pack y) { return {_mm256_add_ps(x.v, y.v)}; }
  friend Pack operator-(Pack x, Pack y) { return {_mm256_sub_ps(x.v, y.v)}; }
  friend Pack operator*(Pack x, Pack y) { return {_mm256_mul_ps(x.v, y.v)}; }
  friend Pack min(Pack x, Pack y) { return {_mm256_min_ps(x.v, y.v)}; }
  friend Pack max(Pack x, Pack y) { return {_mm256_max_ps(x.v, y.v)}; }
  friend Pack abs(Pack x) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), x.v)}; }
  friend Mask less(Pack x, Pack y) { return test<_CMP_LT_OQ>(x, y); }
  friend Mask less_equal(Pack x, Pack y) { return test<_CMP_LE_OQ>(x, y); }
  friend Mask equal(Pack x, Pack y) { return test<_CMP_EQ_OQ>(x, y); }
  friend Pack select(Mask m, Pack x, Pack y) {
    const __m256i bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    const __m256i set = _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(static_cast<int>(m)), bit), bit);
    return {_mm256_blendv_ps(x.v, y.v, _mm256_castsi256_ps(set))};
  }
  friend void compress_store(float* to, Mask m, Pack x) {
    _mm256_storeu_ps(to, _mm256_permutevar8x32_ps(x.v, permutation(kept_lanes[m])));
  }
  friend void compress_store_exactly(float* to, Mask m, Pack x) {
    float packed[lanes];
    compress_store(packed, m, x);
    const int n = __builtin_popcount(m);
    for (int i = 0; i < n; ++i) to[i] = packed[i];
  }
  float lane(int i) const { return _mm256_cvtss_f32(_mm256_permutevar8x32_ps(v, _mm256_set1_epi32(i))); }

 private:
  template <int Predicate>
  static Mask test(Pack x, Pack y) {
    return static_cast<Mask>(_mm256_movemask_ps(_mm256_cmp_ps(x.v, y.v, Predicate)));
  }
};

}  // namespace coppice::simd
