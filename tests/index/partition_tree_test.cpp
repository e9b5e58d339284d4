// The mid-point partition against a partition made by comparing qodes, and at the ends of the numbers.
#include "coppice/index/neighbor_graph/partition_tree.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <vector>

#include "coppice/errors.hpp"
#include "index/partition_sets.hpp"

namespace coppice {
namespace {

using test::make_set;
using test::Spread;

/// Cells of all points, as the recipe says, without the class under test.
template <class Scalar>
std::vector<std::vector<std::uint64_t>> cells_of(PointView<Scalar> points, int levels) {
  const auto d = static_cast<std::size_t>(points.dimension());
  std::vector<Scalar> lower(d, std::numeric_limits<Scalar>::infinity());
  std::vector<Scalar> upper(d, -std::numeric_limits<Scalar>::infinity());
  for (std::size_t i = 0; i < points.size(); ++i)
    for (std::size_t a = 0; a < d; ++a) {
      lower[a] = std::min(lower[a], points.row(i)[a]);
      upper[a] = std::max(upper[a], points.row(i)[a]);
    }
  Scalar width = 0;
  for (std::size_t a = 0; a < d; ++a) width = std::max(width, upper[a] - lower[a]);
  std::vector<std::vector<std::uint64_t>> cells(points.size(), std::vector<std::uint64_t>(d, 0));
  if (width == 0) return cells;
  const Scalar scale = std::ldexp(Scalar{1}, levels);
  for (std::size_t i = 0; i < points.size(); ++i)
    for (std::size_t a = 0; a < d; ++a)
      cells[i][a] = std::min((std::uint64_t{1} << levels) - 1,
                             static_cast<std::uint64_t>(std::floor((points.row(i)[a] - lower[a]) * scale / width)));
  return cells;
}

/// Every node holds the points of its box and no others, children are all boxes with points, leaves are those that the
/// rule says, and levels follow each other in order.
template <class Scalar>
void check(PointView<Scalar> points, const PartitionTree<Scalar>& tree, int levels, std::size_t mass) {
  const auto cells = cells_of(points, levels);
  const auto d = static_cast<std::size_t>(points.dimension());
  std::vector<std::uint32_t> rows(tree.order().begin(), tree.order().end());
  std::sort(rows.begin(), rows.end());
  for (std::size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(rows[i], i);
  ASSERT_EQ(rows.size(), points.size());

  std::map<std::vector<std::uint64_t>, std::uint64_t> boxes;  // level, place → points
  for (std::size_t i = 0; i < points.size(); ++i)
    for (int level = 0; level <= levels; ++level) {
      std::vector<std::uint64_t> key{static_cast<std::uint64_t>(level)};
      for (std::size_t a = 0; a < d; ++a) key.push_back(cells[i][a] >> (levels - level));
      ++boxes[key];
    }
  std::size_t expected = 0;
  for (const auto& [key, count] : boxes) {
    auto above = key;
    --above[0];
    for (std::size_t a = 1; a < above.size(); ++a) above[a] >>= 1;
    expected += key[0] == 0 || boxes[above] > mass ? 1 : 0;
  }
  EXPECT_EQ(tree.nodes().size(), expected);
  std::size_t leaves = 0;
  std::vector<std::uint32_t> place(d);
  for (std::uint32_t number = 0; number < tree.nodes().size(); ++number) {
    const PartitionNode& node = tree.nodes()[number];
    tree.position(number, place);
    std::vector<std::uint64_t> key{node.level};
    key.insert(key.end(), place.begin(), place.end());
    ASSERT_EQ(boxes[key], node.mass());
    for (std::uint32_t i = node.begin; i < node.end; ++i)
      for (std::size_t a = 0; a < d; ++a)
        ASSERT_EQ(cells[tree.order()[i]][a] >> (levels - static_cast<int>(node.level)), place[a]);
    leaves += node.is_leaf() ? 1 : 0;
    ASSERT_EQ(node.is_leaf(), node.mass() <= mass || node.level == static_cast<std::uint32_t>(levels));
    std::uint32_t at = node.begin;
    for (std::uint32_t child = node.first_child; child < node.first_child + node.children; ++child) {
      ASSERT_EQ(tree.nodes()[child].parent, number);
      ASSERT_EQ(tree.nodes()[child].begin, at);
      at = tree.nodes()[child].end;
      ASSERT_TRUE(child == node.first_child || tree.nodes()[child - 1].qode < tree.nodes()[child].qode);
    }
    ASSERT_TRUE(node.is_leaf() || at == node.end);
  }
  EXPECT_EQ(tree.leaves(), leaves);
  for (int level = 0; level <= tree.levels(); ++level) {
    std::uint32_t at = 0;
    for (const std::uint32_t node : tree.canopy(level)) {
      ASSERT_EQ(tree.nodes()[node].begin, at);
      at = tree.nodes()[node].end;
    }
    ASSERT_EQ(at, points.size());
  }
}

TEST(PartitionTree, BoxesHoldTheirPointsInEveryDimension) {
  for (const int d : {1, 2, 3, 5, 9, 16, 20, 33, 64})
    for (const Spread spread : {Spread::uniform, Spread::clustered, Spread::grid, Spread::equal})
      for (const int levels : {1, 3, 64 / d + 1, 12}) {
        if (levels > 32) continue;
        const auto points = make_set<double>(spread, 700, d, 11);
        const PartitionTree<double> tree(points, {.levels = levels, .mass = 7});
        check(points.view(), tree, levels, 7);
      }
}

TEST(PartitionTree, FloatsAndManyLevels) {
  for (const int levels : {21, 32}) {
    const auto points = make_set<float>(Spread::clustered, 3000, 2, 5);
    const PartitionTree<float> tree(points, {.levels = levels, .mass = 1});
    check(points.view(), tree, levels, 1);
  }
}

TEST(PartitionTree, MortonAndColumnOrderAgree) {
  const auto points = make_set<double>(Spread::clustered, 20000, 9, 3);
  const PartitionTree<double> morton(points, {.levels = 7, .mass = 20});   // 63 bits
  const PartitionTree<double> columns(points, {.levels = 8, .mass = 20});  // 72 bits
  for (int level = 0; level < morton.levels(); ++level) {
    ASSERT_EQ(morton.level(level).size(), columns.level(level).size());
    for (std::size_t i = 0; i < morton.level(level).size(); ++i) {
      ASSERT_EQ(morton.level(level)[i].qode, columns.level(level)[i].qode);
      ASSERT_EQ(morton.level(level)[i].begin, columns.level(level)[i].begin);
      ASSERT_EQ(morton.level(level)[i].end, columns.level(level)[i].end);
    }
  }
}

TEST(PartitionTree, TheSameForAnyNumberOfThreads) {
  for (const int d : {3, 9, 40}) {
    const auto points = make_set<double>(Spread::clustered, 90000, d, 8);
    const PartitionTree<double> one(points, {.levels = 10, .mass = 16});
    const PartitionTree<double> two(points, {.levels = 10, .mass = 16, .executor = Executor(2)});
    EXPECT_TRUE(std::ranges::equal(one.nodes(), two.nodes()));
    EXPECT_TRUE(std::ranges::equal(one.order(), two.order()));
  }
}

TEST(PartitionTree, EndsOfTheNumbers) {
  const auto with = [](std::vector<double> numbers, int levels) {
    const Points<double> points{std::move(numbers), 2};
    const PartitionTree<double> tree(points, {.levels = levels, .mass = 1});
    check(points.view(), tree, levels, 1);
    return tree.width();
  };
  EXPECT_EQ(with({1e150, -1e150, -1e150, 1e150, 0, 0, 1, 1}, 32), 2e150);
  EXPECT_EQ(with({5e-324, 0, 0, 5e-324, 1e-323, 1e-323, 0, 0}, 32), 1e-323);
  EXPECT_EQ(with({0, 7, 1e-300, 7, 3e-300, 7}, 32), 3e-300);  // extents of very different size: one is none
  EXPECT_EQ(with({0, 0, 1e9, 1e-9, 5e8, 2e-9, 1e9, 3e-9}, 20), 1e9);
  EXPECT_EQ(with({-0.0, 0.0, 0.0, -0.0, 0.0, 0.0}, 5), 0);  // a chain of five boxes
  EXPECT_EQ(with({3, 4}, 5), 0);
}

TEST(PartitionTree, NoPointsNoNodes) {
  const PartitionTree<double> tree(PointView<double>(nullptr, 0, 3));
  EXPECT_EQ(tree.levels(), 0);
  EXPECT_TRUE(tree.nodes().empty());
  EXPECT_TRUE(tree.canopy(3).empty());
}

TEST(PartitionTree, RefusesWhatItCannotHold) {
  const auto points = make_set<double>(Spread::uniform, 4, 65, 1);
  try {
    const PartitionTree<double> tree(points);
    FAIL();
  } catch (const unsupported& e) {
    EXPECT_NE(std::string(e.what()).find("64"), std::string::npos);
  }
  auto broken = make_set<double>(Spread::uniform, 4, 3, 1);
  broken.coordinates[7] = std::numeric_limits<double>::quiet_NaN();
  try {
    const PartitionTree<double> tree(broken);
    FAIL();
  } catch (const invalid_input& e) {
    EXPECT_EQ(e.row(), 2u);
  }
  const auto good = make_set<double>(Spread::uniform, 4, 3, 1);
  EXPECT_THROW(PartitionTree<double>(good, {.levels = 0}), invalid_input);
  EXPECT_THROW(PartitionTree<double>(good, {.levels = 33}), invalid_input);
  EXPECT_THROW(PartitionTree<double>(good, {.levels = 3, .mass = 0}), invalid_input);
}

}  // namespace
}  // namespace coppice
