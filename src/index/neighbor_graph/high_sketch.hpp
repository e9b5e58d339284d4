// Sketches: the leading principal coordinates of every point, turned at random among themselves so that all have the
// same range, in one signed byte each. Their distances never exceed the true ones by more than rounding that is known.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "high_packed.hpp"
#include "high_store.hpp"

namespace coppice::high {

/// The directions of sketches, from the covariance of a sample.
class SketchBasis {
 public:
  std::size_t dimension = 0;  ///< p
  std::size_t steps = 0;      ///< of a packed sketch
  EarlySteps early{};         ///< the steps of it that hold the leading axes, if that is less than all
  std::size_t inputs = 0;     ///< d
  std::size_t axes = 0;       ///< leading principal axes kept beside them, for the order of points
  double scale = 0;           ///< units of the sketch for a unit of the frame
  std::vector<float> rows;    ///< p × d
  std::vector<float> unturn;  ///< leading coordinates of a sketch × axes: back to principal axes
  std::size_t leading = 0;
  std::vector<float> offset;  ///< of the sketch, before scaling

  /// How much longer a vector may become: the largest singular value, bounded from above.
  [[nodiscard]] double stretch() const;
};

/// Of how many points axes are found.
[[nodiscard]] constexpr std::size_t axes_sample(std::size_t points) noexcept {
  return std::clamp<std::size_t>(points / 4, std::min<std::size_t>(points, 2048), 4096);
}

/// Finds bases. Deterministic for a seed.
class PrincipalAxes {
 public:
  template <class Scalar>
  PrincipalAxes(const Store<Scalar>& points, const Frame& frame, std::uint64_t seed, const Executor& executor);

  [[nodiscard]] SketchBasis basis(std::size_t dimension, const Executor& executor);
  /// Coordinates of rows, of the frame, and of the sample along the leading `count` axes: `count` numbers a row.
  [[nodiscard]] std::vector<float> along(const float* rows, std::size_t size, std::size_t count,
                                         const Executor& executor);
  [[nodiscard]] std::vector<float> sample_along(std::size_t count, const Executor& executor) {
    return along(sample_rows_.get(), sample_, count, executor);
  }

 private:
  /// The leading axes, at least `count`: one a row of d.
  const std::vector<float>& leading(std::size_t count, const Executor& executor);

  std::size_t inputs_ = 0;
  std::uint64_t seed_ = 0;
  std::size_t sample_ = 0;
  std::vector<float> mean_;
  storage::RawArray<float> sample_rows_;  ///< less the mean
  storage::RawArray<float> covariance_;   ///< as packed columns
  std::vector<float> axes_;               ///< those found so far
};

/// The sketches of all rows of a store, in its order.
struct Sketches {
  std::size_t steps = 0;
  EarlySteps early{};
  storage::RawArray<std::int8_t> values;  ///< 4 · steps a row
  std::vector<float> errors;              ///< a row's distance from what it stands for, in units of the sketch
  storage::RawArray<float> axes;          ///< `basis.axes` a row
};

template <class Scalar>
[[nodiscard]] Sketches make_sketches(const Store<Scalar>& rows, const Frame& frame, const SketchBasis& basis,
                                     const Executor& executor);

/// Positions → rows: near points near each other, by a balanced tree over the leading axes.
[[nodiscard]] std::vector<std::int32_t> tree_order(const Sketches& sketches, std::size_t axes, std::size_t size,
                                                   const Executor& executor);
/// Sketches packed in that order (empty: as they are).
[[nodiscard]] PackedPoints<std::int32_t> pack_sketches(const Sketches& sketches, std::size_t size,
                                                       const std::vector<std::int32_t>& order,
                                                       const Executor& executor);

/// A stream of numbers, the same everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t operator()() noexcept {  // splitmix64
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /// In [−1, 1).
  float signed_unit() noexcept { return static_cast<float>(static_cast<std::int32_t>((*this)() >> 32)) * 0x1p-31f; }
  /// In [0, 1).
  double unit() noexcept { return static_cast<double>((*this)() >> 11) * 0x1p-53; }

 private:
  std::uint64_t state_;
};

}  // namespace coppice::high
