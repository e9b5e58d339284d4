// Tiles in AVX-512 registers: 8 rows by 48 columns of floats or, with VNNI, of bytes; 6 rows without it.
#pragma once

#include <immintrin.h>

#include <bit>
#include <cstdint>

namespace coppice::kernels {
namespace {

/// Widened by name: under -O1 GCC 12 may spill a mask as 16 bits and read back 64.
inline std::uint32_t bits_of(__mmask16 mask) {
  std::uint32_t bits;
  asm("kmovw %1, %0" : "=r"(bits) : "k"(mask));
  return bits;
}

struct FloatLanes {
  using Sum = float;
  using Element = float;
  using Vector = __m512;
  using Left = __m512;
  using Right = __m512;
  static constexpr int width = 16;
  static constexpr int rows = 8;
  static constexpr float rate = 120;

  static Vector zero() { return _mm512_setzero_ps(); }
  static Vector load(const Sum* from) { return _mm512_loadu_ps(from); }
  static void store(Sum* to, Vector v) { _mm512_storeu_ps(to, v); }
  static Vector broadcast(Sum x) { return _mm512_set1_ps(x); }
  static Vector subtract(Vector a, Vector b) { return _mm512_sub_ps(a, b); }
  static Vector larger(Vector a, Vector b) { return _mm512_max_ps(a, b); }
  static std::uint32_t reaches(Vector a, Vector b) { return bits_of(_mm512_cmp_ps_mask(a, b, _CMP_GE_OQ)); }
  static Left left(const Element* from) { return _mm512_set1_ps(*from); }
  static Right right(const Element* from) { return _mm512_loadu_ps(from); }
  static Vector multiply_add(Vector c, Left a, Right b) { return _mm512_fmadd_ps(a, b, c); }
};

struct ByteLanes {
  using Sum = std::int32_t;
  using Element = std::int32_t;
  using Vector = __m512i;
  static constexpr int width = 16;

  static Vector zero() { return _mm512_setzero_si512(); }
  static Vector load(const Sum* from) { return _mm512_loadu_si512(from); }
  static void store(Sum* to, Vector v) { _mm512_storeu_si512(to, v); }
  static Vector broadcast(Sum x) { return _mm512_set1_epi32(x); }
  static Vector subtract(Vector a, Vector b) { return _mm512_sub_epi32(a, b); }
  static Vector larger(Vector a, Vector b) { return _mm512_max_epi32(a, b); }
  static std::uint32_t reaches(Vector a, Vector b) { return bits_of(_mm512_cmpge_epi32_mask(a, b)); }

#if defined(__AVX512VNNI__)
  using Left = __m512i;
  using Right = __m512i;
  static constexpr int rows = 8;
  static constexpr float rate = 480;
  static constexpr std::int32_t shift = 128;
  static Left left(const Element* from) {
    return _mm512_set1_epi32(*from);
  }
  /// One factor is unsigned: flipping the sign bits adds 128 to each byte.
  static Right right(const Element* from) {
    return _mm512_xor_si512(_mm512_loadu_si512(from), _mm512_set1_epi32(std::bit_cast<int>(0x80808080u)));
  }
  static Vector multiply_add(Vector c, Left a, Right b) {
    // The intrinsic changes the mode of the vector around every call, and GCC 12 then spills the sums.
    asm("vpdpbusd %2, %1, %0" : "+v"(c) : "v"(b), "v"(a));
    return c;
  }
#else
  struct Pair {
    __m512i even, odd;  ///< bytes 0 and 2, and 1 and 3, of every four, as 16-bit numbers
  };
  using Left = Pair;
  using Right = Pair;
  static constexpr int rows = 6;
  static constexpr float rate = 150;
  static constexpr std::int32_t shift = 0;
  static Pair split(__m512i v) {
    return {_mm512_srai_epi16(_mm512_slli_epi16(v, 8), 8), _mm512_srai_epi16(v, 8)};
  }
  static Left left(const Element* from) {
    return split(_mm512_set1_epi32(*from));
  }
  static Right right(const Element* from) {
    return split(_mm512_loadu_si512(from));
  }
  static Vector multiply_add(Vector c, Left a, Right b) {
    return _mm512_add_epi32(c, _mm512_add_epi32(_mm512_madd_epi16(a.even, b.even), _mm512_madd_epi16(a.odd, b.odd)));
  }
#endif
};

}  // namespace
}  // namespace coppice::kernels
