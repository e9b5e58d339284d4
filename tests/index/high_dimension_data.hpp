// Points and the definition of an answer, for the tests of HighNeighbors.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include "coppice/geometry/metric.hpp"
#include "coppice/index/neighbor_graph/high_dimension.hpp"

namespace coppice::test {

template <class Scalar>
Points<Scalar> normal_points(std::size_t size, int dimension, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  Points<Scalar> points{std::vector<Scalar>(size * static_cast<std::size_t>(dimension)), dimension};
  for (Scalar& x : points.coordinates) x = static_cast<Scalar>(normal(random));
  return points;
}

/// Integers 0 … values − 1.
template <class Scalar>
Points<Scalar> byte_points(std::size_t size, int dimension, unsigned values, unsigned seed) {
  std::mt19937 random(seed);
  Points<Scalar> points{std::vector<Scalar>(size * static_cast<std::size_t>(dimension)), dimension};
  for (Scalar& x : points.coordinates) x = static_cast<Scalar>(random() % values);
  return points;
}

/// Points near a curved surface of `inner` dimensions in `dimension` ones, with noise: a spectrum that falls.
template <class Scalar>
Points<Scalar> surface_points(std::size_t size, int dimension, int inner, double noise, unsigned seed) {
  std::mt19937 shape(7);
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  const auto d = static_cast<std::size_t>(dimension);
  const auto in = static_cast<std::size_t>(inner);
  std::vector<double> frequency(d * in);
  std::vector<double> phase(d);
  for (double& f : frequency) f = normal(shape);
  for (double& p : phase) p = normal(shape);
  Points<Scalar> points{std::vector<Scalar>(size * d), dimension};
  std::vector<double> t(in);
  for (std::size_t i = 0; i < size; ++i) {
    for (double& u : t) u = normal(random);
    for (std::size_t axis = 0; axis < d; ++axis) {
      double angle = phase[axis];
      for (std::size_t j = 0; j < in; ++j) angle += 0.4 * frequency[axis * in + j] * t[j];
      points.coordinates[i * d + axis] = static_cast<Scalar>(std::sin(angle) + noise * normal(random));
    }
  }
  return points;
}

template <class Scalar>
DenseGraph<Scalar> brute_force(const Points<Scalar>& points, const Points<Scalar>& queries,
                               const HighNearest<Scalar>& query, bool same) {
  DenseGraph<Scalar> graph{query.k, {}, {}};
  std::vector<std::pair<Scalar, point_id>> row;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    row.clear();
    for (std::size_t j = 0; j < points.size(); ++j)
      if (!same || query.self || i != j)
        row.emplace_back(metric_key(queries.view().row(i), points.view().row(j), points.dimension, Metric<Scalar>::l2(),
                                    PeriodicBox<Scalar>{}),
                         static_cast<point_id>(j));
    const std::size_t kept = std::min(row.size(), query.k);
    std::partial_sort(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(kept), row.end());
    for (std::size_t j = 0; j < query.k; ++j) {
      graph.ids.push_back(j < kept ? row[j].second : no_point);
      graph.distances.push_back(j < kept ? std::sqrt(row[j].first) : std::numeric_limits<Scalar>::infinity());
    }
  }
  return graph;
}

}  // namespace coppice::test
