// Searches of five dimensions and more, which open their nodes level by level and list leaves before they read them:
// against brute force where hardly anything can be ruled out, so that the lists overflow.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "conformance/random.hpp"
#include "coppice/index/brute_force/brute_force.hpp"
#include "coppice/index/kd_tree/kd_tree.hpp"
#include "coppice/index/multiway_tree/multiway_tree.hpp"

namespace coppice {
namespace {

struct ManyAxesTest : test::Seeded {
  /// Spread evenly over the unit cube; `steps`: on a grid of so many an axis, where distances tie.
  template <class Scalar>
  Points<Scalar> points(std::size_t n, int dimension, int steps) {
    Points<Scalar> all{{}, dimension};
    for (std::size_t i = 0; i < n * static_cast<std::size_t>(dimension); ++i) {
      const double x = rng.uniform();
      all.coordinates.push_back(static_cast<Scalar>(steps == 0 ? x : std::floor(steps * x) / steps));
    }
    return all;
  }

  template <template <class> class TreeOf, class Scalar>
  void equals_brute_force(int dimension, int steps) {
    SCOPED_TRACE(std::to_string(dimension) + " dimensions, " + std::to_string(steps) + " steps");
    // Some 600 leaves, of which a search in twelve dimensions wants nearly all; fewer would fit the lists.
    const auto all = points<Scalar>(20'000, dimension, steps);
    const auto asked = points<Scalar>(8, dimension, steps);
    TreeOf<Scalar> tree(dimension);
    BruteForce<Scalar> oracle(dimension);
    tree.build(all.view());
    oracle.build(all.view());
    const IdFilter filters[] = {{}, [](point_id id) { return id % 3 != 1; }};
    for (const IdFilter& filter : filters) {
      for (const std::size_t k : {1, 10, 100}) {
        Nearest<Scalar> nearest;
        nearest.k = k;
        nearest.filter = filter;
        const auto expected = oracle.nearest(asked.view(), nearest);
        const auto got = tree.nearest(asked.view(), nearest);
        ASSERT_EQ(got.ids, expected.ids) << "k " << k;
        ASSERT_EQ(got.distances, expected.distances) << "k " << k;
        Within<Scalar> within;
        within.radius = expected.distances.back();
        within.order = Order::by_distance;
        within.filter = filter;
        const auto inside = oracle.within(asked.view(), within);
        const auto found = tree.within(asked.view(), within);
        ASSERT_EQ(found.offsets, inside.offsets) << "k " << k;
        ASSERT_EQ(found.ids, inside.ids) << "k " << k;
        ASSERT_EQ(found.distances, inside.distances) << "k " << k;
        ASSERT_EQ(tree.count(asked.view(), within), oracle.count(asked.view(), within)) << "k " << k;
      }
    }
  }
};

TEST_F(ManyAxesTest, KdTreeEqualsBruteForce) {
  for (const int dimension : {5, 8, 12, 20}) equals_brute_force<KdTree, double>(dimension, 0);
  equals_brute_force<KdTree, float>(12, 0);
}

TEST_F(ManyAxesTest, KdTreeEqualsBruteForceWhereDistancesTie) {
  equals_brute_force<KdTree, double>(8, 4);
  equals_brute_force<KdTree, float>(12, 3);
}

TEST_F(ManyAxesTest, MultiwayTreeEqualsBruteForce) {
  equals_brute_force<MultiwayTree, double>(6, 0);
  equals_brute_force<MultiwayTree, double>(12, 0);
}

}  // namespace
}  // namespace coppice
