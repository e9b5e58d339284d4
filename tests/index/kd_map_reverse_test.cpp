// Reverse nearest neighbours of a KdMap against their definition, by counting for every tuple who precedes the point:
// ties everywhere, whole ranges, clusters, numbers whose distances round to equal ones, and infinities.
#include "coppice/index/kd_map/kd_map.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace coppice::test {
namespace {

enum class Shape { few_values, whole_range, clusters, far_apart };

template <class Key>
class Numbers {
 public:
  Numbers(unsigned seed, Shape shape) : engine_(seed), shape_(shape) {}

  std::vector<Key> tuple(int dimension) {
    std::vector<Key> key;
    const std::uint64_t cluster = engine_() % 5;
    for (int a = 0; a < dimension; ++a) key.push_back(number(cluster));
    return key;
  }
  std::uint64_t below(std::uint64_t limit) { return engine_() % limit; }

 private:
  Key number(std::uint64_t cluster) {
    const double unit = static_cast<double>(engine_() >> 11) * 0x1p-53;
    if (shape_ == Shape::few_values) return static_cast<Key>(below(7));
    if constexpr (std::is_floating_point_v<Key>) {
      if (shape_ == Shape::clusters) return static_cast<Key>(static_cast<double>(cluster) * 1e3 + unit * unit * 1e-3);
      if (shape_ == Shape::far_apart) {  // squares overflow, underflow, or swallow each other
        constexpr auto most = static_cast<double>(std::numeric_limits<Key>::max());
        constexpr auto infinity = std::numeric_limits<double>::infinity();
        const double scales[] = {1, 1, 1e8, 1 / most * 4, std::sqrt(most) / 2, most / 4, infinity};
        const double scale = scales[below(std::size(scales))];
        return static_cast<Key>(scale == infinity ? (unit < 0.5 ? -scale : scale) : (unit - 0.5) * scale);
      }
      return static_cast<Key>(unit - 0.5);
    } else {
      if (shape_ == Shape::clusters) return static_cast<Key>(cluster * 50 + engine_() % 9);
      if (shape_ == Shape::far_apart) {
        const Key ends[] = {std::numeric_limits<Key>::min(), std::numeric_limits<Key>::max(), Key(0)};
        return static_cast<Key>(static_cast<std::uint64_t>(ends[cluster % 3]) + below(4) - 2);
      }
      return static_cast<Key>(engine_());
    }
  }

  std::mt19937_64 engine_;
  Shape shape_;
};

template <class Key, int Dim>
class Oracle {
 public:
  using Map = KdMap<Key, Dim>;
  using Distance = typename Map::Distance;
  using Tuple = std::vector<Key>;
  struct Found {
    Distance distance_squared;
    Tuple key;
    friend bool operator==(const Found&, const Found&) = default;
    friend auto operator<=>(const Found&, const Found&) = default;
  };

  std::vector<Tuple> tuples;

  static Distance distance(const Tuple& a, const Tuple& b, std::span<const bool> mask) {
    Distance sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (!mask[i] || a[i] == b[i]) continue;
      Distance difference;
      if constexpr (std::is_floating_point_v<Key>) {
        difference = a[i] - b[i];
      } else {
        using Unsigned = std::make_unsigned_t<Key>;
        difference = static_cast<Distance>(static_cast<Unsigned>(static_cast<Unsigned>(std::max(a[i], b[i])) -
                                                                 static_cast<Unsigned>(std::min(a[i], b[i]))));
      }
      sum += difference * difference;
    }
    return sum;
  }

  [[nodiscard]] std::vector<Found> reverse_nearest(const Tuple& point, std::size_t k,
                                                   std::span<const bool> mask) const {
    std::vector<Found> result;
    for (const Tuple& t : tuples) {
      if (t == point) continue;
      const Found limit{distance(point, t, mask), point};
      std::size_t preceding = 0;
      for (const Tuple& u : tuples) {
        if (preceding == k) break;
        preceding += u != t && u != point && Found{distance(u, t, mask), u} < limit;
      }
      if (preceding < k) result.push_back({limit.distance_squared, t});
    }
    std::sort(result.begin(), result.end());
    return result;
  }
};

template <class KeyType, int CompiledDimension, int RunTimeDimension = CompiledDimension>
struct Kind {
  using Key = KeyType;
  static constexpr int compiled = CompiledDimension;
  static constexpr int dimension = RunTimeDimension;
};

