// Every search strategy against brute force, bit for bit: near and far queries, all metrics, periodic cells, filters
// and instruction sets, for the nearest and within a radius; and what searches tell of their work.
#include "coppice/query/strategy.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "conformance/random.hpp"
#include "coppice/errors.hpp"
#include "coppice/geometry/instruction_set.hpp"
#include "coppice/index/brute_force/brute_force.hpp"
#include "coppice/index/kd_map/index.hpp"
#include "coppice/index/kd_tree/kd_tree.hpp"
#include "coppice/index/octree/octree.hpp"

namespace coppice {
namespace {

struct StrategyTest : test::Seeded {
  /// Clusters on a coarse grid, so that distances tie, and some loose points.
  template <class Scalar>
  Points<Scalar> points(std::size_t n, int dimension) {
    Points<Scalar> all{{}, dimension};
    for (std::size_t i = 0; i < n; ++i) {
      const double spread = rng.chance(0.05) ? 64 : 2;
      const double corner = rng.chance(0.5) ? 0 : 40;
      for (int axis = 0; axis < dimension; ++axis)
        all.coordinates.push_back(static_cast<Scalar>(corner + std::floor(spread * 8 * rng.uniform()) / 8));
    }
    return all;
  }
  /// Some on points, some between, some far out.
  template <class Scalar>
  Points<Scalar> queries(std::size_t n, int dimension) {
    Points<Scalar> all{{}, dimension};
    for (std::size_t i = 0; i < n; ++i) {
      const double scale = i % 3 == 0 ? 400 : 48;
      for (int axis = 0; axis < dimension; ++axis)
        all.coordinates.push_back(static_cast<Scalar>(std::floor(scale * 16 * rng.uniform()) / 16 - scale / 8));
    }
    return all;
  }
  template <class Scalar>
  Metric<Scalar> metric(int which, int dimension) {
    if (which == 1) return Metric<Scalar>::l1();
    if (which == 2) return Metric<Scalar>::linf();
    if (which != 3) return {};
    std::vector<Scalar> weights;
    for (int axis = 0; axis < dimension; ++axis) weights.push_back(static_cast<Scalar>(rng.uniform(0.5, 2)));
    return Metric<Scalar>::weighted_l2(weights);
  }

  template <class Index, class Scalar>
  void equals_brute_force(const Index& index, const BruteForce<Scalar>& oracle, int dimension) {
    const auto asked = queries<Scalar>(9, dimension);
    const IdFilter filters[] = {{}, [](point_id id) { return id % 3 != 1; }};
    for (int which = 0; which < 4; ++which) {
      Nearest<Scalar> nearest;
      nearest.metric = metric<Scalar>(which, dimension);
      nearest.filter = filters[rng.below(2)];
      Within<Scalar> within;
      within.metric = nearest.metric;
      within.filter = nearest.filter;
      within.order = Order::by_distance;
      within.radius = static_cast<Scalar>(rng.uniform(1, which == 1 ? 60 : 30));
      const auto inside = oracle.within(asked.view(), within);
      for (const std::size_t k : {std::size_t{1}, std::size_t{7}, std::size_t{200}, index.size() + 1}) {
        nearest.k = k;
        const auto expected = oracle.nearest(asked.view(), nearest);
        const auto check = [&](Strategy strategy) {
          nearest.strategy = strategy;
          const auto got = index.nearest(asked.view(), nearest);
          ASSERT_EQ(got.ids, expected.ids) << name_of(strategy) << ", k " << k << ", metric " << which;
          ASSERT_EQ(got.distances, expected.distances) << name_of(strategy) << ", k " << k << ", metric " << which;
        };
        for (const InstructionSet set : available_instruction_sets()) {
          const ForcedSet forced(set);
          check({});
          for (const Strategy strategy : fixed_strategies()) check(strategy);
        }
      }
      for (const InstructionSet set : available_instruction_sets()) {
        const ForcedSet forced(set);
        for (const Strategy strategy : fixed_strategies()) {
          within.strategy = strategy;
          const auto got = index.within(asked.view(), within);
          ASSERT_EQ(got.offsets, inside.offsets) << name_of(strategy) << ", metric " << which;
          ASSERT_EQ(got.ids, inside.ids) << name_of(strategy) << ", metric " << which;
          ASSERT_EQ(got.distances, inside.distances) << name_of(strategy) << ", metric " << which;
        }
      }
    }
  }

