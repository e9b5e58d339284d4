// Exact keys of many candidates, in the order of evaluation that geometry/metric.hpp lays down: sixteen lanes, no
// fused multiply-add. Sixteen lanes are written as one vector, which the compiler cuts to the width there is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "coppice/storage/prefetch.hpp"

namespace coppice::kernels {
namespace {

template <class T>
struct SixteenOf {
  typedef T type __attribute__((vector_size(16 * sizeof(T))));  // NOLINT: an alias template drops the attribute
};

template <class Stored, class Scalar>
[[gnu::always_inline]] inline void load_sixteen(const Stored* from, typename SixteenOf<Scalar>::type& to) {
  typename SixteenOf<Stored>::type stored;
  std::memcpy(&stored, from, sizeof stored);
  to = __builtin_convertvector(stored, typename SixteenOf<Scalar>::type);
}

template <class Scalar>
[[gnu::always_inline]] inline Scalar reduce(const typename SixteenOf<Scalar>::type& partial) {
  Scalar lanes[16];
  std::memcpy(lanes, &partial, sizeof lanes);
  for (int half = 8; half > 0; half /= 2)
    for (int lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
  return lanes[0];
}

/// Bytes: while the sum is an integer that Scalar can hold, every order of evaluation gives it.
inline std::int32_t byte_sum(const std::uint8_t* a, const std::uint8_t* b, std::size_t dimension) {
  std::int32_t sum = 0;
  for (std::size_t axis = 0; axis < dimension; ++axis) {
    const auto difference = static_cast<std::int16_t>(a[axis] - b[axis]);
    sum += difference * difference;
  }
  return sum;
}

template <class Row>
[[gnu::always_inline]] inline void prefetch_rows(const Row& row, std::size_t first, std::size_t last,
                                                 std::size_t bytes) {
  for (std::size_t i = first; i < last; ++i)
    for (std::size_t at = 0; at < bytes; at += 64) storage::prefetch(reinterpret_cast<const char*>(row(i)) + at);
}

template <class Stored, class Scalar>
void exact_keys(const Stored* query, const Stored* points, std::size_t stride, const std::int32_t* ids,
                std::size_t count, std::size_t dimension, Scalar* keys) {
  const auto row = [&](std::size_t i) { return points + static_cast<std::size_t>(ids[i]) * stride; };
  if (dimension <= 16) {
    for (std::size_t i = 0; i < count; ++i) {
      const Stored* const x = row(i);
      Scalar sum = 0;
      for (std::size_t axis = 0; axis < dimension; ++axis) {
        const Scalar difference = static_cast<Scalar>(query[axis]) - static_cast<Scalar>(x[axis]);
        sum += difference * difference;
      }
      keys[i] = sum;
    }
    return;
  }
  const std::size_t bytes = dimension * sizeof(Stored);
  // Sums that are integers of Scalar are exact in any order; floats have to be summed in theirs from 2^24 on.
  [[maybe_unused]] const auto is_exact = [&](std::size_t i) {
    return sizeof(Scalar) == sizeof(double) || keys[i] < Scalar(1 << 24);
  };
  if constexpr (sizeof(Stored) == 1) {
    for (std::size_t i = 0; i < count; ++i) {
      if (i + 4 < count) prefetch_rows(row, i + 4, i + 5, bytes);
      keys[i] = static_cast<Scalar>(byte_sum(query, row(i), stride));
    }
  }
  using Vector = typename SixteenOf<Scalar>::type;
  for (std::size_t i = 0; i < count; i += 2) {  // two at a time: a sum waits for the one before it
    if constexpr (sizeof(Stored) == 1) {
      if (is_exact(i) && (i + 1 == count || is_exact(i + 1))) continue;
    }
    const Stored* const x = row(i);
    const Stored* const y = row(i + 1 < count ? i + 1 : i);
    prefetch_rows(row, i + 2, i + 4 < count ? i + 4 : (i + 2 < count ? count : i + 2), bytes);
    Vector a = {};
    Vector b = {};
    for (std::size_t axis = 0; axis < dimension; axis += 16) {
      Vector q;
      Vector u;
      Vector v;
      load_sixteen<Stored, Scalar>(query + axis, q);
      load_sixteen<Stored, Scalar>(x + axis, u);
      load_sixteen<Stored, Scalar>(y + axis, v);
      u = q - u;
      v = q - v;
      a = a + u * u;
      b = b + v * v;
    }
    keys[i] = reduce<Scalar>(a);
    if (i + 1 < count) keys[i + 1] = reduce<Scalar>(b);
  }
}

}  // namespace
}  // namespace coppice::kernels
