// What every search checks before it starts, and the translation of a caller's query into what kernels take.
#pragma once

#include <string>

#include "coppice/errors.hpp"
#include "coppice/query/kernels.hpp"

namespace coppice::query {

/// Errors: invalid_input when the radius is negative or NaN.
template <class Scalar>
void check_radius(Scalar radius) {
  if (!(radius >= 0))
    throw invalid_input("radius is " + std::to_string(radius) + "; expected a number that is not negative");
}

inline void check_k(std::size_t k) {
  if (k == 0) throw invalid_input("k is 0; expected at least 1");
}

template <class Scalar>
MetricData<Scalar> metric_data(const Metric<Scalar>& metric, const SearchTarget<Scalar>& target) {
  metric.check(target.dimension);
  return {metric.kind, metric.weights.empty() ? nullptr : metric.weights.data(),
          target.periodic->is_periodic() ? target.periodic->lengths.data() : nullptr};
}

inline const IdFilter* filter_of(const IdFilter& filter) {
  return filter ? &filter : nullptr;
}

/// Checked queries, wrapped into the cell where the index is periodic.
template <class Scalar>
class CheckedPoints {
 public:
  CheckedPoints(const SearchTarget<Scalar>& target, PointView<Scalar> points) : view_(points) {
    check_points(points, target.dimension);
    if (!target.periodic->is_periodic()) return;
    wrapped_ = target.periodic->wrap(points);
    view_ = wrapped_.view();
  }
  [[nodiscard]] PointView<Scalar> view() const noexcept { return view_; }

 private:
  PointView<Scalar> view_;
  Points<Scalar> wrapped_;
};

/// A point given as a span; its length is checked as its dimension.
template <class Scalar>
PointView<Scalar> one_point(std::span<const Scalar> point) {
  return {point.data(), 1, static_cast<int>(point.size())};
}

}  // namespace coppice::query
