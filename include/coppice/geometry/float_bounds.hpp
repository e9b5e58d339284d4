// Bounds kept as floats, which halves a node: relative to an origin, and rounded outward, so that they never lie.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace coppice {

/// The next float below a finite one. The library's nextafter is a call, and a point's box wants it for every axis.
inline float next_below(float f) {
  if (f == 0) return -std::numeric_limits<float>::denorm_min();
  const auto bits = std::bit_cast<std::int32_t>(f);
  return std::bit_cast<float>(f > 0 ? bits - 1 : bits + 1);
}

/// The outermost float f with origin + f ≤ x (or ≥ x), in the very arithmetic that decodes it.
template <class S>
float encode_lower(S x, S origin) {
  if constexpr (std::is_same_v<S, float>) {
    return x;
  } else {
    const S offset = x - origin;
    if (!(std::abs(offset) < static_cast<S>(std::numeric_limits<float>::max())))
      return offset > 0 ? std::numeric_limits<float>::max() : -std::numeric_limits<float>::infinity();
    const auto f = static_cast<float>(offset);
    // Rounded up or down, which no branch can guess: one step outward, taken or not, is nearly always enough.
    const float below = next_below(f);
    float bound = origin + static_cast<S>(f) > x ? below : f;
    while (origin + static_cast<S>(bound) > x) bound = next_below(bound);
    return bound;
  }
}
template <class S>
float encode_upper(S x, S origin) {
  return -encode_lower(-x, -origin);
}

/// What a bound stands for. Float bounds of float coordinates are the coordinates themselves, whatever the origin.
template <class S>
[[nodiscard]] S decode_bound(float bound, S origin) {
  if constexpr (std::is_same_v<S, float>)
    return bound;
  else
    return origin + static_cast<S>(bound);
}

}  // namespace coppice
