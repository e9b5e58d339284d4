// The evaluation of a metric: hand-written cases that only the documented order of operations gives, the correctly
// rounded distance, key_of, names and refusals.

#include "coppice/geometry/metric.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "coppice/errors.hpp"

namespace coppice {
namespace {

template <class Scalar>
Scalar key(const std::vector<Scalar>& a, const std::vector<Scalar>& b, const Metric<Scalar>& metric = {},
           const PeriodicBox<Scalar>& box = {}) {
  return metric_key(a.data(), b.data(), static_cast<int>(a.size()), metric, box);
}

TEST(Metric, SmallCasesByHand) {
  const std::vector<double> a{1, 2, 3}, b{4, 6, 3};
  EXPECT_EQ(key<double>(a, b), 25);
  EXPECT_EQ(key<double>(a, b, Metric<double>::l1()), 7);
  EXPECT_EQ(key<double>(a, b, Metric<double>::linf()), 4);
  EXPECT_EQ(key<double>(a, b, Metric<double>::weighted_l2({2, 0.5, 9})), 26);
}

TEST(Metric, AxesAreAddedInOrder) {
  // In float, (2^24 + 1) + 1 stays 2^24 while 2^24 + (1 + 1) does not.
  const float big = 16777216.0f;
  const std::vector<float> zero(3, 0.0f);
  EXPECT_EQ(key<float>({big, 1, 1}, zero, Metric<float>::l1()), 16777216.0f);
  EXPECT_EQ(key<float>({1, 1, big}, zero, Metric<float>::l1()), 16777218.0f);
  EXPECT_EQ(key<float>({4096, 1, 1}, zero), 16777216.0f);
  EXPECT_EQ(key<float>({1, 1, 4096}, zero), 16777218.0f);
}

TEST(Metric, NoFusedMultiplyAdd) {
  // x² is 1 + 2^-26 + 2^-54 and rounds to 1 + 2^-26. A fused sum keeps the 2^-54, which lifts the result by one ulp.
  const double x = 1 + 0x1p-27;
  const double tiny = 0x1.5p-27;  // its square is a little less than half an ulp of 1
  EXPECT_EQ(key<double>({tiny, x}, {0, 0}), 1 + 0x1p-26);
}

TEST(Metric, SixteenAxesAreStillOneSum) {
  std::vector<float> a(16, 0.0f), zero(16, 0.0f);
  a[0] = 16777216.0f;
  a[1] = a[2] = 1;
  EXPECT_EQ(key(a, zero, Metric<float>::l1()), 16777216.0f);
}

TEST(Metric, BeyondSixteenAxesSixteenLanesAreReducedPairwise) {
  const Metric<float> l1 = Metric<float>::l1();
  const float big = 16777216.0f;
  std::vector<float> zero(33, 0.0f);
  const auto with = [&](std::initializer_list<std::pair<int, float>> values) {
    std::vector<float> row(33, 0.0f);
    for (const auto& [axis, value] : values) row[static_cast<std::size_t>(axis)] = value;
    return key(row, zero, l1);
  };
  EXPECT_EQ(with({{0, big}, {16, 1}, {32, 1}}), big);     // one lane, in order
  EXPECT_EQ(with({{0, big}, {1, 1}, {2, 1}}), big);       // 0 + 2 (step 2), then + 1 (step 1)
  EXPECT_EQ(with({{0, big}, {1, 1}, {9, 1}}), big + 2);   // 1 + 9 first (step 8)
  EXPECT_EQ(with({{0, big}, {2, 1}, {6, 1}}), big + 2);   // 2 + 6 (step 4) before 0 + 2
  EXPECT_EQ(with({{0, big}, {1, 1}, {3, 1}}), big + 2);   // 1 + 3 (step 2) before 0 + 1
  EXPECT_EQ(with({{0, big}, {8, 1}, {24, 1}}), big + 2);  // lane 8 holds axes 8 and 24
  EXPECT_EQ(with({{0, big}, {8, 1}, {4, 1}}), big);       // 0 + 8 (step 8), then + 4
}

TEST(Metric, LinfOfManyAxesIsTheLargest) {
  std::vector<double> a(100, 1.0), zero(100, 0.0);
  a[77] = -3;
  EXPECT_EQ(key(a, zero, Metric<double>::linf()), 3);
}

TEST(Metric, PeriodicAxesTakeTheNearestImage) {
  const double inf = std::numeric_limits<double>::infinity();
  const PeriodicBox<double> box{{10, inf}};
  EXPECT_EQ(key<double>({1, 1}, {9, 9}, Metric<double>::l1(), box), 2 + 8);
  EXPECT_EQ(key<double>({9, 9}, {1, 1}, Metric<double>::l2(), box), 4 + 64);
  EXPECT_EQ(key<double>({0, 0}, {5, 0}, Metric<double>::linf(), box), 5);
}

TEST(Metric, SignedZerosAndDenormals) {
  EXPECT_EQ(key<double>({-0.0}, {0.0}), 0);
  EXPECT_FALSE(std::signbit(key<double>({-0.0}, {0.0})));
  const float least = std::numeric_limits<float>::denorm_min();
  EXPECT_EQ(key<float>({least}, {-least}, Metric<float>::l1()), 2 * least);
  EXPECT_EQ(key<float>({least}, {-least}), 0);
}

TEST(Metric, KeysOfRadiiAndDistancesOfKeys) {
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Metric<double>::l2().key_of(3), 9);
  EXPECT_EQ(Metric<double>::weighted_l2({1}).key_of(3), 9);
  EXPECT_EQ(Metric<double>::l1().key_of(3), 3);
  EXPECT_EQ(Metric<double>::linf().key_of(3), 3);
  EXPECT_EQ(Metric<double>::l2().key_of(inf), inf);
  EXPECT_EQ(Metric<double>::l2().distance_of(2), 1.4142135623730951);
  EXPECT_EQ(Metric<float>::l2().distance_of(2), 1.41421354f);
  EXPECT_EQ(Metric<float>::l1().distance_of(2), 2);
  EXPECT_EQ(Metric<double>::l2().distance_of(inf), inf);
}

TEST(Metric, Names) {
  EXPECT_EQ(metric_from_name("l2"), MetricKind::l2);
  EXPECT_EQ(metric_from_name("l1"), MetricKind::l1);
  EXPECT_EQ(metric_from_name("linf"), MetricKind::linf);
  EXPECT_EQ(metric_name(MetricKind::linf), "linf");
  try {
    static_cast<void>(metric_from_name("l7"));
    FAIL() << "was accepted";
  } catch (const invalid_input& refusal) {
    for (const char* word : {"l7", "l1", "l2", "linf"})
      EXPECT_NE(std::string(refusal.what()).find(word), std::string::npos) << refusal.what();
  }
}

TEST(Metric, WeightsMustFit) {
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_NO_THROW(Metric<double>::weighted_l2({1, 2}).check(2));
  EXPECT_NO_THROW(Metric<double>::l2().check(2));
  for (const std::vector<double>& weights :
       std::vector<std::vector<double>>{{}, {1}, {1, 2, 3}, {1, 0}, {1, -1}, {inf, 1}, {1, std::nan("")}})
    EXPECT_THROW(Metric<double>::weighted_l2(weights).check(2), invalid_input);
}

}  // namespace
}  // namespace coppice
