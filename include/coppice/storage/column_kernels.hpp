// The sweeps over columns for one instruction set; only the kernel units in src/ instantiate this.
#pragma once

#include <cstring>
#include <limits>

#include "coppice/geometry/pack_baseline.hpp"
#include "coppice/storage/columns.hpp"

namespace coppice::storage {

template <class T, class S>
class ColumnKernelsOf {
 public:
  static constexpr ColumnKernels<S> table() {
    return {&transpose, &count_less, &bounds, &partition, &classify, &move_axis, &move_ids};
  }

 private:
  using Pack = typename T::template Pack<S>;
  using Mask = simd::Mask;

  static Mask live(std::size_t n, std::size_t i) { return n - i >= simd::lanes ? 0xffu : (1u << (n - i)) - 1; }

  /// Rows that lie close together become whole registers, when the compiler knows how long they are.
  static void transpose(const S* rows, std::ptrdiff_t stride, std::size_t n, int axes, S* const* columns) {
    const S* __restrict from = rows;
    if (axes == 3 && stride == 3) {
      S* __restrict x = columns[0], * __restrict y = columns[1], * __restrict z = columns[2];
      for (std::size_t i = 0; i < n; ++i) {
        x[i] = from[3 * i];
        y[i] = from[3 * i + 1];
        z[i] = from[3 * i + 2];
      }
    } else if (axes == 2 && stride == 2) {
      S* __restrict x = columns[0], * __restrict y = columns[1];
      for (std::size_t i = 0; i < n; ++i) {
        x[i] = from[2 * i];
        y[i] = from[2 * i + 1];
      }
    } else {
      for (int a = 0; a < axes; ++a)
        for (std::size_t i = 0; i < n; ++i) columns[a][i] = rows[static_cast<std::ptrdiff_t>(i) * stride + a];
    }
  }

  static std::size_t count_less(const S* keys, std::size_t n, S value) {
    const Pack v = Pack::broadcast(value);
    std::size_t count = 0;
    std::size_t i = 0;
    for (; i + simd::lanes <= n; i += simd::lanes)
      count += static_cast<std::size_t>(__builtin_popcount(less(Pack::load(keys + i), v)));
    for (; i < n; ++i) count += keys[i] < value;
    return count;
  }

  static void bounds(const S* values, std::size_t n, S& lower, S& upper) {
    S low = values[0];
    S high = values[0];
    std::size_t i = 0;
    if (n >= simd::lanes) {
      Pack lows = Pack::load(values);
      Pack highs = lows;
      for (i = simd::lanes; i + simd::lanes <= n; i += simd::lanes) {
        const Pack x = Pack::load(values + i);
        lows = min(lows, x);
        highs = max(highs, x);
      }
      low = lowest(lows);
      high = highest(highs);
    }
    for (; i < n; ++i) {
      low = values[i] < low ? values[i] : low;
      high = values[i] > high ? values[i] : high;
    }
    lower = low;
    upper = high;
  }

  static S lowest(Pack p) {
    S lane[simd::lanes];
    p.store(lane);
    S low = lane[0];
    for (S x : lane) low = x < low ? x : low;
    return low;
  }
  static S highest(Pack p) {
    S lane[simd::lanes];
    p.store(lane);
    S high = lane[0];
    for (S x : lane) high = x > high ? x : high;
    return high;
  }

  static std::size_t eights_of(std::size_t n) { return (n + simd::lanes - 1) / simd::lanes; }

  static std::size_t partition(ColumnRange<S> from, ColumnRange<S> to, int axes, std::size_t n, const S* keys, S value,
                               S* lower[2], S* upper[2]) {
    // Two sweeps: where each eight goes is decided once and kept as a byte, so that every axis moves in its own stream.
    constexpr std::size_t small = 512;
    std::uint8_t few[small];
    const std::unique_ptr<std::uint8_t[]> many(eights_of(n) > small ? new std::uint8_t[eights_of(n)] : nullptr);
    std::uint8_t* sides = many != nullptr ? many.get() : few;
    const std::size_t smaller = classify(keys, n, value, sides);
    for (int a = 0; a < axes; ++a) {
      S bounds[4];
      move_axis(from.axis[a], to.axis[a], n, sides, bounds);
      for (int side = 0; side < 2; ++side) {
        lower[side][a] = bounds[2 * side];
        upper[side][a] = bounds[2 * side + 1];
      }
    }
    move_ids(from.ids, to.ids, n, sides);
    return smaller;
  }

