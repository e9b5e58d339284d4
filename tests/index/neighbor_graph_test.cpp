// NeighborGraph against brute force after random batches of every size: rows, snapshots, searches of the index beside
// them, files, refusals, and how much is searched again.
#include "coppice/index/neighbor_graph/neighbor_graph.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "conformance/datasets.hpp"
#include "conformance/random.hpp"
#include "coppice/any_index.hpp"
#include "coppice/errors.hpp"
#include "coppice/index/brute_force/brute_force.hpp"
#include "coppice/index/kd_tree/kd_tree.hpp"
#include "coppice/index/neighbor_graph/all_neighbors.hpp"
#include "persist/temporary_folder.hpp"

namespace coppice::test {
namespace {

template <class Scalar>
using Graph = NeighborGraph<Scalar, KdTree<Scalar>>;
template <class Scalar>
using Config = neighbor_graph::Config<Scalar>;

/// A graph and what it must hold.
template <class Scalar>
class Pair {
 public:
  Pair(int dimension, Config<Scalar> config) : graph(dimension, config), dimension_(dimension), config_(config) {}

  void build(const Points<Scalar>& points, const std::vector<point_id>& ids) {
    graph.build(points.view(), ids);
    truth_.clear();
    put(points, ids);
  }
  void insert(const Points<Scalar>& points, const std::vector<point_id>& ids) {
    graph.insert(points.view(), ids);
    put(points, ids);
  }
  void erase(const std::vector<point_id>& ids) {
    graph.erase(ids);
    for (const point_id id : ids) truth_.erase(id);
  }
  void move(const Points<Scalar>& points, const std::vector<point_id>& ids) {
    graph.move(ids, points.view());
    put(points, ids);
  }
  std::vector<point_id> some(std::size_t count, Rng& rng) const {
    std::vector<point_id> ids = this->ids();
    for (std::size_t i = 0; i < std::min(count, ids.size()); ++i) std::swap(ids[i], ids[i + rng.below(ids.size() - i)]);
    ids.resize(std::min(count, ids.size()));
    return ids;
  }
  std::vector<point_id> ids() const {
    std::vector<point_id> ids;
    for (const auto& [id, point] : truth_) ids.push_back(id);
    return ids;
  }
  std::size_t size() const { return truth_.size(); }

  void expect_same() const {
    ASSERT_EQ(graph.size(), truth_.size());
    ASSERT_EQ(graph.ids(), ids());
    const DenseGraph<Scalar> all = graph.graph();
    const GraphView<Scalar> rows(all);
    const std::vector<point_id> names = ids();
    std::size_t row = 0;
    for (const auto& [id, point] : truth_) {
      std::vector<Hit<Scalar>> hits;
      for (const auto& [other, place] : truth_)
        if (other != id)
          hits.push_back({metric_key(point.data(), place.data(), dimension_, config_.metric, config_.periodic), other});
      std::sort(hits.begin(), hits.end());
      hits.resize(std::min(hits.size(), config_.k));
      const auto held = graph.neighbors(id);
      ASSERT_EQ(std::vector<Hit<Scalar>>(held.begin(), held.end()), hits) << "id " << id;
      ASSERT_EQ(rows.row(row).size(), hits.size());
      for (std::size_t i = 0; i < hits.size(); ++i) {
        ASSERT_EQ(names[static_cast<std::size_t>(rows.row(row)[i])], hits[i].id);
        ASSERT_EQ(rows.distances(row)[i], config_.metric.distance_of(hits[i].distance_squared));
      }
      ++row;
    }
  }

  Graph<Scalar> graph;

 private:
  void put(const Points<Scalar>& points, const std::vector<point_id>& ids) {
    const Points<Scalar> places = config_.periodic.wrap(points);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto place = places.view()[i];
      truth_[ids[i]] = {place.begin(), place.end()};
    }
  }

