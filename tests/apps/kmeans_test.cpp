// k-means: every method, instruction set and number of threads gives the same bits; labels are those of brute force and
// centers the means of their points.
#include "coppice/apps/kmeans.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "coppice/errors.hpp"
#include "coppice/geometry/instruction_set.hpp"
#include "kmeans_oracle.hpp"

namespace coppice::test {
namespace {

constexpr KMeansMethod low_methods[] = {KMeansMethod::lloyd, KMeansMethod::elkan, KMeansMethod::hamerly,
                                        KMeansMethod::filtering, KMeansMethod::two_trees};

template <class Scalar>
void expect_same(const Clustering<Scalar>& a, const Clustering<Scalar>& b, const std::string& where) {
  EXPECT_EQ(a.labels, b.labels) << where;
  EXPECT_EQ(a.centers.coordinates, b.centers.coordinates) << where;
  EXPECT_EQ(a.sse, b.sse) << where;
  EXPECT_EQ(a.iterations, b.iterations) << where;
  EXPECT_EQ(a.converged, b.converged) << where;
}

template <class Scalar>
class KMeansOf : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(KMeansOf, Scalars);

TYPED_TEST(KMeansOf, AllMethodsGiveTheSameBits) {
  using Scalar = TypeParam;
  for (const std::string kind :
       {"uniform", "clusters", "duplicates", "lattice", "line", "far", "tiny", "large", "offset"})
    for (const int d : {1, 2, 3, 4, 6}) {
      const auto points = kmeans_set<Scalar>(kind, 1500, d, 7);
      for (const std::size_t k : {std::size_t{1}, std::size_t{3}, std::size_t{40}}) {
        if (kind == "duplicates" && k > (d == 1 ? 4u : 16u)) continue;
        if (kind == "lattice" && d == 1 && k > 16) continue;
        typename KMeans<Scalar>::Config config{.k = k, .iterations = 6, .tolerance = 0, .seed = k};
        config.init = k == 40 ? KMeansInit::random : KMeansInit::plus_plus;
        config.method = KMeansMethod::lloyd;
        const auto expected = KMeans<Scalar>(config).fit(points);
        EXPECT_EQ(expected.labels, labels_by_definition<Scalar>(points, expected.centers));
        for (const KMeansMethod method : low_methods)
          for (const int threads : {1, 3}) {
            config.method = method;
            config.executor = Executor(threads);
            expect_same(KMeans<Scalar>(config).fit(points), expected,
                        kind + " d=" + std::to_string(d) + " k=" + std::to_string(k) + " " +
                            std::string(kmeans_method_name(method)) + " threads=" + std::to_string(threads));
          }
      }
    }
}

TYPED_TEST(KMeansOf, LargerSetsWithWeights) {
  using Scalar = TypeParam;
  std::mt19937_64 random(3);
  for (const int d : {2, 3}) {
    const auto points = kmeans_set<Scalar>("clusters", 20000, d, 11);
    std::vector<double> weights;
    for (std::size_t i = 0; i < points.size(); ++i) weights.push_back(0.25 + static_cast<double>(random() % 1000) / 77);
    typename KMeans<Scalar>::Config config{.k = 150, .init = KMeansInit::random, .iterations = 5, .tolerance = 0};
    config.method = KMeansMethod::lloyd;
    const auto expected = KMeans<Scalar>(config).fit(points, weights);
    const auto means = means_of<Scalar>(points, expected.labels, expected.centers, weights);
    EXPECT_EQ(expected.labels, labels_by_definition<Scalar>(points, expected.centers));
    for (const KMeansMethod method : low_methods)
      for (const int threads : {1, 4}) {
        config.method = method;
        config.executor = Executor(threads);
        expect_same(KMeans<Scalar>(config).fit(points, weights), expected,
                    std::string(kmeans_method_name(method)) + " threads=" + std::to_string(threads));
      }
  }
}

TYPED_TEST(KMeansOf, InstructionSetsAgree) {
  using Scalar = TypeParam;
  const InstructionSet before = instruction_set();
  for (const int d : {2, 3, 5}) {
    const auto points = kmeans_set<Scalar>("clusters", 6000, d, 5);
    for (const KMeansMethod method : low_methods) {
      typename KMeans<Scalar>::Config config{.k = 60, .iterations = 4, .tolerance = 0, .method = method};
      force_instruction_set(available_instruction_sets().front());
      const auto expected = KMeans<Scalar>(config).fit(points);
      for (const InstructionSet set : available_instruction_sets()) {
        force_instruction_set(set);
        expect_same(KMeans<Scalar>(config).fit(points), expected, std::string(instruction_set_name(set)));
      }
    }
  }
  force_instruction_set(before);
}

TYPED_TEST(KMeansOf, ManyAxes) {
  using Scalar = TypeParam;
  for (const int d : {17, 130}) {
    const auto points = kmeans_set<Scalar>("clusters", 900, d, 9);
    typename KMeans<Scalar>::Config config{.k = 11, .iterations = 8, .tolerance = 0, .method = KMeansMethod::lloyd};
    const auto expected = KMeans<Scalar>(config).fit(points);
    EXPECT_EQ(expected.labels, labels_by_definition<Scalar>(points, expected.centers));
    for (const KMeansMethod method : {KMeansMethod::automatic, KMeansMethod::elkan, KMeansMethod::hamerly}) {
      config.method = method;
      expect_same(KMeans<Scalar>(config).fit(points), expected, std::string(kmeans_method_name(method)));
    }
    config.method = KMeansMethod::filtering;
    EXPECT_THROW((void)KMeans<Scalar>(config).fit(points), unsupported);
  }
}

TEST(KMeans, CentersAreMeansOfTheirPoints) {
  for (const std::string kind : {"uniform", "clusters", "offset"}) {
    const auto points = kmeans_set<double>(kind, 5000, 3, 2);
    KMeans<double>::Config config{.k = 20, .iterations = 100, .tolerance = 0};
    const auto found = KMeans<double>(config).fit(points);
    ASSERT_TRUE(found.converged) << kind;
    const auto means = means_of<double>(points, found.labels, found.centers);
    double range = kind == "clusters" ? 14 : 1;
    for (std::size_t i = 0; i < means.size(); ++i)
      EXPECT_NEAR(static_cast<double>(means[i] - found.centers.coordinates[i]), 0,
                  range * 0x1p-44 + 4e-16 * std::abs(found.centers.coordinates[i]))
          << kind;
    double sse = 0;
    for (std::size_t i = 0; i < points.size(); ++i)
      sse +=
          squared_between(points.view().row(i), found.centers.view().row(static_cast<std::size_t>(found.labels[i])), 3);
    EXPECT_NEAR(found.sse, sse, 1e-12 * sse);
  }
}

TEST(KMeans, WholeWeightsStandForRepeatedPoints) {
  const auto points = kmeans_set<double>("clusters", 600, 2, 4);
  std::vector<double> weights;
  Points<double> repeated{{}, 2};
  for (std::size_t i = 0; i < points.size(); ++i) {
    weights.push_back(1 + static_cast<double>(i % 3));
    for (std::size_t r = 0; r < 1 + i % 3; ++r)
      for (const double x : points.view()[i]) repeated.coordinates.push_back(x);
  }
  KMeans<double>::Config config{.k = 5, .init = KMeansInit::given, .iterations = 50, .tolerance = 0};
  config.centers = {{points.coordinates.begin(), points.coordinates.begin() + 10}, 2};
  const auto a = KMeans<double>(config).fit(points, weights);
  const auto b = KMeans<double>(config).fit(repeated);
  EXPECT_EQ(a.iterations, b.iterations);
  for (std::size_t i = 0; i < a.centers.coordinates.size(); ++i)
    EXPECT_NEAR(a.centers.coordinates[i], b.centers.coordinates[i], 1e-11);
  EXPECT_NEAR(a.sse, b.sse, 1e-9 * b.sse);
}

TEST(KMeans, EmptyClustersTakeTheFarthestPoints) {
  // Two centers far away from everything get nothing at first.
  Points<double> points{{0, 0, 1, 0, 0, 1, 10, 10, 11, 10, 30, 0}, 2};
  KMeans<double>::Config config{.k = 4, .init = KMeansInit::given, .iterations = 1, .tolerance = 0};
  config.centers = {{0, 0, 1000, 1000, 10, 10, 2000, 2000}, 2};
  for (const KMeansMethod method : low_methods) {
    config.method = method;
    const auto found = KMeans<double>(config).fit(points);
    // Row 5 is the farthest (500 from center 2), then row 1 before row 2 and row 4, all at 1.
    EXPECT_EQ(found.centers.coordinates, (std::vector<double>{0, 0.5, 30, 0, 10.5, 10, 1, 0}));
    EXPECT_EQ(found.labels, (std::vector<std::int32_t>{0, 3, 0, 2, 2, 1}));
  }
}

TEST(KMeans, SeedsAreDistinctPointsAndDependOnTheSeedAlone) {
  const auto points = kmeans_set<double>("duplicates", 4000, 2, 1);  // 16 distinct points
  KMeans<double>::Config config{.k = 16, .iterations = 0};
  const auto found = KMeans<double>(config).fit(points);
  std::set<std::pair<double, double>> distinct;
  for (std::size_t j = 0; j < 16; ++j)
    distinct.insert({found.centers.coordinates[2 * j], found.centers.coordinates[2 * j + 1]});
  EXPECT_EQ(distinct.size(), 16u);
  EXPECT_EQ(found.sse, 0);
  const auto uniform = kmeans_set<double>("uniform", 4000, 3, 1);
  config.k = 30;
  const auto first = KMeans<double>(config).fit(uniform);
  config.executor = Executor(3);
  EXPECT_EQ(KMeans<double>(config).fit(uniform).centers.coordinates, first.centers.coordinates);
  config.seed = 2;
  EXPECT_NE(KMeans<double>(config).fit(uniform).centers.coordinates, first.centers.coordinates);
}

TEST(KMeans, RestartsKeepTheBest) {
  const auto points = kmeans_set<double>("clusters", 2000, 2, 8);
  KMeans<double>::Config config{.k = 7};
  double best = 1e300;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    config.seed = seed;
    best = std::min(best, KMeans<double>(config).fit(points).sse);
  }
  config.seed = 1;
  config.restarts = 6;
  EXPECT_EQ(KMeans<double>(config).fit(points).sse, best);
}

}  // namespace
}  // namespace coppice::test
