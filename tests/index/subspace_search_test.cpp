// Searches through subspaces: without caps brute force's answers bit for bit, for all kinds of subspaces and of points;
// with caps what grows with them; product-adjacency neighbourhoods by their definition.
#include "coppice/index/neighbor_graph/subspace_search.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "coppice/errors.hpp"
#include "coppice/index/neighbor_graph/adjacency.hpp"
#include "coppice/index/neighbor_graph/high_dimension.hpp"
#include "index/high_dimension_data.hpp"
#include "index/partition_sets.hpp"

namespace coppice::test {
namespace {

constexpr SubspaceKind kinds[] = {SubspaceKind::random_rotations, SubspaceKind::principal_axes,
                                  SubspaceKind::dimension_partition};

template <class Scalar>
DenseGraph<Scalar> brute_graph(const Points<Scalar>& points, std::size_t k, bool self, MetricKind kind) {
  const Metric<Scalar> metric{kind, {}};
  DenseGraph<Scalar> graph{k, {}, {}};
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::vector<std::pair<Scalar, point_id>> row;
    for (std::size_t j = 0; j < points.size(); ++j)
      if (self || i != j)
        row.emplace_back(metric_key(points.view().row(i), points.view().row(j), points.dimension, metric, {}),
                         static_cast<point_id>(j));
    std::sort(row.begin(), row.end());
    for (std::size_t j = 0; j < k; ++j) {
      graph.ids.push_back(j < row.size() ? row[j].second : no_point);
      graph.distances.push_back(j < row.size() ? metric.distance_of(row[j].first)
                                               : std::numeric_limits<Scalar>::infinity());
    }
  }
  return graph;
}

/// Without caps, for each kind, with and without partial distances, on one thread and three.
template <class Scalar>
void expect_exact(const Points<Scalar>& points, SubspaceNearest query, std::size_t subspaces, int axes = 0) {
  const auto truth = brute_graph(points, query.k, query.self, MetricKind::l2);
  for (const SubspaceKind kind : kinds) {
    const SubspaceSearch<Scalar> search(points,
                                        {.kind = kind, .subspaces = subspaces, .axes = axes, .mass = 4, .levels = 6});
    for (const PartialDistances partial : {PartialDistances::all, PartialDistances::met, PartialDistances::none}) {
      query.partial_distances = partial;
      query.executor = Executor(partial == PartialDistances::met ? 3 : 1);
      SubspaceStatistics done;
      ASSERT_TRUE(search.nearest(query, &done) == truth)
          << "kind " << static_cast<int>(kind) << ", " << subspaces << " subspaces, partial distances "
          << static_cast<int>(partial);
      EXPECT_EQ(done.certified_rows, points.size());
    }
  }
}

template <class Scalar>
class SubspaceSearchTest : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(SubspaceSearchTest, Scalars);

TYPED_TEST(SubspaceSearchTest, IsExactWithoutCaps) {
  for (const int d : {4, 9, 17, 40})
    for (const Spread spread : {Spread::uniform, Spread::clustered, Spread::grid, Spread::equal}) {
      SCOPED_TRACE(std::to_string(d) + " dimensions, spread " + std::to_string(static_cast<int>(spread)));
      const auto points = make_set<TypeParam>(spread, 110, d, 11);
      expect_exact(points, {.k = 5}, d < 8 ? 2 : 4);
      expect_exact(points, {.k = 3, .self = true}, 1, std::min(d, 6));
    }
}

TYPED_TEST(SubspaceSearchTest, IsExactForManyLeaves) {  // rounds, steps that end within a level, closed rows
  const auto points = surface_points<TypeParam>(600, 24, 3, 0.02, 3);
  expect_exact(points, {.k = 6}, 3);
}

TYPED_TEST(SubspaceSearchTest, IsExactForTiesDuplicatesAndFarClusters) {
  auto points = byte_points<TypeParam>(240, 12, 2, 5);  // distances of very few values
  expect_exact(points, {.k = 9}, 3);
  points = byte_points<TypeParam>(1000, 8, 2, 5);
  if constexpr (sizeof(TypeParam) == 8) {
    auto far = byte_points<TypeParam>(900, 6, 2, 5);  // a rotation keeps few of their digits
    for (std::size_t i = 0; i < 400 * 6; ++i) far.coordinates[i] += 1e12;
    expect_exact(far, {.k = 9}, 1, 6);
  }
  for (std::size_t i = 0; i < points.coordinates.size(); ++i)  // ties but for rounding
    points.coordinates[i] = points.coordinates[i] * TypeParam(0.1) + TypeParam(0.7) * static_cast<TypeParam>(i % 4);
  expect_exact(points, {.k = 9}, 2);
  points = normal_points<TypeParam>(240, 20, 6);
  for (std::size_t i = 0; i < 100 * 20; ++i) points.coordinates[i] = points.coordinates[i % 20];  // 100 equal points
  for (std::size_t i = 150 * 20; i < 180 * 20; ++i) points.coordinates[i] += TypeParam(1e6);      // far away
  for (std::size_t i = 180 * 20; i < 240 * 20; ++i) points.coordinates[i] = points.coordinates[i] * TypeParam(1e-5) + 3;
  expect_exact(points, {.k = 7}, 4);
}

TYPED_TEST(SubspaceSearchTest, IsExactAtEveryMagnitude) {
  const double large = sizeof(TypeParam) == 4 ? 1e16 : 1e149;
  const double small = sizeof(TypeParam) == 4 ? 1e-22 : 1e-160;  // squares underflow
  for (const double scale : {large, small, small * 1e-8}) {
    auto points = normal_points<TypeParam>(120, 20, 9);
    for (TypeParam& x : points.coordinates) x = static_cast<TypeParam>(static_cast<double>(x) * scale);
    SCOPED_TRACE(scale);
    expect_exact(points, {.k = 5}, 4);
  }
}

TYPED_TEST(SubspaceSearchTest, KnowsOtherMetricsOnPartitions) {
  const auto points = make_set<TypeParam>(Spread::clustered, 200, 18, 21);
  for (const MetricKind metric : {MetricKind::l1, MetricKind::linf}) {
    const SubspaceConfig config{
        .kind = SubspaceKind::dimension_partition, .subspaces = 4, .mass = 4, .levels = 6, .metric = metric};
    const SubspaceSearch<TypeParam> search(points, config);
    EXPECT_TRUE(search.nearest({.k = 4}) == brute_graph(points, 4, false, metric)) << metric_name(metric);
    EXPECT_THROW(SubspaceSearch<TypeParam>(points, {.metric = metric}), unsupported);
  }
}

TYPED_TEST(SubspaceSearchTest, PadsShortRows) {
  for (const std::size_t n : {1u, 2u, 5u}) expect_exact(normal_points<TypeParam>(n, 10, 2), {.k = 6}, 2);
  const SubspaceSearch<TypeParam> none(Points<TypeParam>{{}, 10});
  EXPECT_EQ(none.nearest({.k = 3}).size(), 0u);
  EXPECT_EQ(none.levels(), 0);
}

TEST(SubspaceSearch, RecallGrowsWithTheCap) {
  const auto points = surface_points<float>(800, 32, 6, 0.05, 12);
  const auto truth = HighNeighbors<float>(points).nearest({.k = 8});
  for (const SubspaceKind kind : kinds) {
    const SubspaceSearch<float> search(points, {.kind = kind, .subspaces = 4, .axes = 5, .mass = 16});
    double before = 0;
    for (const std::size_t cap : {16u, 64u, 256u, 1024u, 0u}) {
      SubspaceStatistics done;
      const auto graph = search.nearest({.k = 8, .most_points = cap}, &done);
      const double recall = recall_of<float>(graph, truth);
      EXPECT_GE(recall, before) << "cap " << cap;
      before = recall;
      EXPECT_LE(done.pairs, done.candidates);
      if (cap != 0) continue;
      EXPECT_TRUE(graph == truth);
      EXPECT_EQ(recall, 1);
    }
  }
}

TEST(SubspaceSearch, CapsAreKeptAndProveOnlyWhatIsExact) {
  const auto points = surface_points<float>(1500, 24, 3, 0.01, 13);
  const auto truth = HighNeighbors<float>(points).nearest({.k = 6});
  const SubspaceSearch<float> search(points, {.subspaces = 3, .axes = 4, .mass = 16});
  SubspaceStatistics few, many;
  (void)search.nearest({.k = 6, .most_boxes = 2}, &few);
  EXPECT_LE(few.boxes, 3 * search.leaves());  // itself and two others
  const auto graph = search.nearest({.k = 6, .most_boxes = 60}, &many);
  EXPECT_GT(many.boxes, few.boxes);
  EXPECT_GT(many.certified_rows, 0u);
  const auto exact_rows = [&](const DenseGraph<float>& found) {
    std::size_t same = 0;
    for (std::size_t i = 0; i < points.size(); ++i)
      same += std::equal(found.ids.begin() + static_cast<std::ptrdiff_t>(6 * i),
                         found.ids.begin() + static_cast<std::ptrdiff_t>(6 * i + 6),
                         truth.ids.begin() + static_cast<std::ptrdiff_t>(6 * i));
    return same;
  };
  EXPECT_GE(exact_rows(graph), many.certified_rows);
  // As far as to the root, but with few candidates evaluated.
  SubspaceStatistics cut;
  const auto hasty = search.nearest(
      {.k = 6, .most_points = points.size(), .most_evaluated = 7, .partial_distances = PartialDistances::met}, &cut);
  EXPECT_LT(exact_rows(hasty), points.size());
  EXPECT_GE(exact_rows(hasty), cut.certified_rows);
}

TEST(SubspaceSearch, BoundsSaveDistancesAndRefinementFindsMore) {
  const auto points = surface_points<float>(1500, 32, 5, 0.02, 14);
  const auto truth = HighNeighbors<float>(points).nearest({.k = 8});
  const SubspaceSearch<float> search(points, {.subspaces = 4, .axes = 5, .mass = 16});
  SubspaceStatistics all, met, bounded, few, refined;
  const SubspaceNearest no_bounds{.k = 8, .most_points = 128, .partial_distances = PartialDistances::none};
  SubspaceNearest met_bounds = no_bounds;
  met_bounds.partial_distances = PartialDistances::met;
  const auto plain = search.nearest(no_bounds, &all);
  EXPECT_TRUE(search.nearest(met_bounds, &met) == plain);  // bounds lose nothing
  EXPECT_TRUE(search.nearest({.k = 8, .most_points = 128}, &bounded) == plain);
  EXPECT_LT(met.pairs, all.pairs);
  EXPECT_LT(bounded.pairs, all.pairs / 2);
  EXPECT_EQ(all.partials, 0u);
  const auto cut = search.nearest({.k = 8, .most_points = 128, .most_evaluated = 16}, &few);
  EXPECT_LE(few.pairs, 16 * points.size());
  const auto better = search.nearest({.k = 8, .most_points = 128, .most_evaluated = 16, .refinements = 1}, &refined);
  EXPECT_GT(recall_of<float>(better, truth), recall_of<float>(cut, truth));
  EXPECT_EQ(refined.pairs, few.pairs + refined.refined);
}

TEST(SubspaceSearch, DependsOnTheSeedAndNotOnThreads) {
  const auto points = surface_points<double>(1500, 20, 6, 0.1, 15);
  const SubspaceNearest query{.k = 5, .most_points = 64, .refinements = 1};
  for (const SubspaceKind kind : kinds) {
    const SubspaceConfig config{.kind = kind, .subspaces = 3, .axes = 4, .mass = 16, .seed = 5};
    SubspaceConfig parallel = config;
    parallel.executor = Executor(3);
    SubspaceNearest asked = query;
    asked.executor = Executor(3);
    SubspaceStatistics one, three;
    const auto graph = SubspaceSearch<double>(points, config).nearest(query, &one);
    EXPECT_TRUE(SubspaceSearch<double>(points, parallel).nearest(asked, &three) == graph);
    EXPECT_EQ(one.pairs, three.pairs);
    EXPECT_EQ(one.bounds, three.bounds);
    SubspaceConfig other = config;
    other.seed = 6;
    if (kind == SubspaceKind::random_rotations) {
      EXPECT_FALSE(SubspaceSearch<double>(points, other).nearest(query) == graph);
    }
  }
}

TEST(SubspaceSearch, KnowsWhatALimitOfNeighborsLeaves) {
  const auto points = make_set<double>(Spread::uniform, 1500, 12, 31);
  const SubspaceConfig whole{.kind = SubspaceKind::dimension_partition, .subspaces = 2, .axes = 4, .mass = 8};
  SubspaceConfig limited = whole;
  limited.most_neighbors = 16;
  const SubspaceSearch<double> all(points, whole), some(points, limited);
  EXPECT_EQ(all.confidence(), 1);
  const double share = static_cast<double>(some.edges()) / static_cast<double>(all.edges());
  EXPECT_LT(some.confidence(), 1);
  EXPECT_NEAR(some.confidence(), share, 0.25);
  SubspaceStatistics done;
  (void)some.nearest({.k = 5, .most_points = 100}, &done);
  EXPECT_EQ(done.certified_rows, 0u);
  EXPECT_THROW((void)some.nearest({.k = 5}), invalid_input);
}

/// Points that fill the unit cube, corners and every point twice: all widths are 1, and no box above the last level is
/// a leaf, as the corollary takes it.
Points<double> twice_in_the_cube(std::size_t n, int dimension) {
  auto points = make_set<double>(Spread::uniform, n, dimension, 41);
  for (int a = 0; a < dimension; ++a) {
    points.coordinates[static_cast<std::size_t>(a)] = 0;
    points.coordinates[static_cast<std::size_t>(dimension + a)] = 1;
  }
  const auto once = points.coordinates;
  points.coordinates.insert(points.coordinates.end(), once.begin(), once.end());
  return points;
}

TEST(ProductAdjacency, HoldsWhatTouchesInEverySubspace) {
  const auto points = twice_in_the_cube(100, 6);
  const SubspaceSearch<double> search(
      points,
      {.kind = SubspaceKind::dimension_partition, .subspaces = 3, .mass = 1, .levels = 4, .metric = MetricKind::linf});
  const auto truth = brute_graph(points, points.size(), true, MetricKind::linf);
  std::size_t applied = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (int level = 0; level <= 4; ++level) {
      const auto cell = [&](std::size_t row, std::size_t a) {
        const int cells = 1 << level;
        return std::min(cells - 1, static_cast<int>(points.coordinates[row * 6 + a] * cells));
      };
      std::vector<point_id> expected;
      for (std::size_t j = 0; j < points.size(); ++j) {
        bool touches = true;
        for (std::size_t a = 0; a < 6; ++a) touches = touches && std::abs(cell(i, a) - cell(j, a)) <= 1;
        if (touches) expected.push_back(static_cast<point_id>(j));
      }
      const auto found = search.product_neighborhood(i, level);
      ASSERT_EQ(found, expected);
      const double gap = search.product_gap(level);  // (6.4)
      for (std::size_t j = 0; j < points.size(); ++j) {
        const auto id = truth.ids[i * points.size() + j];
        if (!std::binary_search(found.begin(), found.end(), id)) {
          EXPECT_GE(truth.distances[i * points.size() + j], gap);
        }
      }
      if (level == 0) continue;
      // Corollary 6.1: as many points as are in here are, as the nearest, all in the neighbourhood a level above.
      const auto above = search.product_neighborhood(i, level - 1);
      const double farthest = truth.distances[i * points.size() + found.size() - 1];
      for (std::size_t j = 0; j < points.size() && truth.distances[i * points.size() + j] < farthest; ++j)
        EXPECT_TRUE(std::binary_search(above.begin(), above.end(), truth.ids[i * points.size() + j]));
      applied += above.size() < points.size();
    }
  }
  EXPECT_GT(applied, 100u);
}