template <class KindType>
class KdMapReverse : public ::testing::Test {
 protected:
  using Key = typename KindType::Key;
  using Oracle = test::Oracle<Key, KindType::compiled>;
  using Map = typename Oracle::Map;
  static constexpr int axes = KindType::dimension;

  static std::vector<typename Oracle::Found> found(const std::vector<typename Map::Neighbor>& neighbors) {
    std::vector<typename Oracle::Found> result;
    for (const auto& neighbor : neighbors)
      result.push_back({neighbor.distance_squared, {neighbor.key.begin(), neighbor.key.end()}});
    return result;
  }

  /// No mask, or one that leaves at least one axis.
  static std::array<bool, static_cast<std::size_t>(KindType::dimension)> draw_mask(Numbers<Key>& numbers) {
    std::array<bool, static_cast<std::size_t>(axes)> mask;
    mask.fill(true);
    if (numbers.below(2) == 0) mask[numbers.below(mask.size())] = false;
    if (axes == 1) mask[0] = true;
    return mask;
  }
};

#if defined(__SANITIZE_ADDRESS__)  // each kind takes long to compile there, and one of a sort will do
using Kinds = ::testing::Types<Kind<std::int8_t, 2>, Kind<std::int64_t, 3>, Kind<double, 0, 2>>;
#else
using Kinds =
    ::testing::Types<Kind<std::int8_t, 0, 1>, Kind<std::int8_t, 2>, Kind<std::uint8_t, 3>, Kind<std::int64_t, 3>,
                     Kind<std::uint64_t, 2>, Kind<float, 0, 1>, Kind<float, 3>, Kind<double, 0, 2>>;
#endif
TYPED_TEST_SUITE(KdMapReverse, Kinds);

TYPED_TEST(KdMapReverse, EqualsItsDefinition) {
  constexpr int dimension = TestFixture::axes;
  unsigned seed = 0;
  for (const Shape shape : {Shape::few_values, Shape::whole_range, Shape::clusters, Shape::far_apart}) {
    Numbers<typename TypeParam::Key> numbers(++seed, shape);
    typename TestFixture::Map map(dimension);
    typename TestFixture::Oracle oracle;
    for (const std::size_t size : {0u, 1u, 2u, 5u, 20u, 90u, 250u}) {
      SCOPED_TRACE("shape " + std::to_string(static_cast<int>(shape)) + ", up to " + std::to_string(size) + " tuples");
      for (std::size_t i = oracle.tuples.size(); i < size; ++i) {
        const auto key = numbers.tuple(dimension);
        if (map.insert(key)) oracle.tuples.push_back(key);
      }
      if (size == 90)  // the extents of what is gone stay, and must not matter
        for (int i = 0; i < 10; ++i) {
          ASSERT_TRUE(map.erase(oracle.tuples.front()));
          oracle.tuples.erase(oracle.tuples.begin());
          if (oracle.tuples.empty()) break;
        }
      ASSERT_NO_THROW(map.validate());
      for (const std::size_t k : {1u, 2u, 5u}) {
        for (int i = 0; i < 6; ++i) {
          auto point = numbers.tuple(dimension);
          if (i % 2 == 0 && !oracle.tuples.empty()) point = oracle.tuples[numbers.below(oracle.tuples.size())];
          const auto mask = this->draw_mask(numbers);
          ASSERT_EQ(this->found(map.reverse_nearest(point, k, mask)), oracle.reverse_nearest(point, k, mask));
        }
      }
      const auto point = numbers.tuple(dimension);
      std::array<bool, dimension> all;
      all.fill(true);
      ASSERT_EQ(this->found(map.reverse_nearest(point, size + 3)), oracle.reverse_nearest(point, size + 3, all));
    }
  }
}

