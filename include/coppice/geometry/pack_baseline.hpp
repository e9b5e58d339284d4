// Eight lanes of a scalar in plain loops: the portable form of the vector type that the kernels are written in, which
// compilers turn into whatever the target has. The other forms (pack_avx2.hpp, pack_avx512.hpp) compute the same
// values.
#pragma once

#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "coppice/geometry/point_view.hpp"

namespace coppice::simd {

/// Bit i of a lane mask speaks of lane i.
using Mask = unsigned;
inline constexpr int lanes = 8;

struct baseline {
  template <class S>
  struct Pack {
    static constexpr int width = 16 / static_cast<int>(sizeof(S));
    static constexpr int parts = lanes / width;
    using Int = std::conditional_t<sizeof(S) == 8, std::int64_t, std::int32_t>;
    typedef S Vector __attribute__((vector_size(16)));
    typedef Int Bits __attribute__((vector_size(16)));
    Vector v[parts];

    static Vector splat(S x) {
      if constexpr (width == 2)
        return Vector{x, x};
      else
        return Vector{x, x, x, x};
    }
    static Pack broadcast(S x) {
      Pack p;
      for (Vector& part : p.v) part = splat(x);
      return p;
    }
    template <class From>
    static Pack load(const From* from) {
      S values[lanes];
      for (int i = 0; i < lanes; ++i) values[i] = static_cast<S>(from[i]);
      Pack p;
      std::memcpy(p.v, values, sizeof values);
      return p;
    }
    void store(S* to) const { std::memcpy(to, v, sizeof v); }

    friend Pack operator+(Pack a, Pack b) {
      return map(a, b, [](Vector x, Vector y) { return x + y; });
    }
    friend Pack operator-(Pack a, Pack b) {
      return map(a, b, [](Vector x, Vector y) { return x - y; });
    }
    friend Pack operator*(Pack a, Pack b) {
      return map(a, b, [](Vector x, Vector y) { return x * y; });
    }
    friend Pack min(Pack a, Pack b) {
      return map(a, b, [](Vector x, Vector y) { return x < y ? x : y; });
    }
    friend Pack max(Pack a, Pack b) {
      return map(a, b, [](Vector x, Vector y) { return x > y ? x : y; });
    }
    friend Pack abs(Pack a) {
      return map(a, a, [](Vector x, Vector) { return (Vector)((Bits)x & std::numeric_limits<Int>::max()); });
    }
    friend Mask less(Pack a, Pack b) {
      return test(a, b, [](Vector x, Vector y) { return x < y; });
    }
    friend Mask less_equal(Pack a, Pack b) {
      return test(a, b, [](Vector x, Vector y) { return x <= y; });
    }
    friend Mask equal(Pack a, Pack b) {
      return test(a, b, [](Vector x, Vector y) { return x == y; });
    }
    /// b where the mask is set, else a.
    friend Pack select(Mask m, Pack a, Pack b) {
      for (int i = 0; i < parts; ++i) {
        const Bits chosen = (weights(i) & static_cast<Int>(m)) != 0;
        a.v[i] = chosen ? b.v[i] : a.v[i];
      }
      return a;
    }
    /// The selected lanes, packed to the front of `to`; up to 8 lanes of `to` may be overwritten.
    friend void compress_store(S* to, Mask m, Pack a) {
      for (int i = 0, n = 0; i < lanes; ++i) {
        to[n] = a.lane(i);
        n += m >> i & 1;
        if (n == lanes) break;
      }
    }
    /// As compress_store, but no other lane of `to` is touched.
    friend void compress_store_exactly(S* to, Mask m, Pack a) {
      for (int i = 0; i < lanes; ++i)
        if (m >> i & 1) *to++ = a.lane(i);
    }
    S lane(int i) const { return v[i / width][i % width]; }

   private:
    static Bits weights(int part) {
      const Int first = Int{1} << (part * width);
      if constexpr (width == 2)
        return Bits{first, 2 * first};
      else
        return Bits{first, 2 * first, 4 * first, 8 * first};
    }
    template <class F>
    static Pack map(Pack a, Pack b, F f) {
      for (int i = 0; i < parts; ++i) a.v[i] = f(a.v[i], b.v[i]);
      return a;
    }
    template <class F>
    static Mask test(Pack a, Pack b, F f) {
      Bits found{};
      for (int i = 0; i < parts; ++i) found |= (Bits)f(a.v[i], b.v[i]) & weights(i);
      Int mask = 0;
      for (int i = 0; i < width; ++i) mask |= found[i];
      return static_cast<Mask>(mask);
    }
  };

  /// The ids of the selected lanes, packed to the front of `to`; up to 8 entries of `to` may be overwritten.
  static void compress_ids(point_id* to, Mask m, const point_id* ids) { compress(to, m, ids); }
  /// The same of ids that are stored in 32 bits.
  static void compress_ids(point_id* to, Mask m, const std::uint32_t* ids) { compress(to, m, ids); }

 private:
  template <class Id>
  static void compress(point_id* to, Mask m, const Id* ids) {
    for (int i = 0, n = 0; i < lanes; ++i) {
      to[n] = ids[i];
      n += m >> i & 1;
      if (n == lanes) break;
    }
  }
};

}  // namespace coppice::simd
