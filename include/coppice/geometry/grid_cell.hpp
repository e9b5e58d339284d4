// Cells of a uniform grid aligned to 0, for down-sampling: one point a cell, by a policy. A cell is named by the floor
// of x / edge, kept as floating point: an integer would overflow far from the origin, and a cast would fold the two
// cells around 0 into one.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "coppice/errors.hpp"
#include "coppice/geometry/point_view.hpp"

namespace coppice {

/// Which point stands for a cell.
enum class CellPolicy {
  first,              ///< the one with the smallest id
  nearest_to_center,  ///< the one nearest to the cell's centre, ties by the smallest id
  centroid            ///< the mean of all, under the smallest id
};

/// One point a cell.
template <class Scalar>
struct Thinned {
  std::vector<std::size_t> rows;  ///< the row whose id each cell keeps, ascending
  Points<Scalar> points;          ///< those rows, or the centroids of their cells
};

/// The cells of a grid of cubes that hold points. Cells are numbered in the order of their first rows.
template <class Scalar>
class GridCells {
 public:
  /// Errors: invalid_input unless `edge` is positive and finite; naming the row of a coordinate so many edges from 0
  /// that their number overflows. Complexity: O(n · d) expected.
  GridCells(PointView<Scalar> points, Scalar edge) : points_(points), edge_(edge) {
    if (!(edge > 0) || !std::isfinite(edge))
      throw invalid_input("cell is " + std::to_string(edge) + "; expected a positive, finite edge length");
    name_cells();
    number_cells();
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// The cell of each row.
  [[nodiscard]] const std::vector<std::size_t>& of_rows() const noexcept { return of_rows_; }

  /// The row that each cell keeps; for `centroid` that of the smallest id, which the centroid then bears.
  /// Requires: `ids` are as many as the points and distinct. Complexity: O(n · d).
  [[nodiscard]] std::vector<std::size_t> kept_rows(std::span<const point_id> ids, CellPolicy policy) const {
    constexpr auto none = static_cast<std::size_t>(-1);
    std::vector<std::size_t> kept(size_, none);
    std::vector<double> nearest(policy == CellPolicy::nearest_to_center ? size_ : 0);
    for (std::size_t row = 0; row < points_.size(); ++row) {
      const std::size_t cell = of_rows_[row];
      bool better = kept[cell] == none || ids[row] < ids[kept[cell]];
      if (policy == CellPolicy::nearest_to_center) {
        const double distance = squared_distance_to_center(row);
        better = kept[cell] == none || distance < nearest[cell] || (distance == nearest[cell] && better);
        if (better) nearest[cell] = distance;
      }
      if (better) kept[cell] = row;
    }
    return kept;
  }

  /// The mean of each cell's points: sums in double, in the order of the rows, divided by their number, rounded once to
  /// Scalar. Complexity: O(n · d).
  [[nodiscard]] Points<Scalar> centroids() const {
    const auto dimension = static_cast<std::size_t>(points_.dimension());
    std::vector<double> sums(size_ * dimension, 0.0);
    std::vector<double> counts(size_, 0.0);
    for (std::size_t row = 0; row < points_.size(); ++row) {
      counts[of_rows_[row]] += 1;
      for (std::size_t axis = 0; axis < dimension; ++axis)
        sums[of_rows_[row] * dimension + axis] += static_cast<double>(points_.row(row)[axis]);
    }
    Points<Scalar> means{{}, points_.dimension()};
    means.coordinates.reserve(sums.size());
    for (std::size_t i = 0; i < sums.size(); ++i)
      means.coordinates.push_back(static_cast<Scalar>(sums[i] / counts[i / dimension]));
    return means;
  }

 private:
  void name_cells() {
    const auto dimension = static_cast<std::size_t>(points_.dimension());
    names_.resize(points_.size() * dimension);
    for (std::size_t row = 0; row < points_.size(); ++row)
      for (std::size_t axis = 0; axis < dimension; ++axis) {
        const Scalar name = std::floor(points_.row(row)[axis] / edge_) + Scalar(0);  // −0 becomes 0
        if (!std::isfinite(name))
          throw invalid_input(row, "coordinate " + std::to_string(axis) + " lies too many cells of edge " +
                                       std::to_string(edge_) + " from 0 to be counted");
        names_[row * dimension + axis] = name;
      }
  }

  void number_cells() {
    const auto dimension = static_cast<std::size_t>(points_.dimension());
    const auto hash = [&](std::size_t row) {
      std::size_t h = 0;
      for (std::size_t axis = 0; axis < dimension; ++axis)
        h = (h ^ std::hash<Scalar>{}(names_[row * dimension + axis])) * 0x9e3779b97f4a7c15ull;
      return h ^ (h >> 32);
    };
    const auto same = [&](std::size_t row, std::size_t other) {
      for (std::size_t axis = 0; axis < dimension; ++axis)
        if (names_[row * dimension + axis] != names_[other * dimension + axis]) return false;
      return true;
    };
    std::unordered_map<std::size_t, std::size_t, decltype(hash), decltype(same)> numbers(points_.size(), hash, same);
    of_rows_.reserve(points_.size());
    for (std::size_t row = 0; row < points_.size(); ++row)
      of_rows_.push_back(numbers.try_emplace(row, numbers.size()).first->second);
    size_ = numbers.size();
  }

  /// In double, axes in order, without fused multiply-add where the compiler leaves them apart, as the library does.
  [[nodiscard]] double squared_distance_to_center(std::size_t row) const {
    const auto dimension = static_cast<std::size_t>(points_.dimension());
    double sum = 0;
    for (std::size_t axis = 0; axis < dimension; ++axis) {
      const double center = (static_cast<double>(names_[row * dimension + axis]) + 0.5) * static_cast<double>(edge_);
      const double difference = static_cast<double>(points_.row(row)[axis]) - center;
      const double square = difference * difference;
      sum += square;
    }
    return sum;
  }

  PointView<Scalar> points_;
  Scalar edge_;
  std::vector<Scalar> names_;  // d numbers a row
  std::vector<std::size_t> of_rows_;
  std::size_t size_ = 0;
};

/// One point for every cell of a grid of cubes of edge `edge`, in the order of the rows kept.
/// Requires: `ids` are as many as the points and distinct. Errors: those of GridCells. Complexity: O(n · d) expected.
template <class Scalar>
[[nodiscard]] Thinned<Scalar> one_a_cell(PointView<Scalar> points, std::span<const point_id> ids, Scalar edge,
                                         CellPolicy policy) {
  const GridCells<Scalar> cells(points, edge);
  const std::vector<std::size_t> kept = cells.kept_rows(ids, policy);
  Points<Scalar> means;
  if (policy == CellPolicy::centroid) means = cells.centroids();
  Thinned<Scalar> thinned{{}, {{}, points.dimension()}};
  thinned.rows.reserve(kept.size());
  for (std::size_t row = 0; row < points.size(); ++row) {
    const std::size_t cell = cells.of_rows()[row];
    if (kept[cell] != row) continue;
    thinned.rows.push_back(row);
    const auto point = policy == CellPolicy::centroid ? means.view()[cell] : points[row];
    thinned.points.coordinates.insert(thinned.points.coordinates.end(), point.begin(), point.end());
  }
  return thinned;
}

/// The ids that such a grid gives up, in the order of the rows. Requires and errors: as `one_a_cell`.
template <class Scalar>
[[nodiscard]] std::vector<point_id> crowded_out(PointView<Scalar> points, const std::vector<point_id>& ids, Scalar edge,
                                                CellPolicy policy = CellPolicy::first) {
  const GridCells<Scalar> cells(points, edge);
  const std::vector<std::size_t> kept = cells.kept_rows(ids, policy);
  std::vector<point_id> out;
  for (std::size_t row = 0; row < points.size(); ++row)
    if (kept[cells.of_rows()[row]] != row) out.push_back(ids[row]);
  return out;
}

}  // namespace coppice
