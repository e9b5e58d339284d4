// The id map against std::unordered_map: dense, sliding and scattered ids, and memory that follows the live ids.

#include "coppice/storage/id_map.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <unordered_map>

#include "conformance/random.hpp"

namespace coppice::test {
namespace {

class IdMapTest : public Seeded {
 protected:
  void assign(point_id id, std::uint32_t location) {
    map.assign(id, location);
    model[id] = location;
  }
  void erase(point_id id) {
    map.erase(id);
    model.erase(id);
  }
  void expect_equal(point_id around = 0) {
    ASSERT_EQ(map.size(), model.size());
    for (const auto& [id, location] : model) ASSERT_EQ(map.find(id), location) << id;
    for (point_id id = around; id < around + 3000; id += 7)
      if (model.count(id) == 0) {
        ASSERT_EQ(map.find(id), IdMap::absent) << id;
      }
  }

  IdMap map;
  std::unordered_map<point_id, std::uint32_t> model;
};

TEST_F(IdMapTest, StartsEmpty) {
  EXPECT_EQ(map.size(), 0u);
  for (const point_id id : {point_id{0}, point_id{1023}, std::numeric_limits<point_id>::max(), point_id{-1}}) {
    EXPECT_EQ(map.find(id), IdMap::absent);
    map.prefetch(id);
    map.erase(id);
  }
  EXPECT_EQ(map.size(), 0u);
}

TEST_F(IdMapTest, AssignsTwiceAndErases) {
  assign(5, 1);
  assign(5, 2);
  EXPECT_EQ(map.size(), 1u);
  EXPECT_EQ(map.find(5), 2u);
  erase(5);
  EXPECT_EQ(map.find(5), IdMap::absent);
  assign(5, 0);
  expect_equal();
}

TEST_F(IdMapTest, RandomOperationsOfEveryKind) {
  for (const int shift : {1, 30, 45, 52}) {  // from 64-bit ids down to a few thousand
    map.clear();
    model.clear();
    for (int i = 0; i < scaled(20000); ++i) {
      const auto id = static_cast<point_id>(rng.next() >> (rng.chance(0.3) ? 53 : shift));
      if (rng.chance(0.6)) {
        assign(id, static_cast<std::uint32_t>(rng.below(1u << 31)));
      } else {
        erase(rng.chance(0.5) && !model.empty() ? model.begin()->first : id);
      }
    }
    expect_equal();
    if (HasFatalFailure()) return;
  }
}

TEST_F(IdMapTest, ASlidingWindowKeepsItsMemory) {
  constexpr point_id window = 20000;
  std::size_t settled = 0;
  for (point_id id = 0; id < 200000; ++id) {
    assign(id, static_cast<std::uint32_t>(id % 1000));
    if (id >= window) erase(id - window);
    if (id == 2 * window) settled = map.bytes();
  }
  EXPECT_LE(map.bytes(), 2 * settled + 4096);
  EXPECT_LE(map.bytes(), static_cast<std::size_t>(window) * 16);
  expect_equal(200000 - 2 * window);
}

TEST_F(IdMapTest, SparsePagesDoNotCostATable) {
  for (point_id i = 0; i < 5000; ++i) assign(i * 1'000'000'007, static_cast<std::uint32_t>(i));
  assign(std::numeric_limits<point_id>::max(), 9);
  EXPECT_LE(map.bytes(), model.size() * 200 + 65536);
  expect_equal();
  for (point_id i = 0; i < 5000; ++i) erase(i * 1'000'000'007);
  expect_equal();
}

TEST_F(IdMapTest, AWindowFarAwayAfterAClear) {
  for (point_id id = 0; id < 3000; ++id) assign(id, 1);
  map.clear();
  model.clear();
  expect_equal();
  const point_id far = point_id{1} << 60;
  for (point_id id = far; id < far + 3000; ++id) assign(id, 2);
  for (point_id id = 0; id < 100; ++id) assign(id, 3);
  expect_equal(far);
}

}  // namespace
}  // namespace coppice::test
