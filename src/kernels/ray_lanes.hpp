// Eight floats for rays, once an instruction set: what packs of the other searches lack (comparison to masks without
// branches, fused bounds, sorting of children). Products of triangles are never fused; bounds of boxes may be, since
// they are padded by more than any rounding.
#pragma once

#include <bit>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "targets.hpp"

namespace coppice::kernels {

/// `Target` keeps the symbols of one instruction set apart from those of another.
template <class Target>
struct RayLanes {
  typedef float Vector __attribute__((vector_size(32), may_alias));
  typedef std::int32_t Bits __attribute__((vector_size(32), may_alias));
#define COPPICE_INLINE [[gnu::always_inline]] static inline

  COPPICE_INLINE Vector load(const float* p) {
    return *reinterpret_cast<const Vector*>(p);
  }
  COPPICE_INLINE void store(float* p, Vector a) {
    *reinterpret_cast<Vector*>(p) = a;
  }
  COPPICE_INLINE Vector splat(float x) {
    return Vector{x, x, x, x, x, x, x, x};
  }
  COPPICE_INLINE Vector sign_of(Vector a) {
    return (Vector)((Bits)a & std::int32_t{INT32_MIN});
  }
  COPPICE_INLINE Vector flip(Vector a, Vector signs) {
    return (Vector)((Bits)a ^ (Bits)signs);
  }
  COPPICE_INLINE Vector negate(Vector a) {
    return (Vector)((Bits)a ^ std::int32_t{INT32_MIN});
  }

#if defined(__AVX512VL__)
  using Mask = __mmask8;
  COPPICE_INLINE Mask at_most(Vector a, Vector b) {
    return _mm256_cmp_ps_mask(a, b, _CMP_LE_OQ);
  }
  COPPICE_INLINE Mask below(Vector a, Vector b) {
    return _mm256_cmp_ps_mask(a, b, _CMP_LT_OQ);
  }
  COPPICE_INLINE unsigned bits(Mask m) {
    return m;
  }
#elif defined(__AVX2__)
  using Mask = __m256;
  COPPICE_INLINE Mask at_most(Vector a, Vector b) {
    return _mm256_cmp_ps(a, b, _CMP_LE_OQ);
  }
  COPPICE_INLINE Mask below(Vector a, Vector b) {
    return _mm256_cmp_ps(a, b, _CMP_LT_OQ);
  }
  COPPICE_INLINE unsigned bits(Mask m) {
    return static_cast<unsigned>(_mm256_movemask_ps(m));
  }
#else
  using Mask = Bits;
  COPPICE_INLINE Mask at_most(Vector a, Vector b) {
    return a <= b;
  }
  COPPICE_INLINE Mask below(Vector a, Vector b) {
    return a < b;
  }
  COPPICE_INLINE unsigned bits(Mask m) {
#if defined(__SSE2__)
    typedef float Half __attribute__((vector_size(16)));
    Half half[2];
    __builtin_memcpy(half, &m, sizeof half);
    return static_cast<unsigned>(_mm_movemask_ps(half[0]) | _mm_movemask_ps(half[1]) << 4);
#else
    unsigned mask = 0;
    for (int i = 0; i < 8; ++i) mask |= static_cast<unsigned>(m[i] < 0) << i;
    return mask;
#endif
  }
#endif
#if defined(__AVX512VL__)
  COPPICE_INLINE Mask both(Mask a, Mask b) {
    return static_cast<Mask>(a & b);
  }
#elif defined(__AVX2__)
  COPPICE_INLINE Mask both(Mask a, Mask b) {
    return _mm256_and_ps(a, b);
  }
#else
  COPPICE_INLINE Mask both(Mask a, Mask b) {
    return a & b;
  }
#endif

#if defined(__AVX2__)
  COPPICE_INLINE Vector min(Vector a, Vector b) {
    return _mm256_min_ps(a, b);
  }
  COPPICE_INLINE Vector max(Vector a, Vector b) {
    return _mm256_max_ps(a, b);
  }
#else
  COPPICE_INLINE Vector min(Vector a, Vector b) {
    return a < b ? a : b;
  }
  COPPICE_INLINE Vector max(Vector a, Vector b) {
    return a > b ? a : b;
  }
#endif
  /// a · b − c: with one rounding or two.
  COPPICE_INLINE Vector bound(Vector a, Vector b, Vector c) {
#if defined(__FMA__)
    return _mm256_fmsub_ps(a, b, c);
#else
    return a * b - c;
#endif
  }

