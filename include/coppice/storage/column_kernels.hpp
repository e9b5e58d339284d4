// The sweeps over columns for one instruction set; only the kernel units in src/ instantiate this.
#pragma once

#include <limits>

#include "coppice/geometry/pack_baseline.hpp"
#include "coppice/storage/columns.hpp"

namespace coppice::storage {

template <class T, class S>
class ColumnKernelsOf {
 public:
  static constexpr ColumnKernels<S> table() { return {&count_less, &bounds, &partition}; }

 private:
  using Pack = typename T::template Pack<S>;
  using Mask = simd::Mask;

  static Mask live(std::size_t n, std::size_t i) { return n - i >= simd::lanes ? 0xffu : (1u << (n - i)) - 1; }

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

  static std::size_t partition(ColumnRange<S> from, ColumnRange<S> to, int axes, std::size_t n, const S* keys, S value,
                               S* lower[2], S* upper[2]) {
    // Two sweeps: where each eight goes is decided once and kept as a byte, so that every axis moves in its own stream.
    const std::size_t eights = (n + simd::lanes - 1) / simd::lanes;
    constexpr std::size_t small = 512;
    std::uint8_t few[small];
    const std::unique_ptr<std::uint8_t[]> many(eights > small ? new std::uint8_t[eights] : nullptr);
    std::uint8_t* sides = eights > small ? many.get() : few;
    const Pack v = Pack::broadcast(value);
    std::size_t smaller = 0;
    for (std::size_t e = 0; e < eights; ++e) {
      const Mask m = less(eight(keys, n, e), v) & live(n, e * simd::lanes);
      sides[e] = static_cast<std::uint8_t>(m);
      smaller += static_cast<std::size_t>(__builtin_popcount(m));
    }
    for (int a = 0; a < axes; ++a) {
      Pack lows[2] = {Pack::broadcast(infinity), Pack::broadcast(infinity)};
      Pack highs[2] = {Pack::broadcast(-infinity), Pack::broadcast(-infinity)};
      S* target = to.axis[a];
      std::size_t front = 0;
      std::size_t back = n;
      for (std::size_t e = 0; e < eights; ++e) {
        const Pack x = eight(from.axis[a], n, e);
        const Mask m = sides[e];
        const Mask rest = live(n, e * simd::lanes) & ~m;
        lows[0] = min(lows[0], select(m, Pack::broadcast(infinity), x));
        highs[0] = max(highs[0], select(m, Pack::broadcast(-infinity), x));
        lows[1] = min(lows[1], select(rest, Pack::broadcast(infinity), x));
        highs[1] = max(highs[1], select(rest, Pack::broadcast(-infinity), x));
        compress_store_exactly(target + front, m, x);
        front += static_cast<std::size_t>(__builtin_popcount(m));
        back -= static_cast<std::size_t>(__builtin_popcount(rest));
        compress_store_exactly(target + back, rest, x);
      }
      for (int side = 0; side < 2; ++side) {
        lower[side][a] = lowest(lows[side]);
        upper[side][a] = highest(highs[side]);
      }
    }
    std::size_t front = 0;
    std::size_t back = n;
    for (std::size_t e = 0; e < eights; ++e) {
      const std::size_t i = e * simd::lanes;
      const Mask m = sides[e];
      const Mask rest = live(n, i) & ~m;
      const point_id* ids = from.ids + i;
      point_id tail[simd::lanes] = {};
      if (n - i < simd::lanes) {
        for (std::size_t j = 0; j < n - i; ++j) tail[j] = ids[j];
        ids = tail;
      }
      T::compress_ids_exactly(to.ids + front, m, ids);
      front += static_cast<std::size_t>(__builtin_popcount(m));
      back -= static_cast<std::size_t>(__builtin_popcount(rest));
      T::compress_ids_exactly(to.ids + back, rest, ids);
    }
    return smaller;
  }

  /// Eight values of n, those past the end as 0: the neighbouring range may be in another thread's hands.
  static Pack eight(const S* values, std::size_t n, std::size_t e) {
    const std::size_t i = e * simd::lanes;
    if (n - i >= simd::lanes) return Pack::load(values + i);
    S tail[simd::lanes] = {};
    for (std::size_t j = i; j < n; ++j) tail[j - i] = values[j];
    return Pack::load(tail);
  }

  static constexpr S infinity = std::numeric_limits<S>::infinity();
};

}  // namespace coppice::storage
