// What every method of k-means works on: the points, their grid of integers, and the sums on it that centers come from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "coppice/apps/kmeans.hpp"
#include "coppice/apps/kmeans_kernels.hpp"

namespace coppice::kmeans {

/// The range of the points and the grid that belongs to it.
class Frame {
 public:
  /// `total` and `largest` are those of the weights (1 and n where there are none).
  Frame(std::vector<double> lower, std::vector<double> upper, double total, double largest);

  [[nodiscard]] Grid grid() const noexcept { return {origin_.data(), scale_.data()}; }
  [[nodiscard]] int dimension() const noexcept { return dimension_; }
  [[nodiscard]] double lower(int axis) const { return lower_[static_cast<std::size_t>(axis)]; }
  [[nodiscard]] double upper(int axis) const { return upper_[static_cast<std::size_t>(axis)]; }
  /// The mean of points whose sum and weight are given.
  [[nodiscard]] double mean(int axis, std::int64_t sum, std::int64_t weight) const {
    const auto a = static_cast<std::size_t>(axis);
    return origin_[a] + static_cast<double>(sum) / static_cast<double>(weight) * inverse_[a];
  }
  /// What rounding may change a difference of two squared distances by, from points of this range to these centers.
  [[nodiscard]] double margin(std::span<const double> centers) const;

 private:
  int dimension_;
  std::vector<double> lower_, upper_;
  std::vector<double> origin_, scale_, inverse_;  ///< padded to eight axes
};

/// Sums of points on the grid, one a center.
struct Sums {
  std::vector<std::int64_t> places;   ///< k × d
  std::vector<std::int64_t> weights;  ///< k
  Sums() = default;
  Sums(std::size_t k, int dimension) : places(k * static_cast<std::size_t>(dimension)), weights(k) {}
  void clear();
  void add(const Sums& other);
};

/// Points by row, in doubles, wherever they are.
class RowSource {
 public:
  virtual ~RowSource() = default;
  [[nodiscard]] virtual std::size_t size() const = 0;
  [[nodiscard]] virtual int dimension() const = 0;
  virtual void read(std::size_t row, double* x) const = 0;
};

template <class S>
class ViewRows final : public RowSource {
 public:
  explicit ViewRows(PointView<S> points) : points_(points) {}
  [[nodiscard]] std::size_t size() const override { return points_.size(); }
  [[nodiscard]] int dimension() const override { return points_.dimension(); }
  void read(std::size_t row, double* x) const override {
    for (const S coordinate : points_[row]) *x++ = static_cast<double>(coordinate);
  }

 private:
  PointView<S> points_;
};

/// Points, as rows of the caller's, and whole weights where there are any.
template <class S>
struct Problem {
  PointView<S> points;
  std::span<const double> weights;  ///< whole numbers, or empty
  double weight_unit = 1;           ///< what a weight of 1 stands for
  const Frame& frame;
  Executor executor;

  [[nodiscard]] double weight(std::size_t row) const { return weights.empty() ? 1 : weights[row]; }
};

/// One method: gives every point to its nearest center.
class Engine {
 public:
  virtual ~Engine() = default;
  /// `centers`: k × d, numbers of the points' scalar type. `sums` has the right size and is overwritten. `labels`, one
  /// a row, may be null.
  virtual void assign(std::span<const double> centers, Sums& sums, std::int32_t* labels) = 0;
};

template <class S>
[[nodiscard]] std::unique_ptr<Engine> make_lloyd(const Problem<S>& problem, std::size_t k);
template <class S>
[[nodiscard]] std::unique_ptr<Engine> make_hamerly(const Problem<S>& problem, std::size_t k);
template <class S>
[[nodiscard]] std::unique_ptr<Engine> make_elkan(const Problem<S>& problem, std::size_t k);
/// Requires: up to eight axes.
template <class S>
[[nodiscard]] std::unique_ptr<Engine> make_filtering(const Problem<S>& problem, std::size_t k, bool two_trees);

/// The starting centers: rows of the points, as k × d. `order` names the rows along a curve through space (empty: they
/// stand that way); `weights` may be empty. Requires: k distinct points.
[[nodiscard]] std::vector<double> starting_centers(const RowSource& rows, std::vector<std::uint32_t> order,
                                                   std::span<const double> weights, std::size_t k, KMeansInit init,
                                                   std::uint64_t seed, const Executor& executor);

/// The sum of weighted squared distances from points to the centers that `labels` name: by blocks of rows, in order.
template <class S>
[[nodiscard]] double sum_of_squares(const Problem<S>& problem, std::span<const double> centers,
                                    const std::int32_t* labels);

/// The same over rows of any kind, without weights.
[[nodiscard]] double sum_of_squares(const RowSource& rows, std::span<const double> centers, const std::int32_t* labels,
                                    const Executor& executor);

/// The squared distance that decides.
template <class S>
[[nodiscard]] inline double squared_distance(const S* x, const double* c, int dimension) {
  double sum = 0;
  for (int a = 0; a < dimension; ++a) {
    const double t = static_cast<double>(x[a]) - c[a];
    sum += t * t;
  }
  return sum;
}

}  // namespace coppice::kmeans
