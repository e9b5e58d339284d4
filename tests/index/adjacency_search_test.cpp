// Searches that the adjacency hierarchy directs, against brute force, bit for bit: metrics, dimensions, ties, equal
// points, extreme magnitudes, radii at the edges of boxes, threads.
#include "coppice/index/neighbor_graph/adjacency_search.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "coppice/errors.hpp"
#include "coppice/index/neighbor_graph/partial_partition.hpp"
#include "index/partition_sets.hpp"

namespace coppice {
namespace {

using test::make_set;
using test::Spread;

/// All keys of a row that are at most `limit`, in order.
template <class Scalar>
std::vector<std::pair<Scalar, point_id>> row_of(PointView<Scalar> points, std::size_t i, MetricKind kind, bool self,
                                                Scalar limit) {
  const Metric<Scalar> metric{kind, {}};
  std::vector<std::pair<Scalar, point_id>> row;
  for (std::size_t j = 0; j < points.size(); ++j) {
    if (i == j && !self) continue;
    const Scalar key = metric_key(points.row(i), points.row(j), points.dimension(), metric, PeriodicBox<Scalar>{});
    if (key <= limit) row.emplace_back(key, static_cast<point_id>(j));
  }
  std::sort(row.begin(), row.end());
  return row;
}

template <class Scalar>
DenseGraph<Scalar> brute_nearest(PointView<Scalar> points, const AllNearest<Scalar>& query) {
  const Metric<Scalar> metric{query.metric, {}};
  DenseGraph<Scalar> graph{query.k, {}, {}};
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto row = row_of(points, i, query.metric, query.self, metric.key_of(query.radius));
    for (std::size_t j = 0; j < query.k; ++j) {
      graph.ids.push_back(j < row.size() ? row[j].second : no_point);
      graph.distances.push_back(j < row.size() ? metric.distance_of(row[j].first)
                                               : std::numeric_limits<Scalar>::infinity());
    }
  }
  return graph;
}

template <class Scalar>
SparseGraph<Scalar> brute_within(PointView<Scalar> points, const AllWithin<Scalar>& query) {
  const Metric<Scalar> metric{query.metric, {}};
  SparseGraph<Scalar> graph;
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (const auto& [key, id] : row_of(points, i, query.metric, query.self, metric.key_of(query.radius))) {
      graph.ids.push_back(id);
      graph.distances.push_back(metric.distance_of(key));
    }
    graph.offsets.push_back(static_cast<std::int64_t>(graph.ids.size()));
  }
  return graph;
}

constexpr MetricKind kinds[] = {MetricKind::l2, MetricKind::l1, MetricKind::linf};
constexpr Spread spreads[] = {Spread::uniform, Spread::clustered, Spread::grid, Spread::equal};

template <class Scalar>
void check_all(PointView<Scalar> points, int levels, std::size_t mass, std::vector<Scalar> radii) {
  const AdjacencySearch<Scalar> outward(points, {.levels = levels, .mass = mass});
  const AdjacencySearch<Scalar> inward(points, {.levels = levels, .mass = mass, .hierarchy = false});
  for (const MetricKind kind : kinds) {
    for (const std::size_t k : {1u, 5u}) {
      AllNearest<Scalar> query;
      query.k = k;
      query.metric = kind;
      query.self = k == 5;
      if (k == 1) query.radius = radii.front();
      const auto truth = brute_nearest(points, query);
      ASSERT_TRUE(outward.nearest(query) == truth) << metric_name(kind) << " k " << k;
      ASSERT_TRUE(inward.nearest(query) == truth) << metric_name(kind) << " k " << k;
    }
    for (const Scalar radius : radii) {
      AllWithin<Scalar> query;
      query.radius = radius;
      query.metric = kind;
      query.self = radius == radii.front();
      const auto truth = brute_within(points, query);
      ASSERT_TRUE(outward.within(query) == truth) << metric_name(kind) << " r " << radius;
      ASSERT_TRUE(inward.within(query) == truth) << metric_name(kind) << " r " << radius;
    }
  }
}

TEST(AdjacencySearch, EqualsBruteForceInEveryDimension) {
  for (const int d : {1, 2, 3, 9, 16, 17, 33})
    for (const Spread spread : spreads) {
      SCOPED_TRACE(std::to_string(d) + " axes");
      const auto points = make_set<double>(spread, 130, d, 77);
      check_all<double>(points, 7, 5, {0.25, 0, 2});
    }
}

