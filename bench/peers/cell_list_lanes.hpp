// The vector part of the tight cell list: copying runs of particles, and comparing one particle with many. AVX-512
// where the compiler may use it (-march=native), plain loops elsewhere. Arrays have room for a vector beyond their end.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <vector>

#if defined(__AVX512F__) && defined(__AVX512VL__)
#include <immintrin.h>
#define COPPICE_BENCH_LANES 1
#endif

namespace coppice::bench {

/// Memory that begins with a cache line, so that whole vectors at multiples of their size lie within one.
template <class T>
struct LineAllocator {
  using value_type = T;
  LineAllocator() = default;
  template <class U>
  LineAllocator(const LineAllocator<U>&) {}  // NOLINT: allocators convert
  T* allocate(std::size_t n) { return static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{64})); }
  void deallocate(T* p, std::size_t) { ::operator delete (p, std::align_val_t{64}); }
  friend bool operator==(const LineAllocator&, const LineAllocator&) { return true; }
};
template <class T>
using LineVector = std::vector<T, LineAllocator<T>>;

template <class Scalar>
struct Candidates {
  const Scalar *x, *y, *z;
  const std::int32_t *id, *code;
  std::size_t size;
};

template <class Scalar>
struct Center {
  Scalar x, y, z, reach;  ///< reach: squared
  std::int32_t id, wrap;
};

/// Particles by coordinate, and what is copied along with them.
template <class Scalar>
struct Columns {
  using Integer = std::conditional_t<std::is_const_v<Scalar>, const std::int32_t, std::int32_t>;
  Scalar *x, *y, *z;
  Integer *id, *code;
};

/// Copies `count` particles, and whatever lies behind them, 16 at a time. In a periodic cell each is moved by `shift`,
/// and its code becomes `code` less what it was.
template <bool periodic, class Scalar>
inline void copy_run(const Columns<const Scalar> from, const Columns<Scalar> to, std::size_t count,
                     const std::array<Scalar, 3> shift, std::int32_t code) {
  const auto copy = [](const auto* __restrict source, auto* __restrict target, auto change) {
    for (std::size_t lane = 0; lane < 16; ++lane) target[lane] = change(source[lane]);
  };
  for (std::size_t k = 0; k < count; k += 16) {
    const auto moved = [&](std::size_t axis) {
      return [by = shift[axis]](Scalar at) { return periodic ? at + by : at; };
    };
    copy(from.x + k, to.x + k, moved(0));
    copy(from.y + k, to.y + k, moved(1));
    copy(from.z + k, to.z + k, moved(2));
    copy(from.id + k, to.id + k, [](std::int32_t id) { return id; });
    if constexpr (periodic) copy(from.code + k, to.code + k, [code](std::int32_t own) { return code - own; });
  }
}

#if defined(COPPICE_BENCH_LANES)

/// A particle in every lane, apart from memory: what is written through vectors might be anything.
template <class Scalar>
struct Lanes;

template <>
struct Lanes<float> {
  explicit Lanes(const Center<float>& c)
      : x(_mm512_set1_ps(c.x)), y(_mm512_set1_ps(c.y)), z(_mm512_set1_ps(c.z)), reach(_mm512_set1_ps(c.reach)) {}
  __mmask16 near_mask(const float* at_x, const float* at_y, const float* at_z) const {
    const __m512 dx = _mm512_sub_ps(x, _mm512_loadu_ps(at_x)), dy = _mm512_sub_ps(y, _mm512_loadu_ps(at_y)),
                 dz = _mm512_sub_ps(z, _mm512_loadu_ps(at_z));
    const __m512 squared = _mm512_fmadd_ps(dx, dx, _mm512_fmadd_ps(dy, dy, _mm512_mul_ps(dz, dz)));
    return _mm512_cmp_ps_mask(squared, reach, _CMP_LE_OQ);
  }
  __m512 x, y, z, reach;
};

template <>
struct Lanes<double> {
  explicit Lanes(const Center<double>& c)
      : x(_mm512_set1_pd(c.x)), y(_mm512_set1_pd(c.y)), z(_mm512_set1_pd(c.z)), reach(_mm512_set1_pd(c.reach)) {}
  __mmask8 mask_of_8(const double* at_x, const double* at_y, const double* at_z) const {
    const __m512d dx = _mm512_sub_pd(x, _mm512_loadu_pd(at_x)), dy = _mm512_sub_pd(y, _mm512_loadu_pd(at_y)),
                  dz = _mm512_sub_pd(z, _mm512_loadu_pd(at_z));
    const __m512d squared = _mm512_fmadd_pd(dx, dx, _mm512_fmadd_pd(dy, dy, _mm512_mul_pd(dz, dz)));
    return _mm512_cmp_pd_mask(squared, reach, _CMP_LE_OQ);
  }
  __mmask16 near_mask(const double* at_x, const double* at_y, const double* at_z) const {
    return static_cast<__mmask16>(mask_of_8(at_x, at_y, at_z) | mask_of_8(at_x + 8, at_y + 8, at_z + 8) << 8);
  }
  __m512d x, y, z, reach;
};

/// Writes the ids (and shift codes) of all candidates within reach; returns how many. `except_itself`: the particle is
/// among the candidates.
template <bool except_itself, bool periodic, class Scalar>
inline std::size_t compress_near(const Candidates<Scalar> near, const Center<Scalar> center, std::int32_t* const ids,
                                 std::int32_t* const codes) {
  const Lanes<Scalar> lanes(center);
  const __m512i itself = _mm512_set1_epi32(center.id), wrap = _mm512_set1_epi32(center.wrap);
  const Scalar *x = near.x, *y = near.y, *z = near.z;
  const std::int32_t *const id = near.id, *const code = near.code;
  const std::size_t size = near.size;
  std::int32_t* next = ids;
  for (std::size_t k = 0; k < size; k += 16) {
    __mmask16 mask = lanes.near_mask(x + k, y + k, z + k);
    const __m512i others = _mm512_loadu_si512(id + k);
    if constexpr (except_itself) mask = _mm512_mask_cmpneq_epi32_mask(mask, others, itself);
    _mm512_storeu_si512(next, _mm512_maskz_compress_epi32(mask, others));
    if constexpr (periodic)
      _mm512_storeu_si512(codes + (next - ids),
                          _mm512_maskz_compress_epi32(mask, _mm512_add_epi32(_mm512_loadu_si512(code + k), wrap)));
    next += _mm_popcnt_u32(mask);
  }
  return static_cast<std::size_t>(next - ids);
}

#else

/// As above, without branches on what was found.
template <bool except_itself, bool periodic, class Scalar>
inline std::size_t compress_near(const Candidates<Scalar> near, const Center<Scalar> center, std::int32_t* const ids,
                                 std::int32_t* const codes) {
  std::size_t found = 0;
  for (std::size_t k = 0; k < near.size; ++k) {
    const Scalar x = center.x - near.x[k], y = center.y - near.y[k], z = center.z - near.z[k];
    ids[found] = near.id[k];
    if constexpr (periodic) codes[found] = near.code[k] + center.wrap;
    const bool is_near = x * x + (y * y + z * z) <= center.reach && (!except_itself || near.id[k] != center.id);
    found += static_cast<std::size_t>(is_near);
  }
  return found;
}

#endif

}  // namespace coppice::bench
