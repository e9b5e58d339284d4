// The Morton order: every row once, neighbours together, and no trouble with degenerate extents.

#include "coppice/geometry/morton.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace coppice {
namespace {

template <class Scalar>
std::vector<std::uint32_t> order_of(const std::vector<Scalar>& coordinates, int dimension) {
  return morton_order(
      PointView<Scalar>(coordinates.data(), coordinates.size() / static_cast<std::size_t>(dimension), dimension));
}

TEST(Morton, TheFourCellsOfASquare) {
  // The first axis gives the lower bit.
  const std::vector<double> corners{1, 1, 0, 1, 1, 0, 0, 0};
  EXPECT_EQ(order_of(corners, 2), (std::vector<std::uint32_t>{3, 2, 1, 0}));
}

TEST(Morton, OneAxisIsSorted) {
  const std::vector<float> x{5, -3, 8, 0.5f, -7, 8};
  EXPECT_EQ(order_of(x, 1), (std::vector<std::uint32_t>{4, 1, 3, 0, 2, 5}));
}

TEST(Morton, TheCellsOfACubeComeOctantByOctant) {
  std::vector<double> grid;
  for (int z = 0; z < 4; ++z)
    for (int y = 0; y < 4; ++y)
      for (int x = 0; x < 4; ++x) grid.insert(grid.end(), {double(x), double(y), double(z)});
  const std::vector<std::uint32_t> order = order_of(grid, 3);
  for (std::size_t octant = 0; octant < 8; ++octant)
    for (std::size_t i = 0; i < 8; ++i) {
      const std::uint32_t row = order[octant * 8 + i];
      for (std::size_t axis = 0; axis < 3; ++axis)
        EXPECT_EQ(grid[row * 3 + axis] >= 2, (octant >> axis & 1) != 0) << "row " << row;
    }
}

TEST(Morton, WithManyAxesTheWidestCount) {
  // Axes 1, 3 and 4 tell the points apart; axes 0 and 2 are narrow and say the opposite.
  std::vector<double> rows;
  for (int i = 0; i < 8; ++i) rows.insert(rows.end(), {-i * 1e-3, i * 9.0, -i * 1e-3, i * 8.0, i * 7.0});
  EXPECT_EQ(order_of(rows, 5), (std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5, 6, 7}));
}

TEST(Morton, DegenerateExtents) {
  const auto is_permutation = [](std::vector<std::uint32_t> order, std::size_t n) {
    std::sort(order.begin(), order.end());
    for (std::size_t i = 0; i < n; ++i)
      if (order[i] != i) return false;
    return order.size() == n;
  };
  EXPECT_TRUE(order_of(std::vector<double>{}, 3).empty());
  EXPECT_TRUE(is_permutation(order_of(std::vector<double>{1, 2, 3}, 3), 1));
  EXPECT_EQ(order_of(std::vector<double>{4, 4, 4, 4, 4, 4}, 2), (std::vector<std::uint32_t>{0, 1, 2}));
  constexpr double least = std::numeric_limits<double>::denorm_min();
  EXPECT_TRUE(is_permutation(order_of(std::vector<double>{0, least, 2 * least, 0}, 1), 4));
  EXPECT_TRUE(is_permutation(order_of(std::vector<double>{-1e150, 1e150, 0, 1, 1e150, -1e150}, 2), 3));
  EXPECT_TRUE(is_permutation(order_of(std::vector<float>{-1e18f, 1e18f, 0, 1, 1e18f, -1e18f}, 3), 2));
}

}  // namespace
}  // namespace coppice