TEST(AdjacencySearch, FloatsAndDeepTrees) {
  for (const Spread spread : spreads) {
    const auto points = make_set<float>(spread, 200, 3, 7);
    check_all<float>(points, 32, 2, {0.25f, 0.015625f, 1.0f});
  }
}

TEST(AdjacencySearch, ExtremesOfTheNumbers) {
  Points<double> points{{}, 2};
  const auto add = [&](double x, double y) { points.coordinates.insert(points.coordinates.end(), {x, y}); };
  for (int i = 0; i < 40; ++i) add(i % 5 * 1e-3, i % 7 * 1e-3);
  check_all<double>(points, 16, 2, {1e-3, 2e-3});
  add(1e150, -1e150);  // far outliers: the rest is one clump in the finest box
  add(-1e150, 0);
  check_all<double>(points, 16, 2, {1e-3, 3e150});
  Points<double> tiny{{}, 2};
  for (int i = 0; i < 60; ++i) {
    tiny.coordinates.push_back(i % 8 * 5e-324);
    tiny.coordinates.push_back(i / 8 * 1e-323);
  }
  check_all<double>(tiny, 8, 2, {1e-323, 0, 1e-200});
  for (double& x : tiny.coordinates) x *= 1e162;  // squares are denormal or nothing
  check_all<double>(tiny, 8, 2, {1e-161, 5e-162, 1e-163});
}

TEST(AdjacencySearch, RadiiAtTheEdgesOfBoxes) {
  Points<double> points{{}, 2};
  for (int i = 0; i < 256; ++i) {
    points.coordinates.push_back(i % 16);
    points.coordinates.push_back(i / 16);
  }
  points.coordinates.insert(points.coordinates.end(), {16, 16});
  const double near = std::nextafter(2.0, 0.0);
  check_all<double>(points, 6, 1, {1, 2, 4, 8, near, std::nextafter(2.0, 3.0), 16});
}

TEST(AdjacencySearch, FewerPointsThanAskedFor) {
  const auto points = make_set<double>(Spread::uniform, 4, 3, 5);
  check_all<double>(points, 5, 1, {0.5});
  const AdjacencySearch<double> none(PointView<double>(nullptr, 0, 3));
  EXPECT_EQ(none.nearest({}).size(), 0u);
  EXPECT_EQ(none.within({}).size(), 0u);
}

TEST(AdjacencySearch, TheSameForAnyNumberOfThreadsAndCountsToo) {
  const auto points = make_set<double>(Spread::clustered, 6000, 3, 5);
  const AdjacencySearch<double> one(points, {.mass = 16});
  const AdjacencySearch<double> two(points, {.mass = 16, .executor = Executor(2)});
  AllNearest<double> nearest;
  AllWithin<double> within;
  within.radius = 0.02;
  within.order = Order::none;
  AdjacencySearchCounts first;
  AdjacencySearchCounts second;
  const auto graph = one.nearest(nearest, &first);
  const auto pairs = one.within(within);
  nearest.executor = within.executor = Executor(2);
  EXPECT_TRUE(two.nearest(nearest, &second) == graph);
  EXPECT_EQ(first.pairs, second.pairs);
  EXPECT_EQ(first.rings, second.rings);
  EXPECT_TRUE(two.within(within) == pairs);
}

TEST(AdjacencySearch, WholeBoxesAreTakenWithoutATest) {
  for (const Spread spread : spreads) {
    const auto points = make_set<double>(spread, 400, 2, 5);
    const AdjacencySearch<double> search(points, {.mass = 3});
    for (const double radius : {0.05, 0.25, 0.7}) {
      AllWithin<double> query;
      query.radius = radius;
      auto truth = brute_within<double>(points, query);
      AdjacencySearchCounts all;
      ASSERT_TRUE(search.within(query, &all) == truth);
      query.most_edges = static_cast<std::int64_t>(truth.ids.size());
      ASSERT_TRUE(search.within(query) == truth);
      query.most_edges = std::numeric_limits<std::int64_t>::max();
      for (std::size_t i = 0; i < truth.size(); ++i)
        std::sort(truth.ids.begin() + truth.offsets[i], truth.ids.begin() + truth.offsets[i + 1]);
      truth.distances.clear();
      query.order = Order::by_id;
      query.distances = false;
      AdjacencySearchCounts tested;
      ASSERT_TRUE(search.within(query, &tested) == truth);
      EXPECT_LE(tested.pairs, all.pairs);
      if (radius == 0.25) {
        EXPECT_LT(tested.pairs, all.pairs);
      }
    }
  }
}

