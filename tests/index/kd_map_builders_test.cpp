// The builders of KdMap against each other and against sorting everything at every level: whatever the builder, the
// threads, the type and the dimension, the tree is the same, built at once or through churn.
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
#include <type_traits>
#include <vector>

namespace coppice::test {
namespace {

using kd_map::Builder;
using kd_map::Part;

constexpr std::array all_builders{Builder::selection, Builder::presort, Builder::yu_cao};

TEST(KdMapBuilders, HaveNames) {
  for (const Builder builder : all_builders)
    EXPECT_EQ(kd_map::builder_from_name(kd_map::builder_name(builder)), builder);
  EXPECT_EQ(kd_map::builder_name(KdMap<int, 2>::Config{}.builder), "selection");
  for (const char* name : {"", "quick", "yu_cao", "Presort"}) {
    try {
      (void)kd_map::builder_from_name(name);
      FAIL() << "'" << name << "' was taken";
    } catch (const invalid_input& mistake) {
      EXPECT_EQ(std::string(mistake.what()),
                "unknown builder '" + std::string(name) + "'; expected selection, presort or yu-cao");
    }
  }
}

/// What the tests run over. `Few`: numbers from a few values, so that ties are everywhere; otherwise from the whole
/// range of the type, its ends included, or with infinities.
template <class KeyType, int CompiledDimension, int RunTimeDimension, bool Few>
struct Kind {
  using Key = KeyType;
  static constexpr int compiled = CompiledDimension;
  static constexpr int dimension = RunTimeDimension;
  static constexpr bool few = Few;
};

template <class KindType>
class KdMapBuildersTest : public ::testing::Test {
 protected:
  using Key = typename KindType::Key;
  static constexpr int dimension = KindType::dimension;
  using Map = KdMap<Key, KindType::compiled, int>;
  using Tuple = std::array<Key, dimension>;

  Key number() {
    if (KindType::few) return static_cast<Key>(engine_() % 4);
    const std::uint64_t bits = engine_();
    using Limits = std::numeric_limits<Key>;
    if (bits % 16 == 0) return std::is_floating_point_v<Key> ? -Limits::infinity() : Limits::lowest();
    if (bits % 16 == 1) return std::is_floating_point_v<Key> ? Limits::infinity() : Limits::max();
    if constexpr (std::is_floating_point_v<Key>)
      return static_cast<Key>(static_cast<double>(bits >> 11) * 0x1p-53 - 0.5);
    else
      return static_cast<Key>(bits >> 8 | bits << 56);
  }
  Tuple draw() {
    Tuple tuple;
    for (Key& x : tuple) x = number();
    return tuple;
  }
  std::vector<Tuple> draw(std::size_t count) {
    std::vector<Tuple> tuples(count);
    for (Tuple& tuple : tuples) tuple = draw();
    return tuples;
  }
  /// At most `count` of them, all different, in no order.
  std::vector<Tuple> draw_different(std::size_t count) {
    std::vector<Tuple> tuples = draw(count);
    std::sort(tuples.begin(), tuples.end());
    tuples.erase(std::unique(tuples.begin(), tuples.end()), tuples.end());
    std::shuffle(tuples.begin(), tuples.end(), engine_);
    return tuples;
  }
  static PointView<Key> view(const std::vector<Tuple>& tuples) {
    return {tuples.empty() ? nullptr : tuples.front().data(), tuples.size(), dimension};
  }

  /// The rows in the order of the tree: every range is sorted, and its middle stays.
  static std::vector<kd_map::Row> expected_order(const std::vector<Tuple>& tuples, int root_axis) {
    std::vector<kd_map::Row> rows(tuples.size());
    std::iota(rows.begin(), rows.end(), 0u);
    const auto arrange = [&](const auto& self, const Part& part) -> void {
      if (part.size == 0) return;
      const auto first = rows.begin() + static_cast<std::ptrdiff_t>(part.first);
      std::sort(first, first + static_cast<std::ptrdiff_t>(part.size), [&](kd_map::Row a, kd_map::Row b) {
        Tuple left = tuples[a], right = tuples[b];
        std::rotate(left.begin(), left.begin() + part.axis, left.end());
        std::rotate(right.begin(), right.begin() + part.axis, right.end());
        return left < right;
      });
      for (const int side : {0, 1}) self(self, part.below(side, (part.axis + 1) % dimension));
    };
    arrange(arrange, {0, rows.size(), 0, root_axis});
    return rows;
  }

