// HighNeighbors with recall 1 against its definition: every kind of data, both scalar types, every instruction set, one
// thread and three.
#include "coppice/index/neighbor_graph/high_dimension.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "coppice/errors.hpp"
#include "coppice/geometry/instruction_set.hpp"
#include "index/high_dimension_data.hpp"

namespace coppice::test {
namespace {

template <class Scalar>
class HighDimension : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(HighDimension, Scalars);

/// Compares with brute force, on every instruction set, one thread and three.
template <class Scalar>
HighStatistics expect_exact(const Points<Scalar>& points, HighNearest<Scalar> query) {
  const DenseGraph<Scalar> expected = brute_force(points, points, query, true);
  const HighNeighbors<Scalar> neighbors(points);
  const InstructionSet used = instruction_set();
  for (const InstructionSet set : available_instruction_sets()) {
    force_instruction_set(set);
    for (const int threads : {1, 3}) {
      query.executor = Executor(threads);
      EXPECT_EQ(neighbors.nearest(query), expected) << instruction_set_name(set) << ", " << threads << " threads";
    }
  }
  force_instruction_set(used);
  return neighbors.statistics();
}

TYPED_TEST(HighDimension, IsExactInAnyDimension) {
  for (const int dimension : {1, 2, 16, 17, 31, 33, 200})
    for (const std::size_t size : {1u, 2u, 48u, 49u, 200u}) {
      SCOPED_TRACE(testing::Message() << size << " × " << dimension);
      expect_exact(normal_points<TypeParam>(size, dimension, 1), {.k = 10});
    }
}

TYPED_TEST(HighDimension, IsExactForManyBlocks) {
  const HighStatistics done = expect_exact(normal_points<TypeParam>(1800, 24, 2), {.k = 12});
  EXPECT_EQ(done.method, HighMethod::tiles);
  EXPECT_LE(done.finished_rows, 30);
}

TYPED_TEST(HighDimension, IsExactForBytes) {
  for (const int dimension : {3, 20, 784}) {
    auto points = byte_points<TypeParam>(250, dimension, 256, 3);
    EXPECT_TRUE(HighNeighbors<TypeParam>(points).has_bytes());
    expect_exact(points, {.k = 7});
    for (TypeParam& x : points.coordinates) x -= 1000;
    EXPECT_TRUE(HighNeighbors<TypeParam>(points).has_bytes());
    expect_exact(points, {.k = 7, .self = true});
    points.coordinates[11] += TypeParam(0.5);
    EXPECT_FALSE(HighNeighbors<TypeParam>(points).has_bytes());
    expect_exact(points, {.k = 7});
  }
}

TYPED_TEST(HighDimension, DecidesTiesById) {
  expect_exact(byte_points<TypeParam>(600, 20, 2, 4), {.k = 9});  // distances of very few values
  expect_exact(byte_points<TypeParam>(600, 3, 3, 5), {.k = 40});  // 27 places for 600 points
  auto halves = byte_points<TypeParam>(400, 24, 2, 6);
  for (TypeParam& x : halves.coordinates) x *= TypeParam(0.1);
  expect_exact(halves, {.k = 9});
}

TYPED_TEST(HighDimension, IsExactForLargeSumsOfBytes) {  // keys beyond 2^24: floats round them
  Points<TypeParam> points = byte_points<TypeParam>(200, 1024, 2, 7);
  for (TypeParam& x : points.coordinates) x *= 255;
  expect_exact(points, {.k = 5});
}

TYPED_TEST(HighDimension, IsExactForEqualPoints) {
  Points<TypeParam> points = normal_points<TypeParam>(400, 30, 8);
  for (std::size_t i = 0; i < 250 * 30; ++i) points.coordinates[i] = TypeParam(0.3);
  expect_exact(points, {.k = 6});
  expect_exact(points, {.k = 6, .self = true});
  for (TypeParam& x : points.coordinates) x = TypeParam(-7.25);
  expect_exact(points, {.k = 6});
  expect_exact(points, {.k = 1, .self = true});
}

TYPED_TEST(HighDimension, IsExactAtEveryMagnitude) {
  const double large = sizeof(TypeParam) == 4 ? 1e17 : 1e150;
  const double small = sizeof(TypeParam) == 4 ? 1e-30 : 1e-170;  // squares underflow
  for (const double scale : {large / 8, small, sizeof(TypeParam) == 4 ? 1e-22 : 1e-160}) {
    Points<TypeParam> points = normal_points<TypeParam>(200, 20, 9);
    for (TypeParam& x : points.coordinates) x = static_cast<TypeParam>(static_cast<double>(x) * scale);
    SCOPED_TRACE(scale);
    expect_exact(points, {.k = 5});
  }
}

TYPED_TEST(HighDimension, IsExactForMixedScales) {
  Points<TypeParam> points = normal_points<TypeParam>(600, 20, 10);
  for (std::size_t i = 0; i < 600; ++i)
    for (std::size_t axis = 0; axis < 20; ++axis) {
      TypeParam& x = points.coordinates[20 * i + axis];
      if (i % 3 == 0) x = x * TypeParam(1e-6) + TypeParam(5);  // one dense clump
      if (i % 100 == 1) x *= TypeParam(1e9);                   // and far outliers
    }
  expect_exact(points, {.k = 5});
  Points<TypeParam> far = normal_points<TypeParam>(300, 20, 11);  // far from the origin, and from each other
  for (std::size_t i = 0; i < 300; ++i)
    for (std::size_t axis = 0; axis < 20; ++axis)
      far.coordinates[20 * i + axis] += i % 2 == 0 ? TypeParam(3e5) : TypeParam(-1e6);
  expect_exact(far, {.k = 5});
}

TYPED_TEST(HighDimension, PadsShortRows) {
  const auto points = normal_points<TypeParam>(5, 20, 12);
  expect_exact(points, {.k = 9});
  expect_exact(points, {.k = 9, .self = true});
  const HighNeighbors<TypeParam> none(Points<TypeParam>{{}, 20});
  EXPECT_EQ(none.nearest({.k = 3}).size(), 0u);
  std::vector<std::int32_t> ids(6);
  std::vector<TypeParam> distances(6);
  none.nearest_of(points.view().slice(0, 2), {.k = 3}, ids.data(), distances.data());
  EXPECT_EQ(ids, std::vector<std::int32_t>(6, -1));
  EXPECT_EQ(distances, std::vector<TypeParam>(6, std::numeric_limits<TypeParam>::infinity()));
}

TYPED_TEST(HighDimension, AnswersQueriesThatAreNotInTheSet) {
  for (const bool bytes : {false, true}) {
    const auto points = bytes ? byte_points<TypeParam>(700, 40, 200, 13) : normal_points<TypeParam>(700, 40, 13);
    const HighNeighbors<TypeParam> neighbors(points);
    for (const bool byte_queries : {false, true}) {
      const auto queries =
          byte_queries ? byte_points<TypeParam>(90, 40, 200, 14) : normal_points<TypeParam>(90, 40, 14);
      const HighNearest<TypeParam> query{.k = 8, .executor = Executor(2)};
      const auto expected = brute_force(points, queries, query, false);
      DenseGraph<TypeParam> found{8, std::vector<point_id>(720), std::vector<TypeParam>(720)};
      neighbors.nearest_of(queries.view(), query, found.ids.data(), found.distances.data());
      EXPECT_EQ(found, expected);
    }
  }
}

TYPED_TEST(HighDimension, RefusesWhatItCannotDo) {
  auto points = normal_points<TypeParam>(20, 18, 15);
  const HighNeighbors<TypeParam> neighbors(points);
  EXPECT_THROW((void)neighbors.nearest({.k = 0}), invalid_input);
  EXPECT_THROW((void)neighbors.nearest({.recall = 0}), invalid_input);
  EXPECT_THROW((void)neighbors.nearest({.recall = 1.5}), invalid_input);
  EXPECT_THROW((void)neighbors.nearest({.recall = std::nan("")}), invalid_input);
  EXPECT_THROW((void)neighbors.nearest({.metric = MetricKind::l1}), unsupported);
  points.coordinates[18 * 3 + 2] = std::numeric_limits<TypeParam>::quiet_NaN();
  try {
    const HighNeighbors<TypeParam> refused(points);
    FAIL();
  } catch (const invalid_input& refusal) {
    EXPECT_EQ(refusal.row(), 3u);
  }
}

}  // namespace
}  // namespace coppice::test
