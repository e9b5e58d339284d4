// Boxes for builders: two registers of four floats, of which the last is free for a name. Half surfaces, joins and cuts
// are what building consists of.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

#include "coppice/geometry/triangle_mesh.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace coppice::bvh {

typedef float Four __attribute__((vector_size(16), may_alias));
typedef std::int32_t FourInts __attribute__((vector_size(16), may_alias));

[[gnu::always_inline]] inline Four min_of(Four a, Four b) {
#if defined(__SSE2__)
  return (Four)_mm_min_ps((__m128)a, (__m128)b);
#else
  return a < b ? a : b;
#endif
}
[[gnu::always_inline]] inline Four max_of(Four a, Four b) {
#if defined(__SSE2__)
  return (Four)_mm_max_ps((__m128)a, (__m128)b);
#else
  return a > b ? a : b;
#endif
}
/// Truncated to integers.
[[gnu::always_inline]] inline FourInts truncated(Four a) {
#if defined(__SSE2__)
  return (FourInts)_mm_cvttps_epi32((__m128)a);
#else
  return __builtin_convertvector(a, FourInts);
#endif
}
[[gnu::always_inline]] inline Four four(const Vec3& p) {
  return Four{p[0], p[1], p[2], 0};
}
[[gnu::always_inline]] inline Four splat(float x) {
  return Four{x, x, x, x};
}

inline constexpr float infinite = std::numeric_limits<float>::infinity();

/// Empty when made: lower above upper.
struct Box4 {
  Four lower = {infinite, infinite, infinite, infinite};
  Four upper = {-infinite, -infinite, -infinite, -infinite};

  [[gnu::always_inline]] void extend(const Box4& b) {
    lower = min_of(lower, b.lower);
    upper = max_of(upper, b.upper);
  }
  [[gnu::always_inline]] void extend(Four p) {
    lower = min_of(lower, p);
    upper = max_of(upper, p);
  }
  [[gnu::always_inline]] void cut(const Box4& b) {
    lower = max_of(lower, b.lower);
    upper = min_of(upper, b.upper);
  }
  /// xy + yz + zx; 0 for empty boxes.
  [[nodiscard, gnu::always_inline]] float half_surface() const {
    const Four d = max_of(upper - lower, splat(0));
    return d[0] * d[1] + d[1] * d[2] + d[2] * d[0];
  }
  [[nodiscard]] bool empty() const { return lower[0] > upper[0] || lower[1] > upper[1] || lower[2] > upper[2]; }
  [[nodiscard]] bool same(const Box4& b) const {
    return lower[0] == b.lower[0] && lower[1] == b.lower[1] && lower[2] == b.lower[2] && upper[0] == b.upper[0] &&
           upper[1] == b.upper[1] && upper[2] == b.upper[2];
  }
  [[nodiscard]] Box3 plain() const { return {{lower[0], lower[1], lower[2]}, {upper[0], upper[1], upper[2]}}; }
};
[[gnu::always_inline]] inline Box4 join(Box4 a, const Box4& b) {
  a.extend(b);
  return a;
}
inline Box4 box4(const Box3& b) {
  return {four(b.lower), four(b.upper)};
}

/// A box that knows its primitive, and for how many it counts, in the free lanes.
struct Ref {
  /// Makes of every number an ordinary one: denormal ones would slow the arithmetic of all four lanes.
  static constexpr std::uint32_t name_bit = 0x40000000u;
  Box4 box;

  [[nodiscard, gnu::always_inline]] std::uint32_t primitive() const {
    return std::bit_cast<std::uint32_t>(static_cast<float>(box.lower[3])) & ~name_bit;
  }
  [[nodiscard, gnu::always_inline]] std::uint32_t weight() const {
    return std::bit_cast<std::uint32_t>(static_cast<float>(box.upper[3])) & ~name_bit;
  }
  [[gnu::always_inline]] void name(std::uint32_t primitive, std::uint32_t weight = 1) {
    FourInts bits = (FourInts)box.lower;
    bits[3] = static_cast<std::int32_t>(primitive | name_bit);
    box.lower = (Four)bits;
    bits = (FourInts)box.upper;
    bits[3] = static_cast<std::int32_t>(weight | name_bit);
    box.upper = (Four)bits;
  }
  /// Twice the center.
  [[nodiscard, gnu::always_inline]] Four middle() const { return box.lower + box.upper; }
};

}  // namespace coppice::bvh