  /// Everything that can be seen of a tree: tuples and values in its order, and its shape.
  struct Picture {
    std::vector<Tuple> keys;
    std::vector<int> values;
    double mean_height;
    Statistics statistics;
  };
  static Picture picture(const Map& map) {
    Picture result{{}, {}, map.mean_height(), map.statistics()};
    Tuple lower, upper;
    using Limits = std::numeric_limits<Key>;
    lower.fill(std::is_floating_point_v<Key> ? -Limits::infinity() : Limits::lowest());
    upper.fill(std::is_floating_point_v<Key> ? Limits::infinity() : Limits::max());
    map.in_box(lower, upper, [&](std::span<const Key> key, int value) {
      std::copy(key.begin(), key.end(), result.keys.emplace_back().begin());
      result.values.push_back(value);
    });
    return result;
  }
  static void expect_same(const Picture& a, const Picture& b) {
    ASSERT_EQ(a.keys, b.keys);
    ASSERT_EQ(a.values, b.values);
    ASSERT_EQ(a.mean_height, b.mean_height);
    ASSERT_EQ(a.statistics.height, b.statistics.height);
    ASSERT_EQ(a.statistics.points, b.statistics.points);
    ASSERT_EQ(a.statistics.rebuilds.buckets, b.statistics.rebuilds.buckets);
    ASSERT_EQ(a.statistics.rebuilds.total, b.statistics.rebuilds.total);
  }

  static typename Map::Config config(Builder builder, int threads, std::size_t cutoff) {
    typename Map::Config result;
    result.builder = builder;
    result.executor = Executor(threads);
    result.parallel_cutoff = cutoff;
    return result;
  }

