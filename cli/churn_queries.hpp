// Random queries for a churn: every metric, order, strategy and filter, radii that fall exactly on a neighbour, boxes
// without width, and the form in which answers in storage order can be compared.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <tuple>
#include <utility>
#include <vector>

#include "churn_points.hpp"
#include "coppice/any_index.hpp"

namespace coppice::cli {

/// Draws queries that fit the data's density. Requires: all arguments outlive it.
template <class Scalar>
class QuerySampler {
 public:
  QuerySampler(PointSampler<Scalar>& points, Random& random, const AnyIndex<Scalar>& model)
      : points_(points), random_(random), model_(model), spacing_(typical_spacing()) {}

  /// The median distance to the 8th neighbour over a few points; 0 when the data has no extent.
  [[nodiscard]] double spacing() const noexcept { return spacing_; }

  [[nodiscard]] Points<Scalar> rows() { return points_.draw(random_.between(1, 6)); }

  [[nodiscard]] Nearest<Scalar> nearest(PointView<Scalar> rows) {
    Nearest<Scalar> query;
    const std::size_t live = model_.size();
    query.k = live < 5000 && random_.chance(0.02) ? live + 3 : random_.between(1, 24);
    query.metric = metric();
    if (random_.chance(0.25)) query.radius = radius(rows, query.metric);
    query.filter = filter();
    query.strategy = {static_cast<Traversal>(random_.below(4)), static_cast<Volume>(random_.below(2))};
    return query;
  }

  [[nodiscard]] Within<Scalar> within(PointView<Scalar> rows) {
    Within<Scalar> query;
    query.metric = metric();
    query.radius = radius(rows, query.metric);
    query.order = static_cast<Order>(random_.below(3));
    query.strategy = {static_cast<Traversal>(random_.below(4)), static_cast<Volume>(random_.below(2))};
    query.filter = filter();
    return query;
  }

  [[nodiscard]] InBox in_box() {
    InBox query;
    query.order = random_.chance(0.5) ? Order::by_id : Order::none;
    query.filter = filter();
    return query;
  }

  /// Corners around a drawn point that span up to `share` of the bounds on every axis; now and then without width.
  [[nodiscard]] std::pair<Points<Scalar>, Points<Scalar>> box(double share) {
    std::pair<Points<Scalar>, Points<Scalar>> corners{points_.draw(1), {}};
    corners.second = corners.first;
    const double size = random_.chance(0.1) ? 0 : share * std::pow(10.0, -2.0 * random_.unit());
    for (std::size_t axis = 0; axis < corners.first.coordinates.size(); ++axis) {
      const double center = static_cast<double>(corners.first.coordinates[axis]);
      const double half = 0.5 * size * points_.extent(axis);
      corners.first.coordinates[axis] = points_.allowed(center - half);
      corners.second.coordinates[axis] = points_.allowed(center + half);
    }
    return corners;
  }

 private:
  Metric<Scalar> metric() {
    const auto kind = static_cast<MetricKind>(random_.below(4));
    if (kind != MetricKind::weighted_l2) return {random_.chance(0.5) ? MetricKind::l2 : kind, {}};
    std::vector<Scalar> weights;
    for (std::size_t axis = 0; axis < points_.lower().size(); ++axis)
      weights.push_back(static_cast<Scalar>(0.25 + random_.unit()));
    return Metric<Scalar>::weighted_l2(std::move(weights));
  }

  IdFilter filter() {
    if (random_.chance(0.85)) return {};
    return [modulus = static_cast<point_id>(random_.between(2, 5))](point_id id) { return id % modulus != 0; };
  }

  // From nothing to some dozens of points, and half of the time exactly a neighbour's distance.
  Scalar radius(PointView<Scalar> rows, const Metric<Scalar>& measure) {
    if (random_.chance(0.5)) {
      Nearest<Scalar> probe;
      probe.k = random_.between(1, 40);
      probe.metric = measure;
      const Scalar reach = model_.nearest(rows.slice(0, 1), probe).distances.back();
      if (std::isfinite(reach)) return reach;
    }
    return static_cast<Scalar>(spacing_ * 3 * random_.unit());
  }

  double typical_spacing() {
    constexpr std::size_t probes = 31;
    Nearest<Scalar> query;
    query.k = 8;
    const auto answers = model_.nearest(points_.draw(probes), query);
    std::vector<double> distances;
    for (std::size_t i = 0; i < probes; ++i)
      distances.push_back(static_cast<double>(answers.distances[i * query.k + query.k - 1]));
    std::nth_element(distances.begin(), distances.begin() + probes / 2, distances.end());
    if (const double median = distances[probes / 2]; std::isfinite(median)) return median;
    double extent = 0;
    for (std::size_t axis = 0; axis < points_.lower().size(); ++axis) extent = std::max(extent, points_.extent(axis));
    return 0.1 * extent;
  }

  PointSampler<Scalar>& points_;
  Random& random_;
  const AnyIndex<Scalar>& model_;
  double spacing_;
};

/// Sorts every row by id. Storage order is each index's own; in this form equal sets are equal.
template <class Scalar>
void sort_rows(Neighbors<Scalar>& answers) {
  std::vector<std::pair<point_id, Scalar>> row;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto first = static_cast<std::size_t>(answers.offsets[i]);
    const auto last = static_cast<std::size_t>(answers.offsets[i + 1]);
    if (answers.distances.empty()) {
      std::sort(answers.ids.begin() + answers.offsets[i], answers.ids.begin() + answers.offsets[i + 1]);
      continue;
    }
    row.clear();
    for (std::size_t j = first; j < last; ++j) row.emplace_back(answers.ids[j], answers.distances[j]);
    std::sort(row.begin(), row.end());
    for (std::size_t j = first; j < last; ++j) std::tie(answers.ids[j], answers.distances[j]) = row[j - first];
  }
}

}  // namespace coppice::cli
