// NeighborList against its definition: open and periodic space, cells of any shape and size, both scalar types, half
// and full lists, every instruction set, one thread and three.
#include <gtest/gtest.h>

#include "index/neighbor_list_oracle.hpp"

namespace coppice::test {
namespace {

template <class Scalar>
class NeighborLists : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(NeighborLists, Scalars);

NeighborListConfig within(double cutoff, const SimulationCell& cell = {}) {
  NeighborListConfig config;
  config.cutoff = cutoff;
  config.cell = cell;
  return config;
}

SimulationCell tilted() {
  return SimulationCell::triclinic({1, 0, 0}, {0.4, 0.9, 0}, {-0.3, 0.35, 0.8});
}

TYPED_TEST(NeighborLists, AreExactForUniformPoints) {
  expect_exact_everywhere(uniform_points<TypeParam>(900, 0, 1, 1), within(0.15));
}

TYPED_TEST(NeighborLists, AreExactForClusters) {
  expect_exact_everywhere(clustered_points<TypeParam>(900, 2), within(0.02));
}

TYPED_TEST(NeighborLists, AreExactForManyLeavesOnOneThread) {
  const auto points = uniform_points<TypeParam>(3500, -3, 5, 3);
  for (const PairKind kind : {PairKind::half, PairKind::full}) {
    NeighborListConfig config = within(0.6);
    config.kind = kind;
    expect_exact(points, config);
  }
}

TYPED_TEST(NeighborLists, AreExactForEqualPoints) {
  auto points = uniform_points<TypeParam>(400, 0, 1, 4);
  for (std::size_t k = 0; k < 3 * 150; ++k) points.coordinates[k] = TypeParam(0.25);
  expect_exact_everywhere(points, within(0.1));
  expect_exact_everywhere(points, within(1e-3, SimulationCell::orthorhombic(1, 1, 1)));
  for (TypeParam& x : points.coordinates) x = TypeParam(7);
  expect_exact(points, within(1e-30));
}

TYPED_TEST(NeighborLists, DecideDistancesEqualToTheCutoff) {
  Points<TypeParam> lattice{{}, 3};
  for (int i = 0; i < 10; ++i)
    for (int j = 0; j < 10; ++j)
      for (int k = 0; k < 10; ++k)
        for (int x : {i, j, k}) lattice.coordinates.push_back(static_cast<TypeParam>(x));
  expect_exact(lattice, within(1));
  expect_exact(lattice, within(std::nextafter(1.0, 0.0)));
  expect_exact_everywhere(lattice, within(1, SimulationCell::orthorhombic(10, 10, 10)));
}

TYPED_TEST(NeighborLists, AreExactForZeroOneAndTwoParticles) {
  for (const std::size_t n : {0, 1, 2})
    for (const SimulationCell& cell : {SimulationCell::open(), SimulationCell::orthorhombic(1, 1, 1), tilted()})
      expect_exact_everywhere(uniform_points<TypeParam>(n, 0, 1, 5), within(1.1, cell));
}

TYPED_TEST(NeighborLists, AreExactInCubesAndTriclinicCells) {
  expect_exact_everywhere(uniform_points<TypeParam>(350, 0, 1, 6), within(0.2, SimulationCell::orthorhombic(1, 1, 1)));
  expect_exact_everywhere(uniform_points<TypeParam>(350, 0, 1, 7), within(0.25, tilted()));
}

TYPED_TEST(NeighborLists, AreExactWhenTheCutoffExceedsTheCell) {
  expect_exact_everywhere(uniform_points<TypeParam>(30, 0, 1, 8), within(0.7, SimulationCell::orthorhombic(1, 1, 1)));
  expect_exact_everywhere(uniform_points<TypeParam>(12, 0, 1, 9),
                          within(2.3, SimulationCell::orthorhombic(1, 1.2, 0.8)));
  expect_exact_everywhere(uniform_points<TypeParam>(12, 0, 1, 10), within(1.5, tilted()));
  expect_exact(uniform_points<TypeParam>(1, 0, 1, 11), within(3, SimulationCell::orthorhombic(1, 1, 1)));
}

TYPED_TEST(NeighborLists, AreExactInVeryTiltedAndVeryThinCells) {
  expect_exact_everywhere(uniform_points<TypeParam>(40, -1, 2, 12),
                          within(0.6, SimulationCell::triclinic({1, 0, 0}, {3.7, 0.8, 0}, {-2.9, 4.1, 0.7})));
  expect_exact_everywhere(uniform_points<TypeParam>(40, 0, 1, 13),
                          within(0.5, SimulationCell::orthorhombic(5, 0.11, 5)));
}

TYPED_TEST(NeighborLists, AreExactForEverySubsetOfPeriodicAxes) {
  for (int axes = 0; axes < 8; ++axes) {
    SimulationCell cell = tilted();
    SimulationCell sparse = tilted();
    for (std::size_t k = 0; k < 3; ++k) {
      cell.periodic[k] = sparse.periodic[k] = (axes >> k & 1) != 0;
      if (!sparse.periodic[k]) sparse.vectors[k] = {};
    }
    SCOPED_TRACE(axes);
    const auto points = uniform_points<TypeParam>(120, -0.5, 1.5, 14);
    NeighborListConfig config = within(0.35, cell);
    expect_exact(points, config);
    if (sparse.completed().volume() < 0) continue;
    config.cell = sparse;
    config.kind = PairKind::full;
    expect_exact(points, config);
  }
}

TYPED_TEST(NeighborLists, TakeCoordinatesOutsideTheCell) {
  auto points = uniform_points<TypeParam>(250, 0, 1, 15);
  std::mt19937_64 random(16);
  const SimulationCell cell = tilted();
  for (std::size_t i = 0; i < points.size(); i += 2)
    for (std::size_t k = 0; k < 3; ++k) {
      const auto steps = static_cast<double>(static_cast<int>(random() % 9) - 4);
      for (std::size_t a = 0; a < 3; ++a)
        points.coordinates[3 * i + a] += static_cast<TypeParam>(steps * cell.vectors[k][a]);
    }
  expect_exact_everywhere(points, within(0.22, cell));
  for (TypeParam& x : points.coordinates) x += TypeParam(5000);
  expect_exact_everywhere(points, within(0.22, cell));
}

TYPED_TEST(NeighborLists, AreExactOverManyScales) {
  auto points = uniform_points<TypeParam>(600, 0, 1, 17);
  for (std::size_t i = 0; i < 200; ++i)
    for (std::size_t a = 0; a < 3; ++a)
      points.coordinates[3 * i + a] *= static_cast<TypeParam>(std::pow(10.0, static_cast<double>(i % 24) - 12));
  for (const double cutoff : {1e-9, 1e-3, 0.1, 1e6, 1e11}) expect_exact(points, within(cutoff));
  expect_exact_everywhere(points, within(0.1));
}

TYPED_TEST(NeighborLists, AreExactAtTheEndsOfTheFormat) {
  const double limit = sizeof(TypeParam) == 8 ? 1e150 : 1e18;
  auto points = uniform_points<TypeParam>(60, -limit, limit, 18);
  for (std::size_t k = 0; k < 60; ++k) points.coordinates[k] = static_cast<TypeParam>(points.coordinates[k] / limit);
  for (const double cutoff : {1e-200, 1e-20, 0.5, 1e17, 0.8 * limit, 1e160}) expect_exact(points, within(cutoff));
  expect_exact(points, within(1e300));
}

TYPED_TEST(NeighborLists, FarFromTheOriginAreExact) {
  auto points = uniform_points<TypeParam>(500, 0, 1, 19);
  for (TypeParam& x : points.coordinates) x += TypeParam(sizeof(TypeParam) == 8 ? 1e9 : 1e4);
  expect_exact_everywhere(points, within(0.15));
}

TYPED_TEST(NeighborLists, ReadStridedRows) {
  const auto points = uniform_points<TypeParam>(300, 0, 1, 20);
  std::vector<TypeParam> wide(5 * points.size(), TypeParam(-1));
  for (std::size_t i = 0; i < points.size(); ++i)
    std::copy_n(points.coordinates.begin() + static_cast<std::ptrdiff_t>(3 * i), 3,
                wide.begin() + static_cast<std::ptrdiff_t>(5 * i));
  NeighborList<TypeParam> neighbors(within(0.2));
  neighbors.update({wide.data(), points.size(), 3, 5});
  expect_same(pairs_of(neighbors), brute_force_pairs(points, within(0.2)));
}

TYPED_TEST(NeighborLists, RowsAndListsAgree) {
  NeighborListConfig config = within(0.2, SimulationCell::orthorhombic(1, 1, 1));
  config.kind = PairKind::full;
  NeighborList<TypeParam> neighbors(config);
  neighbors.update(uniform_points<TypeParam>(200, 0, 1, 21));
  const auto rows = neighbors.template rows<std::int32_t>({.distances = true});
  const auto list = neighbors.template list<std::int64_t>({.shifts = true});
  ASSERT_EQ(rows.offsets.size(), neighbors.size() + 1);
  ASSERT_EQ(rows.neighbors.size(), list.j.size());
  EXPECT_EQ(rows.distances.size(), list.j.size());
  EXPECT_TRUE(rows.vectors.empty() && rows.shifts.empty() && list.distances.empty());
  EXPECT_EQ(list.shifts.size(), 3 * list.j.size());
  for (std::size_t i = 0; i + 1 < rows.offsets.size(); ++i)
    for (auto p = static_cast<std::size_t>(rows.offsets[i]); p < static_cast<std::size_t>(rows.offsets[i + 1]); ++p) {
      EXPECT_EQ(list.i[p], static_cast<std::int64_t>(i));
      EXPECT_EQ(list.j[p], rows.neighbors[p]);
    }
}

}  // namespace
}  // namespace coppice::test