  std::mt19937_64 engine_{20};
};

#if defined(__SANITIZE_ADDRESS__)  // each kind takes long to compile there, and one of a sort will do
using Kinds =
    ::testing::Types<Kind<std::int64_t, 3, 3, false>, Kind<std::uint8_t, 0, 5, true>, Kind<float, 1, 1, false>>;
#else
using Kinds =
    ::testing::Types<Kind<std::int64_t, 2, 2, true>, Kind<std::int64_t, 3, 3, false>, Kind<std::int64_t, 0, 3, false>,
                     Kind<std::uint8_t, 1, 1, false>, Kind<std::uint8_t, 0, 5, true>, Kind<float, 3, 3, true>,
                     Kind<double, 0, 3, false>, Kind<std::int16_t, 0, 5, false>, Kind<std::uint64_t, 3, 3, false>>;
#endif
TYPED_TEST_SUITE(KdMapBuildersTest, Kinds);

TYPED_TEST(KdMapBuildersTest, PresortedOrdersAreThoseOfTheTree) {
  constexpr int axes = TypeParam::dimension;
  for (std::size_t size = 0; size <= 70; ++size) {
    const auto tuples = this->draw_different(size);
    const auto keys = this->view(tuples);
    for (int root_axis = 0; root_axis < axes; ++root_axis) {
      const auto expected = this->expected_order(tuples, root_axis);
      for (const int threads : {1, 2}) {
        SCOPED_TRACE(std::to_string(tuples.size()) + " tuples, axis " + std::to_string(root_axis) + ", " +
                     std::to_string(threads) + " threads");
        const Executor executor(threads);
        constexpr std::size_t cutoff = 40;
        std::vector<kd_map::Row> columns(tuples.size() * axes);
        kd_map::sort_along_every_axis<TypeParam::compiled>(keys, columns.data(), executor, cutoff);
        const auto order = kd_map::yu_cao_order(columns.data(), tuples.size(), axes, root_axis, executor, cutoff);
        ASSERT_EQ(std::vector<kd_map::Row>(order.get(), order.get() + tuples.size()), expected);

        auto presorted = kd_map::PresortedColumns::of<TypeParam::compiled>(keys, root_axis, executor, cutoff);
        std::vector<kd_map::Row> split(tuples.size());
        const auto halve = [&](const auto& self, const Part& part) -> void {
          if (part.size == 0) return;
          split[part.first + part.size / 2] = presorted.median(part);
          for (const int side : {1, 0}) self(self, part.below(side, (part.axis + 1) % axes));
        };
        halve(halve, {0, tuples.size(), 0, root_axis});
        ASSERT_EQ(split, expected);
      }
    }
  }
}

TYPED_TEST(KdMapBuildersTest, BuildTheSameTree) {
  std::vector<std::size_t> sizes(71);
  std::iota(sizes.begin(), sizes.end(), std::size_t{0});
  sizes.insert(sizes.end(), {127, 128, 1000, 4095, 6000});
  for (const std::size_t size : sizes) {
    SCOPED_TRACE(size);
    auto tuples = this->draw(size);
    if (size > 10) tuples[size - 1] = tuples[3];
    std::vector<int> values(size);
    std::iota(values.begin(), values.end(), 0);
    std::map<typename TestFixture::Tuple, int> oracle;  // of equal rows the first counts
    for (std::size_t i = 0; i < size; ++i) oracle.emplace(tuples[i], values[i]);

    std::unique_ptr<typename TestFixture::Picture> first;
    for (const Builder builder : all_builders) {
      for (const int threads : size <= 70 ? std::vector{2} : std::vector{1, 2, 3}) {
        SCOPED_TRACE(kd_map::builder_name(builder) + ", " + std::to_string(threads) + " threads");
        typename TestFixture::Map map(TypeParam::dimension,
                                      this->config(builder, threads, size <= 70 ? 66 : size / 12));
        ASSERT_EQ(map.build(this->view(tuples), values), oracle.size());
        ASSERT_NO_THROW(map.validate());
        auto picture = this->picture(map);
        if (first != nullptr) {
          this->expect_same(*first, picture);
        } else {
          ASSERT_EQ(picture.keys.size(), oracle.size());
          for (std::size_t i = 0; i < picture.keys.size(); ++i)
            ASSERT_EQ(picture.values[i], oracle.at(picture.keys[i]));
          first = std::make_unique<typename TestFixture::Picture>(std::move(picture));
        }
        if (this->HasFatalFailure()) return;
      }
    }
  }
}

TYPED_TEST(KdMapBuildersTest, RebuildTheSameTreesThroughChurn) {
  using Numbers = typename TestFixture::Tuple;
  using Tree = typename TestFixture::Map;
  for (const Balance& balance :
       {Balance::avl(1), Balance::avl(2), Balance::avl(3), Balance::avl(4), Balance::red_black()}) {
    SCOPED_TRACE(balance_name(balance));
    std::vector<Tree> maps;
    for (const Builder builder : all_builders) {
      for (const int threads : {1, 2}) {
        if (threads == 2 && balance.kind != BalanceKind::red_black) continue;
        auto config = this->config(builder, threads, 200);
        config.balance = balance;
        maps.emplace_back(TypeParam::dimension, config);
      }
    }
    std::map<Numbers, int> oracle;
    const auto check = [&] {
      const auto expected = this->picture(maps.front());
      ASSERT_EQ(expected.keys.size(), oracle.size());
      for (std::size_t i = 0; i < expected.keys.size(); ++i) ASSERT_EQ(expected.values[i], oracle.at(expected.keys[i]));
      for (const Tree& map : maps) {
        ASSERT_NO_THROW(map.validate());
        this->expect_same(expected, this->picture(map));
      }
    };

    // In ascending order, so that large subtrees go out of balance; then here and there; then away, from one end.
    std::vector<Numbers> tuples = this->draw_different(700);
    std::sort(tuples.begin(), tuples.end());
    int value = 0;
    for (const Numbers& tuple : tuples) {
      for (Tree& map : maps) ASSERT_TRUE(map.insert(tuple, value));
      oracle.emplace(tuple, value++);
    }
    check();
    if (this->HasFatalFailure()) return;
    if (tuples.size() > 500) {
      EXPECT_GT(maps.front().statistics().rebuilds.largest, 64u);
    }
    for (int i = 0; i < 600; ++i, ++value) {
      const Numbers tuple = i % 3 == 0 ? tuples[this->engine_() % tuples.size()] : this->draw();
      if (i % 2 == 0) {
        const bool there = oracle.erase(tuple) == 1;
        for (Tree& map : maps) ASSERT_EQ(map.erase(tuple), there);
      } else {
        const bool fresh = !oracle.contains(tuple);
        for (Tree& map : maps) ASSERT_EQ(map.assign(tuple, value), fresh);
        oracle[tuple] = value;
      }
      if (i % 150 == 0) check();
      if (this->HasFatalFailure()) return;
    }
    while (!oracle.empty()) {
      for (Tree& map : maps) ASSERT_TRUE(map.erase(oracle.begin()->first));
      oracle.erase(oracle.begin());
      if (oracle.size() % 150 == 0) check();
      if (this->HasFatalFailure()) return;
    }
  }
}

TEST(KdMapBuilders, ThreadsSortAsOneDoes) {
  std::mt19937_64 engine(4);
  std::vector<float> numbers(2 * 5000);
  for (float& x : numbers) x = static_cast<float>(engine() % 50);
  const PointView<float> tuples(numbers.data(), numbers.size() / 2, 2);
  for (const int axis : {0, 1}) {
    const auto alone = kd_map::sorted_along<2>(tuples, axis, Executor(), 1);
    for (const std::size_t cutoff : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{10000}}) {
      const auto together = kd_map::sorted_along<0>(tuples, axis, Executor(3), cutoff);
      ASSERT_EQ(alone.size(), together.size());
      for (std::size_t i = 0; i < alone.size(); ++i) {
        ASSERT_EQ(alone[i].row, together[i].row);
        if (i == 0) continue;
        const int order = compare_super_keys<2>(tuples.row(alone[i - 1].row), tuples.row(alone[i].row), axis, 2);
        ASSERT_TRUE(order < 0 || (order == 0 && alone[i - 1].row < alone[i].row));  // equal ones by row
      }
    }
  }
}

}  // namespace
}  // namespace coppice::test
