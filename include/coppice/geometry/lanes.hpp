// Lanes of floats for the pair kernels, and the portable form: eight of them in plain loops. The other forms
// (lanes_avx2.hpp, lanes_avx512.hpp) may round sums of products differently: what they decide is only a
// filter, and whatever comes near the limit is decided again in double.
#pragma once

#include <cstdint>
#include <cstring>

#include "coppice/geometry/pack_baseline.hpp"

namespace coppice::simd {

/// Lanes<avx2> and so on.
template <class Target>
struct Lanes;

/// Shell's sort. `Target` keeps the copies of the kernel units apart.
template <class Target>
struct PlainSort {
  static void sort(std::uint32_t* keys, std::size_t count) {
    constexpr std::size_t gaps[] = {301, 132, 57, 23, 10, 4, 1};
    for (std::size_t gap : gaps)
      for (std::size_t i = gap; i < count; ++i) {
        const std::uint32_t key = keys[i];
        std::size_t at = i;
        for (; at >= gap && keys[at - gap] > key; at -= gap) keys[at] = keys[at - gap];
        keys[at] = key;
      }
  }
};

template <>
struct Lanes<baseline> {
  static constexpr unsigned width = 8;
  static constexpr int rows = 1;  ///< rows of a leaf that are tested side by side
  using Mask = std::uint32_t;
  typedef float Four __attribute__((vector_size(16)));
  typedef std::int32_t Bits __attribute__((vector_size(16)));
  struct F {
    Four a, b;
  };
  struct I {
    std::int32_t v[width];
  };

