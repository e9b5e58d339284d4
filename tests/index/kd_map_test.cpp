// KdMap against std::map: random inserts, assignments and erases of tuples of many types, with every invariant checked
// on the way and every question compared with a scan.
#include "coppice/index/kd_map/kd_map.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "conformance/random.hpp"

namespace coppice::test {
namespace {

constexpr int dimension = 3;

template <class Key>
using Tuple = std::array<Key, dimension>;

/// What the tests run over: the type of the numbers, and the dimension as the map's parameter.
template <class KeyType, int CompiledDimension>
struct Kind {
  using Key = KeyType;
  static constexpr int compiled = CompiledDimension;
};

/// Tuples from a few values, so that ties are everywhere, or from the whole range of their type.
template <class Key>
class Tuples {
 public:
  Tuples(unsigned seed, bool few) : engine_(seed), few_(few) {}
  Tuple<Key> draw() {
    Tuple<Key> tuple;
    for (Key& x : tuple) x = number();
    return tuple;
  }
  std::uint64_t below(std::uint64_t limit) { return engine_() % limit; }

 private:
  Key number() {
    if (few_) return static_cast<Key>(below(9));
    if constexpr (std::is_floating_point_v<Key>)
      return static_cast<Key>(static_cast<double>(engine_() >> 11) * 0x1p-53 - 0.5);
    else
      return static_cast<Key>(engine_());
  }

  std::mt19937_64 engine_;
  bool few_;
};

template <class Key>
double squared_distance(const Tuple<Key>& a, const Tuple<Key>& b, const std::array<bool, dimension>& mask) {
  double sum = 0;
  for (std::size_t i = 0; i < dimension; ++i) {
    if (!mask[i]) continue;
    double difference;
    if constexpr (std::is_floating_point_v<Key>) {
      difference = a[i] - b[i];
    } else {
      using Unsigned = std::make_unsigned_t<Key>;
      difference = static_cast<double>(static_cast<Unsigned>(static_cast<Unsigned>(std::max(a[i], b[i])) -
                                                             static_cast<Unsigned>(std::min(a[i], b[i]))));
    }
    sum += difference * difference;
  }
  return sum;
}

template <class KindType>
class KdMapTest : public ::testing::Test {
 protected:
  using Key = typename KindType::Key;
  using Map = KdMap<Key, KindType::compiled, int>;
  using Oracle = std::map<Tuple<Key>, int>;

