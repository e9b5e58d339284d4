// Points as the indexes that keep coordinates store them: checked, and wrapped where the index is periodic.
#pragma once

#include <cstddef>
#include <span>

#include "coppice/errors.hpp"
#include "coppice/geometry/metric.hpp"
#include "coppice/geometry/point_view.hpp"
#include "coppice/parallel/executor.hpp"

namespace coppice::query {

template <class Scalar>
class Entering {
 public:
  /// Errors: invalid_input, as check_points.
  Entering(PointView<Scalar> points, int dimension, const PeriodicBox<Scalar>& periodic, const Executor& executor)
      : view_(points) {
    check(points, dimension, executor);
    wrap(periodic);
  }
  Entering(std::span<const Scalar> point, int dimension, const PeriodicBox<Scalar>& periodic) : view_(one_row(point)) {
    check_point(point, dimension);
    wrap(periodic);
  }
  [[nodiscard]] PointView<Scalar> view() const { return view_; }

 private:
  void wrap(const PeriodicBox<Scalar>& periodic) {
    if (!periodic.is_periodic()) return;
    wrapped_ = periodic.wrap(view_);
    view_ = wrapped_;
  }
  /// Many points are looked at by all threads, and a mistake again by one, which names the first.
  static void check(PointView<Scalar> points, int dimension, const Executor& executor) {
    constexpr std::size_t grain = 1 << 15;
    try {
      executor.for_each_chunk(points.size(), grain, [&](std::size_t first, std::size_t last) {
        check_points(points.slice(first, last - first), dimension);
      });
    } catch (const invalid_input&) {
      check_points(points, dimension);
    }
  }

  PointView<Scalar> view_;
  Points<Scalar> wrapped_;
};

}  // namespace coppice::query
