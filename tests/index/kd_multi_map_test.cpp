// KdMultiMap against std::multimap under random churn, for several types of keys and values; and values that throw when
// they are copied, which must leave everything as it was.
#include "coppice/index/kd_map/multi_map.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace coppice::test {
namespace {

template <class Key>
using Pair = std::array<Key, 2>;

template <class KeyType, class ValueType, int CompiledDimension>
struct Kind {
  using Key = KeyType;
  using Value = ValueType;
  static constexpr int compiled = CompiledDimension;
};

template <class Value>
Value value_of(std::uint64_t number) {
  if constexpr (std::is_same_v<Value, std::string>)
    return "a value that is too long to lie in a string itself: " + std::to_string(number);
  else
    return static_cast<Value>(number);
}

template <class KindType>
class KdMultiMapTest : public ::testing::Test {
 protected:
  using Key = typename KindType::Key;
  using Value = typename KindType::Value;
  using Map = KdMultiMap<Key, KindType::compiled, Value>;
  using Oracle = std::multimap<Pair<Key>, Value>;
  using Contents = std::vector<std::pair<Pair<Key>, Value>>;

  Pair<Key> draw() {
    Pair<Key> key;
    for (Key& x : key) x = static_cast<Key>(static_cast<std::int64_t>(engine_() % 9) * 3 - 5);
    return key;
  }
  Value draw_value() { return value_of<Value>(engine_() % 4); }

  static auto gather_into(Contents& contents) {
    return [&contents](std::span<const Key> key, const Value& value) { contents.push_back({{key[0], key[1]}, value}); };
  }

  void expect_same(const Map& map, const Oracle& oracle) {
    ASSERT_NO_THROW(map.validate());
    ASSERT_EQ(map.size(), oracle.size());
    ASSERT_EQ(map.empty(), oracle.empty());
    Contents contents;
    map.each_in_order(this->gather_into(contents));
    ASSERT_EQ(contents, Contents(oracle.begin(), oracle.end()));

    std::size_t tuples = 0;
    for (auto at = oracle.begin(); at != oracle.end(); at = oracle.upper_bound(at->first)) ++tuples;
    ASSERT_EQ(map.tuples(), tuples);
    ASSERT_EQ(map.statistics().nodes, tuples);
    ASSERT_EQ(map.statistics().points, oracle.size());

    for (int i = 0; i < 10; ++i) {
      const Pair<Key> key = draw();
      const auto [first, last] = oracle.equal_range(key);
      const auto values = map.values(key);
      ASSERT_EQ(map.contains(key), first != last);
      ASSERT_EQ(values.size(), static_cast<std::size_t>(std::distance(first, last)));
      ASSERT_TRUE(std::equal(values.begin(), values.end(), first,
                             [](const Value& value, const auto& entry) { return value == entry.second; }));
    }
    Pair<Key> lower = draw();
    Pair<Key> upper = draw();
    for (std::size_t a = 0; a < 2; ++a)
      if (lower[a] > upper[a]) std::swap(lower[a], upper[a]);
    Contents inside;
    map.in_box(lower, upper, this->gather_into(inside));
    Contents expected;
    for (const auto& [key, value] : oracle)
      if (lower[0] <= key[0] && key[0] <= upper[0] && lower[1] <= key[1] && key[1] <= upper[1])
        expected.push_back({key, value});
    std::stable_sort(inside.begin(), inside.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    ASSERT_EQ(inside, expected);
    ASSERT_EQ(map.nearest(lower, 3).size(), std::min<std::size_t>(3, tuples));
    ASSERT_LE(map.reverse_nearest(lower).size(), tuples);
  }

  std::mt19937_64 engine_{4};
};

#if defined(__SANITIZE_ADDRESS__)  // each kind takes long to compile there, and one of a sort will do
using Kinds = ::testing::Types<Kind<std::int64_t, int, 2>, Kind<float, std::string, 0>>;
#else
using Kinds =
    ::testing::Types<Kind<std::int64_t, int, 2>, Kind<std::int8_t, std::string, 2>,
                     Kind<std::uint16_t, std::uint64_t, 0>, Kind<float, std::string, 0>, Kind<double, char, 2>>;
#endif
TYPED_TEST_SUITE(KdMultiMapTest, Kinds);

TYPED_TEST(KdMultiMapTest, DoesWhatAMultimapDoes) {
  using Number = typename TypeParam::Key;
  using Payload = typename TypeParam::Value;
  typename TestFixture::Map map(2);
  typename TestFixture::Oracle oracle;
  for (int round = 0; round < 3; ++round) {
    const int rows = 150 * round;
    std::vector<Number> keys;
    std::vector<Payload> values;
    oracle.clear();
    for (int i = 0; i < rows; ++i) {
      const auto key = this->draw();
      keys.insert(keys.end(), key.begin(), key.end());
      values.push_back(this->draw_value());
      oracle.emplace(key, values.back());
    }
    const std::size_t tuples = map.build({keys.data(), values.size(), 2}, values);
    ASSERT_EQ(tuples, map.tuples());
    this->expect_same(map, oracle);
    for (int i = 0; i < 1500; ++i) {
      const auto key = this->draw();
      const Payload value = this->draw_value();
      const std::uint64_t kind = this->engine_() % 10;
      if (kind < (i < 700 ? 6u : 3u)) {
        ASSERT_EQ(map.insert(key, value), !oracle.contains(key));
        oracle.emplace(key, value);
      } else if (kind == 9) {
        ASSERT_EQ(map.erase(key), oracle.erase(key));
      } else {
        const auto [first, last] = oracle.equal_range(key);
        const auto found = std::find_if(first, last, [&](const auto& entry) { return entry.second == value; });
        ASSERT_EQ(map.erase(key, value), found != last);
        if (found != last) oracle.erase(found);
      }
      if (i % 100 == 0) this->expect_same(map, oracle);
      if (this->HasFatalFailure()) return;
    }
    this->expect_same(map, oracle);
  }
  while (!oracle.empty()) {
    const auto key = oracle.begin()->first;
    ASSERT_TRUE(map.erase(key, oracle.begin()->second));
    oracle.erase(oracle.begin());
  }
  this->expect_same(map, oracle);
  map.insert(this->draw(), this->draw_value());
  map.clear();
  this->expect_same(map, oracle);
}

/// Throws at the copy or move for which its countdown reaches 0; it has no cheaper move.
struct Fragile {
  static inline int countdown = -1;
  int number = 0;