  [[gnu::always_inline]] static F broadcast(float x) { return {Four{x, x, x, x}, Four{x, x, x, x}}; }
  [[gnu::always_inline]] static F load(const float* from) {
    F p;
    std::memcpy(&p.a, from, sizeof p.a);
    std::memcpy(&p.b, from + 4, sizeof p.b);
    return p;
  }
  /// Small integers, as they are.
  [[gnu::always_inline]] static F load(const std::int16_t* from) {
    typedef std::int16_t Short __attribute__((vector_size(8)));
    Short low, high;
    std::memcpy(&low, from, sizeof low);
    std::memcpy(&high, from + 4, sizeof high);
    return {__builtin_convertvector(low, Four), __builtin_convertvector(high, Four)};
  }
  static I load(const std::int32_t* from) {
    I p;
    std::memcpy(p.v, from, sizeof p.v);
    return p;
  }
  [[gnu::always_inline]] static void store(float* to, F p) {
    std::memcpy(to, &p.a, sizeof p.a);
    std::memcpy(to + 4, &p.b, sizeof p.b);
  }
  static void store(std::int32_t* to, const I& p) { std::memcpy(to, p.v, sizeof p.v); }
  static I broadcast_id(std::int32_t x) {
    I p;
    for (std::int32_t& lane : p.v) lane = x;
    return p;
  }
  [[gnu::always_inline]] static F add(F x, F y) { return {x.a + y.a, x.b + y.b}; }
  [[gnu::always_inline]] static F sub(F x, F y) { return {x.a - y.a, x.b - y.b}; }
  [[gnu::always_inline]] static F mul(F x, F y) { return {x.a * y.a, x.b * y.b}; }
  [[gnu::always_inline]] static F mul_add(F x, F y, F z) { return {x.a * y.a + z.a, x.b * y.b + z.b}; }
  [[gnu::always_inline]] static F max(F x, F y) { return {x.a > y.a ? x.a : y.a, x.b > y.b ? x.b : y.b}; }
  [[gnu::always_inline]] static F abs(F x) {
    const Bits no_sign = {0x7fffffff, 0x7fffffff, 0x7fffffff, 0x7fffffff};
    return {(Four)((Bits)x.a & no_sign), (Four)((Bits)x.b & no_sign)};
  }
  [[gnu::always_inline]] static Mask less(F x, F y) {
    const Bits low = {1, 2, 4, 8}, high = {16, 32, 64, 128};
    const Bits found = ((Bits)(x.a < y.a) & low) | ((Bits)(x.b < y.b) & high);
    return static_cast<Mask>(found[0] | found[1] | found[2] | found[3]);
  }
  /// (from[i] − c) · factor, the difference in double.
  static F offset(const double* from, double c, double factor) {
    float x[width];
    for (unsigned i = 0; i < width; ++i) x[i] = static_cast<float>((from[i] - c) * factor);
    return load(x);
  }
  /// Lanes with low ≤ d < high that `near` has seen.
  using Close = Mask;
  static Close none_close() { return 0; }
  /// The lanes with d < high.
  static Mask near(F d, F high, F low, Close& close) {
    const Mask m = less(d, high);
    if (m != 0) close |= m & ~less(d, low);
    return m;
  }
  static bool any(Close close, F) { return close != 0; }
  /// The lanes with a ≤ b, and those with a NaN.
  static Mask not_greater(F a, F b) { return ~less(b, a) & 0xffu; }
  static Mask equal(I a, I b) {
    Mask m = 0;
    for (unsigned i = 0; i < width; ++i) m |= static_cast<Mask>(a.v[i] == b.v[i]) << i;
    return m;
  }
  static Mask less_id(I a, I b) {
    Mask m = 0;
    for (unsigned i = 0; i < width; ++i) m |= static_cast<Mask>(a.v[i] < b.v[i]) << i;
    return m;
  }
  /// The first n lanes; all of them where n is at least the width.
  static Mask first(std::uint32_t n) { return n >= width ? 0xffu : (1u << n) - 1; }
  /// Packs the selected lanes of any register to the front; whole registers may be written.
  struct Packer {
    Mask mask;
    explicit Packer(Mask m) : mask(m) {}
    void operator()(float* to, F a) const {
      float x[width];
      store(x, a);
      for (Mask m = mask; m != 0; m &= m - 1) *to++ = x[__builtin_ctz(m)];
    }
    void operator()(std::int32_t* to, const I& a) const {
      for (Mask m = mask; m != 0; m &= m - 1) *to++ = a.v[__builtin_ctz(m)];
    }
  };
  static void compress(std::int32_t* to, Mask m, const I& a) { Packer{m}(to, a); }
  static float largest(F x) {
    float v[width];
    store(v, x);
    float most = v[0];
    for (float lane : v) most = lane > most ? lane : most;
    return most;
  }
  static F zero_unless(Mask m, F x) {
    float v[width];
    store(v, x);
    for (unsigned i = 0; i < width; ++i) v[i] = (m >> i & 1) != 0 ? v[i] : 0.0f;
    return load(v);
  }
  [[gnu::always_inline]] static F min(F x, F y) { return {x.a < y.a ? x.a : y.a, x.b < y.b ? x.b : y.b}; }
  static I lane_ids() { return {{0, 1, 2, 3, 4, 5, 6, 7}}; }
  static I add_id(I a, std::int32_t x) {
    for (std::int32_t& lane : a.v) lane += x;
    return a;
  }
  /// Numbers that order like the values, which must not be negative; the bits of `mask` hold first, first + 1, …
  static void pack(std::uint32_t* to, F values, std::uint32_t first, std::uint32_t mask) {
    std::uint32_t bits[width];
    std::memcpy(bits, &values.a, sizeof values.a);
    std::memcpy(bits + 4, &values.b, sizeof values.b);
    for (unsigned i = 0; i < width; ++i) to[i] = (bits[i] & ~mask) | ((first + i) & mask);
  }
  static float unpacked(std::uint32_t bits) {
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  /// Sorts `count` numbers, a power of two of at least 16.
  static void sort(std::uint32_t* keys, std::size_t count) { PlainSort<baseline>::sort(keys, count); }
  static unsigned count(Mask m) {  // without an instruction for it, the library's is a call
    m -= m >> 1 & 0x55;
    m = (m & 0x33) + (m >> 2 & 0x33);
    return (m + (m >> 4)) & 0xf;
  }
};

}  // namespace coppice::simd
