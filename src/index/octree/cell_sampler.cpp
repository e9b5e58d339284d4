#include "coppice/index/octree/cell_sampler.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "coppice/errors.hpp"
#include "coppice/query/entering.hpp"

namespace coppice {

template <class Scalar, int Dim>
CellSampler<Scalar, Dim>::CellSampler(Octree<Scalar, Dim>& tree, Scalar cell, CellPolicy policy)
    : tree_(tree), cell_(cell), policy_(policy) {
  if (!(cell > 0) || !std::isfinite(cell))
    throw invalid_input("cell is " + std::to_string(cell) + "; expected a positive, finite edge length");
}

template <class Scalar, int Dim>
typename CellSampler<Scalar, Dim>::Steps CellSampler<Scalar, Dim>::steps_of(const Scalar* point) const {
  Steps steps;
  for (std::size_t a = 0; a < Dim; ++a) steps[a] = std::floor(point[a] / cell_) + Scalar(0);  // −0 becomes 0
  return steps;
}

/// The point of a cube with the smallest id, or no_point.
template <class Scalar, int Dim>
point_id CellSampler<Scalar, Dim>::resident(const Steps& steps) const {
  // The quotient that names a cube is rounded, and so are its faces: a little more is searched, and names decide.
  constexpr Scalar slack = 4 * std::numeric_limits<Scalar>::epsilon();
  const Scalar limit = coordinate_limit<Scalar>(Dim);
  std::array<Scalar, Dim> lower, upper;
  for (std::size_t a = 0; a < Dim; ++a) {
    const Scalar low = steps[a] * cell_;
    const Scalar high = (steps[a] + 1) * cell_;
    lower[a] = std::max(-limit, low - std::abs(low) * slack);
    upper[a] = std::min(limit, high + std::abs(high) * slack);
  }
  point_id found = no_point;
  tree_.visit(std::span<const Scalar>(lower), std::span<const Scalar>(upper), InBox{}, [&](point_id id) {
    if ((found == no_point || id < found) && steps_of(tree_.point(id).data()) == steps) found = id;
    return true;
  });
  return found;
}

template <class Scalar, int Dim>
double CellSampler<Scalar, Dim>::to_center(const Steps& steps, const Scalar* point) const {
  double sum = 0;
  for (std::size_t a = 0; a < Dim; ++a) {
    const double center = (static_cast<double>(steps[a]) + 0.5) * static_cast<double>(cell_);
    const double difference = static_cast<double>(point[a]) - center;
    const double square = difference * difference;
    sum += square;
  }
  return sum;
}

/// Adds a point to the centroid of a cube, and moves the point that bears it there. Returns whether it moved.
template <class Scalar, int Dim>
bool CellSampler<Scalar, Dim>::merge(point_id id, const Scalar* point) {
  const std::vector<Scalar> place = tree_.point(id);
  const auto [entry, is_new] = sums_.try_emplace(id);
  Sum& sum = entry->second;
  std::array<Scalar, Dim> mean;
  if (is_new || !std::equal(place.begin(), place.end(), sum.place.begin())) {  // or somebody else has moved it
    sum.count = 1;
    for (std::size_t a = 0; a < Dim; ++a) sum.total[a] = static_cast<double>(place[a]);
  }
  sum.count += 1;
  bool moved = false;
  for (std::size_t a = 0; a < Dim; ++a) {
    sum.total[a] += static_cast<double>(point[a]);
    mean[a] = static_cast<Scalar>(sum.total[a] / sum.count);
    moved |= mean[a] != place[a];
  }
  if (moved) tree_.move(id, mean);
  const std::vector<Scalar> now = tree_.point(id);  // wrapped where periodic
  std::copy(now.begin(), now.end(), sum.place.begin());
  return moved;
}

template <class Scalar, int Dim>
Sampled CellSampler<Scalar, Dim>::insert(PointView<Scalar> points) {
  const query::Entering<Scalar> entering(points, Dim, tree_.config().periodic, tree_.config().executor);
  for (std::size_t i = 0; i < points.size(); ++i)
    for (const Scalar step : steps_of(entering.view().row(i)))
      if (!std::isfinite(step))
        throw invalid_input(i, "lies too many cells of edge " + std::to_string(cell_) + " from 0 to be counted");
  Sampled sampled;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::span<const Scalar> point = entering.view()[i];
    const Steps steps = steps_of(point.data());
    const point_id id = resident(steps);
    if (id == no_point) {
      tree_.insert(point);
      ++sampled.entered;
    } else if (policy_ == CellPolicy::centroid) {
      ++(merge(id, point.data()) ? sampled.replaced : sampled.dropped);
    } else if (policy_ == CellPolicy::nearest_to_center &&
               to_center(steps, point.data()) < to_center(steps, tree_.point(id).data())) {
      tree_.erase(id);
      tree_.insert(point);
      ++sampled.replaced;
    } else {
      ++sampled.dropped;
    }
  }
  return sampled;
}

template class CellSampler<float, 2>;
template class CellSampler<float, 3>;
template class CellSampler<double, 2>;
template class CellSampler<double, 3>;

}  // namespace coppice
