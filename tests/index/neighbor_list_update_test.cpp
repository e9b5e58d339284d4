// NeighborList while particles move: kept and new orders, the Verlet skin, changed cells and numbers of particles; and
// what narrows a list: exclusions, radii, cutoffs by type. Every step must equal the definition.
#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <string>

#include "coppice/errors.hpp"
#include "coppice/index/octree/interaction_sums.hpp"
#include "index/neighbor_list_oracle.hpp"

namespace coppice::test {
namespace {

template <class Scalar>
class MovingNeighborLists : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(MovingNeighborLists, Scalars);

NeighborListConfig half_list(double cutoff, const SimulationCell& cell = {}) {
  NeighborListConfig config;
  config.cutoff = cutoff;
  config.cell = cell;
  return config;
}

const SimulationCell cube = SimulationCell::orthorhombic(1, 1, 1);

template <class Scalar>
void shake(Points<Scalar>& points, double length, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  for (Scalar& x : points.coordinates) x += static_cast<Scalar>(length * normal(random));
}

template <class Scalar>
void expect_step(const NeighborList<Scalar>& neighbors, const Points<Scalar>& points) {
  NeighborListConfig config = neighbors.config();
  const std::vector<Pair> expected = brute_force_pairs(points, config);
  expect_same(pairs_of(neighbors), expected);
  expect_rows_agree(neighbors, expected);
}

TYPED_TEST(MovingNeighborLists, StepsAreExactInKeptAndInNewOrders) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> anywhere(0, 1);
  for (const PairKind kind : {PairKind::half, PairKind::full}) {
    NeighborListConfig config = half_list(0.12, cube);
    config.kind = kind;
    NeighborList<TypeParam> neighbors(config);
    auto points = uniform_points<TypeParam>(500, 0, 1, 2);
    for (int step = 0; step < 6; ++step) {
      EXPECT_TRUE(neighbors.update(points));
      expect_step(neighbors, points);
      shake(points, 0.001, random);
    }
    EXPECT_LT(neighbors.statistics().sorts, 6) << "small steps keep the order";
    const auto sorts = neighbors.statistics().sorts;
    for (std::size_t k = 0; k < 3 * 25; ++k) points.coordinates[k] = static_cast<TypeParam>(anywhere(random));
    neighbors.update(points);
    expect_step(neighbors, points);
    EXPECT_GT(neighbors.statistics().sorts, sorts) << "jumps do not";
  }
}

TYPED_TEST(MovingNeighborLists, SkinsServeAndAreExact) {
  std::mt19937_64 random(3);
  for (const bool periodic : {false, true})
    for (const PairKind kind : {PairKind::half, PairKind::full}) {
      NeighborListConfig config = half_list(0.12, periodic ? cube : SimulationCell::open());
      config.kind = kind;
      config.skin = 0.03;
      config.executor = Executor(periodic ? 3 : 1);
      NeighborList<TypeParam> neighbors(config);
      auto points = uniform_points<TypeParam>(300, 0, 1, 4);
      int served = 0;
      for (int step = 0; step < 12; ++step) {
        auto given = points;
        if (step % 2 == 1 && periodic)  // as programs do that put particles back into the cell
          for (TypeParam& x : given.coordinates) x -= std::floor(x);
        served += neighbors.update(given) ? 0 : 1;
        expect_step(neighbors, given);
        shake(points, 0.002, random);
      }
      EXPECT_GT(served, 3);
      EXPECT_LT(served, 12);
      EXPECT_EQ(neighbors.statistics().updates, 12);
      EXPECT_EQ(neighbors.statistics().rebuilds, 12 - served);
    }
}

TYPED_TEST(MovingNeighborLists, SkinsEndWhenTheTwoThatMovedMostUsedThemUp) {
  NeighborListConfig config = half_list(1);
  config.skin = 0.5;
  NeighborList<TypeParam> neighbors(config);
  Points<TypeParam> points{{0, 0, 0, 3, 0, 0, TypeParam(1.4), 0, 0}, 3};
  EXPECT_TRUE(neighbors.update(points));
  points.coordinates[3] = TypeParam(3.25);
  EXPECT_FALSE(neighbors.update(points));
  points.coordinates[0] = TypeParam(0.24);
  EXPECT_FALSE(neighbors.update(points));
  expect_step(neighbors, points);
  points.coordinates[0] = TypeParam(0.375);
  EXPECT_TRUE(neighbors.update(points)) << "0.25 + 0.375 > 0.5";
  EXPECT_FALSE(neighbors.update(points));
  EXPECT_TRUE(neighbors.update(uniform_points<TypeParam>(4, 0, 1, 5))) << "another number of particles";
}

TYPED_TEST(MovingNeighborLists, TakeAnotherCellAndAnotherNumberOfParticles) {
  NeighborListConfig config = half_list(0.2, cube);
  config.skin = 0.05;
  NeighborList<TypeParam> neighbors(config);
  auto points = uniform_points<TypeParam>(200, 0, 1, 6);
  neighbors.update(points);
  neighbors.set_cell(SimulationCell::triclinic({1.1, 0, 0}, {0.2, 1, 0}, {0, 0, 1.3}));
  expect_same(pairs_of(neighbors), brute_force_pairs(points, config));
  EXPECT_TRUE(neighbors.update(points));
  expect_step(neighbors, points);
  points = uniform_points<TypeParam>(90, 0, 1, 7);
  EXPECT_TRUE(neighbors.update(points));
  expect_step(neighbors, points);
  neighbors.update(PointView<TypeParam>(nullptr, 0, 3));
  EXPECT_EQ(neighbors.size(), 0u);
  EXPECT_EQ(neighbors.template rows<std::int32_t>().offsets, std::vector<std::int64_t>{0});
  EXPECT_THROW(neighbors.set_cell(SimulationCell::orthorhombic(1, 1, -1)), invalid_input);
}

TYPED_TEST(MovingNeighborLists, LeaveOutExclusions) {
  NeighborListConfig config = half_list(0.45, cube);
  const auto points = uniform_points<TypeParam>(80, 0, 1, 8);
  for (std::int64_t i = 0; i + 1 < 40; ++i) config.exclusions.emplace_back(i + 1, i);
  config.exclusions.emplace_back(0, 39);
  for (const double skin : {0.0, 0.1}) {
    config.skin = skin;
    expect_exact_everywhere(points, config);
  }
}

TYPED_TEST(MovingNeighborLists, TakeRadii) {
  std::mt19937_64 random(9);
  std::uniform_real_distribution<double> radius(0, 0.12);
  NeighborListConfig config;
  config.cell = cube;
  for (int i = 0; i < 200; ++i) config.radii.push_back(i % 7 == 0 ? 0 : radius(random));
  for (const double skin : {0.0, 0.04}) {
    config.skin = skin;
    expect_exact_everywhere(uniform_points<TypeParam>(200, 0, 1, 10), config);
  }
  config.cell = {};
  expect_exact_everywhere(uniform_points<TypeParam>(200, 0, 1, 11), config);
  config.radii.assign(3, 0.0);
  expect_exact(Points<TypeParam>{{1, 2, 3, 1, 2, 3, 1, 2, 4}, 3}, config);
}

TYPED_TEST(MovingNeighborLists, TakeCutoffsByType) {
  NeighborListConfig config;
  config.cell = cube;
  config.type_cutoffs = {0.1, 0.2, 0, 0.2, 0.05, 0.15, 0, 0.15, 0};
  for (int i = 0; i < 200; ++i) config.types.push_back(i % 3);
  config.exclusions = {{0, 1}, {4, 3}};
  expect_exact_everywhere(uniform_points<TypeParam>(200, 0, 1, 12), config);
}

TYPED_TEST(MovingNeighborLists, SumOverPairs) {
  NeighborListConfig config = half_list(0.25, cube);
  config.exclusions = {{1, 2}, {3, 4}};
  const auto points = uniform_points<TypeParam>(250, -0.5, 1.5, 13);
  std::vector<double> charges;
  for (std::size_t i = 0; i < points.size(); ++i) charges.push_back(static_cast<double>(i % 5) - 1.5);
  NeighborListConfig full = config;
  full.kind = PairKind::full;
  const GaussianTerm gaussian(charges, 0.1);
  const LennardJonesTerm lennard_jones(0.7, 0.05);
  std::vector<double> expected(points.size());
  std::vector<EnergyAndForce> forces(points.size());
  for (const Pair& p : brute_force_pairs(points, full)) {
    const double squared = (p.d[0] * p.d[0] + p.d[1] * p.d[1]) + p.d[2] * p.d[2];
    const auto i = static_cast<std::int32_t>(p.i), j = static_cast<std::int32_t>(p.j);
    expected[static_cast<std::size_t>(i)] += gaussian(i, j, squared, p.d);
    forces[static_cast<std::size_t>(i)] += lennard_jones(i, j, squared, p.d);
  }
  std::vector<double> first;
  for (const int threads : {1, 3})
    for (const double skin : {0.0, 0.05}) {
      config.executor = Executor(threads);
      config.skin = skin;
      NeighborList<TypeParam> neighbors(config);
      if (threads == 1)
        neighbors.place(points);
      else
        neighbors.update(points);
      std::vector<double> sums(points.size());
      neighbors.sum(std::span(sums), gaussian);
      std::vector<EnergyAndForce> moves(points.size());
      neighbors.sum(std::span(moves), lennard_jones);
      for (std::size_t i = 0; i < points.size(); ++i) {
        EXPECT_NEAR(sums[i], expected[i], 1e-12 * (1 + std::fabs(expected[i])));
        EXPECT_NEAR(moves[i].energy, forces[i].energy, 1e-9 * (1 + std::fabs(forces[i].energy)));
      }
      if (skin > 0) continue;  // another reach may sort otherwise, and so add in another order
      if (first.empty()) first = sums;
      EXPECT_EQ(sums, first);
    }
}

TYPED_TEST(MovingNeighborLists, SumAfterASkinServed) {
  std::mt19937_64 random(14);
  NeighborListConfig config = half_list(0.2, cube);
  config.skin = 0.1;
  NeighborList<TypeParam> neighbors(config);
  auto points = uniform_points<TypeParam>(200, 0, 1, 15);
  neighbors.update(points);
  shake(points, 0.005, random);
  ASSERT_FALSE(neighbors.update(points));
  std::vector<std::int64_t> counts(points.size());
  neighbors.sum(std::span(counts), [](auto...) { return 1; });
  expect_step(neighbors, points);
  EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}), 2 * neighbors.pairs());
  shake(points, 0.005, random);
  EXPECT_FALSE(neighbors.update(points));
  expect_step(neighbors, points);
  EXPECT_THROW(neighbors.sum(std::span(counts).first(3), [](auto...) { return 1; }), invalid_input);
}

