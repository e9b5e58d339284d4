// What k-means needs of eight lanes beside simd::Pack: integers, masks over them, and numbers of rows. The portable
// form; kmeans_lanes_avx512.hpp has the other one. What is fused or reordered here decides filters only.
#pragma once

#include <cstdint>
#include <cstring>

#include "coppice/apps/kmeans_kernels.hpp"
#include "coppice/geometry/pack_baseline.hpp"

namespace coppice::kmeans {

using simd::Mask;

template <class Target>
struct KMeansLanes {
  using Pack = typename Target::template Pack<double>;
  struct Integers {
    std::int64_t v[8];
  };
  struct Rows {
    std::uint32_t v[8];
  };

  /// The lanes of `live`, which come first, from memory; the others are 0, and their memory is not looked at.
  static Pack load_first(Mask live, const double* from) {
    if (live == 0xff) return Pack::load(from);
    double v[8] = {};
    for (int i = 0; live >> i & 1; ++i) v[i] = from[i];
    return Pack::load(v);
  }
  static Integers zero() { return {}; }
  static Integers load(const std::int64_t* from) {
    Integers x;
    std::memcpy(x.v, from, sizeof x.v);
    return x;
  }
  static void store(std::int64_t* to, const Integers& x) { std::memcpy(to, x.v, sizeof x.v); }
  static Integers rounded(Pack x) {
    double v[8];
    (x + Pack::broadcast(rounder)).store(v);
    Integers y;
    std::memcpy(y.v, v, sizeof v);
    for (std::int64_t& lane : y.v) lane -= bits_of(rounder);
    return y;
  }
  static Integers add(Integers x, const Integers& y) {
    for (int i = 0; i < 8; ++i) x.v[i] += y.v[i];
    return x;
  }
  static Integers subtract(Integers x, const Integers& y) {
    for (int i = 0; i < 8; ++i) x.v[i] -= y.v[i];
    return x;
  }
  static Integers add_where(Mask m, Integers x, const Integers& y) {
    for (int i = 0; i < 8; ++i) x.v[i] += y.v[i] & -static_cast<std::int64_t>(m >> i & 1);
    return x;
  }
  static std::int64_t total(const Integers& x) {
    std::int64_t sum = 0;
    for (const std::int64_t lane : x.v) sum += lane;
    return sum;
  }
  /// Lanes where z < best take z and `name`.
  static void take_less(Pack& best, Pack& who, Pack z, Pack name) {
    const Mask m = less(z, best);
    best = min(z, best);
    who = select(m, who, name);
  }
  static Pack mul_add(Pack x, Pack y, Pack z) { return x * y + z; }
  /// `then` where the sign of u is negative, else `otherwise`.
  static Pack where_negative(Pack u, Pack otherwise, Pack then) {
    return select(less(u, Pack::broadcast(0)), otherwise, then);
  }
  static double least(Pack x) {
    double v[8];
    x.store(v);
    double found = v[0];
    for (const double lane : v) found = lane < found ? lane : found;
    return found;
  }
  static double most(Pack x) {
    double v[8];
    x.store(v);
    double found = v[0];
    for (const double lane : v) found = lane > found ? lane : found;
    return found;
  }
  static Rows rows(const std::uint32_t* from) {
    Rows r;
    std::memcpy(r.v, from, sizeof r.v);
    return r;
  }
  static Rows rows_from(std::uint32_t first) {
    Rows r;
    for (std::uint32_t i = 0; i < 8; ++i) r.v[i] = first + i;
    return r;
  }
  /// The rows of the lanes in `m`, to the front; eight entries may be written.
  static void compress(std::uint32_t* to, Mask m, const Rows& r) {
    for (; m != 0; m &= m - 1) *to++ = r.v[__builtin_ctz(m)];
  }
  static void compress_exactly(std::uint32_t* to, Mask m, const Rows& r) { compress(to, m, r); }
  static unsigned count(Mask m) { return static_cast<unsigned>(__builtin_popcount(m)); }
};

}  // namespace coppice::kmeans
