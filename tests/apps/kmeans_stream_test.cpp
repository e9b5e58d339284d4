// k-means beyond fit: prediction, streams of batches, simplification, and what is refused.
#include <gtest/gtest.h>

#include <limits>

#include "coppice/apps/kmeans.hpp"
#include "coppice/errors.hpp"
#include "kmeans_oracle.hpp"

namespace coppice::test {
namespace {

TEST(KMeansStream, PredictIsTheNearestCenter) {
  for (const int d : {2, 3, 8, 20}) {
    const auto points = kmeans_set<float>("clusters", 3000, d, 2);
    KMeans<float> kmeans({.k = 12, .iterations = 5});
    EXPECT_THROW((void)kmeans.predict(points), invalid_input);
    const auto found = kmeans.fit(points);
    EXPECT_EQ(kmeans.predict(points), found.labels);
    const auto others = kmeans_set<float>("uniform", 1000, d, 5);
    EXPECT_EQ(kmeans.predict(others), labels_by_definition<float>(others, kmeans.centers()));
    EXPECT_TRUE(kmeans.predict(PointView<float>(nullptr, 0, d)).empty());
    EXPECT_THROW((void)kmeans.predict(kmeans_set<float>("uniform", 10, d + 1, 5)), invalid_input);
  }
}

TEST(KMeansStream, BatchesFollowTheRule) {
  KMeans<double> kmeans({.k = 6, .seed = 3});
  std::vector<long double> centers;
  std::vector<long double> weights(6);
  for (std::uint64_t batch = 0; batch < 8; ++batch) {
    const auto points = kmeans_set<double>("clusters", 500 + 10 * batch, 2, 1);
    const auto before = kmeans.centers();
    const double sse = kmeans.partial_fit(points);
    if (batch == 0) continue;
    const auto labels = labels_by_definition<double>(points, before);
    double expected_sse = 0;
    for (std::size_t i = 0; i < points.size(); ++i)
      expected_sse += squared_between(points.view().row(i), before.view().row(static_cast<std::size_t>(labels[i])), 2);
    EXPECT_NEAR(sse, expected_sse, 1e-11 * expected_sse);
    const auto means = means_of<double>(points, labels, before);
    for (std::size_t j = 0; j < 6; ++j) {
      const auto got = static_cast<double>(std::count(labels.begin(), labels.end(), static_cast<std::int32_t>(j)));
      for (std::size_t a = 0; a < 2; ++a) {
        const double old = before.coordinates[2 * j + a];
        const double moved = old + (static_cast<double>(means[2 * j + a]) - old) * got / kmeans.cluster_weights()[j];
        EXPECT_NEAR(kmeans.centers().coordinates[2 * j + a], moved, 1e-11);
      }
    }
  }
  double total = 0;
  for (const double w : kmeans.cluster_weights()) total += w;
  EXPECT_EQ(total, 8 * 500 + 10 * 28);
  EXPECT_THROW((void)kmeans.partial_fit(kmeans_set<double>("uniform", 10, 3, 1)), invalid_input);
}

TEST(KMeansStream, SimplifyReportsWhatItCosts) {
  const auto points = kmeans_set<double>("clusters", 4000, 3, 6);
  KMeans<double> kmeans({.k = 200, .iterations = 20});
  const auto small = kmeans.simplify(points);
  ASSERT_EQ(small.points.size(), 200u);
  double total = 0, sse = 0, sum = 0, most = 0;
  for (const double w : small.weights) total += w;
  EXPECT_EQ(total, 4000);
  EXPECT_EQ(small.labels, labels_by_definition<double>(points, small.points));
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double square =
        squared_between(points.view().row(i), small.points.view().row(static_cast<std::size_t>(small.labels[i])), 3);
    sse += square;
    sum += std::sqrt(square);
    most = std::max(most, std::sqrt(square));
  }
  EXPECT_NEAR(small.sse, sse, 1e-11 * sse);
  EXPECT_NEAR(small.mean_displacement, sum / 4000, 1e-12);
  EXPECT_EQ(small.largest_displacement, most);
}

TEST(KMeansRefuses, BadInput) {
  const auto points = kmeans_set<double>("duplicates", 100, 1, 6);  // 4 distinct points
  EXPECT_THROW(KMeans<double>({.k = 0}), invalid_input);
  EXPECT_THROW(KMeans<double>({.iterations = -1}), invalid_input);
  EXPECT_THROW(KMeans<double>({.tolerance = -1}), invalid_input);
  EXPECT_THROW(KMeans<double>({.tolerance = std::numeric_limits<double>::quiet_NaN()}), invalid_input);
  EXPECT_THROW(KMeans<double>({.restarts = 0}), invalid_input);
  EXPECT_THROW(KMeans<double>({.k = 2, .init = KMeansInit::given}), invalid_input);
  EXPECT_THROW(KMeans<double>({.k = 2, .centers = {{1, 2}, 1}}), invalid_input);
  EXPECT_THROW((void)kmeans_method("fast"), invalid_input);
  KMeans<double> five({.k = 5});
  try {
    (void)five.fit(points);
    FAIL() << "accepted";
  } catch (const invalid_input& refusal) {
    EXPECT_STREQ(refusal.what(), "k is 5; found 4 distinct points, expected at least k");
  }
  EXPECT_THROW((void)five.fit(PointView<double>(nullptr, 0, 2)), invalid_input);
  KMeans<double> two({.k = 2});
  for (const int d : {1, 2, 3, 12}) {
    auto broken = kmeans_set<double>("uniform", 70, d, 1);
    broken.coordinates[65 * static_cast<std::size_t>(d)] = std::numeric_limits<double>::quiet_NaN();
    try {
      (void)two.fit(broken);
      FAIL() << "accepted";
    } catch (const invalid_input& refusal) {
      EXPECT_EQ(refusal.row(), 65u);
    }
    broken.coordinates[65 * static_cast<std::size_t>(d)] = -1e151;
    EXPECT_THROW((void)two.fit(broken), invalid_input);
  }
  KMeans<double> given({.k = 2, .init = KMeansInit::given, .centers = {{0, 0, 1, 1}, 2}});
  EXPECT_THROW((void)given.fit(points), invalid_input);  // one axis
  std::vector<double> weights(100, 1.0);
  weights[3] = 0;
  EXPECT_THROW((void)two.fit(points, weights), invalid_input);
  weights[3] = 1e-13;
  EXPECT_THROW((void)two.fit(points, weights), invalid_input);
  weights.pop_back();
  EXPECT_THROW((void)two.fit(points, weights), invalid_input);
}

}  // namespace
}  // namespace coppice::test
