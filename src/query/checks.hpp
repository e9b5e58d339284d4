// What every search checks before it starts, and the translation of a caller's query into what kernels take.
#pragma once

#include <algorithm>
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

/// Queries a thread takes at a time: at most `most`, which hides the hand-over, but few enough to share a small batch
/// of expensive queries evenly. Rows are independent, so answers do not depend on it.
inline std::size_t chunk_of(std::size_t rows, std::size_t most, const Executor& executor) {
  constexpr std::size_t chunks_a_thread = 8;
  const std::size_t even = rows / (chunks_a_thread * static_cast<std::size_t>(executor.threads()));
  return executor.is_parallel() ? std::clamp<std::size_t>(even, 1, most) : most;
}

}  // namespace coppice::query
