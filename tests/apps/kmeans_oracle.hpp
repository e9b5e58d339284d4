// k-means spelled out: what every method must give, bit for bit, and sets of points that try them.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "coppice/apps/kmeans.hpp"

namespace coppice::test {

/// Σ (x − c)² in double, in the order of the axes.
template <class Scalar>
double squared_between(const Scalar* x, const Scalar* c, int dimension) {
  double sum = 0;
  for (int a = 0; a < dimension; ++a) {
    const double t = static_cast<double>(x[a]) - static_cast<double>(c[a]);
    sum += t * t;
  }
  return sum;
}

/// Of every row the nearest center, the lower one of two that are equally near.
template <class Scalar>
std::vector<std::int32_t> labels_by_definition(PointView<Scalar> points, PointView<Scalar> centers) {
  std::vector<std::int32_t> labels;
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::size_t best = 0;
    double least = squared_between(points.row(i), centers.row(0), points.dimension());
    for (std::size_t j = 1; j < centers.size(); ++j) {
      const double square = squared_between(points.row(i), centers.row(j), points.dimension());
      if (square < least) {
        least = square;
        best = j;
      }
    }
    labels.push_back(static_cast<std::int32_t>(best));
  }
  return labels;
}

/// Means in long double of the points of each label; a center without points stays.
template <class Scalar>
std::vector<long double> means_of(PointView<Scalar> points, const std::vector<std::int32_t>& labels,
                                  PointView<Scalar> centers, const std::vector<double>& weights = {}) {
  const auto d = static_cast<std::size_t>(points.dimension());
  std::vector<long double> sums(centers.size() * d), totals(centers.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto j = static_cast<std::size_t>(labels[i]);
    const long double w = weights.empty() ? 1 : weights[i];
    totals[j] += w;
    for (std::size_t a = 0; a < d; ++a) sums[j * d + a] += w * points.row(i)[a];
  }
  for (std::size_t j = 0; j < centers.size(); ++j)
    for (std::size_t a = 0; a < d; ++a)
      sums[j * d + a] = totals[j] > 0 ? sums[j * d + a] / totals[j] : static_cast<long double>(centers.row(j)[a]);
  return sums;
}

/// Points of a kind: uniform, clusters, duplicates, lattice (many ties), line, far (an outlier), tiny, large, offset.
template <class Scalar>
Points<Scalar> kmeans_set(const std::string& kind, std::size_t n, int d, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::normal_distribution<double> normal;
  Points<Scalar> points{{}, d};
  const auto axes = static_cast<std::size_t>(d);
  std::vector<double> middles;
  for (std::size_t i = 0; i < 7 * axes; ++i) middles.push_back(10 * uniform(random));
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t cluster = random() % 7;
    const double along = uniform(random);
    for (std::size_t a = 0; a < axes; ++a) {
      double x = uniform(random);
      if (kind == "clusters") x = middles[cluster * axes + a] + 0.3 * normal(random);
      if (kind == "duplicates") x = static_cast<double>(random() % 4);
      if (kind == "lattice") x = std::floor(16 * x);
      if (kind == "line") x = along * static_cast<double>(a + 1) + (a == 0 ? 0 : 1e-9 * x);
      if (kind == "far") x = i == n / 2 ? 1e6 : x;
      if (kind == "tiny") x *= sizeof(Scalar) == 4 ? 1e-30 : 1e-200;
      if (kind == "large") x = (x - 0.5) * (sizeof(Scalar) == 4 ? 1e18 : 1e150);
      if (kind == "offset") x += sizeof(Scalar) == 4 ? 1e4 : 1e9;
      points.coordinates.push_back(static_cast<Scalar>(x));
    }
  }
  return points;
}

}  // namespace coppice::test