TEST(AdjacencySearch, EpsilonIsKept) {
  const auto points = make_set<double>(Spread::clustered, 3000, 4, 15);
  const AdjacencySearch<double> search(points, {.mass = 8});
  AllNearest<double> query;
  AdjacencySearchCounts exact;
  const auto truth = search.nearest(query, &exact);
  query.epsilon = 0.5;
  AdjacencySearchCounts approximate;
  const auto graph = search.nearest(query, &approximate);
  EXPECT_LT(approximate.pairs, exact.pairs);
  for (std::size_t i = 0; i < truth.distances.size(); ++i)
    ASSERT_LE(graph.distances[i], truth.distances[i] * 1.5 * (1 + 1e-12));
}

TEST(AdjacencySearch, TheHierarchySavesBoxes) {
  const auto points = make_set<double>(Spread::uniform, 8000, 3, 15);
  const AdjacencySearch<double> with(points, {.mass = 16});
  const AdjacencySearch<double> without(points, {.mass = 16, .hierarchy = false});
  AdjacencySearchCounts a;
  AdjacencySearchCounts b;
  EXPECT_TRUE(with.nearest({}, &a) == without.nearest({}, &b));
  EXPECT_LT(a.bounds, b.bounds);
}

TEST(AdjacencySearch, CappedSearchesFindMoreInLargerLeaves) {
  const auto points = make_set<double>(Spread::clustered, 4000, 6, 25);
  const AdjacencySearch<double> search(points, {.levels = 10, .mass = 32});
  AllNearest<double> query;
  const auto truth = search.nearest(query);
  const auto recall = [&](const PartitionTopology& tree, const AdjacencyGraph& leaves, std::size_t most) {
    const auto graph = nearest_in_touching_leaves<double>(points, tree, leaves, query, most);
    std::size_t found = 0;
    for (std::size_t i = 0; i < truth.ids.size(); ++i) {
      const auto row = graph.ids.begin() + static_cast<std::ptrdiff_t>(i / query.k * query.k);
      found += std::find(row, row + static_cast<std::ptrdiff_t>(query.k), truth.ids[i]) !=
                       row + static_cast<std::ptrdiff_t>(query.k)
                   ? 1
                   : 0;
    }
    return static_cast<double>(found) / static_cast<double>(truth.ids.size());
  };
  const PartialPartition<double> partial(points, {.levels = 10, .mass = 32});
  const double uniform_few = recall(search.tree(), search.hierarchy().last(), 8);
  const double partial_few = recall(partial, partial.leaf_graph(), 8);
  EXPECT_GT(partial_few, uniform_few);
  EXPECT_GE(recall(partial, partial.leaf_graph(), 100000), partial_few);
}

TEST(AdjacencySearch, Refusals) {
  const auto points = make_set<double>(Spread::uniform, 100, 2, 25);
  const AdjacencySearch<double> search(points);
  AllNearest<double> nearest;
  nearest.k = 0;
  EXPECT_THROW((void)search.nearest(nearest), invalid_input);
  nearest.k = 1;
  nearest.epsilon = -1;
  EXPECT_THROW((void)search.nearest(nearest), invalid_input);
  nearest.epsilon = 0;
  nearest.metric = MetricKind::weighted_l2;
  EXPECT_THROW((void)search.nearest(nearest), unsupported);
  AllWithin<double> within;
  within.radius = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW((void)search.within(within), invalid_input);
  within.radius = 10;
  within.most_edges = 9899;
  try {
    (void)search.within(within);
    FAIL();
  } catch (const invalid_input& e) {
    EXPECT_NE(std::string(e.what()).find("9900"), std::string::npos);
  }
  within.most_edges = 9900;
  EXPECT_EQ(search.within(within).ids.size(), 9900u);
}

}  // namespace
}  // namespace coppice
