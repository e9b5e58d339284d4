// Batches that threads share, of points that arrive in orders made to unbalance a tree: every invariant holds after
// each, and answers stay those of brute force.
#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "coppice/index/brute_force/brute_force.hpp"
#include "coppice/index/kd_tree/kd_tree.hpp"
#include "coppice/query/queries.hpp"
#include "index/arrivals.hpp"

namespace coppice::test {
namespace {

template <class Scalar>
class SharedBatches : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(SharedBatches, Scalars);

TYPED_TEST(SharedBatches, KeepEveryInvariantWhateverTheOrderOfArrival) {
  using Scalar = TypeParam;
  constexpr std::size_t batch = 2500;
  typename KdTree<Scalar>::Config config;
  config.executor = Executor(2);
  for (const Arrival& arrival : all_arrivals()) {
    for (const std::size_t window : {6 * batch, arrivals}) {
      SCOPED_TRACE(arrival.name + ", window of " + std::to_string(window));
      std::mt19937_64 engine(5);
      const auto random = [&] { return static_cast<double>(engine() >> 11) * 0x1p-53; };
      KdTree<Scalar> tree(3, config);
      BruteForce<Scalar> oracle(3);
      for (std::size_t first = 0; first < arrivals; first += batch) {
        Points<Scalar> points{{}, 3};
        for (std::size_t i = first; i < first + batch; ++i) {
          // Every other point lies somewhere in what is there already, so that all of the tree grows a little.
          place_next(arrival, static_cast<double>(i % 2 == 0 ? i : engine() % (i + 1)), random, points);
        }
        tree.insert(points.view());
        oracle.insert(points.view());
        ASSERT_NO_THROW(tree.validate()) << "after inserting point " << first;
        if (first >= window) {
          std::vector<point_id> leaving(batch);
          std::iota(leaving.begin(), leaving.end(), static_cast<point_id>(first - window));
          tree.erase(leaving);
          oracle.erase(leaving);
          ASSERT_NO_THROW(tree.validate()) << "after erasing point " << first - window;
        }
        const PointView<Scalar> queries = points.view().slice(0, 20);
        expect_same_nearest(tree.nearest(queries, {.k = 10}), oracle.nearest(queries, {.k = 10}));
      }
    }
  }
}

}  // namespace
}  // namespace coppice::test
