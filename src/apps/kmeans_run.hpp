// The course of a clustering, whatever the points are and whichever method assigns them: means, empty clusters,
// convergence, and the last labels.
#pragma once

#include <functional>
#include <vector>

#include "kmeans_problem.hpp"

namespace coppice::kmeans {

/// What a course needs to know of the points.
struct Course {
  const Frame& frame;
  std::size_t k;
  int iterations;
  double tolerance_squared;  ///< of the sum of the squared moves
  /// A coordinate as the points' scalar type has it.
  double (*to_scalar)(double);
  /// The squared distance of each row to the center that its label names.
  std::function<void(std::span<const double> centers, const std::int32_t* labels, std::vector<double>& squared)>
      squares;
  /// Adds a row to the sum of a center, or with sign −1 takes it away.
  std::function<void(std::size_t row, int sign, std::size_t center, Sums& sums)> move;
  std::size_t rows;
};

struct Found {
  std::vector<double> centers;       ///< k × d
  std::vector<std::int32_t> labels;  ///< one a row
  std::vector<double> weights;       ///< of the clusters, in units of whole weights
  int iterations = 0;
  bool converged = false;
};

/// Runs from the given centers until they stand still, or as often as they may move.
[[nodiscard]] Found run(const Course& course, Engine& engine, std::vector<double> centers);

}  // namespace coppice::kmeans
