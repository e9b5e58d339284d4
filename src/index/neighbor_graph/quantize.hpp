// Points on the integer grid of a partition: q_i = min(2^L − 1, ⌊(x_i − lower_i) · 2^L / width⌋). Every step rounds
// monotonically, so the order of coordinates is the order of their cells, at any magnitude.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "coppice/errors.hpp"
#include "coppice/geometry/point_view.hpp"
#include "coppice/index/neighbor_graph/qode.hpp"
#include "coppice/parallel/executor.hpp"

namespace coppice::neighbor_graph {

/// Refuses what no partition can hold. Errors: invalid_input, unsupported.
template <class Scalar>
void check_partition(PointView<Scalar> points) {
  constexpr std::size_t most_points = std::size_t{1} << 31;
  check_dimension(points.dimension());
  if (points.dimension() > most_qode_axes)
    throw unsupported("a mid-point partition has at most " + std::to_string(most_qode_axes) +
                      " axes, a bit of a word each; the points have " + std::to_string(points.dimension()));
  if (points.size() >= most_points)
    throw unsupported("a mid-point partition holds fewer than 2^31 points, found " + std::to_string(points.size()));
  check_points(points, points.dimension());
}

/// The cube around a set of points, and its grid of 2^levels cells an axis.
template <class Scalar>
class PartitionGrid {
 public:
  /// Requires: at least one point, finite numbers.
  PartitionGrid(PointView<Scalar> points, int levels) : levels_(levels) {
    const auto dimension = static_cast<std::size_t>(points.dimension());
    lower_.assign(points.row(0), points.row(0) + dimension);
    std::vector<Scalar> upper = lower_;
    for (std::size_t i = 1; i < points.size(); ++i) {
      const Scalar* x = points.row(i);
      for (std::size_t a = 0; a < dimension; ++a) {
        lower_[a] = std::min(lower_[a], x[a]);
        upper[a] = std::max(upper[a], x[a]);
      }
    }
    for (std::size_t a = 0; a < dimension; ++a) width_ = std::max(width_, upper[a] - lower_[a]);
  }

  [[nodiscard]] const std::vector<Scalar>& lower() const noexcept { return lower_; }
  [[nodiscard]] Scalar width() const noexcept { return width_; }

  /// The cell of a coordinate along an axis.
  [[nodiscard]] std::uint32_t cell(Scalar x, std::size_t axis) const noexcept {
    if (width_ == 0) return 0;
    const std::uint64_t last = (std::uint64_t{1} << levels_) - 1;
    // Multiplied first: a width may be denormal, and a power of two changes no digit.
    const Scalar cells = (x - lower_[axis]) * static_cast<Scalar>(last + 1) / width_;
    return static_cast<std::uint32_t>(std::min(last, static_cast<std::uint64_t>(cells)));
  }

 private:
  int levels_;
  Scalar width_ = 0;
  std::vector<Scalar> lower_;
};

/// The qodes of all points, a word a level and point: bit i of words[level · n + row] says in which half the point lies
/// along axis i when boxes of `level` are halved.
template <class Scalar>
void write_columns(PointView<Scalar> points, const PartitionGrid<Scalar>& grid, int levels, std::uint64_t* words,
                   const Executor& executor) {
  const auto dimension = static_cast<std::size_t>(points.dimension());
  const std::size_t n = points.size();
  executor.for_each_chunk(n, 4096, [&](std::size_t first, std::size_t last) {
    for (int level = 0; level < levels; ++level)
      std::fill(words + static_cast<std::size_t>(level) * n + first, words + static_cast<std::size_t>(level) * n + last,
                0);
    for (std::size_t i = first; i < last; ++i) {
      const Scalar* x = points.row(i);
      for (std::size_t a = 0; a < dimension; ++a) {
        const std::uint32_t cell = grid.cell(x[a], a);
        for (int level = 0; level < levels; ++level)
          words[static_cast<std::size_t>(level) * n + i] |= static_cast<std::uint64_t>(cell >> (levels - 1 - level) & 1)
                                                            << a;
      }
    }
  });
}

}  // namespace coppice::neighbor_graph
