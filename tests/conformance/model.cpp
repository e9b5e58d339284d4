// The reference's loops. See model.hpp.

#include "conformance/model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace coppice::test {

template <class Scalar>
std::vector<point_id> Model<Scalar>::ids() const {
  std::vector<point_id> result;
  for (const auto& [id, row] : points_) result.push_back(id);
  return result;
}

template <class Scalar>
void Model<Scalar>::put(point_id id, std::span<const Scalar> point) {
  points_[id] = wrapped(point);
  next_id_ = std::max(next_id_, id + 1);
}

template <class Scalar>
point_id Model<Scalar>::insert(PointView<Scalar> rows) {
  const point_id first = next_id_;
  for (std::size_t i = 0; i < rows.size(); ++i) put(first + static_cast<point_id>(i), rows[i]);
  return first;
}

template <class Scalar>
void Model<Scalar>::insert(PointView<Scalar> rows, std::span<const point_id> ids) {
  for (std::size_t i = 0; i < rows.size(); ++i) put(ids[i], rows[i]);
}

template <class Scalar>
void Model<Scalar>::build(PointView<Scalar> rows) {
  points_.clear();
  next_id_ = 0;
  insert(rows);
}

template <class Scalar>
std::size_t Model<Scalar>::erase_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper, bool keep) {
  return std::erase_if(points_, [&](const auto& entry) { return in_box(entry.second, lower, upper) != keep; });
}

template <class Scalar>
std::size_t Model<Scalar>::down_sample(Scalar cell) {
  std::set<Row> taken;
  return std::erase_if(points_, [&](const auto& entry) {
    Row cube;
    for (const Scalar x : entry.second) cube.push_back(std::floor(x / cell) + Scalar{0});
    return !taken.insert(cube).second;
  });
}

template <class Scalar>
Scalar Model<Scalar>::wrap(Scalar x, int axis) const {
  if (!periodic_.is_periodic()) return x;
  const Scalar length = periodic_.lengths[static_cast<std::size_t>(axis)];
  if (std::isinf(length) || (x >= 0 && x < length)) return x;
  const Scalar inside = x - length * std::floor(x / length);
  // Rounding may give the length itself, or a hair below zero: both are the cell's origin.
  return inside >= length || inside < 0 ? Scalar{0} : inside;
}

template <class Scalar>
typename Model<Scalar>::Row Model<Scalar>::wrapped(std::span<const Scalar> point) const {
  Row row(point.begin(), point.end());
  for (int axis = 0; axis < dimension_; ++axis) {
    auto& x = row[static_cast<std::size_t>(axis)];
    x = wrap(x, axis);
  }
  return row;
}

template <class Scalar>
std::vector<point_id> Model<Scalar>::box_ids(std::span<const Scalar> lower, std::span<const Scalar> upper,
                                             const IdFilter& filter) const {
  std::vector<point_id> result;
  for (const auto& [id, row] : points_)
    if ((!filter || filter(id)) && in_box(row, lower, upper)) result.push_back(id);
  return result;
}

template <class Scalar>
Scalar Model<Scalar>::key(const Row& a, const Row& b, const Metric<Scalar>& metric) const {
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

template <class Scalar>
bool Model<Scalar>::in_box(const Row& point, std::span<const Scalar> lower, std::span<const Scalar> upper) const {
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

template <class Scalar>
std::vector<Hit<Scalar>> Model<Scalar>::ranked(std::span<const Scalar> query, const Metric<Scalar>& metric,
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

template class Model<float>;
template class Model<double>;

}  // namespace coppice::test
