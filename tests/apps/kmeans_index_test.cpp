// k-means over a live index: the same bits as over its points in storage order, whatever happened to it before.
#include <gtest/gtest.h>

#include "coppice/apps/kmeans.hpp"
#include "coppice/errors.hpp"
#include "coppice/index/kd_tree/kd_tree.hpp"
#include "kmeans_oracle.hpp"

namespace coppice::test {
namespace {

template <class Scalar>
void expect_as_over_points(const KdTree<Scalar>& tree, typename KMeans<Scalar>::Config config) {
  std::vector<point_id> ids;
  Points<Scalar> points;
  tree.copy_points(ids, points);
  std::vector<point_id> order;
  for (const KMeansMethod method : {KMeansMethod::automatic, KMeansMethod::filtering, KMeansMethod::two_trees})
    for (const int threads : {1, 3}) {
      config.method = method;
      config.executor = Executor(threads);
      const auto live = KMeans<Scalar>(config).fit(tree);
      ASSERT_EQ(live.ids.size(), tree.size());
      // Its rows, as points.
      Points<Scalar> rows{{}, tree.dimension()};
      for (const point_id id : live.ids)
        for (const Scalar x : tree.point(id)) rows.coordinates.push_back(x);
      auto over_points = config;
      over_points.method = KMeansMethod::lloyd;
      const auto expected = KMeans<Scalar>(over_points).fit(rows);
      EXPECT_EQ(live.labels, expected.labels);
      EXPECT_EQ(live.centers.coordinates, expected.centers.coordinates);
      EXPECT_EQ(live.sse, expected.sse);
      EXPECT_EQ(live.iterations, expected.iterations);
      const auto frozen = KMeans<Scalar>(config).fit(tree.snapshot());
      EXPECT_EQ(frozen.labels, expected.labels);
      EXPECT_EQ(frozen.ids, live.ids);
    }
}

template <class Scalar>
class KMeansIndex : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(KMeansIndex, Scalars);

TYPED_TEST(KMeansIndex, SameAsOverPoints) {
  using Scalar = TypeParam;
  for (const int d : {1, 2, 3, 4, 7}) {
    KdTree<Scalar> tree(d);
    const auto points = kmeans_set<Scalar>("clusters", 4000, d, 3);
    tree.build(points.view());
    typename KMeans<Scalar>::Config config{.k = 25, .init = KMeansInit::random, .iterations = 5, .tolerance = 0};
    expect_as_over_points(tree, config);
    // And after it changed.
    (void)tree.insert(kmeans_set<Scalar>("uniform", 700, d, 4).view());
    std::vector<point_id> gone;
    for (point_id id = 0; id < 3000; id += 2) gone.push_back(id);
    tree.erase(gone);
    config.init = KMeansInit::given;
    config.centers = {{points.coordinates.begin(), points.coordinates.begin() + 25 * d}, d};
    expect_as_over_points(tree, config);
  }
}

TEST(KMeansIndex, SeedsAndRestarts) {
  KdTree<double> tree(2);
  tree.build(kmeans_set<double>("duplicates", 3000, 2, 3).view());
  KMeans<double>::Config config{.k = 16, .restarts = 2};
  const auto found = KMeans<double>(config).fit(tree);
  EXPECT_EQ(found.sse, 0);
  EXPECT_TRUE(found.converged);
  config.k = 17;
  EXPECT_THROW((void)KMeans<double>(config).fit(tree), invalid_input);
}

TEST(KMeansIndex, Refusals) {
  KdTree<double> empty(2);
  KMeans<double> two({.k = 2});
  EXPECT_THROW((void)two.fit(empty), invalid_input);
  KdTree<double> wide(9);
  wide.build(kmeans_set<double>("uniform", 50, 9, 1).view());
  EXPECT_THROW((void)two.fit(wide), unsupported);
  KdTree<double>::Config wraps;
  wraps.periodic.lengths = {1, 1};
  KdTree<double> periodic(2, wraps);
  periodic.build(kmeans_set<double>("uniform", 50, 2, 1).view());
  EXPECT_THROW((void)two.fit(periodic), unsupported);
  KdTree<double> tree(2);
  tree.build(kmeans_set<double>("uniform", 50, 2, 1).view());
  KMeans<double> elkan({.k = 2, .method = KMeansMethod::elkan});
  EXPECT_THROW((void)elkan.fit(tree), unsupported);
}

}  // namespace
}  // namespace coppice::test