  int dimension_;
  Config<Scalar> config_;
  std::map<point_id, std::vector<Scalar>> truth_;
};

/// Random batches of all kinds, small ones mostly.
template <class Scalar>
void churn(Pair<Scalar>& pair, Shape shape, int dimension, int steps, Rng& rng) {
  std::vector<point_id> unused = scattered_ids(4000, rng);
  const auto fresh = [&](std::size_t count) {
    std::vector<point_id> ids(unused.end() - static_cast<std::ptrdiff_t>(count), unused.end());
    unused.resize(unused.size() - count);
    return ids;
  };
  const std::size_t n = 60 + rng.below(160);
  pair.build(make_points<Scalar>(shape, n, dimension, rng), fresh(n));
  ASSERT_NO_FATAL_FAILURE(pair.expect_same());
  for (int step = 0; step < steps; ++step) {
    const std::size_t count = rng.chance(0.4) ? 1 : rng.chance(0.9) ? rng.below(pair.size() / 8 + 2) : pair.size() / 2;
    const int kind = rng.between(0, 2);
    if (kind == 0) {
      const auto ids = fresh(std::min<std::size_t>(count, 120));
      pair.insert(make_points<Scalar>(shape, ids.size(), dimension, rng), ids);
    } else if (kind == 1) {
      pair.erase(pair.some(count, rng));
    } else {
      const auto ids = pair.some(count, rng);
      pair.move(make_points<Scalar>(shape, ids.size(), dimension, rng), ids);
    }
    ASSERT_NO_FATAL_FAILURE(pair.expect_same()) << "step " << step;
    if (step % 4 == 0) {
      ASSERT_NO_THROW(pair.graph.validate()) << "step " << step;
    }
  }
}

template <class Scalar>
class NeighborGraphOf : public Seeded {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(NeighborGraphOf, Scalars);

TYPED_TEST(NeighborGraphOf, StaysExactUnderRandomBatches) {
  for (const Shape shape : all_shapes)
    for (const int dimension : {2, 3, 6}) {
      SCOPED_TRACE(shape_name(shape) + " in " + std::to_string(dimension) + " dimensions");
      Config<TypeParam> config;
      config.k = 1 + this->rng.below(12);
      config.spare = this->rng.below(6);
      config.executor = Executor(this->rng.between(1, 2));
      Pair<TypeParam> pair(dimension, config);
      churn(pair, shape, dimension, scaled(10), this->rng);
      if (this->HasFatalFailure()) return;
    }
}

TYPED_TEST(NeighborGraphOf, TakesEveryMetricImagesAndManyDimensions) {
  for (const int dimension : {1, 3, 4, 17, 40})
    for (int kind = 0; kind < 6; ++kind) {
      SCOPED_TRACE("choice " + std::to_string(kind) + " in " + std::to_string(dimension) + " dimensions");
      Config<TypeParam> config;
      config.k = 5;
      config.spare = 2;
      const auto axes = static_cast<std::size_t>(dimension);
      if (kind == 1) config.metric = Metric<TypeParam>::l1();
      if (kind == 2) config.metric = Metric<TypeParam>::linf();
      if (kind == 3) config.metric = Metric<TypeParam>::weighted_l2(std::vector<TypeParam>(axes, TypeParam(0.3)));
      if (kind >= 4) config.periodic.lengths.assign(axes, TypeParam(0.7));
      if (kind == 5) config.metric = Metric<TypeParam>::l1();
      if (kind == 5) config.periodic.lengths[0] = std::numeric_limits<TypeParam>::infinity();
      Pair<TypeParam> pair(dimension, config);
      churn(pair, kind % 2 == 0 ? Shape::uniform : Shape::clustered, dimension, scaled(5), this->rng);
      if (this->HasFatalFailure()) return;
    }
}

TYPED_TEST(NeighborGraphOf, HasShortRowsWhileThereAreFewPoints) {
  Config<TypeParam> config;
  config.k = 4;
  Pair<TypeParam> pair(2, config);
  EXPECT_EQ(pair.graph.graph().size(), 0u);
  std::vector<point_id> ids;
  for (point_id id = 0; id < 12; ++id) {
    pair.insert(make_points<TypeParam>(Shape::grid, 1, 2, this->rng), {id});
    ASSERT_NO_FATAL_FAILURE(pair.expect_same());
  }
  EXPECT_EQ(pair.graph.insert(make_points<TypeParam>(Shape::grid, 1, 2, this->rng).view()), 12);
  pair.graph.erase(12);
  while (pair.size() > 0) {
    pair.erase(pair.some(1, this->rng));
    ASSERT_NO_FATAL_FAILURE(pair.expect_same());
    ASSERT_NO_THROW(pair.graph.validate());
  }
  EXPECT_TRUE(pair.graph.empty());
}

TYPED_TEST(NeighborGraphOf, RepairsWhatIsNearAndNothingElse) {
  constexpr std::size_t n = 20000;
  auto points = make_points<TypeParam>(Shape::uniform, n, 3, this->rng);
  for (std::size_t i = 0; i < 30; ++i)
    points.coordinates[i] *= 1000;  // ten outliers whose rows reach across everything
  Config<TypeParam> config;
  config.executor = Executor(2);
  Graph<TypeParam> graph(3, config);
  graph.build(points.view());
  EXPECT_TRUE(graph.last_repair().all_anew);
  point_id oldest = 0;
  for (int round = 0; round < scaled(12); ++round) {  // a sliding window
    std::vector<point_id> going(n / 100);
    for (point_id& id : going) id = oldest++;
    graph.erase(going);
    EXPECT_FALSE(graph.last_repair().all_anew);
    EXPECT_LT(graph.last_repair().searched, n / 200);
    EXPECT_LT(graph.last_repair().offered, going.size() * 40);
    graph.insert(make_points<TypeParam>(Shape::uniform, going.size(), 3, this->rng).view());
    EXPECT_FALSE(graph.last_repair().all_anew);
    EXPECT_EQ(graph.last_repair().searched, 0u);
    EXPECT_LT(graph.last_repair().offered, going.size() * 40);
  }
  graph.validate();
  std::vector<point_id> ids;
  Points<TypeParam> now;
  graph.copy_points(ids, now);
  BruteForce<TypeParam> brute(3);
  brute.build(now.view(), ids);
  for (int i = 0; i < 20; ++i) {
    const std::size_t row = this->rng.below(ids.size());
    std::vector<Hit<TypeParam>> hits(config.k + 1);
    brute.nearest(now.view()[row], {.k = config.k + 1}, hits);
    std::erase_if(hits, [&](const auto& hit) { return hit.id == ids[row]; });
    const auto held = graph.neighbors(ids[row]);
    EXPECT_EQ(std::vector<Hit<TypeParam>>(held.begin(), held.end()), hits);
  }
  std::vector<point_id> half(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(ids.size() / 2));
  graph.erase(half);
  EXPECT_TRUE(graph.last_repair().all_anew);
  graph.validate();
}

TYPED_TEST(NeighborGraphOf, IsTheGraphOfAllNeighbors) {
  const auto points = make_points<TypeParam>(Shape::clustered, 3000, 3, this->rng);
  for (const int threads : {1, 2}) {
    Config<TypeParam> config;
    config.executor = Executor(threads);
    Graph<TypeParam> graph(3, config);
    graph.build(points.view().slice(0, 2900));
    graph.insert(points.view().slice(2900, 100));
    EXPECT_EQ(graph.graph(), AllNeighbors<TypeParam>(points.view()).nearest({}));
    EXPECT_EQ(graph.template graph<std::int32_t>(),
              AllNeighbors<TypeParam>(points.view()).template nearest<std::int32_t>({}));
  }
}

TYPED_TEST(NeighborGraphOf, RefusesAndChangesNothing) {
  Pair<TypeParam> pair(3, {});
  const auto points = make_points<TypeParam>(Shape::uniform, 50, 3, this->rng);
  const auto ids = storage::fresh_ids(0, 50);
  pair.build(points, {ids.begin(), ids.end()});
  auto bad = make_points<TypeParam>(Shape::uniform, 3, 3, this->rng);
  bad.coordinates[4] = std::numeric_limits<TypeParam>::quiet_NaN();
  const auto row_of = [](const auto& call) {
    try {
      call();
    } catch (const invalid_input& refusal) {
      return refusal.row().value_or(99);
    }
    return std::size_t{77};
  };
  EXPECT_EQ(row_of([&] { pair.graph.insert(bad.view()); }), 1u);
  EXPECT_EQ(row_of([&] { pair.graph.build(bad.view()); }), 1u);
  EXPECT_EQ(row_of([&] { pair.graph.move(std::vector<point_id>{1, 2, 3}, bad.view()); }), 1u);
  EXPECT_EQ(row_of([&] { pair.graph.insert(points.view().slice(0, 3), std::vector<point_id>{70, 71, 7}); }), 2u);
  EXPECT_EQ(row_of([&] { pair.graph.erase(std::vector<point_id>{5, 500}); }), 1u);
  EXPECT_EQ(row_of([&] { pair.graph.erase(std::vector<point_id>{5, 5}); }), 1u);
  EXPECT_EQ(row_of([&] { static_cast<void>(pair.graph.neighbors(50)); }), 0u);
  pair.expect_same();
  pair.graph.validate();
  const auto refused = [](auto change) {
    Config<TypeParam> config;
    change(config);
    EXPECT_THROW(static_cast<void>(Graph<TypeParam>(3, config)), invalid_input);
  };
  refused([](auto& config) { config.k = 0; });
  refused([](auto& config) { config.spare = std::size_t{1} << 40; });
  refused([](auto& config) { config.replace_fraction = 0; });
  refused([](auto& config) { config.metric.weights = {1, 2, 3}; });
  refused([](auto& config) { config.periodic.lengths = {1, 2}; });
  EXPECT_THROW(static_cast<void>(Graph<TypeParam>(0)), invalid_input);
}

TYPED_TEST(NeighborGraphOf, HasAName) {
  IndexOptions<TypeParam> options;
  options.neighbors = 3;
  const auto index = make_index<TypeParam>("graph", 3, options);
  EXPECT_EQ(index->name(), "graph");
  index->build(make_points<TypeParam>(Shape::grid, 60, 3, this->rng).view());
  index->erase(std::vector<point_id>{4, 9});
  index->validate();
  EXPECT_THROW(static_cast<void>(make_index<TypeParam>("kd", 3, options)), unsupported);
  options.neighbors = 0;
  EXPECT_THROW(static_cast<void>(make_index<TypeParam>("graph", 3, options)), invalid_input);
  options.neighbors.reset();
  options.balance = Balance{};
  EXPECT_THROW(static_cast<void>(make_index<TypeParam>("graph", 3, options)), unsupported);
}

TYPED_TEST(NeighborGraphOf, ComesBackFromAFile) {
  const TemporaryFolder folder;
  Config<TypeParam> config;
  config.k = 7;
  config.spare = 1;
  config.metric = Metric<TypeParam>::weighted_l2({1, 2, TypeParam(0.5)});
  Graph<TypeParam> graph(3, config);
  graph.build(make_points<TypeParam>(Shape::clustered, 400, 3, this->rng).view());
  graph.erase(std::vector<point_id>{399, 3, 5});
  graph.save(folder / "graph");
  auto again = Graph<TypeParam>::load(folder / "graph");
  EXPECT_EQ(again.graph(), graph.graph());
  EXPECT_EQ(again.ids(), graph.ids());
  EXPECT_EQ(again.config().metric.weights, config.metric.weights);
  EXPECT_EQ(again.config().spare, 1u);
  EXPECT_EQ(again.insert(std::vector<TypeParam>{0, 0, 0}), 400);
  again.validate();
  EXPECT_EQ(load_index<TypeParam>(folder / "graph")->name(), "graph");
  EXPECT_THROW(static_cast<void>(KdTree<TypeParam>::load(folder / "graph")), invalid_input);
}

}  // namespace
}  // namespace coppice::test
