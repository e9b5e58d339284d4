// MultiwayTree beyond the conformance suite: every way to build and to repair gives the same answers and the same tree
// for any number of threads; windows rebuild less than whole nodes; growth, ties and shrinking keep the height.
#include "coppice/index/multiway_tree/multiway_tree.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "conformance/random.hpp"
#include "coppice/errors.hpp"
#include "coppice/index/brute_force/brute_force.hpp"

namespace coppice::test {
namespace {

using multiway_tree::AxisRule;
using multiway_tree::PivotRule;
using multiway_tree::RepairRule;
using Tree = MultiwayTree<double>;

class MultiwayTreeTest : public Seeded {
 protected:
  /// Dense and sparse parts, and some equal coordinates; `shift` moves the dense part.
  Points<double> cloud(std::size_t n, int dimension, double shift = 0) {
    Points<double> points{{}, dimension};
    for (std::size_t i = 0; i < n; ++i) {
      const bool dense = rng.chance(0.6);
      for (int a = 0; a < dimension; ++a) {
        const double x = dense ? shift + 0.05 * rng.uniform() * rng.uniform() : rng.uniform();
        points.coordinates.push_back(rng.chance(0.1) ? std::round(x * 16) / 16 : x);
      }
    }
    return points;
  }

  static Tree built_to_repair(RepairRule repair, const Points<double>& points) {
    Tree::Config config;
    config.repair = repair;
    Tree tree(points.dimension, config);
    tree.build(points);
    return tree;
  }

