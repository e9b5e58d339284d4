// What is KdMapIndex's own: points that share a place, zeros of either sign, balances, and the cursor that its searches
// walk with. Everything else is the conformance suite's.

#include "coppice/index/kd_map/index.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "coppice/errors.hpp"

namespace coppice::test {
namespace {

TEST(KdMapIndex, PointsOfOnePlaceShareANode) {
  KdMapIndex<double> index(2);
  const std::vector<double> rows{1, 2, 3, 4, 1, 2, 1, 2, 3, 4};
  index.build({rows.data(), 5, 2}, std::vector<point_id>{9, 4, 2, 7, 1});
  index.insert(std::vector<double>{1, 2}, 0);
  index.validate();
  EXPECT_EQ(index.size(), 6u);
  EXPECT_EQ(index.map().size(), 2u);
  EXPECT_EQ(index.statistics().nodes, 2u);
  const std::vector<double> first{1, 2}, second{3, 4};
  EXPECT_EQ(index.find(first), 0);
  EXPECT_EQ(index.find(second), 1);
  const auto found = index.nearest(PointView<double>(first.data(), 1, 2), {.k = 5});
  EXPECT_EQ(found.ids, (std::vector<point_id>{0, 2, 7, 9, 1}));

  index.erase(std::vector<point_id>{0, 9});
  index.move(2, second);
  index.validate();
  EXPECT_EQ(index.find(first), 7);
  index.erase(7);  // the last one there takes the place along
  index.validate();
  EXPECT_EQ(index.find(first), no_point);
  EXPECT_EQ(index.map().size(), 1u);
  EXPECT_EQ(index.point(2), second);
}

TEST(KdMapIndex, ZerosLoseTheirSign) {
  KdMapIndex<float> index(1);
  index.insert(std::vector<float>{-0.0f}, 5);
  index.insert(std::vector<float>{0.0f}, 3);
  index.validate();
  EXPECT_EQ(index.map().size(), 1u);
  EXPECT_FALSE(std::signbit(index.point(5)[0]));
  EXPECT_EQ(index.find(std::vector<float>{-0.0f}), 3);
}

TEST(KdMapIndex, TakesTheBalancesOfAKdMap) {
  const auto make = [](const Balance& balance) { return KdMapIndex<double>(3, {.balance = balance}); };
  EXPECT_EQ(KdMapIndex<double>(3).config().balance.kind, BalanceKind::red_black);
  for (int delta = 1; delta <= 8; ++delta) EXPECT_EQ(make(Balance::avl(delta)).config().balance.delta, delta);
  EXPECT_THROW(make(Balance::growth()), invalid_input);
  EXPECT_THROW(make(Balance::weight()), invalid_input);
}

TEST(KdMapIndex, ACursorSeesOrderHandlesAndAxes) {
  KdMapIndex<double> index(2);
  std::vector<double> rows;
  for (int i = 0; i < 100; ++i) rows.insert(rows.end(), {double(i * 37 % 100), double(i * 53 % 10)});
  index.build({rows.data(), 100, 2});
  using Cursor = KdMapIndex<double>::Map::Cursor;
  int seen = 0;
  const auto check = [&](const auto& self, Cursor node, int axis) -> void {
    if (!node) return;
    ++seen;
    EXPECT_EQ(node.axis(), axis);
    const point_id id = node.value().smallest();
    EXPECT_TRUE(std::equal(node.key(), node.key() + 2, &rows[static_cast<std::size_t>(2 * id)]));
    EXPECT_EQ(index.map().key_of(node.handle()).data(), node.key());
    EXPECT_EQ(&index.map().value_of(node.handle()), &node.value());
    if (node.left()) {
      EXPECT_LE(node.left().key()[axis], node.key()[axis]);
    }
    if (node.right()) {
      EXPECT_GE(node.right().key()[axis], node.key()[axis]);
    }
    self(self, node.left(), 1 - axis);
    self(self, node.right(), 1 - axis);
  };
  check(check, index.map().root(), 0);
  EXPECT_EQ(seen, 100);
}

}  // namespace
}  // namespace coppice::test
