// How an Octree keeps its shape: (K, α)-admissibility after every operation, K and α that change, cells that have no
// bounds to outgrow, and repairs that stay small.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "coppice/errors.hpp"
#include "coppice/index/brute_force/brute_force.hpp"
#include "coppice/query/queries.hpp"
#include "index/octrees.hpp"

namespace coppice::test {
namespace {

TYPED_TEST_SUITE(OctreeTest, Kinds);

TYPED_TEST(OctreeTest, IsAdmissibleAfterEveryOperation) {
  using Scalar = typename TypeParam::Scalar;
  struct Bounds {
    int capacity;
    double alpha;
  };
  for (const Bounds& bounds : {Bounds{1, 1}, {1, 4}, {3, 1.5}, {8, 2}, {24, 1}})
    for (int kind = 0; kind < 5; ++kind) {
      SCOPED_TRACE(testing::Message() << "K " << bounds.capacity << ", alpha " << bounds.alpha << ", kind " << kind);
      auto tree = typename TestFixture::Tree(this->config(bounds.capacity, bounds.alpha));
      BruteForce<Scalar> oracle(TypeParam::dim);
      std::vector<point_id> live;
      for (int step = 0; step < scaled(400); ++step) {
        const bool grow = step % 200 < 130;
        if (live.empty() || this->rng.chance(grow ? 0.7 : 0.1)) {
          const auto p = this->somewhere(kind);
          live.push_back(tree.insert(p));
          oracle.insert(p, live.back());
        } else if (this->rng.chance(0.5)) {
          const std::size_t i = this->rng.below(live.size());
          tree.erase(live[i]);
          oracle.erase(live[i]);
          live[i] = live.back();
          live.pop_back();
        } else {
          const point_id id = this->rng.pick(live);
          auto p = this->somewhere(this->rng.chance(0.1) ? 4 : kind);
          if (this->rng.chance(0.5)) {  // a short way
            p = tree.point(id);
            for (Scalar& x : p) x += static_cast<Scalar>(this->rng.uniform(-0.01, 0.01));
          }
          tree.move(id, p);
          oracle.move(id, p);
        }
        ASSERT_NO_THROW(tree.validate()) << "step " << step;
      }
      const Points<Scalar> queries = this->cloud(20, kind);
      EXPECT_EQ(tree.nearest(queries, {.k = 7}).ids, oracle.nearest(queries, {.k = 7}).ids);
      EXPECT_EQ(tree.nearest(queries, {.k = 7}).distances, oracle.nearest(queries, {.k = 7}).distances);
      EXPECT_EQ(tree.within(queries, {.radius = 2, .order = Order::by_id}).ids,
                oracle.within(queries, {.radius = 2, .order = Order::by_id}).ids);
    }
}

TYPED_TEST(OctreeTest, CapacityChangesInPlace) {
  using Scalar = typename TypeParam::Scalar;
  auto tree = typename TestFixture::Tree(this->config(24, 2));
  const Points<Scalar> points = this->cloud(3000, 0);
  tree.build(points);
  const auto before = tree.snapshot();
  const auto queries = this->cloud(20, 0);
  const Neighbors<Scalar> expected = tree.nearest(queries, {.k = 5});
  std::size_t leaves = tree.statistics().leaves;
  for (const auto& [capacity, alpha] : std::vector<std::pair<int, double>>{{8, 2}, {4, 1}, {1, 1}}) {
    tree.set_capacity(capacity, alpha);
    ASSERT_NO_THROW(tree.validate());
    EXPECT_GT(tree.statistics().leaves, leaves);
    leaves = tree.statistics().leaves;
    EXPECT_EQ(tree.nearest(queries, {.k = 5}).ids, expected.ids);
  }
  tree.set_capacity(5000, 1);
  ASSERT_NO_THROW(tree.validate());
  EXPECT_EQ(tree.statistics().leaves, 1u);
  EXPECT_EQ(tree.statistics().nodes, 0u);
  EXPECT_EQ(tree.nearest(queries, {.k = 5}).ids, expected.ids);
  EXPECT_EQ(before.nearest(queries, {.k = 5}).ids, expected.ids);
}

TYPED_TEST(OctreeTest, EveryRepairIsSmall) {
  auto tree = typename TestFixture::Tree(this->config(16, 2));
  std::vector<point_id> live;
  for (int step = 0; step < scaled(20000); ++step) {
    if (step % 3 == 2) {
      const std::size_t i = this->rng.below(live.size());
      tree.erase(live[i]);
      live[i] = live.back();
      live.pop_back();
    } else {
      live.push_back(tree.insert(this->somewhere(step % 2)));
    }
  }
  const SizeHistogram repairs = tree.statistics().rebuilds;
  EXPECT_LE(repairs.largest, 33u) << "an update looks at one leaf of at most alpha K points, and its newcomer";
  EXPECT_LE(repairs.total, 12u * static_cast<std::uint64_t>(scaled(20000))) << "points repaired an operation";
  ASSERT_NO_THROW(tree.validate());
}

TYPED_TEST(OctreeTest, LeavesFollowTheDensity) {
  using Scalar = typename TypeParam::Scalar;
  auto tree = typename TestFixture::Tree(this->config(8, 2));
  const auto put = [&](int count, double reach) {
    for (int i = 0; i < count; ++i) {
      std::vector<Scalar> p(TypeParam::dim);
      for (Scalar& x : p) x = static_cast<Scalar>(this->rng.uniform(0, reach));
      tree.insert(p);
    }
  };
  put(4000, 0.125);
  put(400, 1);
  std::size_t dense = 0, sparse = 0;
  for (const LevelBox<Scalar>& box : tree.boxes(100))
    if (box.is_leaf) {
      bool corner = true;
      for (const Scalar x : box.upper) corner &= x <= Scalar(0.125);
      ++(corner ? dense : sparse);
    }
  EXPECT_GT(dense, 5 * sparse);
  EXPECT_GE(dense, 250u) << "of at most 16 points each";
}

TYPED_TEST(OctreeTest, CapacityFollowsTheWorkload) {
  using Tree = typename TestFixture::Tree;
  int before = 0;
  for (const double updates : {0.0, 1.0, 10.0, 1000.0}) {
    const int capacity = Tree::capacity_for({.updates_per_query = updates, .neighbors_per_query = 10});
    EXPECT_GE(capacity, before);
    before = capacity;
  }
  EXPECT_GT(before, Tree::capacity_for({.updates_per_query = 0, .neighbors_per_query = 1}));
  EXPECT_GT(Tree::capacity_for({.updates_per_query = 0, .neighbors_per_query = 300}),
            Tree::capacity_for({.updates_per_query = 0, .neighbors_per_query = 1}));
  Tree tree;
  EXPECT_NO_THROW(tree.set_capacity(before, tree.config().alpha));
  EXPECT_THROW((void)Tree::capacity_for({.updates_per_query = -1}), invalid_input);
  EXPECT_THROW((void)Tree::capacity_for({.neighbors_per_query = std::nan("")}), invalid_input);
}

TYPED_TEST(OctreeTest, RefusesBadConfigsAndChangesNothing) {
  using Scalar = typename TypeParam::Scalar;
  using Tree = typename TestFixture::Tree;
  EXPECT_THROW(Tree(this->config(0, 2)), invalid_input);
  EXPECT_THROW(Tree(this->config(8, 0.99)), invalid_input);
  EXPECT_THROW(Tree(this->config(8, std::nan(""))), invalid_input);
  typename Tree::Config config;
  config.smallest_cell = -1;
  EXPECT_THROW(Tree{config}, invalid_input);
  Tree tree(this->config(8, 2));
  tree.build(this->cloud(500, 0));
  EXPECT_THROW(tree.set_capacity(0, 2), invalid_input);
  EXPECT_THROW(tree.set_capacity(4, 0.5), invalid_input);
  EXPECT_THROW((void)tree.level(5000), invalid_input);
  EXPECT_THROW((void)tree.level(-5000), invalid_input);
  EXPECT_EQ(tree.level(std::numeric_limits<Scalar>::max_exponent - 1).size(), 1u << TypeParam::dim) << "all orthants";
  EXPECT_EQ(tree.config().capacity, 8);
  EXPECT_EQ(tree.config().alpha, 2);
  const std::vector<Scalar> low(TypeParam::dim, 1), high(TypeParam::dim, 0);
  const std::vector<point_id> ids{1000};
  EXPECT_THROW(tree.insert_in_box(this->cloud(1, 0), ids, low, high), invalid_input);
  EXPECT_EQ(tree.size(), 500u);
}

TYPED_TEST(OctreeTest, TheRootExpandsAndShrinksWithThePoints) {
  using Scalar = typename TypeParam::Scalar;
  auto tree = typename TestFixture::Tree(this->config(8, 2));
  tree.build(this->cloud(1000, 1));
  const Statistics before = tree.statistics();
  const std::vector<Scalar> far(TypeParam::dim, sizeof(Scalar) == 8 ? Scalar(-1e100) : Scalar(-1e15));
  for (int i = 0; i < 20; ++i) tree.insert(far, 5000 + i);
  ASSERT_NO_THROW(tree.validate());
  EXPECT_LE(tree.statistics().height, before.height + 2) << "a compressed path, whatever the distance";
  for (int i = 0; i < 20; ++i) tree.erase(5000 + i);
  ASSERT_NO_THROW(tree.validate());
  EXPECT_EQ(tree.statistics().nodes, before.nodes);
  EXPECT_EQ(tree.statistics().height, before.height);
}

TYPED_TEST(OctreeTest, EqualPointsShareALeafOfTheSmallestCell) {
  using Scalar = typename TypeParam::Scalar;
  auto tree = typename TestFixture::Tree(this->config(4, 2));
  const std::vector<Scalar> place(TypeParam::dim, Scalar(0.3));
  for (int i = 0; i < 300; ++i) tree.insert(place);
  ASSERT_NO_THROW(tree.validate());
  EXPECT_EQ(tree.statistics().leaves, 1u);
  const std::vector<Scalar> other(TypeParam::dim, std::nextafter(Scalar(0.3), Scalar(1)));
  const point_id id = tree.insert(other);
  ASSERT_NO_THROW(tree.validate());
  EXPECT_EQ(tree.statistics().leaves, 2u);
  EXPECT_EQ(tree.find(other), id);
  tree.erase(id);
  for (int i = 0; i < 295; ++i) tree.erase(i);
  ASSERT_NO_THROW(tree.validate());
  EXPECT_EQ(tree.statistics().nodes, 0u);
}

TYPED_TEST(OctreeTest, CellsOfTheSmallestSizeAreNotDivided) {
  using Scalar = typename TypeParam::Scalar;
  auto config = this->config(2, 1);
  config.smallest_cell = Scalar(0.25);
  auto tree = typename TestFixture::Tree(config);
  Points<Scalar> points{{}, TypeParam::dim};
  for (int i = 0; i < 3000 * TypeParam::dim; ++i)
    points.coordinates.push_back(static_cast<Scalar>(this->rng.uniform()));
  for (std::size_t i = 0; i < points.size(); ++i) tree.insert(points.view()[i]);
  ASSERT_NO_THROW(tree.validate());
  EXPECT_EQ(tree.statistics().leaves, static_cast<std::size_t>(std::pow(4, TypeParam::dim)));
}

}  // namespace
}  // namespace coppice::test
