// Tops: costs against brute force, builders against each other, tables against the network, weights in files, and what
// is built out answering like brute force.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numeric>
#include <set>
#include <vector>

#include "coppice/errors.hpp"
#include "coppice/geometry/instruction_set.hpp"
#include "coppice/index/neural_builder/neural_builder.hpp"
#include "coppice/index/neural_builder/scenes.hpp"
#include "index/neural_builder/random.hpp"

namespace coppice::neural_builder {
namespace {

std::vector<Vec3> scene_points(SceneKind kind, std::size_t count, Heuristic heuristic = Heuristic::volume) {
  return sample_surface(make_scene(kind, 7), heuristic, count, 3);
}

CostModel cost_of(Heuristic heuristic, const Box3& root) {
  CostModel cost;
  cost.heuristic = heuristic;
  cost.radius = 1e-4f * extent(root, widest_axis(root));
  return cost;
}

/// Equation 4 by its definition.
double brute_cost(const TopTree& tree, const CostModel& cost, std::size_t node, Box3 box, std::vector<Vec3> points) {
  const auto weight = static_cast<double>(cost.measure(box));
  if (node >= tree.splits.size() || tree.splits[node].axis < 0) return weight * cost.leaf(points.size());
  const TopSplit split = tree.splits[node];
  const auto axis = static_cast<std::size_t>(split.axis);
  std::vector<Vec3> sides[2];
  for (const Vec3& p : points) sides[p[axis] <= split.offset ? 0 : 1].push_back(p);
  Box3 left = box;
  Box3 right = box;
  left.upper[axis] = right.lower[axis] = std::clamp(split.offset, box.lower[axis], box.upper[axis]);
  return weight * static_cast<double>(cost.traversal) + brute_cost(tree, cost, 2 * node + 1, left, sides[0]) +
         brute_cost(tree, cost, 2 * node + 2, right, sides[1]);
}

TEST(TopTreeTest, CostsAndPopulationsEqualBruteForce) {
  const auto points = scene_points(SceneKind::room, 3000);
  const Box3 root = bounds_of(points);
  for (const Heuristic heuristic : {Heuristic::surface_area, Heuristic::volume}) {
    CostModel cost = cost_of(heuristic, root);
    const TopTree tree = greedy_binned(4, cost, root, points);
    for (const LeafCost leaves : {LeafCost::linear, LeafCost::power, LeafCost::logarithm}) {
      cost.leaves = leaves;
      const double alone = static_cast<double>(cost.measure(root)) * cost.leaf(points.size());
      EXPECT_NEAR(top_cost(tree, cost, root, points), brute_cost(tree, cost, 0, root, points) / alone, 1e-9);
    }
    const Population all = populate(tree, points);
    const Population threads = populate(tree, points, Executor(3));
    EXPECT_EQ(all.order, threads.order);
    EXPECT_EQ(all.first, threads.first);
    const auto boxes = leaf_boxes(tree, root);
    for (std::size_t leaf = 0; leaf < tree.leaf_count(); ++leaf)
      for (std::uint32_t i = all.first[leaf]; i < all.first[leaf + 1]; ++i) {
        const Vec3& p = points[all.order[i]];
        EXPECT_EQ(tree.leaf_of(p), leaf);
        for (std::size_t a = 0; a < 3; ++a) EXPECT_TRUE(boxes[leaf].lower[a] <= p[a] && p[a] <= boxes[leaf].upper[a]);
      }
  }
}

TEST(TopTreeTest, ClippedBoxesCoverTheBoxes) {
  const auto triangles = make_scene(SceneKind::stairs, 1);
  std::vector<Box3> boxes;
  Box3 root;
  for (const Triangle& t : triangles) {
    boxes.push_back(box_of(t));
    root.extend(boxes.back());
  }
  const auto points = sample_surface(triangles, Heuristic::surface_area, 2048, 1);
  const TopTree tree = greedy_exact(5, cost_of(Heuristic::surface_area, root), root, points);
  const ClippedPopulation all = populate(tree, boxes);
  const auto cells = leaf_boxes(tree, root);
  EXPECT_GE(all.duplication(boxes.size()), 0);
  std::vector<Box3> joined(boxes.size());
  for (std::size_t leaf = 0; leaf < tree.leaf_count(); ++leaf)
    for (std::uint32_t i = all.first[leaf]; i < all.first[leaf + 1]; ++i) {
      joined[all.order[i]].extend(all.boxes[i]);
      for (std::size_t a = 0; a < 3; ++a) {
        EXPECT_GE(all.boxes[i].lower[a], cells[leaf].lower[a]);
        EXPECT_LE(all.boxes[i].upper[a], cells[leaf].upper[a]);
      }
    }
  EXPECT_EQ(joined, boxes);
}

TEST(TopTreeTest, OptimisersImproveOnWhatTheyStartFrom) {
  for (int kind = 0; kind < scene_kinds; ++kind) {
    const auto points = scene_points(static_cast<SceneKind>(kind), 600);
    const Box3 root = bounds_of(points);
    const CostModel cost = cost_of(Heuristic::volume, root);
    const auto price = [&](const TopTree& tree) { return top_cost(tree, cost, root, points); };
    TopTree tree = greedy_exact(3, cost, root, points);
    const double greedy = price(tree);
    descend_offsets(tree, cost, root, points);
    EXPECT_LE(price(tree), greedy * (1 + 1e-9));
    // One cut: exact greedy is the optimum among planes through points; a bin may end between two of them.
    EXPECT_LE(price(greedy_exact(1, cost, root, points)), price(greedy_binned(1, cost, root, points)) * 1.02);
    SearchOptions wide{32, 3, 6};
    SearchOptions narrow{32, 1, 1};
    EXPECT_LE(price(search_top(3, cost, root, points, wide)), price(search_top(3, cost, root, points, narrow)) + 1e-6);
    EXPECT_LT(price(grid_optimum(3, cost, root, points, 8)), 1);
  }
  EXPECT_THROW((void)greedy_binned(3, {}, {}, {}, 1), invalid_input);
  EXPECT_THROW(TopTree(99), invalid_input);
}

TEST(SplitModelTest, RecursiveTreesAreTheCheapestOfTheirProposals) {
  const auto points = scene_points(SceneKind::street, 500);
  const Box3 root = bounds_of(points);
  MedianModel median;
  for (const Heuristic heuristic : {Heuristic::surface_area, Heuristic::volume}) {
    const CostModel cost = cost_of(heuristic, root);
    const InferOptions plain{false, 0};
    const double greedy = top_cost(greedy_top(median, 3, cost, root, points, plain), cost, root, points);
    const double recursive = top_cost(recursive_top(median, 3, cost, root, points, plain), cost, root, points);
    EXPECT_LE(recursive, greedy * (1 + 1e-9));
    const double helped = top_cost(recursive_top(median, 3, cost, root, points), cost, root, points);
    EXPECT_LE(helped, greedy * (1 + 1e-9));
  }
  EXPECT_THROW((void)recursive_top(median, 7, {}, root, points), invalid_input);
}

TEST(NetworkTest, TablesStandForTheNetworkOnEveryInstructionSet) {
  const InstructionSet before = instruction_set();
  for (const Heuristic heuristic : {Heuristic::surface_area, Heuristic::volume}) {
    const SplitNetwork& network = SplitNetwork::shipped(heuristic);
    const auto levels = static_cast<int>(network.levels.size());
    EXPECT_EQ(levels, heuristic == Heuristic::volume ? 4 : 5);
    double exact = 0;
    double by_table = 0;
    for (int kind = 0; kind < scene_kinds; ++kind) {
      auto points = scene_points(static_cast<SceneKind>(kind), 2048, heuristic);
      const Box3 root = bounds_of(points);
      const CostModel cost = cost_of(heuristic, root);
      NetworkModel reference(network);
      const InferOptions plain{false, 0};
      exact += std::log(top_cost(greedy_top(reference, levels, cost, root, points, plain), cost, root, points));
      TopTree first;
      for (const InstructionSet set : available_instruction_sets()) {
        force_instruction_set(set);
        TableModel table(network);
        const TopTree tree = greedy_top(table, levels, cost, root, points, plain);
        if (first.levels == 0) first = tree;
        EXPECT_EQ(tree, first) << instruction_set_name(set);
      }
      by_table += std::log(top_cost(first, cost, root, points));
    }
    EXPECT_NEAR(std::exp((by_table - exact) / scene_kinds), 1, 0.005);
  }
  force_instruction_set(before);
}

TEST(NetworkTest, FilesAreCheckedToTheLastByte) {
  const SplitNetwork network(Heuristic::volume, 2, 9);
  const auto path = std::filesystem::temp_directory_path() / "coppice_network_test.weights";
  network.save(path);
  const SplitNetwork read = SplitNetwork::load(path);
  EXPECT_EQ(read.heuristic, Heuristic::volume);
  ASSERT_EQ(read.levels.size(), 2u);
  for (std::size_t i = 0; i < NetworkLayout::size; ++i)
    EXPECT_NEAR(read.levels[1][i], network.levels[1][i], 5e-4f * std::abs(network.levels[1][i]) + 1e-7f);
  EXPECT_EQ(read.to_bytes(), network.to_bytes());  // rounded once, they stay
  const auto good = network.to_bytes();
  for (std::size_t at = 0; at < good.size(); at += at < 40 ? 1 : 9973) {
    auto bad = good;
    bad[at] ^= std::byte{4};
    EXPECT_THROW((void)SplitNetwork::from_bytes(bad, "weights"), error) << at;
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{31}, good.size() - 1}) {
    auto bad = good;
    bad.resize(size);
    EXPECT_THROW((void)SplitNetwork::from_bytes(bad, "weights"), corrupt_file) << size;
  }
  auto longer = good;
  longer.push_back(std::byte{0});
  EXPECT_THROW((void)SplitNetwork::from_bytes(longer, "weights"), corrupt_file);
  std::filesystem::remove(path);
  EXPECT_THROW((void)SplitNetwork::load(path), io_error);
}

TEST(ExpandedTreeTest, AnswersLikeBruteForce) {
  auto points = scene_points(SceneKind::arcade, 1500);
  points.insert(points.end(), points.begin(), points.begin() + 100);  // ties
  const Box3 root = bounds_of(points);
  const CostModel cost = cost_of(Heuristic::volume, root);
  TableModel network(SplitNetwork::shipped(Heuristic::volume));
  Random random(8);
  for (const TopTree& top : {TopTree(), recursive_top(network, 4, cost, root, points)})
    for (const bool medians : {false, true}) {
      const ExpandOptions options{4, 16, medians, {}};
      const ExpandOptions threads{4, 16, medians, Executor(3)};
      const ExpandedTree tree(top, cost, root, points, options);
      EXPECT_EQ(tree.cost(), ExpandedTree(top, cost, root, points, threads).cost());
      for (int q = 0; q < 200; ++q) {
        Vec3 query = points[random.below(points.size())];
        if (q % 2 == 0)
          for (float& x : query) x += random.normal();
        ExpandedTree::Nearest best{0, std::numeric_limits<float>::infinity()};
        const float radius = random.uniform(0, 2);
        std::size_t within = 0;
        for (std::uint32_t i = 0; i < points.size(); ++i) {
          float d = 0;
          for (std::size_t a = 0; a < 3; ++a) d += (query[a] - points[i][a]) * (query[a] - points[i][a]);
          if (d < best.distance_squared) best = {i, d};
          within += d <= radius * radius ? 1 : 0;
        }
        EXPECT_EQ(tree.nearest(query), best);
        EXPECT_EQ(tree.count_within(query, radius), within);
      }
    }
}

TEST(NeuralBuilderTest, TopsOfEveryMethodAndEdge) {
  const auto triangles = make_scene(SceneKind::room, 3);
  const auto points = scene_points(SceneKind::body, 5000);
  for (const TopMethod method : top_methods()) {
    EXPECT_EQ(top_method_named(top_method_name(method)), method);
    NeuralBuilder::Config config;
    config.method = method;
    config.samples = 512;
    config.judge_samples = 2000;
    config.heuristic = Heuristic::volume;
    const BuiltTop top = NeuralBuilder(config).top(points);
    EXPECT_EQ(top.tree.levels, 4);
    EXPECT_LT(top.sample_cost, 1);
    config.executor = Executor(3);
    EXPECT_EQ(NeuralBuilder(config).top(points).tree, top.tree);
    EXPECT_EQ(NeuralBuilder(config).top(std::span<const Vec3>{}).tree, TopTree(4));
    const std::vector<Vec3> same(50, Vec3{1e10f, -3, 0});
    (void)NeuralBuilder(config).top(same);
    config.heuristic = Heuristic::surface_area;
    const bvh::Top seam = NeuralBuilder(config).bvh_top(triangles);
    EXPECT_NO_THROW(seam.check(triangles.size()));
    EXPECT_GT(seam.nodes.size(), 3u);
  }
  EXPECT_THROW((void)top_method_named("best"), invalid_input);
}

TEST(NeuralBuilderTest, ThePortfolioIsItsCheapest) {
  NeuralBuilder::Config config;
  config.heuristic = Heuristic::volume;
  config.judge_samples = 4000;
  config.method = TopMethod::portfolio;
  const auto points = scene_points(SceneKind::machine, 20000);
  const auto all = NeuralBuilder(config).candidates(points);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(),
                             [](const BuiltTop& a, const BuiltTop& b) { return a.full_cost < b.full_cost; }));
  EXPECT_EQ(NeuralBuilder(config).top(points).tree, all.front().tree);
}

TEST(NeuralBuilderTest, RefusesInOneLine) {
  NeuralBuilder::Config config;
  config.levels = 9;
  EXPECT_THROW(NeuralBuilder{config}, invalid_input);
  config.levels = 6;  // more than the network knows
  EXPECT_THROW(NeuralBuilder{config}, invalid_input);
  config.method = TopMethod::greedy;
  EXPECT_NO_THROW(NeuralBuilder{config});
  config.radius = -1;
  EXPECT_THROW(NeuralBuilder{config}, invalid_input);
  config = {};
  config.network = std::make_shared<SplitNetwork>(Heuristic::volume, 2, 1);
  EXPECT_THROW(NeuralBuilder{config}, invalid_input);
  std::vector<Vec3> bad(4);
  bad[2][1] = std::numeric_limits<float>::quiet_NaN();
  try {
    (void)NeuralBuilder().top(bad);
    FAIL();
  } catch (const invalid_input& refusal) {
    EXPECT_EQ(refusal.row(), 2u);
  }
}

}  // namespace
}  // namespace coppice::neural_builder
