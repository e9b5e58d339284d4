// The generators behind datasets.hpp.

#include "conformance/datasets.hpp"

#include <cmath>
#include <limits>

namespace coppice::test {

template <class Scalar>
Points<Scalar> make_points(Shape shape, std::size_t size, int dimension, Rng& rng) {
  Points<Scalar> points{{}, dimension};
  const auto axes = static_cast<std::size_t>(dimension);
  points.coordinates.reserve(size * axes);
  std::vector<double> centers(8 * axes), direction(axes);
  for (double& x : centers) x = rng.uniform(-10, 10);
  for (double& x : direction) x = rng.uniform(-1, 1);
  const double limit = static_cast<double>(largest_coordinate<Scalar>(dimension));
  const auto smallest = static_cast<double>(std::numeric_limits<Scalar>::denorm_min());
  const auto side = static_cast<std::size_t>(std::ceil(std::pow(static_cast<double>(size), 1.0 / dimension) - 1e-9));
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t cluster = rng.below(8);
    const double along = shape == Shape::collinear ? static_cast<double>(rng.below(size)) : rng.uniform(-5, 5);
    std::size_t cell = i;
    for (std::size_t axis = 0; axis < axes; ++axis) {
      double x = rng.uniform();
      switch (shape) {
        case Shape::uniform:
          break;
        case Shape::clustered:
          x = centers[cluster * axes + axis] + (x + rng.uniform() + rng.uniform()) * 0.01;
          break;
        case Shape::all_equal:
          x = 0.1;
          break;
        case Shape::grid:
          x = static_cast<double>(rng.below(4));
          break;
        case Shape::lattice:
          x = static_cast<double>(cell % (side + 1));
          cell /= side + 1;
          break;
        case Shape::collinear:
          x = along * direction[axis];
          break;
        case Shape::axis_line:
          x = axis == 0 ? along : 0.25;
          break;
        case Shape::tiny:
          x *= 1e-8;
          break;
        case Shape::huge:
          x *= 1e8;
          break;
        case Shape::decades:
          x = std::pow(10.0, rng.uniform(-12, 12)) * (rng.chance(0.5) ? -1 : 1);
          break;
        case Shape::offset:
          x += 1e8;
          break;
        case Shape::signed_zero: {
          const double values[] = {-0.0, 0.0, -0.0, 0.0, 1.0, -1.0};
          x = values[rng.below(6)];
          break;
        }
        case Shape::denormal:
          x = smallest * (static_cast<double>(rng.below(2001)) - 1000);
          break;
        case Shape::extreme:
          x = rng.chance(0.3) ? x : (rng.chance(0.3) ? 1.0 : x) * (rng.chance(0.5) ? -limit : limit);
          break;
        case Shape::sorted:
          x = static_cast<double>(i) + 0.001 * x;
          break;
      }
      auto value = static_cast<Scalar>(x);
      const Scalar bound = largest_coordinate<Scalar>(dimension);
      if (value > bound) value = bound;
      if (value < -bound) value = -bound;
      points.coordinates.push_back(value);
    }
  }
  return points;
}

template <class Scalar>
Points<Scalar> make_queries(const Points<Scalar>& data, Shape shape, std::size_t size, int dimension, Rng& rng) {
  Points<Scalar> queries = make_points<Scalar>(shape, size, dimension, rng);
  if (data.size() == 0) return queries;
  const auto axes = static_cast<std::size_t>(dimension);
  for (std::size_t i = 0; i < size; ++i) {
    const Scalar* a = data.view().row(rng.below(data.size()));
    const Scalar* b = data.view().row(rng.below(data.size()));
    const std::size_t kind = rng.below(4);
    for (std::size_t axis = 0; axis < axes; ++axis) {
      Scalar& x = queries.coordinates[i * axes + axis];
      if (kind == 0) x = a[axis];
      if (kind == 1) x = a[axis] / 2 + b[axis] / 2;
      if (kind == 2 && rng.chance(0.5)) x = a[axis];
    }
  }
  return queries;
}

template Points<float> make_points<float>(Shape, std::size_t, int, Rng&);
template Points<double> make_points<double>(Shape, std::size_t, int, Rng&);
template Points<float> make_queries<float>(const Points<float>&, Shape, std::size_t, int, Rng&);
template Points<double> make_queries<double>(const Points<double>&, Shape, std::size_t, int, Rng&);

}  // namespace coppice::test