TYPED_TEST(KdMapReverse, OfAllTuplesEqualsThatOfEachWhateverTheThreads) {
  constexpr int dimension = TestFixture::axes;
  for (const Shape shape : {Shape::few_values, Shape::whole_range, Shape::far_apart}) {
    Numbers<typename TypeParam::Key> numbers(11, shape);
    typename TestFixture::Map::Config config;
    typename TestFixture::Map alone(dimension, config);
    config.executor = Executor(2);
    typename TestFixture::Map together(dimension, config);
    for (const std::size_t size : {0u, 1u, 2u, 3u, 700u}) {
      for (std::size_t i = alone.size(); i < size; ++i) {
        const auto key = numbers.tuple(dimension);
        ASSERT_EQ(alone.insert(key), together.insert(key));
      }
      for (const std::size_t k : {1u, 4u, 2000u}) {
        if (k > 4 && size > 4) continue;
        const auto mask = this->draw_mask(numbers);
        const auto graph = alone.all_reverse_nearest(k, mask);
        const auto same = together.all_reverse_nearest(k, mask);
        ASSERT_EQ(graph.keys.size(), alone.size());
        ASSERT_EQ(graph.offsets, same.offsets);
        ASSERT_EQ(graph.rows, same.rows);
        ASSERT_EQ(graph.distances_squared, same.distances_squared);
        ASSERT_EQ(graph.offsets.size(), alone.size() + 1);
        ASSERT_EQ(graph.rows.size(), alone.size() * std::min(k, std::max<std::size_t>(alone.size(), 1) - 1));
        for (std::size_t row = 0; row < graph.keys.size(); row += 1 + size / 60) {
          const auto one = alone.reverse_nearest(graph.keys[row], k, mask);
          ASSERT_EQ(one.size(), graph.offsets[row + 1] - graph.offsets[row]);
          for (std::size_t i = 0; i < one.size(); ++i) {
            const std::size_t entry = graph.offsets[row] + i;
            ASSERT_EQ(one[i].distance_squared, graph.distances_squared[entry]);
            ASSERT_EQ(one[i].key.data(), graph.keys[graph.rows[entry]].data());
          }
        }
      }
    }
  }
}

TEST(KdMapReverseSearch, FindsThemAmongThousands) {
  using Number = std::int64_t;
  Numbers<Number> numbers(5, Shape::whole_range);
  Oracle<Number, 3> oracle;
  KdMap<Number, 3, int> map;
  for (int i = 0; i < 3000; ++i) {
    oracle.tuples.push_back(numbers.tuple(3));
    ASSERT_TRUE(map.insert(oracle.tuples.back(), i));
  }
  std::array<bool, 3> all;
  all.fill(true);
  for (std::size_t i = 0; i < 30; ++i) {
    const auto point = i % 2 == 0 ? numbers.tuple(3) : oracle.tuples[i];
    const auto expected = oracle.reverse_nearest(point, 1 + i % 3, all);
    const auto found = map.reverse_nearest(point, 1 + i % 3);
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t j = 0; j < found.size(); ++j) {
      ASSERT_EQ(found[j].distance_squared, expected[j].distance_squared);
      ASSERT_TRUE(std::equal(found[j].key.begin(), found[j].key.end(), expected[j].key.begin()));
    }
  }
}

TEST(KdMapReverseSearch, ManyAxes) {
  constexpr int dimension = 70;
  Numbers<float> numbers(6, Shape::clusters);
  Oracle<float, 0> oracle;
  KdMap<float, 0> map(dimension);
  for (int i = 0; i < 120; ++i)
    if (const auto key = numbers.tuple(dimension); map.insert(key)) oracle.tuples.push_back(key);
  std::array<bool, dimension> all;
  all.fill(true);
  for (int i = 0; i < 10; ++i) {
    const auto point = numbers.tuple(dimension);
    const auto expected = oracle.reverse_nearest(point, 2, all);
    const auto found = map.reverse_nearest(point, 2);
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t j = 0; j < found.size(); ++j)
      ASSERT_TRUE(std::equal(found[j].key.begin(), found[j].key.end(), expected[j].key.begin()));
  }
}

TEST(KdMapReverseSearch, MistakesAreRefused) {
  const KdMap<double, 2> map;
  const std::array<double, 2> point{0, 1};
  EXPECT_TRUE(map.reverse_nearest(point).empty());
  EXPECT_THROW((void)map.reverse_nearest(point, 0), invalid_input);
  EXPECT_THROW((void)map.all_reverse_nearest(0), invalid_input);
  const std::array<bool, 2> nothing{};
  EXPECT_THROW((void)map.reverse_nearest(point, 1, nothing), invalid_input);
  EXPECT_THROW((void)map.all_reverse_nearest(1, nothing), invalid_input);
  const std::array<double, 3> longer{0, 1, 2};
  EXPECT_THROW((void)map.reverse_nearest(longer), invalid_input);
  const std::array<double, 2> nan{0, std::numeric_limits<double>::quiet_NaN()};
  EXPECT_THROW((void)map.reverse_nearest(nan), invalid_input);
}

}  // namespace
}  // namespace coppice::test
