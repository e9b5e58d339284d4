// Eight lanes of a scalar in plain loops: the portable form of the vector type that the kernels are written in, which
// compilers turn into whatever the target has. The other forms (pack_avx2.hpp, pack_avx512.hpp) compute the same
// values.
#pragma once

#include <cmath>

#include "coppice/geometry/point_view.hpp"

namespace coppice::simd {

/// Bit i of a lane mask speaks of lane i.
using Mask = unsigned;
inline constexpr int lanes = 8;

struct baseline {
  template <class S>
  struct Pack {
    S v[lanes];

    static Pack broadcast(S x) {
      Pack p;
      for (S& lane : p.v) lane = x;
      return p;
    }
    template <class From>
    static Pack load(const From* from) {
      Pack p;
      for (int i = 0; i < lanes; ++i) p.v[i] = static_cast<S>(from[i]);
      return p;
    }
    void store(S* to) const {
      for (int i = 0; i < lanes; ++i) to[i] = v[i];
    }

    friend Pack operator+(Pack a, Pack b) {
      return map(a, b, [](S x, S y) { return x + y; });
    }
    friend Pack operator-(Pack a, Pack b) {
      return map(a, b, [](S x, S y) { return x - y; });
    }
    friend Pack operator*(Pack a, Pack b) {
      return map(a, b, [](S x, S y) { return x * y; });
    }
    friend Pack min(Pack a, Pack b) {
      return map(a, b, [](S x, S y) { return x < y ? x : y; });
    }
    friend Pack max(Pack a, Pack b) {
      return map(a, b, [](S x, S y) { return x > y ? x : y; });
    }
    friend Pack abs(Pack a) {
      return map(a, a, [](S x, S) { return std::abs(x); });
    }
    friend Mask less(Pack a, Pack b) {
      return test(a, b, [](S x, S y) { return x < y; });
    }
    friend Mask less_equal(Pack a, Pack b) {
      return test(a, b, [](S x, S y) { return x <= y; });
    }
    friend Mask equal(Pack a, Pack b) {
      return test(a, b, [](S x, S y) { return x == y; });
    }
    /// b where the mask is set, else a.
    friend Pack select(Mask m, Pack a, Pack b) {
      for (int i = 0; i < lanes; ++i) a.v[i] = m >> i & 1 ? b.v[i] : a.v[i];
      return a;
    }
    /// The selected lanes, packed to the front of `to`; up to 8 lanes of `to` may be overwritten.
    friend void compress_store(S* to, Mask m, Pack a) {
      for (int i = 0, n = 0; i < lanes; ++i) {
        to[n] = a.v[i];
        n += m >> i & 1;
        if (n == lanes) break;
      }
    }
    /// As compress_store, but no other lane of `to` is touched.
    friend void compress_store_exactly(S* to, Mask m, Pack a) {
      for (int i = 0; i < lanes; ++i)
        if (m >> i & 1) *to++ = a.v[i];
    }
    S lane(int i) const { return v[i]; }

   private:
    template <class F>
    static Pack map(Pack a, Pack b, F f) {
      for (int i = 0; i < lanes; ++i) a.v[i] = f(a.v[i], b.v[i]);
      return a;
    }
    template <class F>
    static Mask test(Pack a, Pack b, F f) {
      Mask m = 0;
      for (int i = 0; i < lanes; ++i) m |= Mask{f(a.v[i], b.v[i])} << i;
      return m;
    }
  };

  /// The ids of the selected lanes, packed to the front of `to`; up to 8 entries of `to` may be overwritten.
  static void compress_ids(point_id* to, Mask m, const point_id* ids) {
    for (int i = 0, n = 0; i < lanes; ++i) {
      to[n] = ids[i];
      n += m >> i & 1;
      if (n == lanes) break;
    }
  }
  /// As compress_ids, but no other entry of `to` is touched.
  static void compress_ids_exactly(point_id* to, Mask m, const point_id* ids) {
    for (int i = 0; i < lanes; ++i)
      if (m >> i & 1) *to++ = ids[i];
  }
};

}  // namespace coppice::simd
