// The inputs of the conformance suite: random points and the adversarial sets that have broken near-neighbour software
// before (ties, grids, lines, extreme and mixed scales, large offsets, signed zeros, denormals).
#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "conformance/random.hpp"
#include "coppice/geometry/point_view.hpp"

namespace coppice::test {

enum class Shape {
  uniform,      ///< in the unit cube
  clustered,    ///< a few tight clusters
  all_equal,    ///< one location
  grid,         ///< small integers: many duplicates and ties
  lattice,      ///< a regular lattice, every point once as long as they last
  collinear,    ///< on one oblique line
  axis_line,    ///< on a line along axis 0, all other coordinates equal
  tiny,         ///< the unit cube · 1e-8
  huge,         ///< the unit cube · 1e+8
  decades,      ///< magnitudes from 1e-12 to 1e+12 in one set
  offset,       ///< the unit cube + 1e8: float rounds most of it together
  signed_zero,  ///< coordinates from {−0, +0, ±1}
  denormal,     ///< small multiples of the smallest positive number
  extreme,      ///< up to the coordinate limit, mixed with ordinary numbers
  sorted        ///< increasing along every axis
};

inline constexpr Shape all_shapes[] = {Shape::uniform,  Shape::clustered, Shape::all_equal, Shape::grid,
                                       Shape::lattice,  Shape::collinear, Shape::axis_line, Shape::tiny,
                                       Shape::huge,     Shape::decades,   Shape::offset,    Shape::signed_zero,
                                       Shape::denormal, Shape::extreme,   Shape::sorted};

inline std::string shape_name(Shape shape) {
  static const char* const names[] = {"uniform",   "clustered",   "all_equal", "grid",    "lattice",
                                      "collinear", "axis_line",   "tiny",      "huge",    "decades",
                                      "offset",    "signed_zero", "denormal",  "extreme", "sorted"};
  return names[static_cast<std::size_t>(shape)];
}

/// The largest coordinate magnitude of the contract.
template <class Scalar>
Scalar largest_coordinate(int dimension) {
  if (sizeof(Scalar) == sizeof(double)) return static_cast<Scalar>(1e150);
  return static_cast<Scalar>(dimension <= 16 ? 1e18f : 1e17f);
}

template <class Scalar>
Points<Scalar> make_points(Shape shape, std::size_t size, int dimension, Rng& rng);

/// Query points: some of the set itself, some between two of them, some drawn from the same shape, some just outside.
template <class Scalar>
Points<Scalar> make_queries(const Points<Scalar>& data, Shape shape, std::size_t size, int dimension, Rng& rng);

/// Scattered 64-bit ids, all different, in no order.
inline std::vector<point_id> scattered_ids(std::size_t size, Rng& rng) {
  std::vector<point_id> ids;
  for (std::size_t i = 0; i < size; ++i)  // the low bits keep them apart
    ids.push_back(static_cast<point_id>(((rng.next() >> 2) & ~std::uint64_t{0xfffff}) | i));
  return ids;
}

}  // namespace coppice::test
