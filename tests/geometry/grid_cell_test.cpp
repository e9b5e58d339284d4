// Down-sampling to one point a cell, by every policy, against its definition.
#include "coppice/geometry/grid_cell.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <random>

namespace coppice {
namespace {

template <class Scalar>
class GridCell : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(GridCell, Scalars);

constexpr CellPolicy policies[] = {CellPolicy::first, CellPolicy::nearest_to_center, CellPolicy::centroid};

TYPED_TEST(GridCell, AgreesWithTheDefinition) {
  std::mt19937_64 random(7);
  for (const int dimension : {1, 2, 3, 5})
    for (const TypeParam edge : {TypeParam(0.3), TypeParam(1), TypeParam(2.5)}) {
      // Quarters: plenty of ties and duplicates on both sides of 0.
      std::uniform_int_distribution<int> step(-12, 12);
      Points<TypeParam> points{{}, dimension};
      std::vector<point_id> ids;
      for (point_id row = 0; row < 200; ++row) {
        for (int axis = 0; axis < dimension; ++axis) points.coordinates.push_back(TypeParam(step(random)) / 4);
        ids.push_back(row * 7919 % 200);  // a permutation
      }
      const auto view = points.view();
      std::map<std::vector<TypeParam>, std::vector<std::size_t>> cells;
      for (std::size_t row = 0; row < view.size(); ++row) {
        std::vector<TypeParam> name;
        for (const TypeParam x : view[row]) name.push_back(std::floor(x / edge) + TypeParam(0));
        cells[name].push_back(row);
      }
      for (const CellPolicy policy : policies) {
        std::map<std::size_t, std::vector<TypeParam>> expected;  // kept row → point
        for (const auto& entry : cells) {
          const std::vector<TypeParam>& name = entry.first;
          const std::vector<std::size_t>& rows = entry.second;
          const auto key = [&](std::size_t row) {
            double sum = 0;
            if (policy == CellPolicy::nearest_to_center)
              for (std::size_t axis = 0; axis < name.size(); ++axis) {
                const double d = double(view[row][axis]) - (double(name[axis]) + 0.5) * double(edge);
                sum += d * d;
              }
            return std::pair(sum, ids[row]);
          };
          std::size_t kept = rows[0];
          for (const std::size_t row : rows)
            if (key(row) < key(kept)) kept = row;
          std::vector<TypeParam> point(view[kept].begin(), view[kept].end());
          if (policy == CellPolicy::centroid)
            for (std::size_t axis = 0; axis < point.size(); ++axis) {
              double sum = 0;
              for (const std::size_t row : rows) sum += double(view[row][axis]);
              point[axis] = TypeParam(sum / double(rows.size()));
            }
          expected[kept] = point;
        }
        const Thinned<TypeParam> thinned = one_a_cell<TypeParam>(view, ids, edge, policy);
        ASSERT_EQ(thinned.rows.size(), expected.size());
        ASSERT_EQ(thinned.points.size(), expected.size());
        std::size_t at = 0;
        for (const auto& [row, point] : expected) {
          EXPECT_EQ(thinned.rows[at], row);
          EXPECT_EQ(std::vector<TypeParam>(thinned.points.view()[at].begin(), thinned.points.view()[at].end()), point);
          ++at;
        }
        const auto out = crowded_out<TypeParam>(view, ids, edge, policy);
        EXPECT_EQ(out.size() + expected.size(), view.size());
        for (std::size_t row = 0, next = 0; row < view.size(); ++row)
          if (!expected.contains(row)) {
            EXPECT_EQ(out.at(next++), ids[row]);
          }
      }
    }
}

TYPED_TEST(GridCell, EdgesOfTheDomain) {
  const std::vector<point_id> ids{5, 3};
  const Points<TypeParam> zeros{{TypeParam(-0.0), TypeParam(0)}, 1};
  EXPECT_EQ(crowded_out<TypeParam>(zeros.view(), ids, TypeParam(1)), (std::vector<point_id>{5}));
  const Points<TypeParam> sides{{TypeParam(-0.5), TypeParam(0.5)}, 1};
  EXPECT_TRUE(crowded_out<TypeParam>(sides.view(), ids, TypeParam(1)).empty());
  // Far from 0, where neighbouring numbers lie farther apart than an edge.
  const Points<TypeParam> far{{TypeParam(1e17), TypeParam(2e17)}, 1};
  for (const CellPolicy policy : policies)
    EXPECT_EQ(one_a_cell<TypeParam>(far.view(), ids, TypeParam(1), policy).points.coordinates, far.coordinates);
  const Points<TypeParam> none{{}, 3};
  for (const CellPolicy policy : policies)
    EXPECT_TRUE(one_a_cell<TypeParam>(none.view(), {}, TypeParam(1), policy).rows.empty());
}

TYPED_TEST(GridCell, Refusals) {
  const std::vector<point_id> ids{0, 1};
  const Points<TypeParam> points{{TypeParam(0), std::numeric_limits<TypeParam>::max()}, 1};
  for (const TypeParam edge : {TypeParam(0), TypeParam(-1), std::numeric_limits<TypeParam>::infinity(),
                               std::numeric_limits<TypeParam>::quiet_NaN()})
    EXPECT_THROW((void)crowded_out<TypeParam>(points.view(), ids, edge), invalid_input);
  try {
    (void)one_a_cell<TypeParam>(points.view(), ids, TypeParam(0.5), CellPolicy::first);
    FAIL() << "was accepted";
  } catch (const invalid_input& refusal) {
    EXPECT_EQ(refusal.row(), 1u);
  }
}

}  // namespace
}  // namespace coppice