  struct ForcedSet {
    explicit ForcedSet(InstructionSet set) { force_instruction_set(set); }
    ~ForcedSet() { force_instruction_set(before); }
    ForcedSet(const ForcedSet&) = delete;
    ForcedSet& operator=(const ForcedSet&) = delete;
    InstructionSet before = instruction_set();
  };

  template <class Tree, class Scalar>
  void equals_brute_force(int dimension, bool periodic) {
    SCOPED_TRACE(std::to_string(dimension) + " dimensions" + (periodic ? ", periodic" : ""));
    typename Tree::Config config;
    typename BruteForce<Scalar>::Config same;
    if (periodic) {
      config.periodic.lengths.assign(static_cast<std::size_t>(dimension), Scalar(64));
      if (dimension > 1) config.periodic.lengths.back() = std::numeric_limits<Scalar>::infinity();
      same.periodic = config.periodic;
    }
    Tree tree = [&] {
      if constexpr (std::is_constructible_v<Tree, int, typename Tree::Config>)
        return Tree(dimension, config);
      else
        return Tree(config);
    }();
    BruteForce<Scalar> oracle(dimension, same);
    const auto all = points<Scalar>(static_cast<std::size_t>(test::scaled(1200)), dimension);
    tree.build(all.view());
    oracle.build(all.view());
    equals_brute_force(tree, oracle, dimension);
  }
};

TEST_F(StrategyTest, KdTreeEqualsBruteForce) {
  for (const int dimension : {1, 2, 3, 6, 20}) equals_brute_force<KdTree<double>, double>(dimension, false);
  for (const int dimension : {2, 3}) equals_brute_force<KdTree<float>, float>(dimension, false);
  for (const int dimension : {1, 3}) equals_brute_force<KdTree<double>, double>(dimension, true);
  equals_brute_force<KdTree<float>, float>(2, true);
}

TEST_F(StrategyTest, OctreeEqualsBruteForce) {
  equals_brute_force<Octree<double, 2>, double>(2, false);
  equals_brute_force<Octree<float, 3>, float>(3, false);
  equals_brute_force<Octree<double, 3>, double>(3, true);
}

TEST_F(StrategyTest, IndexesWithoutNodesAnswerAllTheSame) {
  const auto all = points<double>(300, 2);
  KdMapIndex<double> map(2);
  BruteForce<double> oracle(2);
  map.build(all.view());
  oracle.build(all.view());
  equals_brute_force(map, oracle, 2);
  EXPECT_THROW((void)map.work(all.view()[0], Nearest<double>{}), unsupported);
  EXPECT_THROW((void)oracle.work(all.view()[0], Within<double>{.radius = 1}), unsupported);
  EXPECT_THROW((void)oracle.home_path(all.view()[0]), unsupported);
}

TEST_F(StrategyTest, BallsHoldAtEveryMagnitude) {
  // Boxes around 1e148 overflow when squared, those of 1e-150 vanish: a ball must then claim nothing.
  for (const double scale : {1e148, 1e100, 1e-100, 1e-160, 5e-324}) {
    Points<double> all{{}, 3};
    for (int i = 0; i < 900; ++i)
      all.coordinates.push_back(scale * std::floor(100 * rng.uniform()) * (rng.chance(0.1) ? 1e-9 : 1));
    KdTree<double> tree(3);
    BruteForce<double> oracle(3);
    tree.build(all.view());
    oracle.build(all.view());
    const auto asked = all.view().slice(0, 20);
    for (const Strategy strategy : fixed_strategies()) {
      const auto expected = oracle.nearest(asked, {.k = 40});
      const auto got = tree.nearest(asked, {.k = 40, .strategy = strategy});
      ASSERT_EQ(got.ids, expected.ids) << name_of(strategy) << ", scale " << scale;
      Within<double> within{.radius = 30 * scale, .order = Order::by_id};
      const auto inside = oracle.within(asked, within);
      within.strategy = strategy;
      ASSERT_EQ(tree.within(asked, within).ids, inside.ids) << name_of(strategy) << ", scale " << scale;
    }
  }
}

TEST_F(StrategyTest, BatchesAndSnapshotsTakeStrategies) {
  const auto all = points<double>(3000, 3);
  KdTree<double> tree(3);
  tree.build(all.view());
  const auto snapshot = tree.snapshot();
  const auto asked = queries<double>(600, 3);
  const auto expected = tree.nearest(asked.view(), {.k = 100, .strategy = {Traversal::depth_first, Volume::box}});
  for (const Strategy strategy : fixed_strategies()) {
    Nearest<double> query{.k = 100, .strategy = strategy};
    query.executor = Executor(3);
    const auto got = snapshot.nearest(asked.view(), query);
    ASSERT_EQ(got.ids, expected.ids) << name_of(strategy);
    ASSERT_EQ(got.distances, expected.distances) << name_of(strategy);
  }
}

TEST_F(StrategyTest, WorkIsCountedAndLimited) {
  Points<double> all{{}, 2};
  for (int i = 0; i < 40'000; ++i) all.coordinates.push_back(rng.uniform());
  KdTree<double> tree(2);
  tree.build(all.view());
  const std::vector<double> place{0.4, 0.6};
  for (const Strategy strategy : fixed_strategies()) {
    const SearchWork work = tree.work(place, {.k = 20, .strategy = strategy});
    EXPECT_GE(work.points, 20u);
    EXPECT_GE(work.leaves, 1u);
    EXPECT_GE(work.nodes, 3u) << name_of(strategy);
    EXPECT_EQ(tree.work(place, {.k = 20, .strategy = strategy}, work.cost()).points, work.points);
    EXPECT_LT(tree.work(place, {.k = 20, .strategy = strategy}, work.cost() / 2).cost(), work.cost());
    Within<double> within{.radius = 0.2};
    within.strategy = strategy;
    const SearchWork ball = tree.work(place, within);
    EXPECT_GE(ball.leaves, 1u);
    // Leaves wholly inside are taken without a look at their points.
    EXPECT_LT(ball.points, static_cast<std::uint64_t>(tree.count(one_row<double>(place), within)[0]))
        << name_of(strategy);
  }
  const auto by_boxes = tree.work(place, {.k = 20, .strategy = {Traversal::best_first, Volume::box}});
  const auto by_balls = tree.work(place, {.k = 20, .strategy = {Traversal::best_first, Volume::ball}});
  EXPECT_LE(by_boxes.cost(), by_balls.cost());  // the ball around a box prunes no more than the box
}

TEST_F(StrategyTest, HomePathsMeetAtCommonNodes) {
  const auto all = points<double>(5000, 3);
  KdTree<double> tree(3);
  tree.build(all.view());
  const auto path = tree.home_path(all.view()[17]);
  ASSERT_GT(path.depth, 1);
  EXPECT_GT(path.leaf_points, 0u);
  EXPECT_EQ(path.nearest_squared, 0);
  EXPECT_EQ(tree.home_path(all.view()[17]).node, path.node);
  const std::vector<double> away{1e6, 1e6, 1e6};
  const auto far = tree.home_path(away);
  EXPECT_GT(far.nearest_squared, 1e11);
  EXPECT_GE(far.farthest_squared, far.nearest_squared);
  EXPECT_EQ(KdTree<double>(3).home_path(away).depth, 0);
  EXPECT_THROW((void)tree.home_path(std::vector<double>{1, 2}), invalid_input);
}

TEST(StrategyNames, GoThereAndBack) {
  for (const Strategy strategy : fixed_strategies()) EXPECT_EQ(strategy_from_name(name_of(strategy)), strategy);
  EXPECT_EQ(name_of({}), "automatic");
  EXPECT_EQ(name_of({Traversal::best_first, Volume::ball}), "best-first/ball");
  EXPECT_THROW((void)strategy_from_name("worst-first"), invalid_input);
  EXPECT_THROW((void)strategy_from_name("/ball"), invalid_input);
}

}  // namespace
}  // namespace coppice
