// From what a caller gives to what methods work on: checks, ranges, whole weights, and the course that a clustering of
// rows takes.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "coppice/apps/kmeans.hpp"
#include "kmeans_problem.hpp"
#include "kmeans_run.hpp"

namespace coppice::kmeans {

/// Checked points and weights, and their frame.
template <class S>
class Prepared {
 public:
  /// Errors: invalid_input as KMeans::fit says.
  Prepared(PointView<S> points, std::span<const double> weights, const Executor& executor);
  [[nodiscard]] Problem<S> problem() const { return {points_, weights_, weight_unit_, *frame_, executor_}; }

 private:
  PointView<S> points_;
  Executor executor_;
  std::vector<double> weights_;
  double weight_unit_ = 1;
  std::optional<Frame> frame_;
};

/// Refuses given centers that are not k × d finite numbers. Errors: invalid_input.
template <class S>
void check_start(const typename KMeans<S>::Config& config, int dimension);

/// Refuses fewer than k distinct points; stops at the k-th. Errors: invalid_input.
void check_distinct(const RowSource& rows, std::size_t k);

/// The course of a clustering of these rows; all of them must outlive it.
[[nodiscard]] Course course_of(const RowSource& rows, const Frame& frame, std::span<const double> weights,
                               std::size_t k, int iterations, double tolerance, const Executor& executor,
                               double (*to_scalar)(double));

template <class S>
[[nodiscard]] double to_scalar(double x) {
  return static_cast<double>(static_cast<S>(x));
}

template <class S>
[[nodiscard]] Points<S> to_points(std::span<const double> numbers, int dimension) {
  Points<S> points{{}, dimension};
  points.coordinates.reserve(numbers.size());
  for (const double x : numbers) points.coordinates.push_back(static_cast<S>(x));
  return points;
}

/// The centers that a restart begins with.
template <class S>
[[nodiscard]] std::vector<double> start_of(const typename KMeans<S>::Config& config, const RowSource& rows,
                                           std::vector<std::uint32_t> order, std::span<const double> weights,
                                           int restart) {
  if (config.init == KMeansInit::given) return {config.centers.coordinates.begin(), config.centers.coordinates.end()};
  return starting_centers(rows, std::move(order), weights, config.k, config.init,
                          config.seed + static_cast<std::uint64_t>(restart), config.executor);
}

/// The best of several clusterings: the first one of the least sse.
template <class S>
struct Best {
  Clustering<S> clustering;
  std::vector<double> weights;
  bool any = false;

  void offer(Found& found, double sse, int dimension, KMeansMethod method) {
    if (any && !(sse < clustering.sse)) return;
    any = true;
    clustering = {to_points<S>(found.centers, dimension),
                  std::move(found.labels),
                  {},
                  sse,
                  found.iterations,
                  found.converged,
                  method};
    weights = std::move(found.weights);
  }
};

}  // namespace coppice::kmeans
