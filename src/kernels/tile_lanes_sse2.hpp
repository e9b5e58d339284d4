// Tiles in the registers that every x86-64 has: 4 rows by 12 columns of floats, 2 rows of bytes.
#pragma once

#include <emmintrin.h>

#include <cstdint>

namespace coppice::kernels {
namespace {

struct FloatLanes {
  using Sum = float;
  using Element = float;
  using Vector = __m128;
  using Left = __m128;
  using Right = __m128;
  static constexpr int width = 4;
  static constexpr int rows = 4;
  static constexpr float rate = 16;

  static Vector zero() { return _mm_setzero_ps(); }
  static Vector load(const Sum* from) { return _mm_loadu_ps(from); }
  static void store(Sum* to, Vector v) { _mm_storeu_ps(to, v); }
  static Vector broadcast(Sum x) { return _mm_set1_ps(x); }
  static Vector subtract(Vector a, Vector b) { return _mm_sub_ps(a, b); }
  static Vector larger(Vector a, Vector b) { return _mm_max_ps(a, b); }
  static std::uint32_t reaches(Vector a, Vector b) {
    return static_cast<std::uint32_t>(_mm_movemask_ps(_mm_cmpge_ps(a, b)));
  }
  static Left left(const Element* from) { return _mm_set1_ps(*from); }
  static Right right(const Element* from) { return _mm_loadu_ps(from); }
  static Vector multiply_add(Vector c, Left a, Right b) { return _mm_add_ps(c, _mm_mul_ps(a, b)); }
};

struct ByteLanes {
  using Sum = std::int32_t;
  using Element = std::int32_t;
  using Vector = __m128i;
  struct Pair {
    __m128i even, odd;  ///< bytes 0 and 2, and 1 and 3, of every four, as 16-bit numbers
  };
  using Left = Pair;
  using Right = Pair;
  static constexpr int width = 4;
  static constexpr int rows = 2;
  static constexpr float rate = 30;
  static constexpr std::int32_t shift = 0;

  static Vector zero() { return _mm_setzero_si128(); }
  static Vector load(const Sum* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); }
  static void store(Sum* to, Vector v) { _mm_storeu_si128(reinterpret_cast<__m128i*>(to), v); }
  static Vector broadcast(Sum x) { return _mm_set1_epi32(x); }
  static Vector subtract(Vector a, Vector b) { return _mm_sub_epi32(a, b); }
  static Vector larger(Vector a, Vector b) {
    const __m128i mask = _mm_cmpgt_epi32(a, b);
    return _mm_or_si128(_mm_and_si128(mask, a), _mm_andnot_si128(mask, b));
  }
  static std::uint32_t reaches(Vector a, Vector b) {
    return 0xfu ^ static_cast<std::uint32_t>(_mm_movemask_ps(_mm_castsi128_ps(_mm_cmpgt_epi32(b, a))));
  }
  static Pair split(__m128i v) { return {_mm_srai_epi16(_mm_slli_epi16(v, 8), 8), _mm_srai_epi16(v, 8)}; }
  static Left left(const Element* from) { return split(_mm_set1_epi32(*from)); }
  static Right right(const Element* from) { return split(load(from)); }
  static Vector multiply_add(Vector c, Left a, Right b) {
    return _mm_add_epi32(c, _mm_add_epi32(_mm_madd_epi16(a.even, b.even), _mm_madd_epi16(a.odd, b.odd)));
  }
};

}  // namespace
}  // namespace coppice::kernels
