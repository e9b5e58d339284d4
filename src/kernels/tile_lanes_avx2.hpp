// Tiles in AVX2 registers with FMA: 4 rows by 24 columns of floats, 2 rows of bytes.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace coppice::kernels {
namespace {

struct FloatLanes {
  using Sum = float;
  using Element = float;
  using Vector = __m256;
  using Left = __m256;
  using Right = __m256;
  static constexpr int width = 8;
  static constexpr int rows = 4;
  static constexpr float rate = 60;

  static Vector zero() { return _mm256_setzero_ps(); }
  static Vector load(const Sum* from) { return _mm256_loadu_ps(from); }
  static void store(Sum* to, Vector v) { _mm256_storeu_ps(to, v); }
  static Vector broadcast(Sum x) { return _mm256_set1_ps(x); }
  static Vector subtract(Vector a, Vector b) { return _mm256_sub_ps(a, b); }
  static Vector larger(Vector a, Vector b) { return _mm256_max_ps(a, b); }
  static std::uint32_t reaches(Vector a, Vector b) {
    return static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_GE_OQ)));
  }
  static Left left(const Element* from) { return _mm256_set1_ps(*from); }
  static Right right(const Element* from) { return _mm256_loadu_ps(from); }
  static Vector multiply_add(Vector c, Left a, Right b) { return _mm256_fmadd_ps(a, b, c); }
};

struct ByteLanes {
  using Sum = std::int32_t;
  using Element = std::int32_t;
  using Vector = __m256i;
  struct Pair {
    __m256i even, odd;  ///< bytes 0 and 2, and 1 and 3, of every four, as 16-bit numbers
  };
  using Left = Pair;
  using Right = Pair;
  static constexpr int width = 8;
  static constexpr int rows = 2;
  static constexpr float rate = 70;
  static constexpr std::int32_t shift = 0;

  static Vector zero() { return _mm256_setzero_si256(); }
  static Vector load(const Sum* from) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)); }
  static void store(Sum* to, Vector v) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), v); }
  static Vector broadcast(Sum x) { return _mm256_set1_epi32(x); }
  static Vector subtract(Vector a, Vector b) { return _mm256_sub_epi32(a, b); }
  static Vector larger(Vector a, Vector b) { return _mm256_max_epi32(a, b); }
  static std::uint32_t reaches(Vector a, Vector b) {
    return 0xffu ^ static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(b, a))));
  }
  static Pair split(__m256i v) { return {_mm256_srai_epi16(_mm256_slli_epi16(v, 8), 8), _mm256_srai_epi16(v, 8)}; }
  static Left left(const Element* from) { return split(_mm256_set1_epi32(*from)); }
  static Right right(const Element* from) { return split(load(from)); }
  static Vector multiply_add(Vector c, Left a, Right b) {
    return _mm256_add_epi32(c, _mm256_add_epi32(_mm256_madd_epi16(a.even, b.even), _mm256_madd_epi16(a.odd, b.odd)));
  }
};

}  // namespace
}  // namespace coppice::kernels