  /// The children of `mask` onto two stacks, farthest first, and what lies behind them may be overwritten (8 places).
  /// Keys are distances (not negative) whose last three bits give way to the child's place.
  COPPICE_INLINE void push_sorted(unsigned mask, int count, Vector distance, const std::uint32_t* child,
                                  std::uint32_t* refs, std::int32_t* keys) {
#if defined(__AVX2__)
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    __m256i key = _mm256_or_si256(_mm256_andnot_si256(_mm256_set1_epi32(7), _mm256_castps_si256(distance)), lane);
#if defined(__AVX512VL__)
    if (count <= 4) {
      const __m128i some = _mm256_castsi256_si128(_mm256_maskz_compress_epi32(static_cast<__mmask8>(mask), key));
      const __m128i four =
          sort_four(_mm_mask_mov_epi32(_mm_set1_epi32(-1), static_cast<__mmask8>((1u << count) - 1), some));
      key = _mm256_castsi128_si256(four);
    } else {
      key = sort_eight(_mm256_mask_mov_epi32(_mm256_set1_epi32(-1), static_cast<__mmask8>(mask), key));
    }
#else
    (void)count;
    const __m256i bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    const __m256i chosen = _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(static_cast<int>(mask)), bit), bit);
    key = sort_eight(_mm256_or_si256(_mm256_and_si256(chosen, key), _mm256_xor_si256(chosen, _mm256_set1_epi32(-1))));
#endif
    const __m256i children = _mm256_load_si256(reinterpret_cast<const __m256i*>(child));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(refs), _mm256_permutevar8x32_epi32(children, key));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(keys), key);
#else
    int n = 0;
    for (; mask != 0; mask &= mask - 1, ++n) {
      const int lane = std::countr_zero(mask);
      const std::int32_t key = std::bit_cast<std::int32_t>(static_cast<float>(distance[lane]));
      int i = n;
      for (; i > 0 && keys[i - 1] < key; --i) {
        keys[i] = keys[i - 1];
        refs[i] = refs[i - 1];
      }
      keys[i] = key;
      refs[i] = child[lane];
    }
    (void)count;
#endif
  }

#if defined(__AVX2__)
 private:
  // Networks that sort in descending order; keys are signed.
  template <int Blend>
  COPPICE_INLINE __m256i exchange(__m256i x, __m256i y) {
    return _mm256_blend_epi32(_mm256_max_epi32(x, y), _mm256_min_epi32(x, y), Blend);
  }
  COPPICE_INLINE __m256i sort_eight(__m256i x) {
    x = exchange<0b10101010>(x, _mm256_shuffle_epi32(x, 0xb1));
    x = exchange<0b11001100>(x, _mm256_shuffle_epi32(x, 0x1b));
    x = exchange<0b10101010>(x, _mm256_shuffle_epi32(x, 0xb1));
    x = exchange<0b11110000>(x, _mm256_permutevar8x32_epi32(x, _mm256_setr_epi32(7, 6, 5, 4, 3, 2, 1, 0)));
    x = exchange<0b11001100>(x, _mm256_shuffle_epi32(x, 0x4e));
    x = exchange<0b10101010>(x, _mm256_shuffle_epi32(x, 0xb1));
    return x;
  }
#if defined(__AVX512VL__)
  template <int Blend>
  COPPICE_INLINE __m128i exchange_four(__m128i x, __m128i y) {
    return _mm_blend_epi32(_mm_max_epi32(x, y), _mm_min_epi32(x, y), Blend);
  }
  COPPICE_INLINE __m128i sort_four(__m128i x) {
    x = exchange_four<0b1010>(x, _mm_shuffle_epi32(x, 0xb1));
    x = exchange_four<0b1100>(x, _mm_shuffle_epi32(x, 0x1b));
    x = exchange_four<0b1010>(x, _mm_shuffle_epi32(x, 0xb1));
    return x;
  }
#endif
#endif
#undef COPPICE_INLINE
};

}  // namespace coppice::kernels
