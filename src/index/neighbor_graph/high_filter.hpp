// What a filter's key says about the exact one. Each filter answers one question, with all rounding accounted for: if
// the exact key of a pair is at most U, how large can the filter's key be? A row is certain once every point that was
// turned away has a larger one.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "high_packed.hpp"
#include "high_store.hpp"

namespace coppice::high {

/// An upper bound of the true squared distance, in units of the frame, of pairs whose exact key is at most `key`: a key
/// is a sum of `dimension` squares, each step rounded to `Scalar`, tiny ones to nothing.
template <class Scalar>
[[nodiscard]] double true_square(Scalar key, std::size_t dimension, const Frame& frame) {
  constexpr double step = std::numeric_limits<Scalar>::epsilon();
  const double terms = static_cast<double>(dimension) + 16;
  const double lost = terms * static_cast<double>(std::numeric_limits<Scalar>::denorm_min());
  return (static_cast<double>(key) + lost) * frame.scale * frame.scale * (1 + terms * step + 1e-12);
}

/// Floats of a frame: keys are −2 · (x·y − |x|²/2 − |y|²/2), summed in float over `dimension` steps.
template <class Scalar>
struct FloatFilter {
  using Sum = float;
  const Frame* frame;
  const PackedPoints<float>* rows;
  std::size_t dimension;

  /// The filter's error is at most E · (|x|² + |y|²): each of d + 2 steps rounds what so far adds up to no more than
  /// |x|² + |y|², twice of which is the key, and each coordinate was rounded once. And |y| ≤ |x| + |x − y|.
  [[nodiscard]] std::int32_t key_limit(std::size_t row, Scalar key) const {
    const double square = true_square(key, dimension, *frame);
    const double error = 2.02 * (static_cast<double>(dimension) + 16) * 0x1p-24;
    const double x = std::sqrt(2 * static_cast<double>(rows->half(row))) * (1 + 1e-6);
    const double y = x + std::sqrt(square) * (1 + 1e-6);
    const double limit = square + error * (x * x + y * y) + (static_cast<double>(dimension) + 16) * 0x1p-140;
    if (!(limit < 1e38)) return std::bit_cast<std::int32_t>(std::numeric_limits<float>::max());
    return std::bit_cast<std::int32_t>(static_cast<float>(limit * (1 + 0x1p-22)));
  }
  [[nodiscard]] static bool decides(Scalar) { return false; }
  [[nodiscard]] static float threshold(std::int32_t key) { return -0.5f * std::bit_cast<float>(key); }
};

/// Bytes: keys are the squared distances themselves. Exact keys are the same while their sums are integers of Scalar.
template <class Scalar>
struct ByteFilter {
  using Sum = std::int32_t;
  [[nodiscard]] std::int32_t key_limit(std::size_t, Scalar key) const {
    const double limit = static_cast<double>(key);
    return static_cast<std::int32_t>(decides(key) ? limit : limit * (1 + 0x1p-20) + 1);
  }
  [[nodiscard]] static bool decides(Scalar key) { return sizeof(Scalar) == sizeof(double) || key < Scalar(1 << 24); }
  [[nodiscard]] static std::int32_t threshold(std::int32_t key) { return -((key >> 1) + (key & 1)); }
};

/// Sketches: |z_i − z_j| ≤ stretch · |x_i − x_j| + error_i + error_j in units of the sketch, so its keys are limited.
template <class Scalar>
struct SketchFilter {
  using Sum = std::int32_t;
  const Frame* frame;
  const float* errors;   ///< of the rows
  double largest_error;  ///< of all points
  double stretch;
  std::size_t dimension;

  [[nodiscard]] std::int32_t key_limit(std::size_t row, Scalar key) const {
    const double reach =
        stretch * std::sqrt(true_square(key, dimension, *frame)) + static_cast<double>(errors[row]) + largest_error;
    return static_cast<std::int32_t>(std::min(reach * reach * (1 + 1e-9) + 1, 0x1p27));
  }
  [[nodiscard]] static bool decides(Scalar) { return false; }
  [[nodiscard]] static std::int32_t threshold(std::int32_t key) { return -((key >> 1) + (key & 1)); }
};

}  // namespace coppice::high
