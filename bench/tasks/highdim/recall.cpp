// Comparisons of graphs, with distances in doubles.
#include "tasks/highdim/recall.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace coppice::bench {
namespace {

/// What the rounding of floats may do to a squared distance, of 784 squares in 16 sums, is well below.
constexpr double tolerance = 2e-5;

double key_of(const Real* a, const Real* b) {
  double sums[8] = {};
  int axis = 0;
  for (; axis + 8 <= dimension; axis += 8)
    for (int lane = 0; lane < 8; ++lane) {
      const double difference = double{a[axis + lane]} - double{b[axis + lane]};
      sums[lane] += difference * difference;
    }
  for (; axis < dimension; ++axis) sums[0] += (double{a[axis]} - double{b[axis]}) * (double{a[axis]} - double{b[axis]});
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

}  // namespace

double recall_of(const GraphRows& rows, const GraphRows& exact, PointView<Real> points) {
  const std::size_t n = points.size(), k = rows.k;
  std::size_t hits = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const std::int32_t* row = rows.ids + i * k;
    const std::int32_t* truth = exact.ids + i * k;
    double farthest = -1;
    for (std::size_t j = 0; j < k; ++j) {
      const std::int32_t id = row[j];
      if (id < 0 || id == static_cast<std::int32_t>(i) || std::find(row, row + j, id) != row + j) continue;
      if (std::find(truth, truth + k, id) == truth + k) {
        if (farthest < 0) farthest = key_of(points.row(i), points.row(static_cast<std::size_t>(truth[k - 1])));
        if (key_of(points.row(i), points.row(static_cast<std::size_t>(id))) > farthest) continue;
      }
      ++hits;
    }
  }
  return static_cast<double>(hits) / static_cast<double>(n * k);
}

std::string check_sample(const GraphRows& exact, std::size_t count, PointView<Real> points) {
  const std::size_t n = points.size(), k = exact.k;
  std::vector<double> keys(n), sorted;
  for (std::size_t s = 0; s < count; ++s) {
    const std::size_t i = s * n / count;
    for (std::size_t j = 0; j < n; ++j)
      keys[j] = j == i ? std::numeric_limits<double>::infinity() : key_of(points.row(i), points.row(j));
    sorted = keys;
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(k - 1), sorted.end());
    const double farthest = sorted[k - 1];
    const std::int32_t* row = exact.ids + i * k;
    for (std::size_t j = 0; j < k; ++j) {
      const double key = row[j] < 0 ? -1 : keys[static_cast<std::size_t>(row[j])];
      if (key < 0 || key > farthest * (1 + tolerance) || std::find(row, row + j, row[j]) != row + j)
        return "row " + std::to_string(i) + " names a point that is no neighbour";
      if (std::abs(exact.distances[i * k + j] - std::sqrt(key)) > tolerance * std::sqrt(key))
        return "row " + std::to_string(i) + " has a wrong distance";
    }
    for (std::size_t j = 0; j < n; ++j)
      if (keys[j] < farthest * (1 - tolerance) && std::find(row, row + k, static_cast<std::int32_t>(j)) == row + k)
        return "row " + std::to_string(i) + " lacks a neighbour";
  }
  return {};
}

}  // namespace coppice::bench
