// Octrees under test: both scalars, both dimensions, and points of many kinds of places.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "conformance/random.hpp"
#include "coppice/index/octree/octree.hpp"

namespace coppice::test {

template <class ScalarType, int Dimension>
struct Kind {
  using Scalar = ScalarType;
  static constexpr int dim = Dimension;
};

template <class KindOf>
class OctreeTest : public Seeded {
 public:
  using Scalar = typename KindOf::Scalar;
  static constexpr int dim = KindOf::dim;
  using Tree = Octree<Scalar, dim>;
  using Point = std::vector<Scalar>;

  /// A point of one of several kinds of places: spread out, in a clump, on a lattice, on a line, over many decades.
  Point somewhere(int kind) {
    Point p(dim);
    const double clump = rng.uniform(-8, 8);
    const int decade = rng.between(-20, 12);
    for (Scalar& x : p) switch (kind) {
        case 0:
          x = static_cast<Scalar>(rng.uniform(-3, 5));
          break;
        case 1:
          x = static_cast<Scalar>(std::round(clump) + 0.01 * rng.uniform());
          break;
        case 2:
          x = static_cast<Scalar>(rng.between(-2, 2));
          break;
        case 3:
          x = static_cast<Scalar>(1e6 + (&x == p.data() ? 0 : rng.uniform()));
          break;
        default:
          x = static_cast<Scalar>(std::pow(10.0, decade) * rng.uniform(-1, 1));
      }
    return p;
  }
  static typename Tree::Config config(int capacity, double alpha) {
    typename Tree::Config config;
    config.capacity = capacity;
    config.alpha = alpha;
    return config;
  }
  Points<Scalar> cloud(std::size_t n, int kind) {
    Points<Scalar> points{{}, dim};
    for (std::size_t i = 0; i < n; ++i) {
      const Point p = somewhere(kind);
      points.coordinates.insert(points.coordinates.end(), p.begin(), p.end());
    }
    return points;
  }
};

using Kinds = ::testing::Types<Kind<float, 2>, Kind<float, 3>, Kind<double, 2>, Kind<double, 3>>;

}  // namespace coppice::test