  Fragile() = default;
  explicit Fragile(int n) : number(n) {}
  Fragile(const Fragile& other) : number(other.number) { step(); }
  Fragile& operator=(const Fragile& other) {
    step();
    number = other.number;
    return *this;
  }
  ~Fragile() = default;
  friend bool operator==(const Fragile&, const Fragile&) = default;

  static void step() {
    if (countdown > 0 && --countdown == 0) throw std::runtime_error("this value does not want to be copied");
  }
};

TEST(KdMultiMap, AValueThatThrowsChangesNothing) {
  using Map = KdMultiMap<int, 1, Fragile>;
  const auto contents = [](const Map& map) {
    std::vector<std::pair<int, int>> all;
    map.each_in_order([&](std::span<const int> key, const Fragile& value) { all.emplace_back(key[0], value.number); });
    return all;
  };
  Map map;
  std::mt19937 engine(8);
  const std::array<int, 4> rows{1, 2, 1, 1};
  const std::vector<Fragile> values{Fragile(1), Fragile(2), Fragile(3), Fragile(4)};
  ASSERT_EQ(map.build(PointView<int>(rows.data(), 4, 1), values), 2u);
  int thrown = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::array<int, 1> key{static_cast<int>(engine() % 6)};
    const Fragile value(static_cast<int>(engine() % 3));
    const auto before = contents(map);
    const std::uint32_t kind = engine() % 8;
    Fragile::countdown = static_cast<int>(engine() % 6);
    try {
      if (kind == 0)
        map.build(PointView<int>(rows.data(), 4, 1), values);
      else if (kind < 4)
        map.insert(key, value);
      else
        map.erase(key, value);
    } catch (const std::runtime_error&) {
      ++thrown;
      Fragile::countdown = -1;
      ASSERT_EQ(contents(map), before);
    }
    Fragile::countdown = -1;
    ASSERT_NO_THROW(map.validate());
  }
  EXPECT_GT(thrown, 200);
  EXPECT_THROW(map.build(PointView<int>(rows.data(), 4, 1), std::span(values).first(3)), invalid_input);
  EXPECT_THROW(map.insert(std::array{1, 2}, Fragile(1)), invalid_input);
}

TEST(KdMultiMap, ABuildThatIsRefusedChangesNothing) {
  KdMultiMap<double, 0, std::string> map(1);
  map.insert(std::array{0.5}, "kept");
  const std::array<double, 2> rows{1, std::numeric_limits<double>::quiet_NaN()};
  const std::vector<std::string> values{"a", "b"};
  EXPECT_THROW(map.build(PointView<double>(rows.data(), 2, 1), values), invalid_input);
  EXPECT_EQ(map.values(std::array{0.5})[0], "kept");
  EXPECT_EQ(map.size(), 1u);
}

TEST(KdMultiMap, ValuesNeedNotBeCopiedOrCompared) {
  KdMultiMap<int, 1, std::unique_ptr<int>> map;
  EXPECT_TRUE(map.insert(std::array{1}, std::make_unique<int>(3)));
  EXPECT_FALSE(map.insert(std::array{1}, std::make_unique<int>(4)));
  EXPECT_EQ(*map.values(std::array{1})[1], 4);
  auto moved = std::move(map);
  EXPECT_EQ(moved.erase(std::array{1}), 2u);
  EXPECT_TRUE(moved.empty());
}

TEST(Values, OneLiesInPlaceAndMoreTakeNoMoreRoom) {
  static_assert(sizeof(kd_map::Values<std::uint64_t>) == 16);
  kd_map::Values<std::uint64_t> values;
  EXPECT_TRUE(values.empty());
  EXPECT_FALSE(values.erase(1));
  values.push_back(1);
  EXPECT_EQ(values.bytes(), 0u);
  values.push_back(2);
  values.push_back(1);
  EXPECT_GT(values.bytes(), 0u);
  const kd_map::Values<std::uint64_t> copy = values;
  EXPECT_TRUE(values.erase(1));
  EXPECT_EQ(*values.begin(), 2u);
  EXPECT_TRUE(values.erase(1));
  EXPECT_EQ(values.bytes(), 0u);
  EXPECT_EQ(values.size(), 1u);
  values = copy;
  EXPECT_EQ((std::vector<std::uint64_t>(values.begin(), values.end())), (std::vector<std::uint64_t>{1, 2, 1}));
}

}  // namespace
}  // namespace coppice::test
