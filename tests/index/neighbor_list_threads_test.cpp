// Neighbour lists on several threads, for the thread sanitizer: the same rows and sums as on one, step after step, and
// finished lists read by many at once.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "conformance/random.hpp"
#include "coppice/index/octree/interaction_sums.hpp"
#include "coppice/index/octree/neighbor_list.hpp"

namespace coppice::test {
namespace {

class NeighborListThreads : public Seeded {
 public:
  Points<float> cloud(std::size_t n) {
    Points<float> points{{}, 3};
    for (std::size_t i = 0; i < 3 * n; ++i) points.coordinates.push_back(static_cast<float>(rng.uniform()));
    return points;
  }
};

TEST_F(NeighborListThreads, ShareEveryStep) {
  for (const bool periodic : {false, true})
    for (const double skin : {0.0, 0.01}) {
      SCOPED_TRACE(testing::Message() << (periodic ? "periodic" : "open") << ", skin " << skin);
      NeighborListConfig config;
      config.cutoff = 0.05;
      config.kind = PairKind::full;
      config.skin = skin;
      if (periodic) config.cell = SimulationCell::orthorhombic(1, 1, 1);
      NeighborList<float> alone(config);
      config.executor = Executor(3);
      NeighborList<float> shared(config);
      Points<float> points = this->cloud(40000);
      for (int step = 0; step < 2; ++step) {
        EXPECT_EQ(alone.update(points), shared.update(points));
        ASSERT_EQ(alone.pairs(), shared.pairs());
        for (std::size_t i = 0; i < points.size(); i += 7) {
          const auto expected = alone[i];
          const auto found = shared[i];
          ASSERT_TRUE(std::equal(expected.begin(), expected.end(), found.begin(), found.end())) << i;
        }
        std::vector<double> expected(points.size()), sums(points.size());
        const std::vector<double> charges(points.size(), 0.5);
        const GaussianTerm term(charges, 0.02);
        alone.sum(std::span<double>(expected), term);
        shared.sum(std::span<double>(sums), term);
        EXPECT_EQ(expected, sums);
        for (float& x : points.coordinates) x += static_cast<float>(rng.uniform(-0.002, 0.002));
      }
    }
}

TEST_F(NeighborListThreads, AFinishedListIsReadByMany) {
  NeighborListConfig config;
  config.cutoff = 0.1;
  NeighborList<float> list(config);
  list.update(this->cloud(3000));
  const PairList<std::int32_t> expected = list.list<std::int32_t>({.distances = true});
  std::atomic<int> wrong = 0;
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 4; ++reader)
    readers.emplace_back([&] {
      const PairList<std::int32_t> found = list.list<std::int32_t>({.distances = true});
      wrong += found.i != expected.i || found.j != expected.j || found.distances != expected.distances;
      std::size_t pairs = 0;
      for (std::size_t i = 0; i < list.size(); ++i) pairs += list[i].size();
      wrong += pairs != expected.i.size();
    });
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace coppice::test
