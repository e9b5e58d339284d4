// The course of a clustering.
#include "kmeans_run.hpp"

#include <algorithm>
#include <numeric>

namespace coppice::kmeans {
namespace {

/// Gives every empty cluster one of the points that are farthest from their centers, by (distance, row).
void fill_empty(const Course& course, Engine& engine, const std::vector<double>& centers, Sums& sums) {
  std::vector<std::size_t> empty;
  for (std::size_t j = 0; j < course.k; ++j)
    if (sums.weights[j] == 0) empty.push_back(j);
  if (empty.empty()) return;
  std::vector<std::int32_t> labels(course.rows);
  engine.assign(centers, sums, labels.data());
  std::vector<double> squared(course.rows);
  course.squares(centers, labels.data(), squared);
  std::vector<std::uint32_t> rows(course.rows);
  std::iota(rows.begin(), rows.end(), 0u);
  const auto farther = [&](std::uint32_t a, std::uint32_t b) {
    return squared[a] > squared[b] || (squared[a] == squared[b] && a < b);
  };
  const auto end = rows.begin() + static_cast<std::ptrdiff_t>(empty.size());
  std::partial_sort(rows.begin(), end, rows.end(), farther);
  for (std::size_t i = 0; i < empty.size() && squared[rows[i]] > 0; ++i) {
    course.move(rows[i], -1, static_cast<std::size_t>(labels[rows[i]]), sums);
    course.move(rows[i], 1, empty[i], sums);
  }
}

/// Moves the centers to their means and returns the sum of the squared moves; one without points stays.
double move_centers(const Course& course, const Sums& sums, std::vector<double>& centers) {
  const auto d = static_cast<std::size_t>(course.frame.dimension());
  double moved = 0;
  for (std::size_t j = 0; j < course.k; ++j) {
    if (sums.weights[j] == 0) continue;
    for (std::size_t a = 0; a < d; ++a) {
      double& center = centers[j * d + a];
      const double mean =
          course.to_scalar(course.frame.mean(static_cast<int>(a), sums.places[j * d + a], sums.weights[j]));
      moved += (mean - center) * (mean - center);
      center = mean;
    }
  }
  return moved;
}

}  // namespace

Found run(const Course& course, Engine& engine, std::vector<double> centers) {
  Found found;
  Sums sums(course.k, course.frame.dimension());
  std::vector<double> before;
  while (found.iterations < course.iterations && !found.converged) {
    engine.assign(centers, sums, nullptr);
    fill_empty(course, engine, centers, sums);
    before = centers;
    const double moved = move_centers(course, sums, centers);
    ++found.iterations;
    found.converged = moved <= course.tolerance_squared && (course.tolerance_squared > 0 || centers == before);
  }
  found.labels.resize(course.rows);
  engine.assign(centers, sums, found.labels.data());
  found.centers = std::move(centers);
  for (const std::int64_t weight : sums.weights) found.weights.push_back(static_cast<double>(weight));
  return found;
}

}  // namespace coppice::kmeans
