// KdMap on several threads, for the thread sanitizer: builds by every builder, rebuilds, reverse neighbours of all
// tuples, and readers beside one another; what comes out is what one thread makes.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

#include "coppice/index/kd_map/kd_map.hpp"

namespace coppice::test {
namespace {

using Map = KdMap<std::int64_t, 3>;

std::vector<std::int64_t> random_tuples(std::size_t count) {
  std::mt19937_64 engine(5);
  std::vector<std::int64_t> numbers(3 * count);
  for (std::int64_t& x : numbers) x = static_cast<std::int64_t>(engine() % 100'000);
  return numbers;
}

Map made(int threads, kd_map::Builder builder) {
  Map::Config config;
  config.balance = Balance::avl(1);
  config.builder = builder;
  config.parallel_cutoff = 128;
  config.executor = Executor(threads);
  return Map(3, config);
}

std::vector<std::int64_t> in_tree_order(const Map& map) {
  const std::array<std::int64_t, 3> lowest{0, 0, 0}, highest{100'000, 100'000, 100'000};
  std::vector<std::int64_t> numbers;
  map.in_box(lowest, highest,
             [&](std::span<const std::int64_t> key) { numbers.insert(numbers.end(), key.begin(), key.end()); });
  return numbers;
}

TEST(KdMapThreads, BuildRepairAndInvertAsOneDoes) {
  const std::vector<std::int64_t> numbers = random_tuples(6000);
  const PointView<std::int64_t> tuples(numbers.data(), numbers.size() / 3, 3);
  for (const auto builder : {kd_map::Builder::selection, kd_map::Builder::presort, kd_map::Builder::yu_cao}) {
    Map one = made(1, builder);
    Map several = made(3, builder);
    for (Map* map : {&one, &several}) {
      map->build(tuples.slice(0, 5000));
      // In ascending order, which unbalances: large subtrees are built anew.
      for (std::int64_t i = 0; i < 1000; ++i) map->insert(std::array{50'000 + i, i, i});
      map->validate();
    }
    EXPECT_EQ(in_tree_order(several), in_tree_order(one));
    const auto expected = one.all_reverse_nearest(2);
    const auto graph = several.all_reverse_nearest(2);
    EXPECT_EQ(graph.offsets, expected.offsets);
    EXPECT_EQ(graph.rows, expected.rows);
    EXPECT_EQ(graph.distances_squared, expected.distances_squared);
  }
}

TEST(KdMapThreads, ReadersShareAMap) {
  const std::vector<std::int64_t> numbers = random_tuples(4000);
  const PointView<std::int64_t> tuples(numbers.data(), numbers.size() / 3, 3);
  Map map = made(2, kd_map::Builder::selection);
  map.build(tuples);
  std::vector<std::size_t> found(3, 0);
  std::vector<std::thread> readers;
  for (std::size_t reader = 0; reader < found.size(); ++reader)
    readers.emplace_back([&, reader] {
      for (const std::uint8_t there : map.contains(tuples)) found[reader] += there;
      for (std::size_t row = reader; row < tuples.size(); row += 40) {
        found[reader] += map.nearest(tuples[row], 3).size();
        EXPECT_LE(map.reverse_nearest(tuples[row]).size(), tuples.size());
      }
    });
  for (std::thread& reader : readers) reader.join();
  for (const std::size_t count : found) EXPECT_EQ(count, tuples.size() + 3 * (tuples.size() / 40));
}

}  // namespace
}  // namespace coppice::test
