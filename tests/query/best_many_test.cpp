// The pool of many candidates: the k least by (key, id), in order, however keys are spread.

#include "coppice/query/best_many.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "conformance/random.hpp"

namespace coppice::test {
namespace {

template <class S>
using Candidates = std::vector<std::pair<S, point_id>>;

/// What a search would do: eight candidates at a time, those within the threshold.
template <class S>
Candidates<S> best_of(const Candidates<S>& all, std::size_t k, S limit) {
  using Pack = simd::baseline::Pack<S>;
  query::BestMany<simd::baseline, S> best(k);
  best.reset(limit);
  for (std::size_t i = 0; i < all.size(); i += simd::lanes) {
    S keys[simd::lanes];
    point_id ids[simd::lanes];
    const std::size_t live = std::min<std::size_t>(simd::lanes, all.size() - i);
    for (std::size_t lane = 0; lane < simd::lanes; ++lane) {
      keys[lane] = all[i + std::min(lane, live - 1)].first;
      ids[lane] = all[i + std::min(lane, live - 1)].second;
    }
    const Pack eight = Pack::load(keys);
    const simd::Mask m = less_equal(eight, best.threshold()) & ((1u << live) - 1);
    if (m != 0) best.take(eight, m, ids);
  }
  std::vector<S> keys(k);
  std::vector<point_id> ids(k);
  const std::size_t found = best.finish(keys.data(), ids.data());
  Candidates<S> result;
  for (std::size_t i = 0; i < found; ++i) result.emplace_back(keys[i], ids[i]);
  return result;
}

template <class S>
void expect_the_least(Candidates<S> all, const std::string& what) {
  for (const std::size_t k : {33u, 64u, 100u, 1000u, 5000u, 9000u}) {
    const auto found = best_of<S>(all, k, std::numeric_limits<S>::infinity());
    Candidates<S> expected(std::min(k, all.size()));
    std::partial_sort_copy(all.begin(), all.end(), expected.begin(), expected.end());
    EXPECT_EQ(found, expected) << what << ", k = " << k;
  }
}

template <class S>
class BestManyTest : public Seeded {
 protected:
  /// 20,000 candidates whose keys `draw` makes, in a random order.
  template <class Draw>
  Candidates<S> candidates(Draw draw) {
    Candidates<S> all;
    for (point_id id = 0; id < 20'000; ++id) all.emplace_back(static_cast<S>(draw()), id);
    for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[rng.below(i)]);
    return all;
  }
};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(BestManyTest, Scalars);

TYPED_TEST(BestManyTest, KeysSpreadEvenly) {
  expect_the_least<TypeParam>(this->candidates([&] { return this->rng.uniform(); }), "even");
}

TYPED_TEST(BestManyTest, KeysOfAllMagnitudes) {
  expect_the_least<TypeParam>(this->candidates([&] { return std::pow(10, this->rng.uniform(-30, 30)); }), "magnitudes");
}

TYPED_TEST(BestManyTest, AClumpAndFarOnes) {
  for (const double share : {0.1, 0.25, 0.6}) {
    const auto draw = [&] {
      return this->rng.uniform() < share ? 1e-6 * this->rng.uniform() : 1 + this->rng.uniform();
    };
    expect_the_least<TypeParam>(this->candidates(draw), "clump of " + std::to_string(share));
  }
}

TYPED_TEST(BestManyTest, Ties) {
  for (const double values : {1.0, 2.0, 40.0, 5000.0}) {
    const auto draw = [&] { return std::floor(values * this->rng.uniform()); };
    expect_the_least<TypeParam>(this->candidates(draw), std::to_string(values) + " values");
  }
}

TYPED_TEST(BestManyTest, InAscendingAndDescendingOrder) {
  auto all = this->candidates([&] { return this->rng.uniform(); });
  std::sort(all.begin(), all.end());
  expect_the_least<TypeParam>(all, "ascending");
  std::reverse(all.begin(), all.end());
  expect_the_least<TypeParam>(all, "descending");
}

TYPED_TEST(BestManyTest, InfiniteKeysComeLast) {
  const auto draw = [&] { return this->rng.uniform() < 0.999 ? std::numeric_limits<TypeParam>::infinity() : 1; };
  expect_the_least<TypeParam>(this->candidates(draw), "infinite");
}

TYPED_TEST(BestManyTest, ALimitIsKept) {
  const auto all = this->candidates([&] { return this->rng.uniform(); });
  Candidates<TypeParam> expected;
  std::copy_if(all.begin(), all.end(), std::back_inserter(expected),
               [](const auto& c) { return c.first <= TypeParam(0.01); });
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(best_of<TypeParam>(all, 1000, TypeParam(0.01)), expected);
}

TEST(BestManyOfNone, NothingIsFound) {
  EXPECT_TRUE(best_of<double>({}, 100, 1.0).empty());
}

}  // namespace
}  // namespace coppice::test
