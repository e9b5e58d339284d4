// KdTree::boxes: levels nest, counts add up, the boxes of the leaves hold every point, and each point lies in the leaf
// that a count of the boxes expects; before and after updates, far from the origin, and for equal points.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "conformance/datasets.hpp"
#include "conformance/random.hpp"
#include "coppice/any_index.hpp"
#include "coppice/errors.hpp"
#include "coppice/index/kd_tree/kd_tree.hpp"

namespace coppice::test {
namespace {

constexpr int all_levels = std::numeric_limits<int>::max();

template <class Scalar>
bool holds(const LevelBox<Scalar>& box, std::span<const Scalar> point) {
  for (std::size_t a = 0; a < point.size(); ++a)
    if (point[a] < box.lower[a] || point[a] > box.upper[a]) return false;
  return true;
}

template <class Scalar>
bool holds(const LevelBox<Scalar>& outer, const LevelBox<Scalar>& inner) {
  return holds(outer, std::span<const Scalar>(inner.lower)) && holds(outer, std::span<const Scalar>(inner.upper));
}

template <class Scalar>
void expect_sound(const KdTree<Scalar>& tree) {
  const auto boxes = tree.boxes(all_levels);
  const auto statistics = tree.statistics();
  ASSERT_FALSE(boxes.empty());
  EXPECT_EQ(boxes.size(), statistics.nodes + statistics.leaves);
  EXPECT_EQ(boxes[0].parent, LevelBox<Scalar>::no_parent);
  EXPECT_EQ(boxes[0].level, 0);
  EXPECT_EQ(boxes[0].points, tree.size());

  std::vector<std::size_t> below(boxes.size(), 0);
  int deepest = 0;
  for (std::size_t i = 1; i < boxes.size(); ++i) {
    ASSERT_LT(boxes[i].parent, i);
    const auto& parent = boxes[boxes[i].parent];
    ASSERT_EQ(parent.level + 1, boxes[i].level);
    ASSERT_FALSE(parent.is_leaf);
    ASSERT_TRUE(holds(parent, boxes[i])) << "box " << i << " leaves its parent";
    ASSERT_GT(boxes[i].points, 0u);
    below[boxes[i].parent] += boxes[i].points;
    deepest = std::max(deepest, boxes[i].level);
  }
  EXPECT_EQ(static_cast<std::size_t>(deepest), statistics.height);
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    if (!boxes[i].is_leaf) {
      ASSERT_EQ(below[i], boxes[i].points);
    }
  }

  // Storage order is the order of the leaves, so the points of each leaf are known one by one.
  std::vector<point_id> ids;
  Points<Scalar> points;
  tree.copy_points(ids, points);
  std::size_t next = 0;
  for (const auto& box : boxes) {
    if (!box.is_leaf) continue;
    for (std::size_t i = 0; i < box.points; ++i, ++next)
      ASSERT_TRUE(holds(box, points.view()[next])) << "point " << ids[next] << " leaves its leaf's box";
  }
  EXPECT_EQ(next, points.size());
}

template <class Scalar>
class Boxes : public Seeded {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Boxes, Scalars, );

TYPED_TEST(Boxes, NestAndHoldEveryPointThroughUpdates) {
  for (const int dimension : {1, 2, 3, 5, 20}) {
    SCOPED_TRACE(dimension);
    KdTree<TypeParam> tree(dimension);
    tree.build(make_points<TypeParam>(Shape::clustered, 3000, dimension, this->rng));
    expect_sound(tree);
    tree.insert(make_points<TypeParam>(Shape::uniform, 2000, dimension, this->rng));
    expect_sound(tree);
    std::vector<point_id> gone(2500);
    std::iota(gone.begin(), gone.end(), point_id{500});
    tree.erase(gone);
    expect_sound(tree);
  }
}

TYPED_TEST(Boxes, HoldPointsFarFromTheOriginAndEqualOnes) {
  Points<TypeParam> points{{}, 2};
  for (int i = 0; i < 900; ++i) {
    points.coordinates.push_back(static_cast<TypeParam>(636001.1 + 0.013 * (i % 97)));
    points.coordinates.push_back(static_cast<TypeParam>(i < 300 ? 848935.3 : 848935.3 + 0.007 * i));
  }
  for (int i = 0; i < 200; ++i)
    points.coordinates.insert(points.coordinates.end(), {TypeParam(636002), TypeParam(848936)});
  KdTree<TypeParam> tree(2);
  tree.build(points);
  expect_sound(tree);
}

TYPED_TEST(Boxes, StopAtTheLevelAskedFor) {
  KdTree<TypeParam> tree(3);
  EXPECT_TRUE(tree.boxes(5).empty());
  EXPECT_THROW((void)tree.boxes(-1), invalid_input);
  tree.build(make_points<TypeParam>(Shape::uniform, 4000, 3, this->rng));
  const auto all = tree.boxes(all_levels);
  for (const int last : {0, 1, 2}) {
    const auto boxes = tree.boxes(last);
    EXPECT_EQ(boxes.size(), static_cast<std::size_t>(std::count_if(
                                all.begin(), all.end(), [&](const auto& box) { return box.level <= last; })));
    for (const auto& box : boxes) EXPECT_LE(box.level, last);
    EXPECT_EQ(boxes[0].points, 4000u);
    EXPECT_EQ(boxes[0].lower, all[0].lower);
    EXPECT_EQ(boxes[0].upper, all[0].upper);
  }
}

TYPED_TEST(Boxes, ComeThroughAnyIndexOrAreRefusedByName) {
  const auto points = make_points<TypeParam>(Shape::uniform, 200, 3, this->rng);
  const auto kd = make_index<TypeParam>("kd", 3);
  kd->build(points);
  EXPECT_EQ(kd->boxes(0).size(), 1u);
  const auto brute = make_index<TypeParam>("brute", 3);
  try {
    (void)brute->boxes(0);
    FAIL() << "the brute-force index gave boxes";
  } catch (const unsupported& refusal) {
    EXPECT_NE(std::string(refusal.what()).find("kd"), std::string::npos) << refusal.what();
  }
}

}  // namespace
}  // namespace coppice::test
