// Every level of the adjacency hierarchy against integer boxes that touch, pair by pair; the length of the traversal;
// lists of far boxes; growth; the cap.
#include "coppice/index/neighbor_graph/adjacency.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "coppice/errors.hpp"
#include "coppice/index/neighbor_graph/adjacency_growth.hpp"
#include "index/partition_sets.hpp"

namespace coppice {
namespace {

using test::make_set;
using test::Spread;

/// A box in cells of the finest level: [lower, upper], closed.
struct Box {
  std::vector<std::uint64_t> lower;
  std::vector<std::uint64_t> upper;
};

std::vector<Box> boxes_of(const MidpointTopology& tree, const std::vector<std::uint32_t>& nodes) {
  std::vector<Box> boxes;
  std::vector<std::uint32_t> place(static_cast<std::size_t>(tree.dimension()));
  for (const std::uint32_t node : nodes) {
    tree.position(node, place);
    const int shift = 32 - static_cast<int>(tree.nodes()[node].level);
    Box box;
    for (const std::uint32_t p : place) {
      box.lower.push_back(static_cast<std::uint64_t>(p) << shift);
      box.upper.push_back((static_cast<std::uint64_t>(p) + 1) << shift);
    }
    boxes.push_back(box);
  }
  return boxes;
}

/// The face of two boxes; false: they do not touch.
bool touch(const Box& a, const Box& b, FaceQode& face) {
  face = {};
  for (std::size_t i = 0; i < a.lower.size(); ++i) {
    if (a.upper[i] < b.lower[i] || b.upper[i] < a.lower[i]) return false;
    if (a.upper[i] == b.lower[i] || b.upper[i] == a.lower[i]) face.split |= Qode{1} << i;
    if (a.upper[i] == b.lower[i]) face.side |= Qode{1} << i;
  }
  return true;
}

/// Compares a graph with all pairs of its boxes.
void check_graph(const MidpointTopology& tree, const AdjacencyGraph& graph) {
  const auto boxes = boxes_of(tree, graph.nodes);
  AdjacencyGraph expected{graph.nodes, graph.parents, {0}, {}, {}};
  for (std::uint32_t v = 0; v < boxes.size(); ++v) {
    for (std::uint32_t w = 0; w < boxes.size(); ++w) {
      FaceQode face;
      if (v == w || !touch(boxes[v], boxes[w], face)) continue;
      expected.neighbors.push_back(w);
      expected.faces.push_back(face);
    }
    expected.offsets.push_back(expected.neighbors.size());
  }
  ASSERT_EQ(graph.offsets, expected.offsets);
  ASSERT_EQ(graph.neighbors, expected.neighbors);
  ASSERT_TRUE(graph.faces == expected.faces);
}

constexpr Spread all_spreads[] = {Spread::uniform, Spread::clustered, Spread::grid, Spread::equal};

TEST(Adjacency, EveryLevelIsAllPairsThatTouchAndNoneIsVisitedInVain) {
  for (int d = 1; d <= 20; ++d)
    for (const Spread spread : all_spreads) {
      const auto points = make_set<double>(spread, 250, d, 100 + static_cast<std::uint64_t>(d));
      const PartitionTree<double> tree(points, {.levels = 6, .mass = 4});
      const AdjacencyHierarchy hierarchy(tree);
      ASSERT_EQ(hierarchy.levels(), tree.levels());
      const AdjacencyHierarchy dual(tree, {.method = AdjacencyMethod::dual_tree});
      std::uint64_t visits = 0;
      std::uint64_t least = 0;  // Σ |V| + |E|
      std::uint64_t bound = 0;  // of operations
      for (int level = 0; level < hierarchy.levels(); ++level) {
        SCOPED_TRACE(std::to_string(d) + " axes, level " + std::to_string(level));
        const AdjacencyGraph& graph = hierarchy.level(level);
        ASSERT_EQ(graph.size(), tree.level(level).size());
        check_graph(tree, graph);
        EXPECT_TRUE(graph == dual.level(level));
        visits += hierarchy.statistics()[static_cast<std::size_t>(level)].visits;
        bound += hierarchy.statistics()[static_cast<std::size_t>(level)].operations;
        least += level == 0 ? 0 : graph.size() + graph.edges();
        const AdjacencyLevel& other = dual.statistics()[static_cast<std::size_t>(level)];
        EXPECT_GE(other.visits, hierarchy.statistics()[static_cast<std::size_t>(level)].visits);
      }
      EXPECT_EQ(visits, least);
      EXPECT_GE(bound, 6 * (least - tree.nodes().size() + 1));
    }
}

TEST(Adjacency, WordsOfAllBits) {
  for (const int d : {31, 32, 63, 64}) {
    const auto points = make_set<double>(Spread::clustered, 150, d, 9);
    const PartitionTree<double> tree(points, {.levels = 8, .mass = 2});
    const AdjacencyHierarchy hierarchy(tree);
    for (int level = 0; level < hierarchy.levels(); ++level) check_graph(tree, hierarchy.level(level));
  }
}

TEST(Adjacency, CanopiesTouchAcrossLevels) {
  for (const int d : {1, 2, 3, 5, 9, 20})
    for (const Spread spread : all_spreads) {
      const auto points = make_set<double>(spread, 300, d, 7);
      const PartitionTree<double> tree(points, {.levels = 8, .mass = 3});
      const AdjacencyHierarchy hierarchy(tree, {.vertices = AdjacencyVertices::canopy});
      for (int level = 0; level < hierarchy.levels(); ++level) {
        SCOPED_TRACE(std::to_string(d) + " axes, level " + std::to_string(level));
        ASSERT_EQ(hierarchy.level(level).nodes, tree.canopy(level));
        check_graph(tree, hierarchy.level(level));
      }
      EXPECT_EQ(hierarchy.last().size(), tree.leaves());
    }
}

TEST(Adjacency, FarListsAndTouchingLeavesHoldEveryPairOnce) {
  for (const int d : {1, 2, 3, 6})
    for (const Spread spread : all_spreads) {
      const std::size_t n = 400;
      const auto points = make_set<double>(spread, n, d, 21);
      const PartitionTree<double> tree(points, {.levels = 7, .mass = 4});
      const AdjacencyHierarchy hierarchy(tree, {.vertices = AdjacencyVertices::canopy});
      std::vector<int> seen(n * n, 0);
      const auto see = [&](std::uint32_t a, std::uint32_t b) {
        for (std::uint32_t i = tree.nodes()[a].begin; i < tree.nodes()[a].end; ++i)
          for (std::uint32_t j = tree.nodes()[b].begin; j < tree.nodes()[b].end; ++j) ++seen[i * n + j];
      };
      for (int level = 1; level < hierarchy.levels(); ++level) {
        const AdjacencyGraph& graph = hierarchy.level(level);
        const VertexLists far = far_neighbors(hierarchy.level(level - 1), graph);
        ASSERT_EQ(far.size(), graph.size());
        for (std::size_t v = 0; v < graph.size(); ++v)
          for (const std::uint32_t w : far.row(v)) see(graph.nodes[v], graph.nodes[w]);
      }
      const AdjacencyGraph& leaves = hierarchy.last();
      for (std::size_t v = 0; v < leaves.size(); ++v) {
        see(leaves.nodes[v], leaves.nodes[v]);
        for (const std::uint32_t w : leaves.row(v)) see(leaves.nodes[v], leaves.nodes[w]);
      }
      for (const int times : seen) ASSERT_EQ(times, 1);
    }
}

TEST(Adjacency, TheSameForAnyNumberOfThreads) {
  for (const AdjacencyVertices vertices : {AdjacencyVertices::level, AdjacencyVertices::canopy}) {
    const auto points = make_set<double>(Spread::clustered, 20000, 4, 2);
    const PartitionTree<double> tree(points, {.levels = 10, .mass = 10});
    const AdjacencyHierarchy one(tree, {.vertices = vertices});
    const AdjacencyHierarchy two(tree, {.vertices = vertices, .executor = Executor(2)});
    ASSERT_EQ(one.levels(), two.levels());
    for (int level = 0; level < one.levels(); ++level) EXPECT_TRUE(one.level(level) == two.level(level));
    const AdjacencyHierarchy last(tree, {.vertices = vertices, .last_level = 5, .keep_levels = false});
    EXPECT_TRUE(last.last() == one.level(5));
    const AdjacencyHierarchy bare(tree, {.vertices = vertices, .keep_faces = false});
    EXPECT_TRUE(bare.last().faces.empty());
    EXPECT_EQ(bare.last().neighbors, one.last().neighbors);
    EXPECT_LT(3 * bare.bytes(), one.bytes());
  }
}

TEST(Adjacency, MeasuresOfAFullGrid) {
  // Every cell of 8 × 8 holds a point: rows of 3 × 3.
  Points<double> points{{}, 2};
  for (int i = 0; i < 64; ++i) {
    points.coordinates.push_back(i % 8);
    points.coordinates.push_back(i / 8);
  }
  const PartitionTree<double> tree(points, {.levels = 3, .mass = 1});
  const AdjacencyHierarchy hierarchy(tree);
  const AdjacencyMeasures measures = measure(tree, hierarchy.last());
  EXPECT_EQ(measures.expansion, 9u);
  EXPECT_EQ(measures.mass, 1u);
  EXPECT_EQ(measures.neighborhood, 9u);
  EXPECT_DOUBLE_EQ(measures.effective_dimension, 2);
  EXPECT_EQ(hierarchy.last().edges(), 2u * 7 * 8 + 2u * 7 * 7);
  // All children are there, so the estimate is the truth but for corners: 4^2 · 2^−2 of a side, 4^2 · 4^−2 of a corner.
  for (int level = 1; level < hierarchy.levels(); ++level) {
    const auto& sums = hierarchy.statistics()[static_cast<std::size_t>(level)];
    EXPECT_DOUBLE_EQ(sums.expected_edges, static_cast<double>(sums.edges));
  }
}

TEST(Adjacency, GrowthIsEstimatedAndCounted) {
  for (const int d : {2, 4, 8, 12})
    for (const bool canopy : {false, true})
      for (const Spread spread : {Spread::uniform, Spread::clustered}) {
        const auto points = make_set<double>(spread, 3000, d, 31);
        const PartitionTree<double> tree(points, {.levels = 5, .mass = 16});
        const AdjacencyHierarchy hierarchy(tree,
                                           {.vertices = canopy ? AdjacencyVertices::canopy : AdjacencyVertices::level});
        for (int level = 1; level < hierarchy.levels(); ++level) {
          const AdjacencyGraph& above = hierarchy.level(level - 1);
          const AdjacencyLevel& sums = hierarchy.statistics()[static_cast<std::size_t>(level)];
          EXPECT_EQ(edges_below(tree, above, canopy), sums.edges);
          EXPECT_EQ(expected_edges(tree, above, canopy), sums.expected_edges);
          if (spread == Spread::uniform && sums.edges > 1000) {
            EXPECT_NEAR(sums.expected_edges / static_cast<double>(sums.edges), 1, 0.15) << d << " " << level;
          }
        }
      }
}

TEST(Adjacency, ACapKeepsTheLargestFacesAndKnowsWhatIsMissing) {
  const auto points = make_set<double>(Spread::uniform, 4000, 4, 17);
  const PartitionTree<double> tree(points, {.levels = 4, .mass = 1});
  const AdjacencyHierarchy all(tree, {.vertices = AdjacencyVertices::canopy});
  const AdjacencyHierarchy capped(tree, {.vertices = AdjacencyVertices::canopy, .most_neighbors = 20});
  for (int level = 1; level < all.levels(); ++level) {
    const auto& sums = capped.statistics()[static_cast<std::size_t>(level)];
    const AdjacencyGraph& graph = capped.level(level);
    const AdjacencyGraph& truth = all.level(level);
    for (std::size_t v = 0; v < graph.size(); ++v) {
      const auto row = truth.row(v);
      for (const std::uint32_t w : graph.row(v)) ASSERT_TRUE(std::binary_search(row.begin(), row.end(), w));
      ASSERT_GE(graph.row(v).size(), std::min<std::size_t>(row.size(), level == 1 ? 20 : 0));
    }
    const double share = static_cast<double>(graph.edges()) / static_cast<double>(truth.edges());
    EXPECT_NEAR(sums.confidence(), share, 0.15) << level;
  }
  EXPECT_LT(capped.last().edges(), all.last().edges());
}

TEST(Adjacency, RefusesWhatWouldNotFit) {
  const auto points = make_set<double>(Spread::uniform, 2000, 6, 1);
  const PartitionTree<double> tree(points, {.levels = 4, .mass = 2});
  const AdjacencyHierarchy hierarchy(tree);
  const std::string count = std::to_string(hierarchy.level(2).edges());
  for (const AdjacencyMethod method : {AdjacencyMethod::qodes, AdjacencyMethod::dual_tree}) {
    try {
      const AdjacencyHierarchy refused(tree, {.method = method, .most_edges = 5000});
      FAIL();
    } catch (const invalid_input& e) {
      EXPECT_NE(std::string(e.what()).find("level 2"), std::string::npos) << e.what();
      EXPECT_NE(std::string(e.what()).find(count), std::string::npos) << e.what();
    }
  }
  EXPECT_THROW(AdjacencyHierarchy(tree, {.vertices = AdjacencyVertices::canopy, .method = AdjacencyMethod::dual_tree}),
               unsupported);
  EXPECT_THROW(AdjacencyHierarchy(tree, {.last_level = -1}), invalid_input);
  const PartitionTree<double> none(PointView<double>(nullptr, 0, 2));
  EXPECT_EQ(AdjacencyHierarchy(none).levels(), 0);
}

}  // namespace
}  // namespace coppice
