// Facts of neighbour graphs against their definitions, spelled out over all pairs: undirected graphs, parts, degrees,
// the critical k and the critical radius.
#include "coppice/index/neighbor_graph/graph_facts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "conformance/datasets.hpp"
#include "coppice/errors.hpp"
#include "coppice/index/kd_tree/kd_tree.hpp"

namespace coppice::test {
namespace {

template <class Scalar>
Scalar key_between(const Points<Scalar>& points, MetricKind metric, std::size_t a, std::size_t b) {
  const auto view = points.view();
  return metric_key<Scalar>(view.row(a), view.row(b), points.dimension, Metric<Scalar>{metric, {}}, {});
}

/// The k nearest by definition, padded.
template <class Index, class Scalar>
DenseGraph<Scalar, Index> k_nearest(const Points<Scalar>& points, MetricKind metric, std::size_t k, bool self) {
  DenseGraph<Scalar, Index> graph{k, {}, {}};
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::vector<std::pair<Scalar, Index>> row;
    for (std::size_t j = 0; j < points.size(); ++j)
      if (self || i != j) row.push_back({key_between(points, metric, i, j), static_cast<Index>(j)});
    std::sort(row.begin(), row.end());
    for (std::size_t j = 0; j < k; ++j) {
      graph.ids.push_back(j < row.size() ? row[j].second : Index{-1});
      graph.distances.push_back(j < row.size() ? Metric<Scalar>{metric, {}}.distance_of(row[j].first)
                                               : std::numeric_limits<Scalar>::infinity());
    }
  }
  return graph;
}

template <class Scalar, class Index>
std::vector<std::set<Index>> neighbours_of(const GraphView<Scalar, Index>& graph) {
  std::vector<std::set<Index>> sets(graph.size());
  for (std::size_t i = 0; i < graph.size(); ++i)
    for (const Index other : graph.row(i))
      if (static_cast<std::size_t>(other) != i) sets[i].insert(other);
  return sets;
}

/// Labels by spreading the smallest number along edges until nothing changes.
template <class Index>
Components parts_by_spreading(const std::vector<std::set<Index>>& sets) {
  std::vector<std::size_t> smallest(sets.size());
  for (std::size_t i = 0; i < sets.size(); ++i) smallest[i] = i;
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < sets.size(); ++i)
      for (const Index other : sets[i]) {
        auto& a = smallest[i];
        auto& b = smallest[static_cast<std::size_t>(other)];
        if (a == b) continue;
        a = b = std::min(a, b);
        changed = true;
      }
  }
  Components parts;
  parts.labels.resize(sets.size());
  for (std::size_t i = 0; i < sets.size(); ++i) {
    if (smallest[i] == i) {
      parts.labels[i] = static_cast<std::int64_t>(parts.count++);
      parts.sizes.push_back(0);
    }
    parts.labels[i] = parts.labels[smallest[i]];
    ++parts.sizes[static_cast<std::size_t>(parts.labels[i])];
  }
  return parts;
}

/// The key of the longest edge of the minimum spanning tree, by Prim's algorithm.
template <class Scalar>
Scalar longest_spanning_key(const Points<Scalar>& points, MetricKind metric) {
  std::vector<Scalar> reach(points.size(), std::numeric_limits<Scalar>::infinity());
  std::vector<bool> taken(points.size(), false);
  Scalar longest = 0;
  reach[0] = 0;
  for (std::size_t step = 0; step < points.size(); ++step) {
    std::size_t next = points.size();
    for (std::size_t i = 0; i < points.size(); ++i)
      if (!taken[i] && (next == points.size() || reach[i] < reach[next])) next = i;
    taken[next] = true;
    longest = std::max(longest, reach[next]);
    for (std::size_t i = 0; i < points.size(); ++i)
      if (!taken[i]) reach[i] = std::min(reach[i], key_between(points, metric, next, i));
  }
  return longest;
}

constexpr MetricKind metrics[] = {MetricKind::l2, MetricKind::l1, MetricKind::linf};

