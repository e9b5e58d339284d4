// Dyadic cells: cubes whose edge is a power of two and whose corners are multiples of it. Cells of one edge tile space,
// and each is divided into 2^Dim of the next smaller edge; all of space, divided at 0, is the largest. They are the
// same for every set of points, so a structure of cells has no bounds to outgrow.
//
// A cell is [lower, lower + edge) on every axis. Where numbers of the size of a coordinate are farther apart than the
// cell's edge, it holds a single number there, and its center is that number.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace coppice {

/// log2 of the edge of the smallest dyadic interval that holds lower ≤ upper: `whole_line` when 0 parts them,
/// `single_number` when they are equal.
inline constexpr int whole_line = std::numeric_limits<int>::max();
inline constexpr int single_number = std::numeric_limits<int>::min();

template <class S>
[[nodiscard]] int dyadic_exponent(S lower, S upper) {
  using Bits = std::conditional_t<sizeof(S) == sizeof(double), std::uint64_t, std::uint32_t>;
  constexpr int mantissa = std::numeric_limits<S>::digits - 1;
  constexpr int finest = std::numeric_limits<S>::min_exponent - std::numeric_limits<S>::digits;  // of the least number
  if (lower == upper) return single_number;
  if (lower < 0 && upper >= 0) return whole_line;
  // Magnitudes as integers keep their order; (a, b] holds what [a, b) holds one number further down.
  const Bits one = lower < 0 ? 1 : 0;
  const Bits a = std::bit_cast<Bits>(std::abs(lower)) - one;
  const Bits b = std::bit_cast<Bits>(std::abs(upper)) - one;
  if (a == b) return single_number;
  const Bits larger = std::max(a, b);
  const int field = static_cast<int>(larger >> mantissa);
  const int differs = std::bit_width(static_cast<Bits>(a ^ b));  // bits from the highest that differs down
  const int unit = finest + std::max(field, 1) - 1;              // log2 of the step between numbers of this size
  return differs > mantissa ? unit + mantissa + 1 : unit + differs;
}

/// The lower end of the interval of length 2^exponent that a number lies in.
template <class S>
[[nodiscard]] S dyadic_floor(S x, int exponent) {
  const S steps = std::ldexp(x, -exponent);
  if (!std::isfinite(steps)) return x;  // numbers of this size are farther apart than the interval is long
  const S whole = std::floor(steps);
  // The quotient may also be too small to be a number. And −0 becomes 0.
  return std::ldexp(x < 0 && whole == 0 ? S(-1) : whole + S(0), exponent);
}

/// A cell as its center and half its edge (infinite: all of space).
template <class S, int Dim>
struct DyadicCell {
  S center[Dim];
  S half;

  /// Which of the 2^Dim parts a point of the cell lies in: bit a is set where it is not below the center on axis a.
  [[nodiscard, gnu::always_inline]] int part(const S* point) const {
    int bits = 0;
    for (int a = 0; a < Dim; ++a) bits |= (point[a] >= center[a]) << a;
    return bits;
  }
  [[nodiscard, gnu::always_inline]] bool holds(const S* point) const {
    bool inside = true;
    for (int a = 0; a < Dim; ++a) {
      const S upper = center[a] + half;
      const bool exact = upper - center[a] == half;
      inside &= exact ? (center[a] - half <= point[a]) & (point[a] < upper) : point[a] == center[a];
    }
    return inside;
  }
  [[nodiscard]] S edge() const { return half * 2; }
};

/// The smallest cell around the box lower ≤ x ≤ upper. Half an edge of 0 says that the box is a single point.
/// Requires: finite numbers.
template <class S, int Dim>
[[nodiscard]] DyadicCell<S, Dim> smallest_cell(const S* lower, const S* upper) {
  int exponent = single_number;
  for (int a = 0; a < Dim; ++a) exponent = std::max(exponent, dyadic_exponent(lower[a], upper[a]));
  DyadicCell<S, Dim> cell{};
  if (exponent == whole_line) {
    cell.half = std::numeric_limits<S>::infinity();
    return cell;
  }
  if (exponent == single_number) {
    std::copy(lower, lower + Dim, cell.center);
    return cell;
  }
  cell.half = std::ldexp(S(1), exponent - 1);
  for (int a = 0; a < Dim; ++a) {
    const S low = dyadic_floor(lower[a], exponent);
    cell.center[a] = low + cell.half - low == cell.half ? low + cell.half : low;
  }
  return cell;
}

}  // namespace coppice
