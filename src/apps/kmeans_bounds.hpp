// Bounds on distances that stay true under rounding: how far centers moved, and how near another one can be.
//
// A bound that decides is compared with a slack of 10^-12, which covers the rounding of squared distances over up to
// 1,024 axes (2^-53 · 1,030, relatively) and of the bounds themselves; 10^-150 covers squares that underflow.
#pragma once

#include <cmath>
#include <vector>

#include "kmeans_rows.hpp"

namespace coppice::kmeans {

[[nodiscard]] inline double rounded_up(double x) {
  return x * (1 + 1e-12) + 1e-150;
}
[[nodiscard]] inline double rounded_down(double x) {
  return x * (1 - 1e-12) - 1e-150;
}
/// Whether a point that is at most `upper` from its center is nearer to it than to any that is at least `lower` away,
/// in the arithmetic that decides.
[[nodiscard]] inline bool surely_nearer(double upper, double lower) {
  return rounded_up(upper) < lower;
}

/// What the last move of the centers did to bounds.
class Moves {
 public:
  /// Requires: the same k and dimension at every call. The first call finds no move.
  void update(std::span<const double> centers, std::size_t k, int dimension, const Kernels& kernels) {
    const auto d = static_cast<std::size_t>(dimension);
    moved_.assign(k, 0.0);
    most_ = second_ = 0;
    farthest_ = 0;
    if (!before_.empty())
      for (std::size_t j = 0; j < k; ++j) {
        const double square = kernels.near_squared(centers.data() + j * d, before_.data() + j * d, dimension);
        moved_[j] = square == 0 && std::equal(before_.begin() + static_cast<std::ptrdiff_t>(j * d),
                                              before_.begin() + static_cast<std::ptrdiff_t>((j + 1) * d),
                                              centers.begin() + static_cast<std::ptrdiff_t>(j * d))
                        ? 0
                        : rounded_up(std::sqrt(square));
        if (moved_[j] > most_) {
          second_ = most_;
          most_ = moved_[j];
          farthest_ = j;
        } else {
          second_ = std::max(second_, moved_[j]);
        }
      }
    before_.assign(centers.begin(), centers.end());
  }
  [[nodiscard]] double of(std::size_t center) const { return moved_[center]; }
  /// The largest move of another center than this one.
  [[nodiscard]] double of_others(std::size_t center) const { return center == farthest_ ? second_ : most_; }

 private:
  std::vector<double> before_, moved_;
  double most_ = 0, second_ = 0;
  std::size_t farthest_ = 0;
};

/// Of every center half the distance to the nearest other one, rounded down.
inline std::vector<double> half_gaps(const Centers& all, const Kernels& kernels, const Executor& executor) {
  std::vector<double> gaps(all.k, 0.0);
  const PointView<double> view(all.coordinates, all.k, all.dimension);
  executor.for_each_chunk(all.k, 512, [&](std::size_t first, std::size_t last) {
    std::vector<double> tile(static_cast<std::size_t>(all.dimension) * tile_rows);
    std::uint32_t names[tile_rows];
    double nearest[tile_rows], next[tile_rows];
    for (std::size_t i = first; i < last; i += tile_rows) {
      const std::size_t count = std::min<std::size_t>(tile_rows, last - i);
      fill_tile(view, i, count, tile.data());
      kernels.nearest(tile.data(), all, names, nearest, next);  // the nearest is the center itself
      for (std::size_t u = 0; u < count; ++u) gaps[i + u] = rounded_down(std::sqrt(next[u])) / 2;
    }
  });
  return gaps;
}

}  // namespace coppice::kmeans
