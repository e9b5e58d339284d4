// AllNeighbors against brute force, bit for bit: every metric, dimension and instruction set, sets with ties,
// duplicates, clumps of equal points, far outliers and numbers at the ends of their range.
#include "coppice/index/neighbor_graph/all_neighbors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "conformance/random.hpp"
#include "coppice/errors.hpp"
#include "coppice/geometry/instruction_set.hpp"

namespace coppice {
namespace {

template <class S>
using Row = std::vector<std::pair<S, std::int64_t>>;  // (key, id), in order

template <class S>
Row<S> oracle(PointView<S> points, const S* query, std::int64_t left_out, MetricKind kind, S limit) {
  const Metric<S> metric{kind, {}};
  Row<S> row;
  for (std::size_t j = 0; j < points.size(); ++j) {
    if (static_cast<std::int64_t>(j) == left_out) continue;
    const S key = metric_key(query, points.row(j), points.dimension(), metric, PeriodicBox<S>{});
    if (key <= limit) row.emplace_back(key, static_cast<std::int64_t>(j));
  }
  std::sort(row.begin(), row.end());
  return row;
}

/// Rows of a set that stand for all: some sixty of them, or twelve in the small scale.
std::size_t step_of(std::size_t n) {
  return std::max(std::size_t{1}, n / static_cast<std::size_t>(test::scaled(60)));
}

template <class S>
void check_nearest(const Points<S>& points, const AllNearest<S>& query, const std::string& what) {
  SCOPED_TRACE(what + ", k = " + std::to_string(query.k) + ", " + std::string(metric_name(query.metric)));
  const std::size_t n = points.size();
  const AllNeighbors<S> all(points.view(), query.executor);
  const auto graph = all.template nearest<std::int32_t>(query);
  ASSERT_EQ(graph.ids.size(), n * query.k);
  const Metric<S> metric{query.metric, {}};
  for (std::size_t i = 0; i < n; i += step_of(n)) {
    const Row<S> row = oracle(points.view(), points.view().row(i), query.self ? -1 : static_cast<std::int64_t>(i),
                              query.metric, metric.key_of(query.radius));
    for (std::size_t j = 0; j < query.k; ++j) {
      const std::size_t at = i * query.k + j;
      ASSERT_EQ(graph.ids[at], j < row.size() ? row[j].second : -1) << "row " << i << ", entry " << j;
      ASSERT_EQ(graph.distances[at],
                j < row.size() ? metric.distance_of(row[j].first) : std::numeric_limits<S>::infinity())
          << "row " << i << ", entry " << j;
    }
  }
}

template <class S>
void check_within(const Points<S>& points, AllWithin<S> query, const std::string& what) {
  SCOPED_TRACE(what + ", within " + std::to_string(query.radius) + ", " + std::string(metric_name(query.metric)));
  const std::size_t n = points.size();
  const AllNeighbors<S> all(points.view(), query.executor);
  const Metric<S> metric{query.metric, {}};
  for (const Order order : {Order::none, Order::by_distance}) {
    query.order = order;
    const auto graph = all.within(query);
    ASSERT_EQ(graph.size(), n);
    std::vector<std::int64_t> degrees(n);
    ASSERT_EQ(all.count_within(query, degrees), graph.offsets.back());
    for (std::size_t i = 0; i < n; i += step_of(n)) {
      Row<S> row = oracle(points.view(), points.view().row(i), query.self ? -1 : static_cast<std::int64_t>(i),
                          query.metric, metric.key_of(query.radius));
      const auto begin = static_cast<std::size_t>(graph.offsets[i]);
      ASSERT_EQ(static_cast<std::size_t>(graph.offsets[i + 1]) - begin, row.size()) << "row " << i;
      ASSERT_EQ(static_cast<std::size_t>(degrees[i]), row.size()) << "row " << i;
      Row<S> found;
      for (std::size_t j = 0; j < row.size(); ++j) found.emplace_back(graph.distances[begin + j], graph.ids[begin + j]);
      for (auto& [key, id] : row) key = metric.distance_of(key);
      if (order == Order::none) {
        std::sort(found.begin(), found.end());
        std::sort(row.begin(), row.end());
      }
      ASSERT_EQ(found, row) << "row " << i;
    }
  }
}

template <class S>
Points<S> uniform(std::size_t n, int dimension) {
  test::Rng random(n + static_cast<std::size_t>(dimension));
  Points<S> points{std::vector<S>(n * static_cast<std::size_t>(dimension)), dimension};
  for (S& x : points.coordinates) x = static_cast<S>(random.uniform());
  return points;
}

/// Clusters of eight sizes, a tenth of each other.
template <class S>
Points<S> clusters(std::size_t n, int dimension) {
  test::Rng random(n);
  Points<S> points{{}, dimension};
  for (std::size_t i = 0; i < n; ++i) {
    const double size = std::pow(10.0, -random.between(0, 7));
    const int place = random.between(0, 4);
    for (int a = 0; a < dimension; ++a)
      points.coordinates.push_back(
          static_cast<S>(1.7 * place * (a + 1) + size * (random.uniform(-1, 1) + random.uniform(-1, 1))));
  }
  return points;
}

/// Whole numbers below `side`: ties everywhere, and equal points.
template <class S>
Points<S> grid(std::size_t n, int dimension, std::size_t side) {
  test::Rng random(n + side);
  Points<S> points{std::vector<S>(n * static_cast<std::size_t>(dimension)), dimension};
  for (S& x : points.coordinates) x = static_cast<S>(random.below(side));
  return points;
}

template <class S>
Points<S> scaled(Points<S> points, double factor) {
  for (S& x : points.coordinates) x = static_cast<S>(static_cast<double>(x) * factor);
  return points;
}

template <class S>
Points<S> with_outliers(Points<S> points, double far) {
  test::Rng random(3);
  const auto d = static_cast<std::size_t>(points.dimension);
  for (int i = 0; i < 20; ++i)
    points.coordinates[random.below(points.size()) * d + random.below(d)] = static_cast<S>(random.uniform(0, far));
  return points;
}

template <class S>
class AllNeighborsOf : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(AllNeighborsOf, Scalars);

template <class S>
AllNearest<S> nearest_query(std::size_t k, MetricKind metric = MetricKind::l2, bool self = false, int threads = 1) {
  AllNearest<S> query;
  query.k = k;
  query.metric = metric;
  query.self = self;
  query.executor = Executor(threads);
  return query;
}
template <class S>
AllWithin<S> within_query(double radius, MetricKind metric = MetricKind::l2, bool self = false, int threads = 1) {
  AllWithin<S> query;
  query.radius = static_cast<S>(radius);
  query.metric = metric;
  query.self = self;
  query.executor = Executor(threads);
  return query;
}

/// So many points, fewer under sanitizers.
std::size_t some(int points) {
  return static_cast<std::size_t>(test::scaled(points));
}

TYPED_TEST(AllNeighborsOf, EveryDimensionAndK) {
  using S = TypeParam;
  for (const int d : {1, 2, 3, 4, 9, 20})
    for (const std::size_t k : {1, 10, 15, 40, 200})
      check_nearest(uniform<S>(some(2000), d), nearest_query<S>(k), "uniform");
  for (const int d : {1, 2, 3, 4, 9, 20})
    check_within(uniform<S>(some(2000), d), within_query<S>(0.3 * std::sqrt(d / 3.0) * (d > 3 ? 1 : 0.2)), "uniform");
}

TYPED_TEST(AllNeighborsOf, EveryMetric) {
  using S = TypeParam;
  for (const MetricKind metric : {MetricKind::l2, MetricKind::l1, MetricKind::linf})
    for (const int d : {2, 3, 6}) {
      check_nearest(clusters<S>(some(2000), d), nearest_query<S>(10, metric, true), "clusters");
      check_nearest(grid<S>(some(2000), d, 9), nearest_query<S>(33, metric), "grid");
      check_within(clusters<S>(some(2000), d), within_query<S>(0.01, metric), "clusters");
      check_within(grid<S>(some(2000), d, 9), within_query<S>(1, metric, true), "grid");
    }
}

TYPED_TEST(AllNeighborsOf, EveryInstructionSet) {
  using S = TypeParam;
  const InstructionSet usual = instruction_set();
  for (const InstructionSet set : available_instruction_sets()) {
    SCOPED_TRACE(instruction_set_name(set));
    force_instruction_set(set);
    for (const int d : {3, 5}) {
      check_nearest(clusters<S>(some(3000), d), nearest_query<S>(10), "clusters");
      check_nearest(grid<S>(some(3000), d, 7), nearest_query<S>(30, MetricKind::l1), "grid");
      check_within(grid<S>(some(3000), d, 7), within_query<S>(1.5), "grid");
    }
  }
  force_instruction_set(usual);
}

TYPED_TEST(AllNeighborsOf, TiesAndEqualPoints) {
  using S = TypeParam;
  for (const int d : {1, 2, 3, 5}) {
    check_nearest(grid<S>(some(8000), d, 2), nearest_query<S>(10), "corners");
    check_nearest(grid<S>(some(8000), d, 2), nearest_query<S>(40, MetricKind::l2, true, 3), "corners");
    check_nearest(Points<S>{std::vector<S>(3000 * static_cast<std::size_t>(d), S(5)), d}, nearest_query<S>(12),
                  "equal");
    check_nearest(Points<S>{std::vector<S>(30 * static_cast<std::size_t>(d), S(5)), d}, nearest_query<S>(40), "equal");
  }
  // Groups of equal points of every size around that of a leaf.
  for (const int d : {1, 3, 5})
    for (const std::size_t n : {40, 130, 400, 900, 1600, 2200})
      for (const std::size_t k : {1, 10, 40}) check_nearest(grid<S>(n, d, 2), nearest_query<S>(k), "groups");
  check_within(grid<S>(some(400), 3, 2), within_query<S>(1), "corners");
  check_within(Points<S>{std::vector<S>(900, S(-0.0)), 3}, within_query<S>(0), "equal");
  Points<S> clump = uniform<S>(3000, 3);
  std::fill(clump.coordinates.begin(), clump.coordinates.begin() + 6000, S(0.5));
  check_nearest(clump, nearest_query<S>(10), "a clump of 2,000 in 3,000");
}

/// A few equal points at most places: they are searched for together, and each leaves itself out.
TYPED_TEST(AllNeighborsOf, SeveralPointsAtAPlace) {
  using S = TypeParam;
  for (const int d : {2, 3, 4}) {
    const Points<S> points = grid<S>(3000, d, d == 2 ? 30 : d == 3 ? 10 : 6);
    for (const std::size_t k : {1, 3, 10, 11, 60}) {
      check_nearest(points, nearest_query<S>(k), "a grid");
      check_nearest(points, nearest_query<S>(k, MetricKind::linf, true), "a grid");
    }
    auto query = nearest_query<S>(9);
    for (const double radius : {0.0, 0.5, 1.0}) {
      query.radius = static_cast<S>(radius);
      check_nearest(points, query, "a grid, within " + std::to_string(radius));
    }
    check_nearest(scaled(points, sizeof(S) == 8 ? 1e-170 : 1e-24), nearest_query<S>(9),
                  "a grid whose squares underflow");

    const AllNeighbors<S> all(points.view());
    query.radius = 3;
    const auto whole = all.nearest(query);
    DenseGraph<S> pieces{9, std::vector<point_id>(3000 * 9), std::vector<S>(3000 * 9)};
    for (std::size_t first = 0; first < 3000; first += 600)
      all.nearest(query, first, 600, pieces.ids.data() + first * 9, pieces.distances.data() + first * 9);
    EXPECT_EQ(whole, pieces);
    query.self = true;
    const auto own = all.nearest(query);
    all.nearest_of(points.view(), query, pieces.ids.data(), pieces.distances.data());
    EXPECT_EQ(own, pieces);
  }
}

TYPED_TEST(AllNeighborsOf, TheEndsOfTheRange) {
  using S = TypeParam;
  const bool wide = sizeof(S) == 8;
  for (const int d : {2, 3, 7}) {
    const Points<S> outliers = with_outliers(uniform<S>(some(2000), d), 1e12);
    check_nearest(outliers, nearest_query<S>(10), "outliers");
    check_within(outliers, within_query<S>(0.1), "outliers");
    check_nearest(scaled(with_outliers(uniform<S>(some(400), d), 1e12), 1e-30), nearest_query<S>(10), "small");
    check_nearest(scaled(outliers, wide ? 1e138 : 1e5), nearest_query<S>(10), "large");
    const Points<S> lost = scaled(uniform<S>(some(500), d), wide ? 1e-200 : 1e-25);
    check_nearest(lost, nearest_query<S>(10), "squares underflow");
    check_within(lost, within_query<S>(0), "squares underflow");
    check_nearest(scaled(uniform<S>(some(500), d), wide ? 1e-315 : 1e-42), nearest_query<S>(10), "denormal numbers");
  }
}

/// What lies within their reach is most of a clump of many leaves.
TYPED_TEST(AllNeighborsOf, FewPointsFarFromMany) {
  using S = TypeParam;
  const std::size_t n = 12'000;
  for (const int d : {1, 2, 3}) {
    Points<S> points = scaled(uniform<S>(n, d), 1e-3);
    for (std::size_t i = 0; i < n; i += n / 20)
      points.coordinates[i * static_cast<std::size_t>(d)] = static_cast<S>(1 + i % 7);
    for (const std::size_t k : {1, 10, 300}) check_nearest(points, nearest_query<S>(k), "far");
    check_nearest(points, nearest_query<S>(10, MetricKind::l2, true, S(2.5)), "far, within a radius");
    // The clump falls together to its corners: many equal points, which have to be in the order of their ids.
    for (S& x : points.coordinates) x = x < S(5e-4) ? S(0) : x < S(1e-3) ? S(1e-3) : x;
    check_nearest(points, nearest_query<S>(10), "far from corners");
  }
}

TYPED_TEST(AllNeighborsOf, RadiusAndEpsilon) {
  using S = TypeParam;
  auto query = nearest_query<S>(10);
  for (const double radius : {0.0, 0.05, 0.2}) {
    query.radius = static_cast<S>(radius);
    check_nearest(uniform<S>(3000, 3), query, "within " + std::to_string(radius));
  }
  for (const int d : {3, 6}) {
    const Points<S> points = clusters<S>(3000, d);
    const AllNeighbors<S> all(points.view());
    query = nearest_query<S>(10);
    const auto exact = all.nearest(query);
    query.epsilon = static_cast<S>(0.5);
    const auto about = all.nearest(query);
    for (std::size_t i = 0; i < exact.distances.size(); ++i) {
      ASSERT_GE(about.distances[i], exact.distances[i]);
      ASSERT_LE(about.distances[i],
                exact.distances[i] * static_cast<S>(1.5) * (1 + 4 * std::numeric_limits<S>::epsilon()));
    }
  }
}

/// More points are the nearest of one than a descent has room for.
TYPED_TEST(AllNeighborsOf, ThousandsEquallyFar) {
  using S = TypeParam;
  constexpr int d = 14;
  Points<S> points{std::vector<S>(d, S(0)), d};
  for (int corner = 0; corner < 6000; ++corner)
    for (int a = 0; a < d; ++a) points.coordinates.push_back(S((corner * 2 + 1) >> a & 1 ? 1 : -1));
  check_nearest(points, nearest_query<S>(10), "corners around a point");
  check_nearest(points, nearest_query<S>(10, MetricKind::linf), "corners around a point");
}

TYPED_TEST(AllNeighborsOf, PiecesThreadsAndQueriesFromOutside) {
  using S = TypeParam;
  for (const int d : {2, 3, 6}) {
    const Points<S> points = clusters<S>(5000, d);
    const AllNeighbors<S> all(points.view()), shared(points.view(), Executor(3));
    auto query = nearest_query<S>(7);
    const auto whole = all.nearest(query);
    DenseGraph<S> pieces{7, std::vector<point_id>(5000 * 7), std::vector<S>(5000 * 7)};
    for (std::size_t first = 0; first < 5000; first += 1250)
      all.nearest(query, first, 1250, pieces.ids.data() + first * 7, pieces.distances.data() + first * 7);
    EXPECT_EQ(whole, pieces);
    auto range = within_query<S>(0.02);
    range.order = Order::none;
    const auto edges = all.within(range);
    const auto part = all.within(range, 1000, 500);
    EXPECT_TRUE(std::equal(part.ids.begin(), part.ids.end(), edges.ids.begin() + edges.offsets[1000]));
    query.executor = range.executor = Executor(3);
    EXPECT_EQ(shared.nearest(query), whole);
    EXPECT_EQ(shared.within(range), edges);

    const Points<S> queries = with_outliers(uniform<S>(300, d), 1e9);
    std::vector<point_id> ids(300 * 7);
    std::vector<S> distances(300 * 7);
    all.nearest_of(queries.view(), query, ids.data(), distances.data());
    for (std::size_t i = 0; i < 300; i += test::small_scale() ? 10 : 1) {
      const Row<S> row = oracle(points.view(), queries.view().row(i), std::int64_t{-1}, MetricKind::l2,
                                std::numeric_limits<S>::infinity());
      for (std::size_t j = 0; j < 7; ++j) ASSERT_EQ(ids[i * 7 + j], row[j].second) << "query " << i;
    }
  }
}

TEST(AllNeighbors, EmptySetsAndFewPoints) {
  const AllNeighbors<double> none(PointView<double>(nullptr, 0, 3));
  EXPECT_EQ(none.nearest({}).ids.size(), 0u);
  EXPECT_EQ(none.within({}).offsets, std::vector<std::int64_t>{0});
  const double query[3] = {1, 2, 3};
  std::int64_t ids[2];
  double distances[2];
  AllNearest<double> two;
  two.k = 2;
  none.nearest_of(PointView<double>(query, 1, 3), two, ids, distances);
  EXPECT_EQ(ids[1], -1);
  EXPECT_EQ(distances[0], std::numeric_limits<double>::infinity());
  for (const std::size_t n : {1, 2, 7})
    for (const int d : {1, 3, 8}) check_nearest(uniform<double>(n, d), nearest_query<double>(10), "few");
}

TEST(AllNeighbors, RefusesWhatItCannotServe) {
  const Points<double> points = uniform<double>(100, 3);
  const AllNeighbors<double> all(points.view());
  const auto message = [&](auto&& call) {
    try {
      call();
    } catch (const error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_NE(message([&] { (void)all.nearest(nearest_query<double>(0)); }).find("k is 0"), std::string::npos);
  EXPECT_NE(message([&] { (void)all.within(within_query<double>(-1)); }).find("negative"), std::string::npos);
  auto few = within_query<double>(1);
  few.most_edges = 5;
  const std::string edges = std::to_string(all.count_within(few));
  EXPECT_NE(message([&] { (void)all.within(few); }).find(edges), std::string::npos);
  auto weighted = nearest_query<double>(1, MetricKind::weighted_l2);
  EXPECT_THROW((void)all.nearest(weighted), unsupported);
  Points<double> bad = points;
  bad.coordinates[3 * 41 + 1] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NE(message([&] { AllNeighbors<double> refused(bad.view()); }).find("41"), std::string::npos);
  EXPECT_THROW(AllNeighbors<double>(PointView<double>(points.coordinates.data(), 1, 0)), invalid_input);
}

}  // namespace
}  // namespace coppice
