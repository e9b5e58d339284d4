// Where a churn's randomness comes from: numbers that are the same on every platform, and points that resemble the data
// but also repeat it, tie with it and leave its bounds.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "coppice/geometry/point_view.hpp"

namespace coppice::cli {

/// Uniform numbers from a 64-bit seed (the distributions of <random> differ between standard libraries).
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  /// 0 … bound − 1. Requires: bound > 0.
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(engine_() % bound); }
  /// low … high, both included.
  std::size_t between(std::size_t low, std::size_t high) { return low + below(high - low + 1); }
  /// [0, 1)
  double unit() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  bool chance(double probability) { return unit() < probability; }

 private:
  std::mt19937_64 engine_;
};

/// Draws points for one data set.
template <class Scalar>
class PointSampler {
 public:
  /// Requires: at least one row.
  PointSampler(PointView<Scalar> data, Random& random)
      : data_(data),
        random_(random),
        limit_(coordinate_limit<Scalar>(data.dimension())),
        lower_(data[0].begin(), data[0].end()),
        upper_(lower_) {
    for (std::size_t row = 1; row < data.size(); ++row)
      for (std::size_t axis = 0; axis < lower_.size(); ++axis) {
        lower_[axis] = std::min(lower_[axis], data[row][axis]);
        upper_[axis] = std::max(upper_[axis], data[row][axis]);
      }
  }

  [[nodiscard]] const std::vector<Scalar>& lower() const noexcept { return lower_; }
  [[nodiscard]] const std::vector<Scalar>& upper() const noexcept { return upper_; }
  [[nodiscard]] double extent(std::size_t axis) const {
    return static_cast<double>(upper_[axis]) - static_cast<double>(lower_[axis]);
  }

  /// Rows of a mixture: near a data row, exactly a data row, two data rows crossed (ties along an axis), uniform in the
  /// bounds, and now and then far outside them.
  [[nodiscard]] Points<Scalar> draw(std::size_t rows) {
    Points<Scalar> points{{}, data_.dimension()};
    points.coordinates.reserve(rows * lower_.size());
    for (std::size_t row = 0; row < rows; ++row) append(points.coordinates);
    return points;
  }

  /// A point close to `point`.
  void append_near(std::span<const Scalar> point, std::vector<Scalar>& coordinates) {
    const double reach = std::pow(10.0, -4.0 * random_.unit());
    for (std::size_t axis = 0; axis < point.size(); ++axis)
      push(coordinates, static_cast<double>(point[axis]) + extent(axis) * 0.1 * reach * (random_.unit() - 0.5));
  }

  /// The coordinate closest to `value` that an index accepts.
  [[nodiscard]] Scalar allowed(double value) const {
    const auto limit = static_cast<double>(limit_);
    return static_cast<Scalar>(std::clamp(value, -limit, limit));
  }

 private:
  void append(std::vector<Scalar>& coordinates) {
    const auto base = data_[random_.below(data_.size())];
    const double kind = random_.unit();
    if (kind < 0.5) return append_near(base, coordinates);
    if (kind < 0.65) {
      coordinates.insert(coordinates.end(), base.begin(), base.end());
      return;
    }
    const auto other = data_[random_.below(data_.size())];
    const double spread = kind < 0.98 ? 1 : 3;
    for (std::size_t axis = 0; axis < lower_.size(); ++axis)
      if (kind < 0.75)
        coordinates.push_back(random_.chance(0.5) ? base[axis] : other[axis]);
      else
        push(coordinates, static_cast<double>(lower_[axis]) + extent(axis) * (0.5 + spread * (random_.unit() - 0.5)));
  }

  void push(std::vector<Scalar>& coordinates, double value) { coordinates.push_back(allowed(value)); }

  PointView<Scalar> data_;
  Random& random_;
  Scalar limit_;
  std::vector<Scalar> lower_;
  std::vector<Scalar> upper_;
};

}  // namespace coppice::cli
