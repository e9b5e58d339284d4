// HighGraph: rows are exact, or reach their recall, whatever came and went; the same for any number of threads and on
// every instruction set; and a batch that is refused leaves no trace.
#include "coppice/index/neighbor_graph/high_graph.hpp"

#include <gtest/gtest.h>

#include <map>
#include <numeric>

#include "coppice/errors.hpp"
#include "coppice/geometry/instruction_set.hpp"
#include "index/high_dimension_data.hpp"

namespace coppice::test {
namespace {

template <class Scalar>
class HighGraphs : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(HighGraphs, Scalars);

/// What a graph should hold: points by id.
template <class Scalar>
struct Model {
  std::map<point_id, std::vector<Scalar>> points;

  void insert(const Points<Scalar>& more, const std::vector<point_id>& ids) {
    for (std::size_t i = 0; i < ids.size(); ++i) points[ids[i]] = {more.view()[i].begin(), more.view()[i].end()};
  }
  [[nodiscard]] Points<Scalar> all(int dimension) const {
    Points<Scalar> rows{{}, dimension};
    for (const auto& [id, x] : points) rows.coordinates.insert(rows.coordinates.end(), x.begin(), x.end());
    return rows;
  }
  [[nodiscard]] DenseGraph<Scalar> truth(const HighNearest<Scalar>& query, int dimension) const {
    const Points<Scalar> rows = all(dimension);
    return brute_force(rows, rows, query, true);
  }
};

template <class Scalar>
Points<Scalar> part_of(const Points<Scalar>& points, std::size_t first, std::size_t last) {
  const auto d = static_cast<std::ptrdiff_t>(points.dimension);
  return {{points.coordinates.begin() + static_cast<std::ptrdiff_t>(first) * d,
           points.coordinates.begin() + static_cast<std::ptrdiff_t>(last) * d},
          points.dimension};
}

/// Batches of different sizes come and go, ids in no order, some places taken again; after each the graph is compared
/// with brute force. Gives the repairs.
template <class Scalar>
std::vector<HighRepair> expect_exact_through_changes(const Points<Scalar>& points, HighNearest<Scalar> query) {
  std::vector<HighRepair> repairs;
  HighGraph<Scalar> graph(points.dimension, query, 3);
  Model<Scalar> model;
  std::mt19937 random(5);
  const std::size_t n = points.size();
  std::vector<point_id> names(n);
  std::iota(names.begin(), names.end(), 100);
  std::shuffle(names.begin(), names.end(), random);
  std::size_t used = n / 2;
  const auto compare = [&](const char* what) {
    ASSERT_EQ(graph.size(), model.points.size()) << what;
    ASSERT_EQ(graph.graph(), model.truth(query, points.dimension)) << what;
    repairs.push_back(graph.last_repair());
  };
  const auto insert = [&](std::size_t count) {
    const std::vector<point_id> ids(names.begin() + static_cast<std::ptrdiff_t>(used),
                                    names.begin() + static_cast<std::ptrdiff_t>(used + count));
    const auto more = part_of(points, used, used + count);
    graph.insert(more, ids);
    model.insert(more, ids);
    used += count;
    compare("insert");
  };
  const auto erase = [&](std::size_t count) {
    std::vector<point_id> ids = graph.ids();
    std::shuffle(ids.begin(), ids.end(), random);
    ids.resize(count);
    graph.erase(ids);
    for (const point_id id : ids) model.points.erase(id);
    compare("erase");
  };
  const std::vector<point_id> first(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(used));
  graph.build(part_of(points, 0, used), first);
  model.insert(part_of(points, 0, used), first);
  compare("build");
  for (const std::size_t count : {std::size_t{1}, std::size_t{7}, n / 20}) {
    insert(count);
    erase(count);
    erase(n / 25);
    insert(n / 30);
  }
  insert(n / 5);
  erase(model.points.size() - 4);
  insert(3);
  return repairs;
}

template <class Scalar>
void expect_exact_everywhere(const Points<Scalar>& points, HighNearest<Scalar> query) {
  const InstructionSet used = instruction_set();
  for (const InstructionSet set : available_instruction_sets()) {
    force_instruction_set(set);
    query.executor = Executor(set == used ? 1 : 3);
    SCOPED_TRACE(instruction_set_name(set));
    const auto repairs = expect_exact_through_changes(points, query);
    ASSERT_GT(repairs.size(), 5u);
    for (std::size_t i = 1; i < 5; ++i) EXPECT_FALSE(repairs[i].all_anew) << i;
    EXPECT_TRUE(std::any_of(repairs.begin(), repairs.end(), [](const HighRepair& r) { return r.searched > 0; }));
  }
  force_instruction_set(used);
}

TYPED_TEST(HighGraphs, StayExactByTiles) {
  expect_exact_everywhere(normal_points<TypeParam>(300, 40, 1), {.k = 6});
  expect_exact_everywhere(byte_points<TypeParam>(300, 24, 200, 2), {.k = 6});
}

TYPED_TEST(HighGraphs, DecideTiesById) {
  expect_exact_everywhere(byte_points<TypeParam>(300, 20, 2, 3), {.k = 5});
  auto halves = byte_points<TypeParam>(300, 20, 2, 4);
  for (TypeParam& x : halves.coordinates) x *= TypeParam(0.1);
  expect_exact_everywhere(halves, {.k = 5, .self = true});
}

TYPED_TEST(HighGraphs, StayExactWhereSketchesProve) {
  const HighNearest<TypeParam> query{.k = 4, .method = HighMethod::certified_sketch};
  const auto points = surface_points<TypeParam>(2100, 60, 5, 0.002, 5);
  HighGraph<TypeParam> graph(60, query);
  graph.build(part_of(points, 0, 1800));
  ASSERT_EQ(graph.statistics().method, HighMethod::certified_sketch);
  EXPECT_EQ(graph.insert(part_of(points, 1800, 2000)), 1800);
  EXPECT_FALSE(graph.last_repair().all_anew);
  EXPECT_EQ(graph.graph(), HighNeighbors<TypeParam>(part_of(points, 0, 2000)).nearest({.k = 4}));
  std::vector<point_id> gone(300);
  std::iota(gone.begin(), gone.end(), 0);
  graph.erase(gone);
  EXPECT_FALSE(graph.last_repair().all_anew);
  graph.insert(part_of(points, 2000, 2100));  // into places that were left
  EXPECT_EQ(graph.graph(), HighNeighbors<TypeParam>(part_of(points, 300, 2100)).nearest({.k = 4}));
}

/// The part of the answers that are no farther than the true last neighbour, whatever their names.
template <class Scalar>
double recall_by_distance(const DenseGraph<Scalar>& found, const DenseGraph<Scalar>& exact) {
  std::size_t hits = 0;
  for (std::size_t i = 0; i < exact.size(); ++i)
    for (std::size_t j = 0; j < exact.k; ++j)
      hits += found.distances[i * exact.k + j] <= exact.distances[(i + 1) * exact.k - 1];
  return static_cast<double>(hits) / static_cast<double>(exact.ids.size());
}

TYPED_TEST(HighGraphs, KeepTheirRecall) {
  const auto points = surface_points<TypeParam>(3000, 100, 9, 0.02, 6);
  HighNearest<TypeParam> query{.k = 8, .recall = 0.95, .method = HighMethod::sketch};
  HighGraph<TypeParam> graph(100, query);
  query.executor = Executor(3);
  HighGraph<TypeParam> beside(100, query);
  for (auto* each : {&graph, &beside}) {
    each->build(part_of(points, 0, 2000));
    ASSERT_EQ(each->statistics().method, HighMethod::sketch);
    std::vector<point_id> gone(100);
    for (std::size_t round = 0; round < 4; ++round) {
      each->insert(part_of(points, 2000 + 100 * round, 2100 + 100 * round));
      std::iota(gone.begin(), gone.end(), static_cast<point_id>(100 * round));
      each->erase(gone);
      EXPECT_FALSE(each->last_repair().all_anew);
    }
  }
  const auto found = graph.graph();
  const auto now = part_of(points, 400, 2400);
  EXPECT_GE(recall_by_distance(found, HighNeighbors<TypeParam>(now).nearest({.k = 8})), 0.95);
  EXPECT_EQ(beside.graph(), found);
}

TYPED_TEST(HighGraphs, NoticeThatNewPointsAreOthers) {
  const auto points = surface_points<TypeParam>(2000, 100, 4, 0.001, 7);
  auto others = normal_points<TypeParam>(600, 100, 8);
  HighGraph<TypeParam> graph(100, {.k = 8, .recall = 0.95, .method = HighMethod::sketch});
  graph.build(points);
  ASSERT_EQ(graph.statistics().method, HighMethod::sketch);
  for (TypeParam& x : others.coordinates) x *= TypeParam(0.3);
  Points<TypeParam> all = points;
  all.coordinates.insert(all.coordinates.end(), others.coordinates.begin(), others.coordinates.end());
  bool noticed = false;
  for (std::size_t first = 0; first < 600; first += 200) {
    graph.insert(part_of(others, first, first + 200));
    noticed |= graph.last_repair().all_anew;
  }
  EXPECT_TRUE(noticed);
  EXPECT_GE(recall_by_distance(graph.graph(), HighNeighbors<TypeParam>(all).nearest({.k = 8})), 0.95);
}

TYPED_TEST(HighGraphs, TakePointsThatAreNoBytesOrFarAway) {
  Points<TypeParam> points = byte_points<TypeParam>(200, 20, 100, 9);
  HighGraph<TypeParam> graph(20, {.k = 4});
  graph.build(points);
  for (const TypeParam scale : {TypeParam(0.25), TypeParam(1), TypeParam(1e6), TypeParam(1e13)}) {
    Points<TypeParam> more = byte_points<TypeParam>(10, 20, 300, 10);
    for (TypeParam& x : more.coordinates) x *= scale;
    graph.insert(more);
    points.coordinates.insert(points.coordinates.end(), more.coordinates.begin(), more.coordinates.end());
    EXPECT_EQ(graph.graph(), HighNeighbors<TypeParam>(points).nearest({.k = 4}));
  }
}

TYPED_TEST(HighGraphs, RefuseWhatBreaksTheContract) {
  const auto points = normal_points<TypeParam>(60, 18, 11);
  HighGraph<TypeParam> graph(18, {.k = 3});
  graph.build(points);
  const auto before = graph.graph();
  auto bad = normal_points<TypeParam>(5, 18, 12);
  bad.coordinates[3 * 18 + 1] = std::numeric_limits<TypeParam>::quiet_NaN();
  const auto row_of = [](const auto& call) {
    try {
      call();
    } catch (const invalid_input& refusal) {
      return static_cast<int>(refusal.row().value_or(1000));
    }
    return -1;
  };
  const auto good = normal_points<TypeParam>(2, 18, 13);
  EXPECT_EQ(row_of([&] { graph.insert(bad); }), 3);
  EXPECT_EQ(row_of([&] { graph.insert(good, std::vector<point_id>{70, 59}); }), 1);
  EXPECT_EQ(row_of([&] { graph.insert(good, std::vector<point_id>{70, 70}); }), 1);
  EXPECT_EQ(row_of([&] { graph.insert(good, std::vector<point_id>{-2, 70}); }), 0);
  EXPECT_EQ(row_of([&] { graph.erase(std::vector<point_id>{5, 60}); }), 1);
  EXPECT_EQ(row_of([&] { graph.erase(std::vector<point_id>{5, 5}); }), 1);
  EXPECT_THROW(graph.insert(normal_points<TypeParam>(2, 17, 13)), invalid_input);
  EXPECT_THROW(graph.insert(good, std::vector<point_id>{70}), invalid_input);
  EXPECT_THROW((void)graph.neighbors(60), invalid_input);
  EXPECT_THROW(graph.build(bad), invalid_input);
  EXPECT_EQ(graph.graph(), before);
  EXPECT_EQ(graph.insert(good), 60);
  EXPECT_THROW(HighGraph<TypeParam>(0), invalid_input);
  EXPECT_THROW(HighGraph<TypeParam>(8, {.k = 0}), invalid_input);
  EXPECT_THROW(HighGraph<TypeParam>(8, {.recall = 2}), invalid_input);
  EXPECT_THROW(HighGraph<TypeParam>(8, {.metric = MetricKind::l1}), unsupported);
  EXPECT_THROW(HighGraph<TypeParam>(8, {}, std::size_t{1} << 21), invalid_input);
}

TYPED_TEST(HighGraphs, MayBeSmallOrEmpty) {
  HighGraph<TypeParam> graph(20, {.k = 5, .self = true});
  EXPECT_TRUE(graph.empty());
  graph.insert(Points<TypeParam>{{}, 20});
  graph.erase({});
  const auto points = normal_points<TypeParam>(4, 20, 14);
  EXPECT_EQ(graph.insert(points), 0);
  EXPECT_EQ(graph.graph(), brute_force(points, points, graph.query(), true));
  EXPECT_EQ(graph.neighbors(2).size(), 4u);
  EXPECT_EQ(graph.neighbors(2)[0], (Hit<TypeParam>{0, 2}));
  EXPECT_EQ(graph.point(3), std::vector<TypeParam>(points.coordinates.begin() + 60, points.coordinates.end()));
  graph.erase(std::vector<point_id>{0, 1, 2, 3});
  EXPECT_TRUE(graph.empty());
  EXPECT_EQ(graph.graph().size(), 0u);
  EXPECT_EQ(graph.insert(points), 4);
  graph.clear();
  EXPECT_TRUE(graph.ids().empty());
  HighGraph<TypeParam> alone(20, {.k = 1, .self = true}, 0);
  alone.insert(points);
  alone.erase(std::vector<point_id>{1});
  EXPECT_EQ(alone.neighbors(2), (std::vector<Hit<TypeParam>>{{0, 2}}));
}

}  // namespace
}  // namespace coppice::test
