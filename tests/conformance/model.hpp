// The reference of the conformance suite: a std::map of points and plain loops, written from the contract in
// geometry/metric.hpp and query/*.hpp and sharing no code with the library. Everything is compared with it bit for bit,
// so it must be compiled without contraction (-ffp-contract=off, as all of Coppice).
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <span>
#include <vector>

#include "coppice/geometry/metric.hpp"
#include "coppice/query/queries.hpp"

namespace coppice::test {

template <class Scalar>
class Model {
 public:
  using Row = std::vector<Scalar>;

  explicit Model(int dimension, PeriodicBox<Scalar> periodic = {})
      : dimension_(dimension), periodic_(std::move(periodic)) {}

  [[nodiscard]] int dimension() const { return dimension_; }
  [[nodiscard]] std::size_t size() const { return points_.size(); }
  [[nodiscard]] const std::map<point_id, Row>& points() const { return points_; }
  [[nodiscard]] point_id next_id() const { return next_id_; }
  [[nodiscard]] bool contains(point_id id) const { return points_.count(id) != 0; }
  [[nodiscard]] const PeriodicBox<Scalar>& periodic() const { return periodic_; }
  [[nodiscard]] std::vector<point_id> ids() const {
    std::vector<point_id> result;
    for (const auto& [id, row] : points_) result.push_back(id);
    return result;
  }

  void put(point_id id, std::span<const Scalar> point) {
    points_[id] = wrapped(point);
    next_id_ = std::max(next_id_, id + 1);
  }
  point_id insert(PointView<Scalar> rows) {
    const point_id first = next_id_;
    for (std::size_t i = 0; i < rows.size(); ++i) put(first + static_cast<point_id>(i), rows[i]);
    return first;
  }
  void insert(PointView<Scalar> rows, std::span<const point_id> ids) {
    for (std::size_t i = 0; i < rows.size(); ++i) put(ids[i], rows[i]);
  }
  void build(PointView<Scalar> rows) {
    points_.clear();
    next_id_ = 0;
    insert(rows);
  }
  void erase(point_id id) { points_.erase(id); }
  void clear() { points_.clear(); }

  std::size_t erase_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper, bool keep) {
    return std::erase_if(points_, [&](const auto& entry) { return in_box(entry.second, lower, upper) != keep; });
  }
  std::size_t down_sample(Scalar cell) {
    std::set<Row> taken;
    return std::erase_if(points_, [&](const auto& entry) {
      Row cube;
      for (const Scalar x : entry.second) cube.push_back(std::floor(x / cell) + Scalar{0});
      return !taken.insert(cube).second;
    });
  }

  [[nodiscard]] Scalar wrap(Scalar x, int axis) const {
    if (!periodic_.is_periodic()) return x;
    const Scalar length = periodic_.lengths[static_cast<std::size_t>(axis)];
    if (std::isinf(length) || (x >= 0 && x < length)) return x;
    const Scalar inside = x - length * std::floor(x / length);
    // Rounding may give the length itself, or a hair below zero: both are the cell's origin.
    return inside >= length || inside < 0 ? Scalar{0} : inside;
  }
  [[nodiscard]] Row wrapped(std::span<const Scalar> point) const {
    Row row(point.begin(), point.end());
    for (int axis = 0; axis < dimension_; ++axis) {
      auto& x = row[static_cast<std::size_t>(axis)];
      x = wrap(x, axis);
    }
    return row;
  }

  /// Both rows wrapped.
  [[nodiscard]] Scalar key(const Row& a, const Row& b, const Metric<Scalar>& metric) const {
    std::array<Scalar, 16> lane{};
    Scalar sum = 0;
    Scalar largest = 0;
    for (std::size_t axis = 0; axis < a.size(); ++axis) {
      Scalar offset = a[axis] < b[axis] ? b[axis] - a[axis] : a[axis] - b[axis];
      if (periodic_.is_periodic()) {
        const Scalar around = periodic_.lengths[axis] - offset;
        if (around < offset) offset = around;
      }
      Scalar term = offset;
      if (metric.kind == MetricKind::l2) term = offset * offset;
      if (metric.kind == MetricKind::weighted_l2) term = metric.weights[axis] * (offset * offset);
      sum = sum + term;
      lane[axis % 16] = lane[axis % 16] + term;
      if (term > largest) largest = term;
    }
    if (metric.kind == MetricKind::linf) return largest;
    if (a.size() <= 16) return sum;
    for (const std::size_t step : {8u, 4u, 2u, 1u})
      for (std::size_t j = 0; j < step; ++j) lane[j] = lane[j] + lane[j + step];
    return lane[0];
  }

  /// Whether one image of the (wrapped) point lies in the closed box. Exact for cells and bounds whose sums are exact.
  [[nodiscard]] bool in_box(const Row& point, std::span<const Scalar> lower, std::span<const Scalar> upper) const {
    for (std::size_t axis = 0; axis < point.size(); ++axis) {
      Scalar x = point[axis];
      if (periodic_.is_periodic() && !std::isinf(periodic_.lengths[axis])) {
        const Scalar length = periodic_.lengths[axis];
        x = x + length * std::ceil((lower[axis] - x) / length);  // the first image at or after the lower bound
      }
      if (!(lower[axis] <= x && x <= upper[axis])) return false;
    }
    return true;
  }

  /// Every point that the filter accepts, ordered by (key, id).
  [[nodiscard]] std::vector<Hit<Scalar>> ranked(std::span<const Scalar> query, const Metric<Scalar>& metric,
                                                const IdFilter& filter) const {
    const Row center = wrapped(query);
    std::vector<Hit<Scalar>> hits;
    for (const auto& [id, row] : points_)
      if (!filter || filter(id)) hits.push_back({key(center, row, metric), id});
    std::sort(hits.begin(), hits.end(), [](const Hit<Scalar>& a, const Hit<Scalar>& b) {
      return a.distance_squared != b.distance_squared ? a.distance_squared < b.distance_squared : a.id < b.id;
    });
    return hits;
  }
  [[nodiscard]] std::vector<point_id> box_ids(std::span<const Scalar> lower, std::span<const Scalar> upper,
                                              const IdFilter& filter) const {
    std::vector<point_id> result;
    for (const auto& [id, row] : points_)
      if ((!filter || filter(id)) && in_box(row, lower, upper)) result.push_back(id);
    return result;
  }

 private:
  int dimension_;
  PeriodicBox<Scalar> periodic_;
  std::map<point_id, Row> points_;
  point_id next_id_ = 0;
};

template <class Scalar>
Scalar reference_key_of(const Metric<Scalar>& metric, Scalar radius) {
  const bool squared = metric.kind == MetricKind::l2 || metric.kind == MetricKind::weighted_l2;
  return squared ? radius * radius : radius;
}

template <class Scalar>
Scalar reference_distance(const Metric<Scalar>& metric, Scalar key) {
  const bool squared = metric.kind == MetricKind::l2 || metric.kind == MetricKind::weighted_l2;
  return squared ? std::sqrt(key) : key;
}

/// How many of the ranked hits lie within the radius: a prefix.
template <class Scalar>
std::size_t hits_within(const std::vector<Hit<Scalar>>& ranked, const Metric<Scalar>& metric, Scalar radius) {
  const Scalar limit = reference_key_of(metric, radius);
  std::size_t count = 0;
  while (count < ranked.size() && ranked[count].distance_squared <= limit) ++count;
  return count;
}

}  // namespace coppice::test