  template <class Scalar>
  void expect_equals(const MultiwayTree<Scalar>& tree, const BruteForce<Scalar>& model, PointView<Scalar> queries) {
    ASSERT_EQ(tree.size(), model.size());
    for (const std::size_t k : {1, 9, 40}) {
      const auto got = tree.nearest(queries, {.k = k});
      const auto expected = model.nearest(queries, {.k = k});
      ASSERT_EQ(got.ids, expected.ids);
      ASSERT_EQ(got.distances, expected.distances);
    }
    const Within<Scalar> within{.radius = Scalar(0.07), .order = Order::by_distance};
    ASSERT_EQ(tree.within(queries, within).ids, model.within(queries, within).ids);
  }
};

std::vector<Tree::Config> ways_to_build() {
  std::vector<Tree::Config> ways;
  for (const PivotRule pivots : {PivotRule::sampled, PivotRule::learned, PivotRule::exact})
    for (const AxisRule axes : {AxisRule::widest, AxisRule::cycling})
      for (const int t : {0, 2, 5}) {
        Tree::Config config;
        config.pivots = pivots;
        config.axes = axes;
        config.partitions = t;
        config.repair = t == 5 ? RepairRule::subtree : t == 2 ? RepairRule::window : RepairRule::patient;
        ways.push_back(config);
      }
  return ways;
}

TEST_F(MultiwayTreeTest, EveryWayToBuildAndRepairGivesTheSameAnswers) {
  const auto points = cloud(12000, 3);
  const auto arrivals = cloud(1500, 3, 0.9);
  const auto queries = cloud(12, 3, 0.45);
  BruteForce<double> built(3), grown(3);
  built.build(points);
  grown.build(points);
  (void)grown.insert(arrivals.view());
  std::vector<point_id> gone;
  for (point_id id = 0; id < 12000; id += 3) gone.push_back(id);
  BruteForce<double> shrunk(3);
  shrunk.build(points);
  (void)shrunk.insert(arrivals.view());
  shrunk.erase(gone);
  for (Tree::Config& config : ways_to_build()) {
    SCOPED_TRACE("pivots " + std::to_string(static_cast<int>(config.pivots)) + ", axes " +
                 std::to_string(static_cast<int>(config.axes)) + ", t = " + std::to_string(config.partitions));
    Tree tree(3, config);
    tree.build(points);
    tree.validate();
    expect_equals(tree, built, queries.view());
    for (std::size_t first = 0; first < 1500; first += 250) {
      (void)tree.insert(arrivals.view().slice(first, 250));
      tree.validate();
    }
    expect_equals(tree, grown, queries.view());
    tree.erase(gone);
    tree.validate();
    expect_equals(tree, shrunk, queries.view());
    if (HasFatalFailure()) return;
  }
}

TEST_F(MultiwayTreeTest, ThreadsChangeNothing) {
  const auto points = cloud(30000, 2);
  const auto arrivals = cloud(6000, 2, 0.5);
  std::vector<std::vector<point_id>> orders;
  for (const int threads : {1, 3}) {
    Tree::Config config;
    config.parallel_cutoff = 64;
    config.executor = Executor(threads);
    Tree tree(2, config);
    tree.build(points);
    (void)tree.insert(arrivals.view());
    tree.validate();
    std::vector<point_id> ids;
    Points<double> copied;
    tree.copy_points(ids, copied);
    orders.push_back(std::move(ids));
  }
  EXPECT_EQ(orders[0], orders[1]);
}

TEST_F(MultiwayTreeTest, OtherDimensionsAndScalars) {
  for (const int dimension : {1, 4, 19}) {
    Points<float> points{{}, dimension}, queries{{}, dimension};
    for (int i = 0; i < 6000 * dimension; ++i) points.coordinates.push_back(static_cast<float>(rng.uniform()));
    for (int i = 0; i < 8 * dimension; ++i) queries.coordinates.push_back(static_cast<float>(rng.uniform()));
    MultiwayTree<float> tree(dimension);
    BruteForce<float> model(dimension);
    tree.build(points);
    model.build(points);
    tree.validate();
    expect_equals(tree, model, queries.view());
  }
}

TEST_F(MultiwayTreeTest, PatienceRebuildsLessThanWindowsAndTheyLessThanWholeNodes) {
  std::size_t rebuilt[3];
  for (const RepairRule repair : {RepairRule::window, RepairRule::subtree, RepairRule::patient}) {
    Tree tree = built_to_repair(repair, cloud(40000, 2));
    for (int batch = 0; batch < 20; ++batch) (void)tree.insert(cloud(400, 2, 0.3 + 0.02 * batch).view());
    tree.validate();
    rebuilt[static_cast<int>(repair)] = tree.statistics().rebuilds.total;
  }
  const auto of = [&](RepairRule repair) { return rebuilt[static_cast<int>(repair)]; };
  EXPECT_GT(of(RepairRule::patient), 0u);
  EXPECT_LT(of(RepairRule::patient), of(RepairRule::window));
  EXPECT_LT(of(RepairRule::window), of(RepairRule::subtree));
}

TEST_F(MultiwayTreeTest, PatienceCostsAtMostOneLevelMore) {
  // Every batch comes into the last eighth of where the last one came and is not much smaller, so that planes pile up
  // there. Without its limit patience would end four levels above the windows.
  std::size_t height[3];
  for (const RepairRule repair : {RepairRule::window, RepairRule::subtree, RepairRule::patient}) {
    Tree tree = built_to_repair(repair, cloud(1 << 17, 1));
    double lower = 0, width = 1;
    for (std::size_t batch = 1 << 16; batch > 16; batch = batch * 3 / 5) {
      lower += width * 7 / 8;
      width /= 8;
      Points<double> points{{}, 1};
      for (std::size_t i = 0; i < batch; ++i) points.coordinates.push_back(lower + width * rng.uniform());
      (void)tree.insert(points.view());
    }
    tree.validate();
    height[static_cast<int>(repair)] = tree.statistics().height;
  }
  EXPECT_LE(height[static_cast<int>(RepairRule::patient)], height[static_cast<int>(RepairRule::window)] + 1);
}

TEST_F(MultiwayTreeTest, GrowsFromNothingInOneDirectionAndShrinksAgain) {
  Tree tree(2);
  std::vector<point_id> ids;
  for (int batch = 0; batch < 200; ++batch) {
    Points<double> points{{}, 2};
    for (int i = 0; i < 100; ++i)
      points.coordinates.insert(points.coordinates.end(), {batch + rng.uniform(), rng.uniform()});
    const point_id first = tree.insert(points.view());
    for (point_id id = first; id < first + 100; ++id) ids.push_back(id);
  }
  tree.validate();
  const Statistics grown = tree.statistics();
  EXPECT_EQ(grown.points, 20000u);
  EXPECT_LE(grown.height, 7u);  // 8^4 leaves hold as many
  EXPECT_GT(grown.leaf_fill, 0.55);
  while (ids.size() > 50) {
    const std::span<const point_id> half(ids.data() + ids.size() / 2, ids.size() - ids.size() / 2);
    tree.erase(half);
    ids.resize(ids.size() / 2);
    tree.validate();
  }
  EXPECT_LE(tree.statistics().height, 3u);
}

TEST_F(MultiwayTreeTest, EqualPointsStayShallow) {
  Points<double> points{std::vector<double>(20000 * 2, 0.25), 2};
  for (const PivotRule pivots : {PivotRule::sampled, PivotRule::learned, PivotRule::exact}) {
    Tree::Config config;
    config.pivots = pivots;
    Tree tree(2, config);
    tree.build(points);
    (void)tree.insert(PointView<double>(points.coordinates.data(), 3000, 2));
    tree.validate();
    EXPECT_LE(tree.statistics().height, 8u);
    const double at[2] = {0.25, 0.25};
    EXPECT_EQ(tree.find(at), 0);
    EXPECT_EQ(tree.nearest(one_row<double>(at), {.k = 40}).ids.back(), 39);
  }
}

TEST_F(MultiwayTreeTest, FilesKeepTheConfiguration) {
  const std::filesystem::path path = std::filesystem::temp_directory_path() / "coppice_multiway_tree_test.idx";
  Tree::Config config;
  config.partitions = 3;
  config.pivots = PivotRule::learned;
  config.axes = AxisRule::cycling;
  config.repair = RepairRule::subtree;
  config.omega = 0.9;
  config.leaf_fill = 20;
  config.kappa = 0.2;
  Tree tree(2, config);
  tree.build(cloud(500, 2));
  tree.save(path);
  const Tree loaded = Tree::load(path);
  std::filesystem::remove(path);
  EXPECT_EQ(loaded.config().partitions, 3);
  EXPECT_EQ(loaded.config().pivots, PivotRule::learned);
  EXPECT_EQ(loaded.config().axes, AxisRule::cycling);
  EXPECT_EQ(loaded.config().repair, RepairRule::subtree);
  EXPECT_EQ(loaded.config().omega, 0.9);
  EXPECT_EQ(loaded.config().leaf_fill, 20);
  EXPECT_EQ(loaded.config().kappa, 0.2);
}

TEST_F(MultiwayTreeTest, BadConfigurationsAreNamed) {
  const auto refused = [](auto change, const std::string& field) {
    Tree::Config config;
    change(config);
    try {
      const Tree tree(2, config);
      ADD_FAILURE() << field << " was taken";
    } catch (const invalid_input& mistake) {
      EXPECT_EQ(std::string(mistake.what()).find(field), 0u) << mistake.what();
    }
  };
  refused([](Tree::Config& c) { c.partitions = 1; }, "partitions");
  refused([](Tree::Config& c) { c.partitions = 9; }, "partitions");
  refused([](Tree::Config& c) { c.omega = 0.5; }, "omega");
  refused([](Tree::Config& c) { c.omega = std::nan(""); }, "omega");
  refused([](Tree::Config& c) { c.leaf_fill = 33; }, "leaf_fill");
  refused([](Tree::Config& c) { c.sample_rate = 0; }, "sample_rate");
  refused([](Tree::Config& c) { c.models = 0; }, "models");
  refused([](Tree::Config& c) { c.kappa = 0.6; }, "kappa");
}

}  // namespace
}  // namespace coppice::test
