// What a MultiwayTree is made of: partition numbers by both costs, the two-stage model and its running sums, pivots,
// and windows of siblings, each against the paper's facts as corrected, or against plain counting.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "conformance/random.hpp"
#include "coppice/balance/sibling_window.hpp"
#include "coppice/index/multiway_tree/cdf_model.hpp"
#include "coppice/index/multiway_tree/partition_number.hpp"

namespace coppice::test {
namespace {

using namespace multiway_tree;

class MultiwayParts : public Seeded {};

TEST_F(MultiwayParts, PathLengthsOfThePapersExample) {
  // Figure 3: 8 points, leaves of 3. The paper prints 2, 1.25 and 2.25; its own trees have these.
  EXPECT_DOUBLE_EQ(average_path_length(8, 3, 2), 2);
  EXPECT_NEAR(average_path_length(8, 3, 3), 5.0 / 3, 1e-12);
  EXPECT_DOUBLE_EQ(average_path_length(8, 3, 4), 2.25);
  EXPECT_EQ(partitions_by_path_length(8, 3), 3);
}

TEST_F(MultiwayParts, PathLengthsCountTheComparisonsOfATree) {
  // A whole tree of height h, walked: child i costs i + 1 comparisons, the last one as many as the one before.
  for (int t = 2; t <= 9; ++t) {
    double comparisons = 0;
    for (int child = 0; child < t; ++child) comparisons += std::min(child + 1, t - 1);
    const std::size_t n = static_cast<std::size_t>(t) * static_cast<std::size_t>(t) * 5;
    EXPECT_EQ(levels(n, 5, t), 2);
    EXPECT_NEAR(average_path_length(n, 5, t), 2 * comparisons / t, 1e-12);
  }
}

TEST_F(MultiwayParts, LevelsAndCosts) {
  EXPECT_EQ(levels(1, 32, 2), 1);
  EXPECT_EQ(levels(64, 32, 2), 1);
  EXPECT_EQ(levels(65, 32, 2), 2);
  EXPECT_EQ(levels(1'000'000, 30, 8), 6);
  EXPECT_EQ(cache_cost(1'000'000, 30, 8), 12);
  EXPECT_EQ(cache_cost(1'000'000, 30, 9), 15);  // a second register of pivots
  for (const std::size_t n : {100'000, 1'000'000, 10'000'000}) {
    const int t = partitions_by_cache_cost(n, 30);
    EXPECT_GE(t, 5);
    EXPECT_LE(t, 8);
    EXPECT_LE(partitions_by_path_length(n, 30), 5);  // one comparison after the other: mostly 2, ceilings aside
    for (int other = 2; other <= 64; ++other) EXPECT_LE(cache_cost(n, 30, t), cache_cost(n, 30, other));
  }
}

TEST_F(MultiwayParts, QuantilesDivideEqually) {
  for (const int k : {2, 3, 7, 8}) {
    std::vector<double> keys(1000);
    for (double& key : keys) key = rng.uniform();
    const std::vector<double> all = keys;
    const Pivots<double> pivots = quantiles(keys.data(), keys.size(), k);
    ASSERT_EQ(pivots.count, k - 1);
    std::array<int, 8> count{};
    for (const double key : all) ++count[pivots.part_of(key)];
    for (int part = 0; part < k; ++part) EXPECT_NEAR(count[static_cast<std::size_t>(part)], 1000.0 / k, 1);
  }
  // Equal keys are never divided, and no part is empty.
  std::vector<double> tied{3, 3, 3, 3, 3, 3, 1, 9};
  const Pivots<double> few = quantiles(tied.data(), tied.size(), 4);
  ASSERT_EQ(few.count, 1);
  EXPECT_EQ(few.value[0], 3);
  std::vector<double> equal(20, 5.0);
  EXPECT_EQ(quantiles(equal.data(), equal.size(), 4).count, 0);
}

TEST_F(MultiwayParts, RunningSumsAreThoseOfTheKeysThatAreLeft) {
  CdfSums kept, changed;
  for (int i = 0; i < 400; ++i) {
    const double x = 1e6 + rng.uniform(), u = (x - 1e6) * 0.8 + 0.1 * rng.uniform();
    changed.add(x, u);
    if (i == 0 || rng.chance(0.5))
      kept.add(x, u);
    else
      changed.remove(x, u);
  }
  EXPECT_EQ(kept.keys(), changed.keys());
  EXPECT_NEAR(kept.line().slope, changed.line().slope, 1e-6);
  EXPECT_NEAR(kept.line()(1e6 + 0.5), changed.line()(1e6 + 0.5), 1e-6);
  EXPECT_NEAR(kept.line().slope, 0.8, 0.05);
  CdfSums level;
  level.add(4, 0.25);
  level.add(4, 0.75);
  EXPECT_EQ(level.line().slope, 0);
  EXPECT_EQ(level.line()(4), 0.5);
}

TEST_F(MultiwayParts, TheModelLearnsADistribution) {
  std::vector<double> keys(20000);
  for (double& key : keys) key = std::pow(rng.uniform(), 3);  // far from a line
  std::vector<double> sorted = keys;
  std::sort(sorted.begin(), sorted.end());
  CdfSums sums;
  for (std::size_t i = 0; i < sorted.size(); ++i)
    sums.add(sorted[i], static_cast<double>(i) / static_cast<double>(sorted.size()));
  const TwoStageCdf model(sorted, 100, sums.line());
  double worst = 0;
  for (std::size_t i = 0; i < sorted.size(); i += 37)
    worst = std::max(worst, std::abs(model(sorted[i]) - static_cast<double>(i) / static_cast<double>(sorted.size())));
  const CdfLine line = sums.line();
  EXPECT_LT(worst, 0.08);
  EXPECT_GT(std::abs(line(sorted[0])), worst);  // one line alone is worse

  CdfSums fresh;
  const Pivots<double> pivots = learned_pivots(keys.data(), keys.size(), 4, {}, fresh, {});
  ASSERT_EQ(pivots.count, 3);
  std::array<int, 8> count{};
  for (const double key : keys) ++count[pivots.part_of(key)];
  for (int part = 0; part < 4; ++part) EXPECT_NEAR(count[static_cast<std::size_t>(part)], 5000, 2500);
  EXPECT_EQ(fresh.keys(), 200);  // 1 % were looked at
  std::vector<float> equal(5000, 2.0f);
  CdfSums none;
  EXPECT_EQ(learned_pivots(equal.data(), equal.size(), 4, {}, none, {}).count, 0);
}

TEST_F(MultiwayParts, WindowsAreTheSmallestThatAreBalanced) {
  const std::vector<std::uint64_t> even(8, 100);
  // (12) as printed calls eight equal children unbalanced for every ω up to 7/8.
  for (const double omega : {0.51, 0.75, 0.99})
    EXPECT_EQ(balance::SiblingBalance(even, omega).heaviest_unbalanced(), -1);
  const std::vector<std::uint64_t> points{100, 100, 400, 60, 100, 100};  // a child may hold 215
  const balance::SiblingBalance criterion(points, 0.75);
  ASSERT_EQ(criterion.heaviest_unbalanced(), 2);
  const balance::SiblingWindow window = criterion.smallest_window(2);
  EXPECT_EQ(window.first, 1);  // 100 + 400 + 60 of three children; 400 + 60 of two are too many
  EXPECT_EQ(window.last, 3);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::uint64_t> sizes(2 + rng.below(7));
    for (auto& size : sizes) size = rng.chance(0.2) ? rng.below(5000) : 100 + rng.below(50);
    const double omega = rng.uniform(0.51, 0.99);
    const balance::SiblingBalance random(sizes, omega);
    const int i = random.heaviest_unbalanced();
    double all = 0;
    for (const auto size : sizes) all += static_cast<double>(size);
    const double share = 2 * omega * all / static_cast<double>(sizes.size());
    EXPECT_EQ(i >= 0, static_cast<double>(*std::max_element(sizes.begin(), sizes.end())) > share);
    if (i < 0) continue;
    const auto sum = [&](int first, int last) {
      double points_of = 0;
      for (int s = first; s <= last; ++s) points_of += static_cast<double>(sizes[static_cast<std::size_t>(s)]);
      return points_of;
    };
    const balance::SiblingWindow found = random.smallest_window(i);
    const double eased = balance::SiblingBalance::ease * share;
    EXPECT_TRUE(found.first <= i && i <= found.last);
    EXPECT_LE(sum(found.first, found.last), share * found.width() * (1 + 1e-12));
    EXPECT_TRUE(sum(found.first, found.last) <= eased * found.width() * (1 + 1e-12) ||
                found.width() == static_cast<int>(sizes.size()));
    for (int first = 0; first <= i; ++first)
      for (int last = i; last < static_cast<int>(sizes.size()); ++last)
        if (sum(first, last) <= eased * (last - first + 1)) {
          EXPECT_LE(sum(found.first, found.last), sum(first, last));
        }
  }
  const std::vector<std::uint64_t> leaves{30, 33, 20, 28};
  const balance::SiblingWindow room = balance::roomy_window(leaves, 1, 28);
  EXPECT_EQ(room.first, 1);
  EXPECT_EQ(room.last, 2);
  EXPECT_EQ(balance::roomy_window(leaves, 1, 20).width(), 0);
}

}  // namespace
}  // namespace coppice::test
