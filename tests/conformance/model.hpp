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
  [[nodiscard]] std::vector<point_id> ids() const;

  void put(point_id id, std::span<const Scalar> point);
  point_id insert(PointView<Scalar> rows);
  void insert(PointView<Scalar> rows, std::span<const point_id> ids);
  void build(PointView<Scalar> rows);
  void erase(point_id id) { points_.erase(id); }
  void clear() { points_.clear(); }

  std::size_t erase_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper, bool keep);
  std::size_t down_sample(Scalar cell);

  [[nodiscard]] Scalar wrap(Scalar x, int axis) const;
  [[nodiscard]] Row wrapped(std::span<const Scalar> point) const;

  /// Both rows wrapped.
  [[nodiscard]] Scalar key(const Row& a, const Row& b, const Metric<Scalar>& metric) const;

  /// Whether one image of the (wrapped) point lies in the closed box. Exact for cells and bounds whose sums are exact.
  [[nodiscard]] bool in_box(const Row& point, std::span<const Scalar> lower, std::span<const Scalar> upper) const;

  /// Every point that the filter accepts, ordered by (key, id).
  [[nodiscard]] std::vector<Hit<Scalar>> ranked(std::span<const Scalar> query, const Metric<Scalar>& metric,
                                                const IdFilter& filter) const;
  [[nodiscard]] std::vector<point_id> box_ids(std::span<const Scalar> lower, std::span<const Scalar> upper,
                                              const IdFilter& filter) const;

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
