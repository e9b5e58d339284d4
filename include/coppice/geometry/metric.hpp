// Metrics and periodic boxes as values, and the one reference evaluation that defines every answer of the library.
//
// A metric value ("key") is what answers are ordered by: the squared distance for l2 and weighted_l2, the distance
// itself for l1 and linf. It is evaluated in the index's scalar type without fused multiply-add: per axis the absolute
// difference (the nearest image where the axis is periodic), its term, and then the sum, axes in order up to 16
// dimensions; beyond, 16 partial sums (lane j takes axes j, j + 16, …) reduced pairwise (j with j + 8, + 4, + 2, + 1).
#pragma once

#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "coppice/geometry/point_view.hpp"

namespace coppice {

enum class MetricKind { l2, l1, linf, weighted_l2 };

/// How far two points are apart. Default: Euclidean.
template <class Scalar>
struct Metric {
  MetricKind kind = MetricKind::l2;
  std::vector<Scalar> weights{};  ///< one positive, finite weight an axis; weighted_l2 only

  [[nodiscard]] static Metric l2() { return {}; }
  [[nodiscard]] static Metric l1() { return {MetricKind::l1, {}}; }
  [[nodiscard]] static Metric linf() { return {MetricKind::linf, {}}; }
  /// Σ w·(x − y)² under the root. Errors: a non-positive or infinite weight is refused where the metric is used.
  [[nodiscard]] static Metric weighted_l2(std::vector<Scalar> weights) {
    return {MetricKind::weighted_l2, std::move(weights)};
  }

  /// Whether keys are squared distances.
  [[nodiscard]] bool is_squared() const noexcept { return kind == MetricKind::l2 || kind == MetricKind::weighted_l2; }
  /// The key of a radius: r·r or r. An infinite radius stays infinite.
  [[nodiscard]] Scalar key_of(Scalar radius) const noexcept { return is_squared() ? radius * radius : radius; }
  /// The distance of a key, correctly rounded.
  [[nodiscard]] Scalar distance_of(Scalar key) const noexcept;
  /// The same for many, in place.
  void distances_of(std::span<Scalar> keys) const noexcept;
  /// Errors: invalid_input when the weights do not fit the kind and dimension.
  void check(int dimension) const;
};

/// `l2`, `l1`, `linf`; errors: invalid_input that names these three.
[[nodiscard]] MetricKind metric_from_name(std::string_view name);
[[nodiscard]] std::string_view metric_name(MetricKind kind) noexcept;

/// An orthorhombic periodic cell: axis d repeats every `lengths[d]`; an infinite length leaves that axis open.
/// Coordinates are wrapped into [0, length) as they enter an index, x − L·floor(x / L), and so are queries.
template <class Scalar>
struct PeriodicBox {
  std::vector<Scalar> lengths{};  ///< empty: nothing is periodic; else one length an axis, positive, or infinity

  [[nodiscard]] bool is_periodic() const noexcept { return !lengths.empty(); }
  /// One coordinate, wrapped.
  [[nodiscard]] Scalar wrap(Scalar x, int axis) const noexcept;
  /// A wrapped copy of all rows.
  [[nodiscard]] Points<Scalar> wrap(PointView<Scalar> points) const;
  /// Errors: invalid_input when the lengths do not fit the dimension or are not positive.
  void check(int dimension) const;
};

/// The key between two points of `dimension` axes, by the evaluation order above: the definition of exactness.
/// Requires: both points wrapped where `box` is periodic.
template <class Scalar>
[[nodiscard]] Scalar metric_key(const Scalar* a, const Scalar* b, int dimension, const Metric<Scalar>& metric,
                                const PeriodicBox<Scalar>& box);

}  // namespace coppice
