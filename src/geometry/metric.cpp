#include "coppice/geometry/metric.hpp"

#include <algorithm>
#include <cmath>

#include "coppice/errors.hpp"

namespace coppice {

template <class Scalar>
Scalar Metric<Scalar>::distance_of(Scalar key) const noexcept {
  return is_squared() ? std::sqrt(key) : key;
}

template <class Scalar>
void Metric<Scalar>::distances_of(std::span<Scalar> keys) const noexcept {
  if (!is_squared()) return;
  for (Scalar& key : keys) key = std::sqrt(key);
}

template <class Scalar>
void Metric<Scalar>::check(int dimension) const {
  if (kind != MetricKind::weighted_l2) {
    if (!weights.empty()) throw invalid_input("weights go with the weighted_l2 metric only");
    return;
  }
  if (weights.size() != static_cast<std::size_t>(dimension))
    throw invalid_input("the weighted_l2 metric has " + std::to_string(weights.size()) + " weights; expected " +
                        std::to_string(dimension) + ", one an axis");
  for (std::size_t axis = 0; axis < weights.size(); ++axis)
    if (!(weights[axis] > 0) || !std::isfinite(weights[axis]))
      throw invalid_input("weight " + std::to_string(axis) + " of the weighted_l2 metric is " +
                          std::to_string(weights[axis]) + "; expected a positive, finite number");
}

MetricKind metric_from_name(std::string_view name) {
  for (MetricKind kind : {MetricKind::l2, MetricKind::l1, MetricKind::linf})
    if (name == metric_name(kind)) return kind;
  throw invalid_input("unknown metric '" + std::string(name) + "'; expected l2, l1 or linf");
}

std::string_view metric_name(MetricKind kind) noexcept {
  switch (kind) {
    case MetricKind::l2:
      return "l2";
    case MetricKind::l1:
      return "l1";
    case MetricKind::linf:
      return "linf";
    case MetricKind::weighted_l2:
      return "weighted_l2";
  }
  return "";
}

template <class Scalar>
Scalar PeriodicBox<Scalar>::wrap(Scalar x, int axis) const noexcept {
  const Scalar length = lengths[static_cast<std::size_t>(axis)];
  if (!std::isfinite(length)) return x;
  if (x >= 0 && x < length) return x;
  const Scalar wrapped = x - length * std::floor(x / length);
  return wrapped >= 0 && wrapped < length ? wrapped : Scalar(0);  // rounding may land on the seam itself
}

template <class Scalar>
Points<Scalar> PeriodicBox<Scalar>::wrap(PointView<Scalar> points) const {
  Points<Scalar> wrapped{{}, points.dimension()};
  wrapped.coordinates.reserve(points.size() * static_cast<std::size_t>(points.dimension()));
  for (std::size_t i = 0; i < points.size(); ++i)
    for (int axis = 0; axis < points.dimension(); ++axis)
      wrapped.coordinates.push_back(is_periodic() ? wrap(points.row(i)[axis], axis) : points.row(i)[axis]);
  return wrapped;
}

template <class Scalar>
void PeriodicBox<Scalar>::check(int dimension) const {
  if (!is_periodic()) return;
  if (lengths.size() != static_cast<std::size_t>(dimension))
    throw invalid_input("the periodic box has " + std::to_string(lengths.size()) + " lengths; expected " +
                        std::to_string(dimension) + ", one an axis");
  for (std::size_t axis = 0; axis < lengths.size(); ++axis)
    if (!(lengths[axis] > 0))
      throw invalid_input("length " + std::to_string(axis) + " of the periodic box is " +
                          std::to_string(lengths[axis]) + "; expected a positive number, or infinity for an open axis");
}

namespace {

/// One axis: the absolute difference (to the nearest image), then the metric's term.
template <class Scalar>
Scalar axis_term(Scalar a, Scalar b, int axis, const Metric<Scalar>& metric, const PeriodicBox<Scalar>& box) {
  Scalar difference = std::abs(a - b);
  if (box.is_periodic()) difference = std::min(difference, box.lengths[static_cast<std::size_t>(axis)] - difference);
  switch (metric.kind) {
    case MetricKind::l2:
      return difference * difference;
    case MetricKind::weighted_l2:
      return metric.weights[static_cast<std::size_t>(axis)] * (difference * difference);
    case MetricKind::l1:
    case MetricKind::linf:
      break;
  }
  return difference;
}

}  // namespace

template <class Scalar>
Scalar metric_key(const Scalar* a, const Scalar* b, int dimension, const Metric<Scalar>& metric,
                  const PeriodicBox<Scalar>& box) {
  const auto combine = [&](Scalar x, Scalar y) { return metric.kind == MetricKind::linf ? std::max(x, y) : x + y; };
  constexpr int lanes = 16;
  Scalar partial[lanes] = {};
  if (dimension <= lanes) {
    for (int axis = 0; axis < dimension; ++axis)
      partial[0] = combine(partial[0], axis_term(a[axis], b[axis], axis, metric, box));
    return partial[0];
  }
  for (int axis = 0; axis < dimension; ++axis)
    partial[axis % lanes] = combine(partial[axis % lanes], axis_term(a[axis], b[axis], axis, metric, box));
  for (int half = lanes / 2; half > 0; half /= 2)
    for (int lane = 0; lane < half; ++lane) partial[lane] = combine(partial[lane], partial[lane + half]);
  return partial[0];
}

template struct Metric<float>;
template struct Metric<double>;
template struct PeriodicBox<float>;
template struct PeriodicBox<double>;
template float metric_key<float>(const float*, const float*, int, const Metric<float>&, const PeriodicBox<float>&);
template double metric_key<double>(const double*, const double*, int, const Metric<double>&,
                                   const PeriodicBox<double>&);

}  // namespace coppice
