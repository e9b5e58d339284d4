// What one update of a KdTree may cost: points that arrive in an order made to unbalance it are repaired by cuts
// through subtrees, never by a rebuild of much of the tree; answers stay those of brute force, for snapshots, too. And
// the holes that erases leave in leaves: nobody sees them, and newcomers fill them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <span>
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

/// Three trees beside the oracle, by how points go and come: one by one, in batches, and in batches on two threads.
template <class Scalar>
struct Churned {
  BruteForce<Scalar> oracle{3};
  KdTree<Scalar> singly{3}, batched{3}, shared{3, {.executor = Executor(2)}};
  Points<Scalar> queries{{}, 3};

  explicit Churned(point_id first_id) : first(first_id) {
    const Points<Scalar> points = some(4000);
    std::vector<point_id> ids(4000);
    std::iota(ids.begin(), ids.end(), first);
    queries = some(60);
    each([&](auto& index) { index.build(points.view(), ids); });
    live = ids;
  }
  template <class Visit>
  void each(const Visit& visit) {
    visit(oracle);
    visit(singly);
    visit(batched);
    visit(shared);
  }
  Points<Scalar> some(std::size_t n) {
    Points<Scalar> points{{}, 3};
    for (std::size_t i = 0; i < 3 * n; ++i) points.coordinates.push_back(static_cast<Scalar>(random()));
    return points;
  }
  void erase(std::size_t n) {
    std::shuffle(live.begin(), live.end(), engine);
    const std::span<const point_id> leaving = std::span(live).last(n);
    oracle.erase(leaving);
    batched.erase(leaving);
    shared.erase(leaving);
    for (const point_id id : leaving) singly.erase(id);
    live.resize(live.size() - n);
  }
  void insert(std::size_t n) {
    const Points<Scalar> points = some(n);
    std::vector<point_id> ids(n);
    std::iota(ids.begin(), ids.end(), first + next);
    next += static_cast<point_id>(n);
    oracle.insert(points.view(), ids);
    batched.insert(points.view(), ids);
    shared.insert(points.view(), ids);
    for (std::size_t i = 0; i < n; ++i) singly.insert(points.view()[i], ids[i]);
    live.insert(live.end(), ids.begin(), ids.end());
  }
  void move(std::size_t n) {
    std::shuffle(live.begin(), live.end(), engine);
    const std::span<const point_id> moving = std::span(live).first(n);
    const Points<Scalar> points = some(n);
    oracle.move(moving, points.view());
    batched.move(moving, points.view());
    shared.move(moving, points.view());
    for (std::size_t i = 0; i < n; ++i) singly.move(moving[i], points.view()[i]);
  }
  /// Balls and boxes of which some leaves lie wholly inside, counted and listed, and nearest points, of any index.
  template <class Index>
  void expect_same(const Index& index) {
    const PointView<Scalar> asked = queries.view();
    expect_same_nearest(index.nearest(asked, {.k = 20}), oracle.nearest(asked, {.k = 20}));
    const IdFilter odd = [](point_id id) { return id % 2 != 0; };
    for (const IdFilter& filter : {IdFilter{}, odd})
      for (const bool distances : {false, true}) {
        const Within<Scalar> ball{
            .radius = Scalar(0.3), .order = Order::by_id, .filter = filter, .distances = distances};
        EXPECT_EQ(index.within(asked, ball).ids, oracle.within(asked, ball).ids);
        EXPECT_EQ(index.count(asked, ball), oracle.count(asked, ball));
      }
  }

  std::mt19937_64 engine{5};
  std::vector<point_id> live;
  point_id first;
  point_id next = 4000;

 private:
  double random() { return static_cast<double>(engine() >> 11) * 0x1p-53; }
};

TYPED_TEST(UpdatesOfKdTree, HolesAreSeenByNobody) {
  for (const point_id first : {point_id{0}, point_id{1} << 40}) {
    SCOPED_TRACE(first == 0 ? "narrow ids" : "wide ids");
    Churned<TypeParam> churned(first);
    for (int round = 0; round < 6; ++round) {
      SCOPED_TRACE(round);
      churned.erase(1100);
      churned.each([&](const auto& index) { churned.expect_same(index); });
      churned.move(300);
      churned.insert(round % 2 == 0 ? 600 : 1300);
      churned.each([&](const auto& index) { churned.expect_same(index); });
      ASSERT_NO_THROW(churned.singly.validate());
      ASSERT_NO_THROW(churned.batched.validate());
      ASSERT_NO_THROW(churned.shared.validate());
    }
  }
}

TYPED_TEST(UpdatesOfKdTree, HolesStayAsASnapshotSawThem) {
  Churned<TypeParam> churned(0);
  churned.erase(900);
  const auto before = churned.singly.snapshot();
  const Neighbors<TypeParam> expected = churned.oracle.nearest(churned.queries.view(), {.k = 20});
  churned.erase(700);
  churned.insert(900);
  churned.move(200);
  expect_same_nearest(before.nearest(churned.queries.view(), {.k = 20}), expected);
  churned.expect_same(churned.singly);
  ASSERT_NO_THROW(churned.singly.validate());
}

TYPED_TEST(UpdatesOfKdTree, NewcomersFillHoles) {
  Churned<TypeParam> churned(0);
  const std::size_t leaves = churned.singly.statistics().leaves;
  const std::vector<point_id> all = churned.live;
  for (const point_id id : all) {  // each leaf is as full as before when its next point leaves
    const std::vector<TypeParam> point = churned.singly.point(id);
    churned.singly.erase(id);
    churned.singly.insert(point, id);
  }
  EXPECT_EQ(churned.singly.statistics().leaves, leaves);
  churned.expect_same(churned.singly);
  ASSERT_NO_THROW(churned.singly.validate());
}

}  // namespace
}  // namespace coppice::test
