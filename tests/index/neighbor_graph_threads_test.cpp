// Neighbour graphs on several threads, for the thread sanitizer: the same graphs as on one, and one set asked by many
// at once.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "conformance/random.hpp"
#include "coppice/index/neighbor_graph/adjacency_search.hpp"
#include "coppice/index/neighbor_graph/all_neighbors.hpp"
#include "coppice/index/neighbor_graph/high_dimension.hpp"

namespace coppice::test {
namespace {

Points<double> cloud(std::size_t n, int dimension) {
  Rng rng(n);
  Points<double> points{std::vector<double>(n * static_cast<std::size_t>(dimension)), dimension};
  for (double& x : points.coordinates) x = rng.uniform();
  return points;
}

AllWithin<double> within(double radius, const Executor& executor) {
  AllWithin<double> query;
  query.radius = radius;
  query.executor = executor;
  return query;
}

TEST(NeighborGraphThreads, ShareASearch) {
  const Executor three(3);
  for (const int d : {3, 5}) {
    const Points<double> points = cloud(d == 3 ? 30000 : 4000, d);
    const AllNeighbors<double> alone(points.view()), shared(points.view(), three);
    AllNearest<double> query;
    const auto nearest = alone.nearest(query);
    const double radius = nearest.distances[5];
    const auto edges = alone.within(within(radius, {}));
    query.executor = three;
    EXPECT_EQ(shared.nearest(query), nearest);
    EXPECT_EQ(shared.within(within(radius, three)), edges);
  }
}

TEST(NeighborGraphThreads, AskOneSetAtATime) {
  const Points<double> points = cloud(3000, 3), high = cloud(600, 40);
  const AllNeighbors<double> all(points.view());
  const HighNeighbors<double> tiles(high.view());
  const AdjacencySearch<double> adjacency(points.view(), {.executor = Executor(3)});
  const auto expected = all.nearest({});
  const auto far = tiles.nearest({});
  std::vector<int> good(3, 0);
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      HighNearest<double> query;
      query.executor = Executor(2);
      good[static_cast<std::size_t>(t)] =
          all.nearest({}) == expected && adjacency.nearest({}) == expected && tiles.nearest(query) == far;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, (std::vector<int>{1, 1, 1}));
}

}  // namespace
}  // namespace coppice::test
