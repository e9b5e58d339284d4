// KMeans on several threads, for the thread sanitizer: what one thread finds, by every method, over points and over an
// index.
#include <gtest/gtest.h>

#include <string>

#include "conformance/random.hpp"
#include "coppice/apps/kmeans.hpp"
#include "coppice/index/kd_tree/kd_tree.hpp"

namespace coppice::test {
namespace {

TEST(KMeansThreads, ShareEveryMethod) {
  Rng rng(7);
  Points<double> points{std::vector<double>(2 * 30000), 2};
  for (double& x : points.coordinates) x = rng.uniform();
  KdTree<double> tree(2);
  tree.build(points.view());
  for (const KMeansMethod method : {KMeansMethod::lloyd, KMeansMethod::elkan, KMeansMethod::hamerly,
                                    KMeansMethod::filtering, KMeansMethod::two_trees}) {
    SCOPED_TRACE(std::string(kmeans_method_name(method)));
    KMeans<double>::Config config{
        .k = 40, .init = KMeansInit::random, .iterations = 3, .tolerance = 0, .method = method};
    KMeans<double> one(config);
    config.executor = Executor(3);
    KMeans<double> shared(config);
    const auto expected = one.fit(points.view());
    const auto found = shared.fit(points.view());
    EXPECT_EQ(found.labels, expected.labels);
    EXPECT_EQ(found.centers.coordinates, expected.centers.coordinates);
    EXPECT_EQ(shared.predict(points.view()), one.predict(points.view()));
    if (method != KMeansMethod::filtering && method != KMeansMethod::two_trees) continue;
    EXPECT_EQ(shared.fit(tree).centers.coordinates, one.fit(tree).centers.coordinates);
  }
}

}  // namespace
}  // namespace coppice::test
