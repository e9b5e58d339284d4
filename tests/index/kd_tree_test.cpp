// What one update of a KdTree may cost: points that arrive in an order made to unbalance it are repaired by cuts
// through subtrees, never by a rebuild of much of the tree; answers stay those of brute force, for snapshots, too.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "coppice/index/brute_force/brute_force.hpp"
#include "coppice/index/kd_tree/kd_tree.hpp"
#include "coppice/query/queries.hpp"
#include "index/arrivals.hpp"

namespace coppice::test {
namespace {

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
      Points<Scalar> point{{}, 3};
      place_next(arrival, static_cast<double>(i), random, point);
      tree.insert(point.view()[0]);
      oracle.insert(point.view()[0]);
      if (i % 1000 == 0)
        queries.coordinates.insert(queries.coordinates.end(), point.coordinates.begin(), point.coordinates.end());
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
    Points<Scalar> point{{}, 3};
    place_next(arrival, static_cast<double>(i), random, point);
    tree.insert(point.view()[0]);
    oracle.insert(point.view()[0]);
    if (i < 20)
      queries.coordinates.insert(queries.coordinates.end(), point.coordinates.begin(), point.coordinates.end());
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
