// Tiles in plain code, for processors whose vectors are not known here: 2 rows by 3 × 4 columns.
#pragma once

#include <cstdint>

namespace coppice::kernels {
namespace {

template <class T>
struct PlainLanes {
  struct Vector {
    T lane[4];
  };
  using Sum = T;
  using Element = T;
  static constexpr int width = 4;
  static constexpr int rows = 2;

  template <class F>
  static Vector each(const F& f) {
    return {{f(0), f(1), f(2), f(3)}};
  }
  static Vector zero() { return {}; }
  static Vector load(const T* from) {
    return each([&](int i) { return from[i]; });
  }
  static void store(T* to, Vector v) {
    for (int i = 0; i < width; ++i) to[i] = v.lane[i];
  }
  static Vector broadcast(T x) { return {{x, x, x, x}}; }
  static Vector subtract(Vector a, Vector b) {
    return each([&](int i) { return a.lane[i] - b.lane[i]; });
  }
  static Vector larger(Vector a, Vector b) {
    return each([&](int i) { return a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]; });
  }
  static std::uint32_t reaches(Vector a, Vector b) {
    std::uint32_t bits = 0;
    for (int i = 0; i < width; ++i) bits |= (a.lane[i] >= b.lane[i] ? 1u : 0u) << i;
    return bits;
  }
  using Left = Vector;
  using Right = Vector;
  static Left left(const T* from) { return broadcast(*from); }
  static Right right(const T* from) { return load(from); }
};

struct FloatLanes : PlainLanes<float> {
  static constexpr float rate = 8;
  static Vector multiply_add(Vector c, Left a, Right b) {
    return each([&](int i) { return c.lane[i] + a.lane[i] * b.lane[i]; });
  }
};

struct ByteLanes : PlainLanes<std::int32_t> {
  static constexpr float rate = 8;
  static constexpr std::int32_t shift = 0;
  static std::int32_t dot(std::int32_t a, std::int32_t b) {
    std::int32_t sum = 0;
    for (int byte = 0; byte < 32; byte += 8)
      sum += static_cast<std::int8_t>(a >> byte) * static_cast<std::int8_t>(b >> byte);
    return sum;
  }
  static Vector multiply_add(Vector c, Left a, Right b) {
    return each([&](int i) { return c.lane[i] + dot(a.lane[i], b.lane[i]); });
  }
};

}  // namespace
}  // namespace coppice::kernels
