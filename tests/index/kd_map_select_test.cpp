// What the builders of KdMap stand on: selection by sampled pivots, against a sort, and the first rows of equal tuples,
// against a set.
#include "coppice/index/kd_map/select.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <vector>

#include "coppice/index/kd_map/distinct.hpp"

namespace coppice::test {
namespace {

struct Entry {
  int number;
  std::size_t tie;
  friend auto operator<=>(const Entry&, const Entry&) = default;
};

/// Numbers of one of five shapes, told apart by their places.
std::vector<Entry> entries(std::size_t size, unsigned shape, std::mt19937_64& engine) {
  std::vector<Entry> all(size);
  for (std::size_t i = 0; i < size; ++i) {
    const int random = static_cast<int>(engine() % 1000);
    const int numbers[] = {random, random % 3, static_cast<int>(i), static_cast<int>(size - i),
                           static_cast<int>(i % 2 == 0 ? i : size - i)};
    all[i] = {numbers[shape], i};
  }
  if (shape == 1) std::shuffle(all.begin(), all.end(), engine);
  return all;
}

TEST(KdMapSelect, PutsEveryRankWhereASortPutsIt) {
  std::mt19937_64 engine(7);
  for (const std::size_t size : {1, 2, 3, 7, 8, 9, 10, 31, 32, 33, 255, 256, 257, 1000, 5000})
    for (unsigned shape = 0; shape < 5; ++shape)
      for (int round = 0; round < 12; ++round) {
        std::vector<Entry> all = entries(size, shape, engine);
        std::vector<Entry> sorted = all;
        std::sort(sorted.begin(), sorted.end());
        const std::size_t ranks[] = {0, size - 1, size / 2, engine() % size};
        const std::size_t rank = ranks[round % 4];
        kd_map::select(
            all.data(), all.data() + rank, all.data() + size, [](const Entry& entry) { return entry.number; },
            [](const Entry& a, const Entry& b) { return a < b; });
        ASSERT_EQ(all[rank], sorted[rank]) << size << " entries of shape " << shape << ", rank " << rank;
        for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(all[i] < sorted[rank], i < rank);
        std::sort(all.begin(), all.end());
        ASSERT_EQ(all, sorted);
      }
}

template <class Key>
void expect_first_rows(const std::vector<Key>& numbers) {
  const PointView<Key> keys(numbers.data(), numbers.size() / 2, 2);
  std::set<std::pair<Key, Key>> seen;
  std::vector<std::uint32_t> expected;
  for (std::size_t row = 0; row < keys.size(); ++row)
    if (seen.emplace(keys.row(row)[0], keys.row(row)[1]).second) expected.push_back(static_cast<std::uint32_t>(row));
  EXPECT_EQ((kd_map::distinct_rows<2>(keys)), expected);
  EXPECT_EQ((kd_map::distinct_rows<0>(keys)), expected);
}

TEST(KdMapDistinctRows, AreThoseThatASetHasNotSeen) {
  std::mt19937_64 engine(8);
  for (const std::size_t rows : {0, 1, 2, 15, 16, 17, 100, 3000})
    for (const std::uint64_t values : {2, 40, 1'000'000}) {
      std::vector<std::int64_t> whole(2 * rows);
      for (std::int64_t& x : whole) x = static_cast<std::int64_t>(engine() % values) - 5;
      expect_first_rows(whole);
      std::vector<double> real(whole.begin(), whole.end());
      for (double& x : real)
        if (x == 0 && engine() % 2 == 0) x = -0.0;
      if (rows > 2) real[3] = real[0] = std::numeric_limits<double>::infinity();
      expect_first_rows(real);
      expect_first_rows(std::vector<std::uint8_t>(whole.begin(), whole.end()));
    }
}

}  // namespace
}  // namespace coppice::test
