// HighNeighbors by sketches: recall targets are reached from above, certified rows are exact, and neither depends on
// the number of threads.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "coppice/errors.hpp"
#include "coppice/io/point_file.hpp"
#include "index/high_dimension_data.hpp"

namespace coppice::test {
namespace {

template <class Scalar>
class HighRecall : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(HighRecall, Scalars);

/// The part of the true neighbours that was found, by name.
template <class Scalar>
double recall_of(const DenseGraph<Scalar>& found, const DenseGraph<Scalar>& exact) {
  std::size_t hits = 0;
  for (std::size_t i = 0; i < exact.size(); ++i)
    for (std::size_t j = 0; j < exact.k; ++j) {
      const auto row = found.ids.begin() + static_cast<std::ptrdiff_t>(i * exact.k);
      hits += std::find(row, row + static_cast<std::ptrdiff_t>(exact.k), exact.ids[i * exact.k + j]) !=
              row + static_cast<std::ptrdiff_t>(exact.k);
    }
  return static_cast<double>(hits) / static_cast<double>(exact.ids.size());
}

/// Every distance is the exact one of its neighbour, and rows are in order.
template <class Scalar>
void expect_true_distances(const Points<Scalar>& points, const DenseGraph<Scalar>& graph) {
  for (std::size_t i = 0; i < graph.size(); i += 37)
    for (std::size_t j = 0; j < graph.k; ++j) {
      const std::size_t at = i * graph.k + j;
      const auto id = static_cast<std::size_t>(graph.ids[at]);
      EXPECT_EQ(graph.distances[at], std::sqrt(metric_key(points.view().row(i), points.view().row(id), points.dimension,
                                                          Metric<Scalar>::l2(), PeriodicBox<Scalar>{})));
      EXPECT_NE(id, i);
      if (j > 0) {
        EXPECT_LE(graph.distances[at - 1], graph.distances[at]);
      }
    }
}

TYPED_TEST(HighRecall, ReachesItsTarget) {
  const auto points = surface_points<TypeParam>(2500, 150, 10, 0.02, 1);
  const HighNeighbors<TypeParam> neighbors(points);
  const auto exact = neighbors.nearest({.k = 10, .method = HighMethod::tiles});
  for (const double target : {0.9, 0.98}) {
    HighNearest<TypeParam> query{.k = 10, .recall = target, .method = HighMethod::sketch};
    const auto found = neighbors.nearest(query);
    const HighStatistics done = neighbors.statistics();
    const double recall = recall_of(found, exact);
    EXPECT_EQ(done.method, HighMethod::sketch);
    EXPECT_GE(recall, target);
    EXPECT_NEAR(recall, done.recall, 2 * done.recall_margin);
    expect_true_distances(points, found);
    query.executor = Executor(3);
    EXPECT_EQ(neighbors.nearest(query), found);
    query.seed = 7;
    EXPECT_GE(recall_of(neighbors.nearest(query), exact), target);
  }
}

/// Sets that tell calibrations apart: clusters of very different width, where misses gather in few rows; a spectrum
/// that falls slowly; one where some points have a twin; and none at all.
Points<float> set_of_kind(int kind, std::size_t size, int dimension) {
  Points<float> points = normal_points<float>(size, dimension, 17);
  const auto d = static_cast<std::size_t>(dimension);
  const Points<float> centers = normal_points<float>(30, dimension, 18);
  for (std::size_t i = 0; i < size; ++i)
    for (std::size_t axis = 0; axis < d; ++axis) {
      float& x = points.coordinates[i * d + axis];
      const std::size_t cluster = i * i % 30;
      if (kind == 0) x = x * std::exp(0.1f * static_cast<float>(cluster)) + 3 * centers.coordinates[cluster * d + axis];
      if (kind == 1) x /= std::sqrt(1 + static_cast<float>(axis));
      if (kind == 2 && i >= size / 2 && i % 2 == 0)
        x = 0.05f * x + points.coordinates[(i - size / 2) * d + axis] / std::sqrt(1 + static_cast<float>(axis));
    }
  return points;
}

TEST(HighRecallOfSets, ReachesItsTargetOnSetsOfManyKinds) {
  for (int kind = 0; kind < 4; ++kind) {
    const auto points = set_of_kind(kind, 2000, 96);
    const HighNeighbors<float> neighbors(points);
    const auto exact = neighbors.nearest({.k = 10});
    for (const double target : {0.9, 0.98})
      for (const std::uint64_t seed : {1u, 2u}) {
        SCOPED_TRACE(testing::Message() << "kind " << kind << ", recall " << target << ", seed " << seed);
        const auto found = neighbors.nearest({.k = 10, .recall = target, .method = HighMethod::sketch, .seed = seed});
        EXPECT_GE(recall_of(found, exact), target);
      }
  }
}

TYPED_TEST(HighRecall, ReachesItsTargetForBytesAndForOtherQueries) {
  auto points = surface_points<TypeParam>(2500, 150, 8, 0.02, 2);
  auto queries = surface_points<TypeParam>(1600, 150, 8, 0.02, 3);
  for (auto* of : {&points, &queries})
    for (TypeParam& x : of->coordinates) x = std::round((x + TypeParam(1.2)) * 100);
  const HighNeighbors<TypeParam> neighbors(points);
  EXPECT_TRUE(neighbors.has_bytes());
  DenseGraph<TypeParam> found{10, std::vector<point_id>(16000), std::vector<TypeParam>(16000)};
  DenseGraph<TypeParam> exact = found;
  neighbors.nearest_of(queries.view(), {.k = 10}, exact.ids.data(), exact.distances.data());
  neighbors.nearest_of(queries.view(), {.k = 10, .recall = 0.95, .method = HighMethod::sketch}, found.ids.data(),
                       found.distances.data());
  EXPECT_EQ(neighbors.statistics().method, HighMethod::sketch);
  EXPECT_GE(recall_of(found, exact), 0.95);
  EXPECT_EQ(found.distances.size(), exact.distances.size());
}

TYPED_TEST(HighRecall, CertifiesWhatASketchCanProve) {
  const auto points = surface_points<TypeParam>(2000, 200, 6, 0.001, 4);
  const HighNeighbors<TypeParam> neighbors(points);
  HighNearest<TypeParam> query{.k = 8, .method = HighMethod::certified_sketch};
  const auto found = neighbors.nearest(query);
  EXPECT_EQ(neighbors.statistics().method, HighMethod::certified_sketch);
  EXPECT_GT(neighbors.statistics().certain_rows, 1600);
  query.executor = Executor(2);
  EXPECT_EQ(neighbors.nearest(query), found);
  query.method = HighMethod::tiles;
  EXPECT_EQ(neighbors.nearest(query), found);
  // A bound that proves little leaves rows to finish, and changes no answer.
  const auto noisy = surface_points<TypeParam>(1600, 100, 6, 0.1, 5);
  const HighNeighbors<TypeParam> others(noisy);
  query.k = 100;
  const auto exact = others.nearest(query);
  query.method = HighMethod::certified_sketch;
  EXPECT_EQ(others.nearest(query), exact);
  EXPECT_GT(others.statistics().finished_rows, 0);
}

TYPED_TEST(HighRecall, FallsBackWhereSketchesFail) {  // no direction matters more than another
  const auto points = normal_points<TypeParam>(1700, 200, 5);
  const HighNeighbors<TypeParam> neighbors(points);
  const auto exact = neighbors.nearest({.k = 10, .method = HighMethod::tiles});
  EXPECT_EQ(neighbors.statistics().method, HighMethod::tiles);
  EXPECT_GE(recall_of(neighbors.nearest({.k = 10, .recall = 0.99}), exact), 0.99);
  const auto few = normal_points<TypeParam>(400, 400, 6);
  const HighNeighbors<TypeParam> small(few);
  EXPECT_EQ(small.nearest({.k = 10, .recall = 0.5}), small.nearest({.k = 10}));
}

}  // namespace
}  // namespace coppice::test