  static void expect_same(const Map& map, const Oracle& oracle, Tuples<Key>& tuples) {
    ASSERT_NO_THROW(map.validate());
    ASSERT_EQ(map.size(), oracle.size());
    std::vector<Key> keys;
    std::vector<int> values;
    map.each_in_order([&](std::span<const Key> key, int value) {
      keys.insert(keys.end(), key.begin(), key.end());
      values.push_back(value);
    });
    std::size_t at = 0;
    for (const auto& [key, value] : oracle) {
      ASSERT_TRUE(std::equal(key.begin(), key.end(), keys.begin() + static_cast<std::ptrdiff_t>(dimension * at)));
      ASSERT_EQ(values[at++], value);
    }

    std::vector<Key> asked;
    std::vector<std::uint8_t> there;
    for (int i = 0; i < 40; ++i) {
      Tuple<Key> key = tuples.draw();
      if (const auto near = oracle.lower_bound(key); i % 2 == 0 && near != oracle.end()) key = near->first;
      const auto found = oracle.find(key);
      const int* value = map.find(key);
      ASSERT_EQ(value != nullptr, found != oracle.end());
      if (value != nullptr) {
        ASSERT_EQ(*value, found->second);
      }
      asked.insert(asked.end(), key.begin(), key.end());
      there.push_back(value != nullptr);
    }
    ASSERT_EQ(map.contains(PointView<Key>(asked.data(), there.size(), dimension)), there);

    for (int i = 0; i < 4; ++i) {
      std::array<bool, dimension> mask{true, true, true};
      if (i > 0) mask[tuples.below(dimension)] = false;
      const Tuple<Key> point = tuples.draw();
      std::vector<std::pair<double, Tuple<Key>>> all;
      for (const auto& entry : oracle) all.emplace_back(squared_distance(point, entry.first, mask), entry.first);
      std::sort(all.begin(), all.end());
      const auto nearest = map.nearest(point, 9, mask);
      ASSERT_EQ(nearest.size(), std::min<std::size_t>(9, all.size()));
      for (std::size_t j = 0; j < nearest.size(); ++j) {
        ASSERT_EQ(static_cast<double>(nearest[j].distance_squared), all[j].first);
        ASSERT_TRUE(std::equal(nearest[j].key.begin(), nearest[j].key.end(), all[j].second.begin()));
      }

      Tuple<Key> lower = tuples.draw();
      Tuple<Key> upper = tuples.draw();
      for (std::size_t a = 0; a < dimension; ++a)
        if (lower[a] > upper[a]) std::swap(lower[a], upper[a]);
      std::size_t inside = 0;
      map.in_box(
          lower, upper, [&](std::span<const Key>, int) { ++inside; }, mask);
      std::size_t expected = 0;
      for (const auto& entry : oracle) {
        bool in = true;
        for (std::size_t a = 0; a < dimension; ++a)
          in = in && (!mask[a] || (lower[a] <= entry.first[a] && entry.first[a] <= upper[a]));
        expected += in;
      }
      ASSERT_EQ(inside, expected);
    }
  }
};

#if defined(__SANITIZE_ADDRESS__)  // each kind takes long to compile there, and one of a sort will do
using Kinds = ::testing::Types<Kind<std::int64_t, 3>, Kind<std::int8_t, 3>, Kind<double, 0>>;
#else
using Kinds = ::testing::Types<Kind<std::int64_t, 3>, Kind<std::int64_t, 0>, Kind<std::uint64_t, 3>,
                               Kind<std::int8_t, 3>, Kind<std::uint16_t, 3>, Kind<double, 3>, Kind<double, 0>>;
#endif
TYPED_TEST_SUITE(KdMapTest, Kinds);

TYPED_TEST(KdMapTest, DoesWhatAMapDoes) {
  using Number = typename TypeParam::Key;
  for (const Balance& balance : {Balance::red_black(), Balance::avl(1), Balance::avl(2), Balance::avl(4)}) {
    for (const bool few : {false, true}) {
      SCOPED_TRACE(balance_name(balance) + (few ? ", few values" : ", all values"));
      typename TestFixture::Map::Config config;
      config.balance = balance;
      typename TestFixture::Map map(dimension, config);
      typename TestFixture::Oracle oracle;
      Tuples<Number> tuples(few ? 1 : 2, few);
      if (!few) {
        std::vector<Number> rows;
        std::vector<int> values;
        for (int i = 0; i < 200; ++i) {
          const Tuple<Number> key = tuples.draw();
          rows.insert(rows.end(), key.begin(), key.end());
          values.push_back(i);
          oracle.emplace(key, i);
        }
        ASSERT_EQ(map.build(PointView<Number>(rows.data(), values.size(), dimension), std::span<const int>(values)),
                  oracle.size());
      }
      constexpr int operations = 3000;
      for (int i = 0; i < operations; ++i) {
        Tuple<Number> key = tuples.draw();
        const std::uint64_t kind = tuples.below(10);
        if (kind < (i < operations / 2 ? 6u : 3u)) {
          ASSERT_EQ(map.insert(key, i), oracle.emplace(key, i).second);
        } else if (kind == 9) {
          ASSERT_EQ(map.assign(key, i), !oracle.contains(key));
          oracle[key] = i;
        } else {
          if (const auto near = oracle.lower_bound(key); kind % 2 == 0 && near != oracle.end()) key = near->first;
          ASSERT_EQ(map.erase(key), oracle.erase(key) == 1);
        }
        if (i % 300 == 0) this->expect_same(map, oracle, tuples);
        if (this->HasFatalFailure()) return;
      }
      while (!oracle.empty()) {
        ASSERT_TRUE(map.erase(oracle.begin()->first));
        oracle.erase(oracle.begin());
        if (oracle.size() % 100 == 0) {
          ASSERT_NO_THROW(map.validate());
        }
      }
      ASSERT_TRUE(map.empty());
      ASSERT_FALSE(map.erase(tuples.draw()));
    }
  }
}

using Set = KdMap<std::int64_t, dimension>;

/// Inserts and erases in these orders, and looks at every invariant, heights and balance among them, after each.
void expect_valid_throughout(const Balance& balance, const std::vector<int>& arriving,
                             const std::vector<int>& leaving) {
  Set::Config config;
  config.balance = balance;
  Set set(dimension, config);
  const auto tuple = [](int i) { return std::array<std::int64_t, 3>{i / 2, i % 3, i}; };  // ties along two axes
  std::size_t size = 0;
  for (const int i : arriving) {
    ASSERT_TRUE(set.insert(tuple(i)));
    ASSERT_NO_THROW(set.validate());
    ASSERT_EQ(set.size(), ++size);
  }
  for (const int i : leaving) {
    ASSERT_TRUE(set.erase(tuple(i)));
    ASSERT_FALSE(set.contains(tuple(i)));
    ASSERT_NO_THROW(set.validate());
    ASSERT_EQ(set.size(), --size);
  }
}

TEST(KdSet, SmallSetsAreInBalanceAfterEveryChangeWhateverTheOrder) {
  for (const Balance& balance :
       {Balance::red_black(), Balance::avl(1), Balance::avl(2), Balance::avl(3), Balance::avl(4)})
    for (const int count : {1, 2, 3, 4, 6, 7}) {
      if (count > 6 && small_scale()) continue;  // five thousand orders
      SCOPED_TRACE(balance_name(balance) + ", " + std::to_string(count) + " tuples");
      std::vector<int> arriving(static_cast<std::size_t>(count));
      std::iota(arriving.begin(), arriving.end(), 0);
      do {
        // Few tuples leave in every order, more in the order of arrival and backwards.
        std::vector<int> leaving = arriving;
        if (count <= 4) {
          std::sort(leaving.begin(), leaving.end());
          do expect_valid_throughout(balance, arriving, leaving);
          while (!HasFatalFailure() && std::next_permutation(leaving.begin(), leaving.end()));
        } else {
          expect_valid_throughout(balance, arriving, leaving);
          std::reverse(leaving.begin(), leaving.end());
          expect_valid_throughout(balance, arriving, leaving);
        }
        if (HasFatalFailure()) return;
      } while (std::next_permutation(arriving.begin(), arriving.end()));
    }
}

TEST(KdSet, SortedTuplesKeepItShallowUnderEveryBalance) {
  for (const Balance& balance :
       {Balance::red_black(), Balance::avl(1), Balance::avl(2), Balance::avl(3), Balance::avl(4)}) {
    SCOPED_TRACE(balance_name(balance));
    Set::Config config;
    config.balance = balance;
    Set set(dimension, config);
    constexpr std::int64_t count = 5000;
    for (std::int64_t i = 0; i < count; ++i) ASSERT_TRUE(set.insert(std::array<std::int64_t, 3>{i, i, i}));
    ASSERT_NO_THROW(set.validate());
    const Statistics statistics = set.statistics();
    EXPECT_LE(statistics.height,
              balance.kind == BalanceKind::red_black ? 26u : 14u + 3u * static_cast<unsigned>(balance.delta));
    EXPECT_GE(set.mean_height(), 11);
    EXPECT_LE(set.mean_height(), static_cast<double>(statistics.height));
    EXPECT_GT(statistics.rebuilds.events, 0u);
    for (std::int64_t i = 0; i < count; i += 2) ASSERT_TRUE(set.erase(std::array<std::int64_t, 3>{i, i, i}));
    ASSERT_NO_THROW(set.validate());
  }
}

TEST(KdSet, TheWholeRangeOfANumberIsCompared) {
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  Set set;
  for (const std::int64_t x : {least, std::int64_t{-1}, std::int64_t{0}, most})
    for (const std::int64_t y : {least, most}) ASSERT_TRUE(set.insert(std::array{x, y, x}));
  EXPECT_FALSE(set.insert(std::array{most, least, most}));
  ASSERT_NO_THROW(set.validate());
  const auto nearest = set.nearest(std::array{least, least, least}, 1);
  EXPECT_EQ(nearest.front().distance_squared, 0);
  EXPECT_EQ(set.nearest(std::array{most, most, most}, 100).size(), set.size());
}

TEST(KdSet, ThreadsBuildTheSameTree) {
  std::mt19937_64 engine(3);
  std::vector<std::int64_t> numbers(3 * 60000);
  for (std::int64_t& x : numbers) x = static_cast<std::int64_t>(engine() % 5000);
  const PointView<std::int64_t> keys(numbers.data(), numbers.size() / 3, dimension);
  Set::Config config;
  config.executor = Executor(2);
  config.parallel_cutoff = 1000;
  Set alone, together(dimension, config);
  EXPECT_EQ(alone.build(keys), together.build(keys));
  ASSERT_NO_THROW(together.validate());
  EXPECT_EQ(alone.mean_height(), together.mean_height());
  EXPECT_LE(alone.statistics().height, 16u);
  EXPECT_LE(alone.statistics().bytes_per_point, 48);
}

TEST(KdSet, InfinitiesHaveDistancesLikeOtherNumbers) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  KdMap<double, 2> set;
  for (const double x : {-infinity, -1.0, 0.0, 2.0, infinity})
    for (const double y : {-infinity, 0.0, infinity}) ASSERT_TRUE(set.insert(std::array{x, y}));
  ASSERT_NO_THROW(set.validate());
  const auto nearest = set.nearest(std::array{infinity, infinity}, set.size());
  ASSERT_EQ(nearest.size(), set.size());
  EXPECT_EQ(nearest[0].distance_squared, 0);
  for (std::size_t i = 1; i < nearest.size(); ++i) {
    EXPECT_EQ(nearest[i].distance_squared, infinity);
    if (i == 1) continue;
    EXPECT_TRUE(std::lexicographical_compare(nearest[i - 1].key.begin(), nearest[i - 1].key.end(),
                                             nearest[i].key.begin(), nearest[i].key.end()));
  }
}

TEST(KdSet, CanBeMoved) {
  KdMap<int, 1, std::string> first;
  first.insert(std::array{1}, "one");
  KdMap<int, 1, std::string> second = std::move(first);
  EXPECT_EQ(*second.find(std::array{1}), "one");
  first = KdMap<int, 1, std::string>();
  EXPECT_TRUE(first.insert(std::array{2}, "two"));
  std::swap(first, second);
  EXPECT_EQ(*first.find(std::array{1}), "one");
  ASSERT_NO_THROW(first.validate());
  ASSERT_NO_THROW(second.validate());
}

TEST(KdSet, MistakesAreRefusedAndChangeNothing) {
  Set set;
  set.insert(std::array<std::int64_t, 3>{1, 2, 3});
  const std::array<std::int64_t, 2> short_key{1, 2};
  EXPECT_THROW(set.insert(short_key), invalid_input);
  EXPECT_THROW(set.erase(short_key), invalid_input);
  EXPECT_THROW((void)set.contains(short_key), invalid_input);
  const std::array<std::int64_t, 3> key{1, 2, 3};
  EXPECT_THROW((void)set.nearest(key, 0), invalid_input);
  const std::array<bool, 3> nothing{};
  EXPECT_THROW((void)set.nearest(key, 1, nothing), invalid_input);
  const std::array<bool, 2> short_mask{true, true};
  EXPECT_THROW((void)set.nearest(key, 1, short_mask), invalid_input);
  EXPECT_THROW(set.each_in_order([](auto) {}, 3), invalid_input);
  const std::array<std::int64_t, 3> above{1, 2, 4};
  EXPECT_THROW(set.in_box(above, key, [](auto) {}), invalid_input);
  const std::array<bool, 3> without_last{true, true, false};
  int inside = 0;
  set.in_box(
      above, key, [&](auto) { ++inside; }, without_last);
  EXPECT_EQ(inside, 1);
  EXPECT_EQ(set.size(), 1u);

  KdMap<double, 0> plane(2);
  const std::array<double, 4> rows{0, 1, 2, std::numeric_limits<double>::quiet_NaN()};
  try {
    plane.build({rows.data(), 2, 2});
    FAIL() << "NaN was taken";
  } catch (const invalid_input& mistake) {
    EXPECT_EQ(mistake.row(), 1u);
  }
  EXPECT_THROW((KdMap<double, 0>(0)), invalid_input);
  EXPECT_THROW((KdMap<double, 2>(3)), invalid_input);
  Set::Config config;
  config.balance = Balance::growth();
  EXPECT_THROW(Set(dimension, config), invalid_input);
  using Named = KdMap<int, 1, std::string>;
  Named named;
  const std::array<int, 2> keys{1, 2};
  const std::vector<std::string> one{"a"};
  EXPECT_THROW(named.build(PointView<int>(keys.data(), 2, 1), one), invalid_input);
  EXPECT_TRUE(named.insert(std::array{7}, "seven"));
  EXPECT_EQ(*named.find(std::array{7}), "seven");
  EXPECT_EQ(named.find(std::array{8}), nullptr);
}

}  // namespace
}  // namespace coppice::test