TEST(ProductAdjacency, GapBoundsAlsoRotatedSubspacesAndLeavesOfManyLevels) {
  const auto points = make_set<double>(Spread::clustered, 200, 10, 43);
  for (const SubspaceKind kind : kinds) {
    const SubspaceSearch<double> search(points, {.kind = kind, .subspaces = 2, .axes = 3, .mass = 6, .levels = 8});
    EXPECT_EQ(search.product_gap(0), std::numeric_limits<double>::infinity());
    for (const int level : {1, 3, 6, 20})
      for (std::size_t i = 0; i < points.size(); i += 9) {
        const auto found = search.product_neighborhood(i, level);
        EXPECT_TRUE(std::binary_search(found.begin(), found.end(), static_cast<point_id>(i)));
        for (std::size_t j = 0; j < points.size(); ++j) {
          const double key =
              metric_key(points.view().row(i), points.view().row(j), 10, Metric<double>::l2(), PeriodicBox<double>{});
          if (!std::binary_search(found.begin(), found.end(), static_cast<point_id>(j))) {
            EXPECT_GE(std::sqrt(key), search.product_gap(level));
          }
        }
      }
  }
}

TEST(SubspaceSearch, RefusesWhatItCannotDo) {
  const auto points = normal_points<float>(30, 10, 3);
  const auto make = [&](const SubspaceConfig& config) { return SubspaceSearch<float>(points, config); };
  EXPECT_THROW(make({.subspaces = 0}), invalid_input);
  EXPECT_THROW(make({.subspaces = 65}), invalid_input);
  EXPECT_THROW(make({.subspaces = 3, .axes = 4}), invalid_input);
  EXPECT_THROW(make({.kind = SubspaceKind::random_rotations, .axes = 11}), invalid_input);
  EXPECT_THROW(make({.kind = SubspaceKind::dimension_partition, .subspaces = 11}), invalid_input);
  EXPECT_THROW(make({.axes = 65}), invalid_input);
  EXPECT_THROW(make({.mass = 0}), invalid_input);
  EXPECT_THROW(make({.levels = 33}), invalid_input);
  EXPECT_NO_THROW(make({.subspaces = 10}));
  const auto search = make({.subspaces = 2});
  EXPECT_THROW((void)search.nearest({.k = 0}), invalid_input);
  EXPECT_THROW((void)search.nearest({.most_evaluated = 5, .partial_distances = PartialDistances::none}), invalid_input);
  EXPECT_THROW((void)search.nearest({.refinements = -1}), invalid_input);
  auto broken = points;
  broken.coordinates[33] = std::nanf("");
  EXPECT_THROW(SubspaceSearch<float>{broken}, invalid_input);
}

}  // namespace
}  // namespace coppice::test
