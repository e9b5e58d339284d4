// New locations of all ids at once, against IdMap::relocate one id at a time: ids in any order, with gaps, far from
// zero and up to the largest, from one thread and from several.

#include "coppice/storage/relocation.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <utility>
#include <vector>

#include "conformance/random.hpp"
#include "coppice/parallel/executor.hpp"

namespace coppice::test {
namespace {

constexpr std::size_t enough = std::size_t{1} << 19;

class RelocationTest : public Seeded {
 protected:
  /// Puts ids into the map, gives all but every `skip`-th a new location, and compares every id.
  void expect_located(std::vector<point_id> ids, const Executor& executor, std::size_t scratch_bytes,
                      std::size_t skip = 0) {
    IdMap map;
    map.assign(ids, 7);
    ASSERT_TRUE(storage::Relocation::pays(map));
    for (std::size_t i = ids.size(); i > 1; --i) std::swap(ids[i - 1], ids[rng.below(i)]);
    const auto skipped = [&](std::size_t i) { return skip != 0 && i % skip == 0; };
    {
      std::vector<std::uint32_t> scratch(scratch_bytes / sizeof(std::uint32_t));
      storage::Relocation relocation(map, std::as_writable_bytes(std::span(scratch)));
      executor.for_each_chunk(ids.size(), 10'007, [&](std::size_t first, std::size_t last) {
        relocation.add([&](const auto& add) {
          for (std::size_t i = first; i < last; ++i)
            if (!skipped(i)) add(ids[i], static_cast<std::uint32_t>(i));
        });
      });
      executor.for_each_chunk(storage::Relocation::blocks, 1,
                              [&](std::size_t first, std::size_t last) { relocation.write(first, last); });
    }
    ASSERT_EQ(map.size(), ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i)
      ASSERT_EQ(map.find(ids[i]), skipped(i) ? 7u : static_cast<std::uint32_t>(i)) << ids[i];
  }
  static std::vector<point_id> consecutive(point_id first, std::size_t count, point_id step = 1) {
    std::vector<point_id> ids(count);
    for (std::size_t i = 0; i < count; ++i) ids[i] = first + static_cast<point_id>(i) * step;
    return ids;
  }
};

TEST_F(RelocationTest, ConsecutiveIds) {
  expect_located(consecutive(0, enough), Executor::sequential(), 0);
}

TEST_F(RelocationTest, InTheMemoryGiven) {
  expect_located(consecutive(0, enough), Executor::sequential(), enough * 8);
  expect_located(consecutive(0, enough), Executor::sequential(), enough * 8 - 4);
}

TEST_F(RelocationTest, IdsWithGapsFarFromZero) {
  expect_located(consecutive((point_id{1} << 40) + 77, enough, 5), Executor::sequential(), 0);
}

TEST_F(RelocationTest, UpToTheLargestId) {
  const point_id largest = std::numeric_limits<point_id>::max();
  expect_located(consecutive(largest - static_cast<point_id>(enough) + 1, enough), Executor::sequential(), 0);
}

TEST_F(RelocationTest, MorePagesThanTheSmallestBlocksHold) {
  expect_located(consecutive(3, enough, 20), Executor::sequential(), 0);
}

TEST_F(RelocationTest, FromSeveralThreads) {
  expect_located(consecutive(12'345, enough + 1000, 3), Executor(4), 0);
}

TEST_F(RelocationTest, OthersStayWhereTheyAre) {
  expect_located(consecutive(0, enough), Executor::sequential(), 0, 3);
}

TEST_F(RelocationTest, NotForSmallMapsNorScatteredIds) {
  IdMap map;
  map.assign(consecutive(0, enough - 1), 0);
  EXPECT_FALSE(storage::Relocation::pays(map));
  map.assign(point_id{1} << 60, 0);  // so far away that it goes into the hash table
  EXPECT_EQ(map.size(), enough);
  EXPECT_FALSE(storage::Relocation::pays(map));
}

}  // namespace
}  // namespace coppice::test
