// What one update of a KdTree may cost: points that arrive in an order made to unbalance it are repaired by cuts
// through subtrees, never by a rebuild of much of the tree; answers stay those of brute force, for snapshots, too.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "coppice/index/brute_force/brute_force.hpp"
#include "coppice/index/kd_tree/kd_tree.hpp"
#include "coppice/query/queries.hpp"

namespace coppice::test {
namespace {

constexpr std::size_t arrivals = 40000;

/// An order of arrival: the i-th point, with random numbers in [0, 1) at hand.
struct Arrival {
  std::string name;
  bool needs_cleaving;  // somewhere no plane between the children of a full node balances it
  std::function<void(double i, const std::function<double()>& random, double* point)> place;
};

std::vector<Arrival> all_arrivals() {
  return {
      {"spiral", true,
       [](double i, const auto& random, double* p) {
         const double radius = std::sqrt(i + 1);
         p[0] = radius * std::cos(i * 0.01);
         p[1] = radius * std::sin(i * 0.01);
         p[2] = random();
       }},
      {"into a corner", true,
       [](double i, const auto& random, double* p) {
         const double size = std::pow(0.5, i * 40 / arrivals);
         for (int a = 0; a < 3; ++a) p[a] = random() * size;
       }},
      {"growing ball", false,
       [](double i, const auto& random, double* p) {
         const double size = std::cbrt(i + 1);
         for (int a = 0; a < 3; ++a) p[a] = (random() - 0.5) * size;
       }},
      {"shells", false,
       [](double i, const auto& random, double* p) {
         const double z = 2 * random() - 1;
         const double angle = 2 * std::numbers::pi * random();
         const double radius = 1 + i * 1e-5;
         p[0] = radius * std::sqrt(1 - z * z) * std::cos(angle);
         p[1] = radius * std::sqrt(1 - z * z) * std::sin(angle);
         p[2] = radius * z;
       }},
      {"along a line", false,
       [](double i, const auto& random, double* p) {
         p[0] = i;
         p[1] = random();
         p[2] = random();
       }},
      {"growing cloud, densest in its middle", false,
       [](double i, const auto& random, double* p) {
         const double size = std::pow(random(), 4) * (1 + i / 2500);
         for (int a = 0; a < 3; ++a) p[a] = (random() - 0.5) * size;
       }},
      {"walk through heavy tails", false,
       [](double i, const auto& random, double* p) {
         const double angle = 2 * std::numbers::pi * random();
         const double radius = std::tan(1.55 * random());
         p[0] = i / 2500 + radius * std::cos(angle);
         p[1] = radius * std::sin(angle);
         p[2] = 0.1 * radius * random();
       }},
      {"equal points", false, [](double, const auto&, double* p) { p[0] = p[1] = p[2] = 1; }},
  };
}

template <class Scalar>
void expect_same_nearest(const Neighbors<Scalar>& found, const Neighbors<Scalar>& expected) {
  EXPECT_EQ(found.ids, expected.ids);
  EXPECT_EQ(found.distances, expected.distances);
}

template <class Scalar>
class UpdatesOfKdTree : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(UpdatesOfKdTree, Scalars);

TYPED_TEST(UpdatesOfKdTree, StaySmallWhateverTheOrderOfArrival) {
  using Scalar = TypeParam;
  for (const Arrival& arrival : all_arrivals()) {
    SCOPED_TRACE(arrival.name);
    std::mt19937_64 engine(3);
    const auto random = [&] { return static_cast<double>(engine() >> 11) * 0x1p-53; };
    KdTree<Scalar> tree(3);
    BruteForce<Scalar> oracle(3);
    Points<Scalar> queries{{}, 3};
    for (std::size_t i = 0; i < arrivals; ++i) {
      double at[3];
      arrival.place(static_cast<double>(i), random, at);
      const Scalar point[3] = {static_cast<Scalar>(at[0]), static_cast<Scalar>(at[1]), static_cast<Scalar>(at[2])};
      tree.insert(point);
      oracle.insert(point);
      if (i % 1000 == 0) queries.coordinates.insert(queries.coordinates.end(), point, point + 3);
      if (i % 5000 == 0) {
        ASSERT_NO_THROW(tree.validate());
      }
    }
    ASSERT_NO_THROW(tree.validate());
    const Statistics statistics = tree.statistics();
    EXPECT_LE(statistics.rebuilds.largest, 10000u) << "points rebuilt by one insert";
    EXPECT_LE(statistics.cleavings.largest, statistics.leaves / 8) << "leaves divided by one insert";
    if (arrival.needs_cleaving) {
      EXPECT_GT(statistics.cleavings.events, 0u);
    }
    EXPECT_LE(static_cast<double>(statistics.binary_height), 4 * std::log2(static_cast<double>(statistics.leaves)) + 4);
    EXPECT_GE(statistics.leaf_fill, 0.45);
    expect_same_nearest(tree.nearest(queries.view(), {.k = 20}), oracle.nearest(queries.view(), {.k = 20}));
  }
}

TYPED_TEST(UpdatesOfKdTree, SharedBatchesKeepEveryInvariantWhateverTheOrderOfArrival) {
  using Scalar = TypeParam;
  constexpr std::size_t batch = 2500;
  typename KdTree<Scalar>::Config config;
  config.executor = Executor(2);
  for (const Arrival& arrival : all_arrivals()) {
    for (const std::size_t window : {6 * batch, arrivals}) {
      SCOPED_TRACE(arrival.name + ", window of " + std::to_string(window));
      std::mt19937_64 engine(5);
      const auto random = [&] { return static_cast<double>(engine() >> 11) * 0x1p-53; };
      KdTree<Scalar> tree(3, config);
      BruteForce<Scalar> oracle(3);
      for (std::size_t first = 0; first < arrivals; first += batch) {
        Points<Scalar> points{{}, 3};
        for (std::size_t i = first; i < first + batch; ++i) {
          double at[3];
          // Every other point lies somewhere in what is there already, so that all of the tree grows a little.
          arrival.place(static_cast<double>(i % 2 == 0 ? i : engine() % (i + 1)), random, at);
          for (const double x : at) points.coordinates.push_back(static_cast<Scalar>(x));
        }
        tree.insert(points.view());
        oracle.insert(points.view());
        ASSERT_NO_THROW(tree.validate()) << "after inserting point " << first;
        if (first >= window) {
          std::vector<point_id> leaving(batch);
          std::iota(leaving.begin(), leaving.end(), static_cast<point_id>(first - window));
          tree.erase(leaving);
          oracle.erase(leaving);
          ASSERT_NO_THROW(tree.validate()) << "after erasing point " << first - window;
        }
        const PointView<Scalar> queries = points.view().slice(0, 20);
        expect_same_nearest(tree.nearest(queries, {.k = 10}), oracle.nearest(queries, {.k = 10}));
      }
    }
  }
}

TYPED_TEST(UpdatesOfKdTree, CutsThroughSubtreesLeaveSnapshotsAlone) {
  using Scalar = TypeParam;
  const Arrival arrival = all_arrivals().front();
  std::mt19937_64 engine(4);
  const auto random = [&] { return static_cast<double>(engine() >> 11) * 0x1p-53; };
  KdTree<Scalar> tree(3);
  BruteForce<Scalar> oracle(3);
  Points<Scalar> queries{{}, 3};
  std::vector<KdTreeSnapshot<Scalar>> snapshots;
  std::vector<Neighbors<Scalar>> expected;
  for (std::size_t i = 0; i < arrivals; ++i) {
    double at[3];
    arrival.place(static_cast<double>(i), random, at);
    const Scalar point[3] = {static_cast<Scalar>(at[0]), static_cast<Scalar>(at[1]), static_cast<Scalar>(at[2])};
    tree.insert(point);
    oracle.insert(point);
    if (i < 20) queries.coordinates.insert(queries.coordinates.end(), point, point + 3);
    if (i % 1500 == 1499) {
      snapshots.push_back(tree.snapshot());
      expected.push_back(oracle.nearest(queries.view(), {.k = 50}));
      if (snapshots.size() == 4) {  // old ones go, so that records are reclaimed, too
        expect_same_nearest(snapshots.front().nearest(queries.view(), {.k = 50}), expected.front());
        snapshots.erase(snapshots.begin());
        expected.erase(expected.begin());
        ASSERT_NO_THROW(tree.validate());
      }
    }
  }
  EXPECT_GT(tree.statistics().cleavings.events, 0u);
  for (std::size_t i = 0; i < snapshots.size(); ++i)
    expect_same_nearest(snapshots[i].nearest(queries.view(), {.k = 50}), expected[i]);
  snapshots.clear();
  ASSERT_NO_THROW(tree.validate());
}

}  // namespace
}  // namespace coppice::test