std::string refusal(NeighborListConfig config) {
  try {
    NeighborList<double>{std::move(config)};
  } catch (const invalid_input& e) {
    return e.what();
  }
  return "";
}

TEST(NeighborListConfigs, AreRefusedByName) {
  const auto with = [](auto change) {
    NeighborListConfig config = half_list(1, cube);
    change(config);
    return refusal(config);
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(with([](auto&) {}), "");
  EXPECT_NE(with([](auto& c) { c.cutoff = 0; }).find("cutoff is 0"), std::string::npos);
  EXPECT_NE(with([](auto& c) { c.cutoff = -1; }).find("expected a positive number"), std::string::npos);
  EXPECT_NE(with([&](auto& c) { c.cutoff = nan; }).find("cutoff is nan"), std::string::npos);
  EXPECT_NE(with([](auto& c) { c.cutoff = 1e3; }).find("images"), std::string::npos);
  EXPECT_NE(with([](auto& c) { c.skin = -1; }).find("skin is"), std::string::npos);
  EXPECT_NE(with([](auto& c) { c.resort_fraction = -1; }).find("resort_fraction is"), std::string::npos);
  EXPECT_NE(with([](auto& c) { c.radii = {1, 2}; }).find("cutoff is 1"), std::string::npos);
  EXPECT_NE(with([](auto& c) { c.cutoff = 0, c.radii = {1, -2}; }).find("row 1: the radius"), std::string::npos);
  EXPECT_NE(with([](auto& c) { c.types = {0}; }).find("types without type_cutoffs"), std::string::npos);
  EXPECT_NE(with([](auto& c) {
              c.cutoff = 0, c.types = {0}, c.type_cutoffs = {1, 2};
            }).find("square"),
            std::string::npos);
  EXPECT_NE(with([](auto& c) {
              c.cutoff = 0, c.types = {0, 2}, c.type_cutoffs = {1, 2, 2, 1};
            }).find("row 1: type 2"),
            std::string::npos);
  EXPECT_NE(with([](auto& c) {
              c.cutoff = 0, c.types = {0}, c.type_cutoffs = {1, 2, 3, 1};
            }).find("symmetric"),
            std::string::npos);
  EXPECT_NE(with([](auto& c) { c.exclusions = {{0, -1}}; }).find("row 0: the exclusion (0, -1)"), std::string::npos);
  EXPECT_NE(with([](auto& c) { c.cell = SimulationCell::orthorhombic(1, 0, 1); }).find("zero"), std::string::npos);
  EXPECT_THROW(GaussianTerm({}, 0), invalid_input);
  EXPECT_THROW(LennardJonesTerm(1, -1), invalid_input);
}

TYPED_TEST(MovingNeighborLists, RefusedPositionsChangeNothing) {
  NeighborListConfig config = half_list(0.3, cube);
  config.skin = 0.1;
  config.exclusions = {{0, 9}};
  NeighborList<TypeParam> neighbors(config);
  auto points = uniform_points<TypeParam>(60, 0, 1, 16);
  neighbors.update(points);
  const std::vector<Pair> before = pairs_of(neighbors);
  auto bad = points;
  bad.coordinates[3 * 17 + 2] = std::numeric_limits<TypeParam>::quiet_NaN();
  try {
    neighbors.update(bad);
    ADD_FAILURE() << "NaN was taken";
  } catch (const invalid_input& e) {
    EXPECT_EQ(e.row(), 17u);
  }
  bad = points;
  bad.coordinates[5] = static_cast<TypeParam>(1e15);
  EXPECT_THROW(neighbors.update(bad), invalid_input) << "too many cells away";
  EXPECT_THROW(neighbors.update(uniform_points<TypeParam>(5, 0, 1, 1)), invalid_input) << "an exclusion names 9";
  EXPECT_THROW(neighbors.update(PointView<TypeParam>(points.coordinates.data(), 90, 2)), invalid_input);
  EXPECT_EQ(pairs_of(neighbors).size(), before.size());
  expect_same(pairs_of(neighbors), before);
  EXPECT_FALSE(neighbors.update(points)) << "and the skin still serves";

  NeighborListConfig radii;
  radii.radii.assign(4, 1.0);
  NeighborList<TypeParam> spheres(radii);
  EXPECT_THROW(spheres.update(points), invalid_input);
}

}  // namespace
}  // namespace coppice::test