  static std::size_t classify(const S* keys, std::size_t n, S value, std::uint8_t* sides) {
    const Pack v = Pack::broadcast(value);
    std::size_t smaller = 0;
    for (std::size_t e = 0; e < eights_of(n); ++e) {
      const Mask m = less(eight(keys, n, e), v) & live(n, e * simd::lanes);
      sides[e] = static_cast<std::uint8_t>(m);
      smaller += static_cast<std::size_t>(__builtin_popcount(m));
    }
    return smaller;
  }

  static void move_axis(const S* from, S* to, std::size_t n, const std::uint8_t* sides, S bounds[4]) {
    Pack lows[2] = {Pack::broadcast(infinity), Pack::broadcast(infinity)};
    Pack highs[2] = {Pack::broadcast(-infinity), Pack::broadcast(-infinity)};
    std::size_t front = 0;
    std::size_t back = n;
    for (std::size_t e = 0; e < eights_of(n); ++e) {
      const Pack x = eight(from, n, e);
      const Mask m = sides[e];
      const Mask rest = live(n, e * simd::lanes) & ~m;
      lows[0] = min(lows[0], select(m, Pack::broadcast(infinity), x));
      highs[0] = max(highs[0], select(m, Pack::broadcast(-infinity), x));
      lows[1] = min(lows[1], select(rest, Pack::broadcast(infinity), x));
      highs[1] = max(highs[1], select(rest, Pack::broadcast(-infinity), x));
      compress_store_exactly(to + front, m, x);
      front += static_cast<std::size_t>(__builtin_popcount(m));
      back -= static_cast<std::size_t>(__builtin_popcount(rest));
      compress_store_exactly(to + back, rest, x);
    }
    for (int side = 0; side < 2; ++side) {
      bounds[2 * side] = lowest(lows[side]);
      bounds[2 * side + 1] = highest(highs[side]);
    }
  }

  static void move_ids(IdArray from, IdArray to, std::size_t n, const std::uint8_t* sides) {
    if (from.is_wide())
      move_words<double>(from.data(), to.data(), n, sides);
    else
      move_words<float>(from.data(), to.data(), n, sides);
  }

  /// Ids move as if they were numbers of their size: nothing computes with them.
  template <class Word>
  static void move_words(const std::byte* from_bytes, std::byte* to_bytes, std::size_t n, const std::uint8_t* sides) {
    const auto* from = reinterpret_cast<const Word*>(from_bytes);
    auto* to = reinterpret_cast<Word*>(to_bytes);
    std::size_t front = 0;
    std::size_t back = n;
    for (std::size_t e = 0; e < eights_of(n); ++e) {
      const auto x = eight(from, n, e);
      const Mask m = sides[e];
      const Mask rest = live(n, e * simd::lanes) & ~m;
      compress_store_exactly(to + front, m, x);
      front += static_cast<std::size_t>(__builtin_popcount(m));
      back -= static_cast<std::size_t>(__builtin_popcount(rest));
      compress_store_exactly(to + back, rest, x);
    }
  }

  /// Eight values of n, those past the end as 0: the neighbouring range may be in another thread's hands.
  template <class Word>
  static typename T::template Pack<Word> eight(const Word* values, std::size_t n, std::size_t e) {
    const std::size_t i = e * simd::lanes;
    if (n - i >= simd::lanes) return T::template Pack<Word>::load(values + i);
    Word tail[simd::lanes] = {};
    std::memcpy(tail, values + i, (n - i) * sizeof(Word));
    return T::template Pack<Word>::load(tail);
  }

  static constexpr S infinity = std::numeric_limits<S>::infinity();
};

}  // namespace coppice::storage