template <class Scalar>
class GraphFacts : public Seeded {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(GraphFacts, Scalars);

template <class Scalar, class Index>
void check_undirected(const GraphView<Scalar, Index>& graph, Executor executor) {
  const auto sets = neighbours_of(graph);
  const auto either = symmetric_graph(graph, executor);
  const auto both = mutual_graph(graph, executor);
  std::size_t edges = 0;
  std::size_t returned = 0;
  for (std::size_t i = 0; i < graph.size(); ++i) {
    std::set<Index> united = sets[i];
    std::set<Index> shared;
    for (std::size_t j = 0; j < graph.size(); ++j)
      if (sets[j].count(static_cast<Index>(i)) != 0) {
        united.insert(static_cast<Index>(j));
        if (sets[i].count(static_cast<Index>(j)) != 0) shared.insert(static_cast<Index>(j));
      }
    edges += sets[i].size();
    returned += shared.size();
    for (const auto& [result, expected] : {std::pair(&either, &united), std::pair(&both, &shared)}) {
      const GraphView<Scalar, Index> view(*result);
      ASSERT_EQ(view.size(), graph.size());
      const auto row = view.row(i);
      ASSERT_EQ(std::set<Index>(row.begin(), row.end()), *expected);
      ASSERT_EQ(row.size(), expected->size());
      const auto lengths = view.distances(i);
      for (std::size_t j = 1; j < row.size(); ++j)
        ASSERT_LT(std::tuple(lengths.empty() ? Scalar(0) : lengths[j - 1], row[j - 1]),
                  std::tuple(lengths.empty() ? Scalar(0) : lengths[j], row[j]));
    }
  }
  EXPECT_EQ(mutual_share(graph, executor),
            edges == 0 ? 1.0 : static_cast<double>(returned) / static_cast<double>(edges));
  EXPECT_EQ(weak_components(graph, executor), parts_by_spreading(sets));
}

TYPED_TEST(GraphFacts, FollowTheirDefinitions) {
  using Scalar = TypeParam;
  for (const Shape shape : all_shapes)
    for (const int dimension : {1, 3, 20}) {
      SCOPED_TRACE(shape_name(shape) + " " + std::to_string(dimension));
      const std::size_t n = 2 + this->rng.below(60);
      const auto points = make_points<Scalar>(shape, n, dimension, this->rng);
      const MetricKind metric = metrics[this->rng.below(3)];
      const bool self = this->rng.chance(0.5);
      const Executor executor(this->rng.chance(0.5) ? 1 : 3);
      const auto all = k_nearest<std::int64_t>(points, metric, n + 2, self);
      const auto some = k_nearest<std::int32_t>(points, metric, 1 + this->rng.below(6), self);
      const GraphView<Scalar, std::int32_t> graph(some);
      check_undirected(graph, executor);
      check_undirected(GraphView<Scalar, std::int32_t>(symmetric_graph(graph)), executor);
      check_undirected(GraphView<Scalar, std::int32_t>(n, some.k, some.ids.data(), nullptr), executor);

      std::size_t smallest_k = 0;
      for (std::size_t k = 1; smallest_k == 0; ++k)
        if (parts_by_spreading(
                neighbours_of(GraphView<Scalar, std::int64_t>(k_nearest<std::int64_t>(points, metric, k, false))))
                .count == 1)
          smallest_k = k;
      EXPECT_EQ(critical_k(GraphView<Scalar, std::int64_t>(all), executor), smallest_k);
      EXPECT_LE(smallest_k, n / 2);
    }
}

TYPED_TEST(GraphFacts, TheCriticalRadiusIsTheLongestSpanningEdge) {
  using Scalar = TypeParam;
  for (const Shape shape : all_shapes)
    for (const int dimension : {1, 2, 3, 20}) {
      SCOPED_TRACE(shape_name(shape) + " " + std::to_string(dimension));
      const std::size_t n = 2 + this->rng.below(small_scale() ? 50 : 250);
      auto points = make_points<Scalar>(shape, n, dimension, this->rng);
      if (this->rng.chance(0.3))  // and a far clump
        for (std::size_t i = 0; i < points.coordinates.size() / 3; ++i) points.coordinates[i] += Scalar(1000);
      const MetricKind kind = metrics[this->rng.below(3)];
      const Metric<Scalar> metric{kind, {}};
      const Executor executor(this->rng.chance(0.5) ? 1 : 3);
      const auto rows = k_nearest<std::int32_t>(points, kind, 1 + this->rng.below(8), false);
      const Scalar radius = critical_radius<Scalar>(points, GraphView<Scalar, std::int32_t>(rows), kind, executor);
      const Scalar key = longest_spanning_key(points, kind);
      EXPECT_GE(metric.key_of(radius), key);
      if (radius > 0) {
        EXPECT_LT(metric.key_of(std::nextafter(radius, Scalar(0))), key);
      }
    }
}

TYPED_TEST(GraphFacts, OfFewPointsAreDefined) {
  using Scalar = TypeParam;
  using View = GraphView<Scalar, std::int64_t>;
  const DenseGraph<Scalar> empty{3, {}, {}};
  EXPECT_EQ(symmetric_graph(View(empty)), SparseGraph<Scalar>());
  EXPECT_EQ(mutual_graph(View(empty)), SparseGraph<Scalar>());
  EXPECT_EQ(weak_components(View(empty)), Components());
  EXPECT_EQ(critical_k(View(empty)), 0u);
  EXPECT_EQ(critical_radius<Scalar>(PointView<Scalar>(nullptr, 0, 3), View(empty), MetricKind::l2), 0);
  EXPECT_EQ(degrees(View(empty)).edges, 0);

  const Points<Scalar> one{{1, 2, 3}, 3};
  const auto padded = k_nearest<std::int64_t>(one, MetricKind::l2, 2, false);
  EXPECT_EQ(weak_components(View(padded)), (Components{1, {0}, {1}}));
  EXPECT_EQ(critical_k(View(padded)), 0u);
  EXPECT_EQ(critical_radius<Scalar>(one, View(padded), MetricKind::l2), 0);
  EXPECT_EQ(symmetric_graph(View(padded)), (SparseGraph<Scalar>{{0, 0}, {}, {}}));

  const Points<Scalar> two{{0, 3}, 1};
  EXPECT_THROW((void)critical_radius<Scalar>(two, View(padded), MetricKind::l2), invalid_input);
  const auto alone = k_nearest<std::int64_t>(two, MetricKind::l2, 1, true);
  EXPECT_THROW((void)critical_radius<Scalar>(two, View(alone), MetricKind::l2), invalid_input);
  EXPECT_EQ(critical_k(View(alone)), std::nullopt);
  EXPECT_THROW((void)critical_radius<Scalar>(two, View(alone), MetricKind::weighted_l2), unsupported);
}

TYPED_TEST(GraphFacts, DegreesCountOtherPointsOnly) {
  using Scalar = TypeParam;
  const Points<Scalar> points{{0, 1, 3, 10}, 1};
  const auto graph = k_nearest<std::int64_t>(points, MetricKind::l2, 3, true);
  const Degrees found = degrees(GraphView<Scalar>(graph));
  EXPECT_EQ(std::tuple(found.edges, found.smallest, found.largest, found.reversed), std::tuple(8, 2, 2, 3));
  EXPECT_EQ(found.mean, 2);
  EXPECT_EQ(found.longest, 9);  // from 10 to 1
  const Degrees nowhere = degrees(GraphView<Scalar>(SparseGraph<Scalar>{{0, 0, 2}, {0, 1}, {}}));
  EXPECT_EQ(std::tuple(nowhere.edges, nowhere.smallest, nowhere.largest, nowhere.longest), std::tuple(1, 0, 1, 0.0));
}

TYPED_TEST(GraphFacts, PartsOfPiecesAreThoseOfTheWhole) {
  using Scalar = TypeParam;
  const auto points = make_points<Scalar>(Shape::clustered, 200, 2, this->rng);
  const auto graph = k_nearest<std::int64_t>(points, MetricKind::l2, 2, false);
  ComponentFinder finder(200);
  for (std::size_t first = 0; first < 200; first += 30) {
    const std::size_t count = std::min<std::size_t>(30, 200 - first);
    finder.join(GraphView<Scalar>(count, 2, graph.ids.data() + 2 * first, nullptr), first, Executor(2));
  }
  EXPECT_EQ(finder.components(), weak_components(GraphView<Scalar>(graph)));
}

TYPED_TEST(GraphFacts, AreTheSameForAnyNumberOfThreads) {
  using Scalar = TypeParam;
  const std::size_t n = 5000;
  const auto points = make_points<Scalar>(Shape::clustered, n, 2, this->rng);
  KdTree<Scalar> tree(2);
  tree.build(points);
  const auto found = tree.nearest(points.view(), {.k = 6});
  const GraphView<Scalar, point_id> graph(n, 6, found.ids.data(), found.distances.data());
  const Executor many(4);
  EXPECT_EQ(symmetric_graph(graph, many), symmetric_graph(graph));
  EXPECT_EQ(mutual_graph(graph, many), mutual_graph(graph));
  EXPECT_EQ(mutual_share(graph, many), mutual_share(graph));
  EXPECT_EQ(weak_components(graph, many), weak_components(graph));
  EXPECT_EQ(critical_k(graph, many), critical_k(graph));
  const Scalar radius = critical_radius<Scalar>(points, graph, MetricKind::l2);
  EXPECT_EQ(critical_radius<Scalar>(points, graph, MetricKind::l2, many), radius);
  const Scalar key = longest_spanning_key(points, MetricKind::l2);
  EXPECT_GE(radius * radius, key);
  EXPECT_LT(std::nextafter(radius, Scalar(0)) * std::nextafter(radius, Scalar(0)), key);
}

TYPED_TEST(GraphFacts, OfPointsAreThoseOfTheirGraphs) {
  using Scalar = TypeParam;
  for (const Shape shape : {Shape::uniform, Shape::clustered, Shape::grid, Shape::all_equal}) {
    SCOPED_TRACE(shape_name(shape));
    const std::size_t n = 150;
    const auto points = make_points<Scalar>(shape, n, 2, this->rng);
    const auto graph = k_nearest<std::int64_t>(points, MetricKind::l1, n - 1, false);
    const auto k = critical_k(GraphView<Scalar>(graph));
    EXPECT_EQ(critical_k<Scalar>(points, MetricKind::l1, n), k);
    EXPECT_EQ(critical_k<Scalar>(points, MetricKind::l1, *k, Executor(2)), k);
    EXPECT_EQ(critical_k<Scalar>(points, MetricKind::l1, *k - 1), std::nullopt);
    EXPECT_EQ(critical_radius<Scalar>(points, MetricKind::l1),
              critical_radius<Scalar>(points, GraphView<Scalar>(graph), MetricKind::l1));
  }
  for (const std::size_t n : {0u, 1u}) {
    const Points<Scalar> few{std::vector<Scalar>(2 * n), 2};
    EXPECT_EQ(critical_k<Scalar>(few, MetricKind::l2, 5), 0u);
    EXPECT_EQ(critical_radius<Scalar>(few, MetricKind::l2), 0);
  }
}

}  // namespace
}  // namespace coppice::test
