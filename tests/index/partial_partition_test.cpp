// The partial partition: its boxes and graphs against all pairs of intervals, the paper's examples, and what it saves.
#include "coppice/index/neighbor_graph/partial_partition.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <set>
#include <vector>

#include "coppice/errors.hpp"
#include "coppice/index/neighbor_graph/adjacency.hpp"
#include "coppice/io/point_file.hpp"
#include "index/neighbor_graph/partial_partition_split.hpp"
#include "index/partition_sets.hpp"
#include "io/real_data.hpp"

namespace coppice {
namespace {

using neighbor_graph::adjacency_cost;
using neighbor_graph::Piece;
using neighbor_graph::split_box;
using neighbor_graph::SplitRule;
using neighbor_graph::TouchingBox;
using neighbor_graph::UniformChild;
using test::make_set;
using test::Spread;

/// Boxes are disjoint but for their faces and hold the points, and graphs are all pairs whose intervals touch.
void check(const PartialPartition<double>& partition, std::size_t mass, int levels) {
  const auto nodes = partition.nodes();
  const Qode all = partition.dimension() == 64 ? ~Qode{0} : (Qode{1} << partition.dimension()) - 1;
  for (std::uint32_t number = 0; number < nodes.size(); ++number) {
    const PartitionNode& node = nodes[number];
    ASSERT_EQ(node.is_leaf(), node.mass() <= mass || node.level == static_cast<std::uint32_t>(levels));
    if (!node.is_leaf() && number != 0) {
      ASSERT_EQ(partition.cut(number), all);  // what is cut further is a cube
    }
    std::uint32_t at = node.begin;
    for (std::uint32_t child = node.first_child; child < node.first_child + node.children; ++child) {
      ASSERT_EQ(nodes[child].begin, at);
      at = nodes[child].end;
    }
    ASSERT_TRUE(node.is_leaf() || at == node.end);
  }
  for (int level = 0; level < partition.levels(); ++level) {
    const AdjacencyGraph& graph = partition.graph(level);
    std::size_t points = 0;
    for (std::uint32_t v = 0; v < graph.size(); ++v) {
      points += nodes[graph.nodes[v]].mass();
      std::vector<std::uint32_t> row;
      std::vector<FaceQode> faces;
      for (std::uint32_t w = 0; w < graph.size(); ++w) {
        if (v == w || !partition.touch(graph.nodes[v], graph.nodes[w])) continue;
        row.push_back(w);
        FaceQode face;
        for (std::size_t i = 0; i < static_cast<std::size_t>(partition.dimension()); ++i) {
          const bool above = partition.upper(graph.nodes[v])[i] == partition.lower(graph.nodes[w])[i];
          const bool below = partition.upper(graph.nodes[w])[i] == partition.lower(graph.nodes[v])[i];
          if (above || below) face.split |= Qode{1} << i;
          if (above) face.side |= Qode{1} << i;
        }
        faces.push_back(face);
      }
      ASSERT_TRUE(std::ranges::equal(graph.row(v), row));
      ASSERT_TRUE(std::ranges::equal(graph.row_faces(v), faces));
    }
    ASSERT_EQ(points, partition.size());
    const PartialPartitionLevel& sums = partition.statistics()[static_cast<std::size_t>(level)];
    if (level > 0) {
      EXPECT_EQ(sums.visits, sums.boxes + sums.edges);
    }
  }
}

TEST(PartialPartition, GraphsAreAllPairsOfIntervalsThatTouch) {
  for (const int d : {1, 2, 3, 6, 9, 20, 64})
    for (const Spread spread : {Spread::uniform, Spread::clustered, Spread::grid, Spread::equal}) {
      SCOPED_TRACE(d);
      const auto points = make_set<double>(spread, 400, d, 13);
      const PartialPartition<double> partition(points, {.levels = 6, .mass = 8, .keep_levels = true});
      check(partition, 8, 6);
    }
}

TEST(PartialPartition, UniformItIsTheMidpointTree) {
  for (const int d : {2, 5, 9}) {
    const auto points = make_set<double>(Spread::clustered, 2000, d, 3);
    const PartialPartition<double> partition(points, {.levels = 7, .mass = 10, .uniform = true});
    const PartitionTree<double> tree(points, {.levels = 7, .mass = 10});
    EXPECT_TRUE(std::ranges::equal(partition.nodes(), tree.nodes()));
    const AdjacencyHierarchy hierarchy(tree, {.vertices = AdjacencyVertices::canopy});
    EXPECT_TRUE(partition.leaf_graph() == hierarchy.last());
  }
}

TEST(PartialPartition, TheSameForAnyNumberOfThreads) {
  const auto points = make_set<double>(Spread::clustered, 20000, 6, 3);
  const PartialPartition<double> one(points, {.levels = 7, .mass = 20});
  const PartialPartition<double> two(points, {.levels = 7, .mass = 20, .executor = Executor(2)});
  EXPECT_TRUE(std::ranges::equal(one.nodes(), two.nodes()));
  EXPECT_TRUE(std::ranges::equal(one.order(), two.order()));
  EXPECT_TRUE(one.leaf_graph() == two.leaf_graph());
}

TEST(PartialPartition, FewerBoxesAndPairsThanUniform) {
  for (const int d : {4, 9}) {
    const auto points = make_set<double>(Spread::clustered, 5000, d, 5);
    const PartialPartition<double> partial(points, {.levels = 8, .mass = 32});
    const PartialPartition<double> uniform(points, {.levels = 8, .mass = 32, .uniform = true});
    EXPECT_LT(2 * partial.leaves(), uniform.leaves());
    EXPECT_LT(2 * partial.leaf_graph().edges(), uniform.leaf_graph().edges());
  }
}

// Example 4.2. Axis 0 is x, to the east; axis 1 is y, to the north. The box in the middle and those around it: what
// matters of them is how many of their children touch it.
constexpr Qode x = 1, y = 2;
std::vector<TouchingBox> around(std::uint32_t north_west, std::uint32_t north, std::uint32_t north_east,
                                std::uint32_t east, std::uint32_t south_west, std::uint32_t west) {
  return {{{x | y, y}, north_west}, {{y, y}, north},          {{x | y, x | y}, north_east},
          {{x, x}, east},           {{x | y, 0}, south_west}, {{x, 0}, west}};
}

std::vector<UniformChild> quarters(std::uint32_t south_west, std::uint32_t south_east, std::uint32_t north_west,
                                   std::uint32_t north_east) {
  std::vector<UniformChild> children;
  std::uint32_t at = 0;
  const std::uint32_t masses[] = {south_west, south_east, north_west, north_east};
  for (Qode qode = 0; qode < 4; ++qode) {
    children.push_back({qode, at, at + masses[qode]});
    at += masses[qode];
  }
  return children;
}

TEST(PartialPartition, Example42aCutsWhereFewerNeighboursAre) {
  const auto neighbors = around(1, 2, 1, 0, 1, 1);
  const auto children = quarters(4, 4, 4, 4);
  const SplitRule rule{.dimension = 2, .mass = 8, .mass_low = 4};
  // Along x 1 + 4 + 1 + 1 + 1 = 8 external edges, along y 1 + 2 + 1 + 1 + 2 = 7.
  const std::vector<Piece> along_x{{0, x, {0, 2}}, {x, x, {1, 3}}};
  const std::vector<Piece> along_y{{0, y, {0, 1}}, {y, y, {2, 3}}};
  EXPECT_EQ(adjacency_cost(along_x, neighbors), 4u + 8);
  EXPECT_EQ(adjacency_cost(along_y, neighbors), 4u + 7);
  const auto pieces = split_box(children, neighbors, rule);
  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_EQ(pieces[0].cut, y);
  EXPECT_EQ(pieces[1].cut, y);
  EXPECT_EQ(adjacency_cost(pieces, neighbors), 11u);  // printed as 9, with 2 instead of 2² between the pieces
}

TEST(PartialPartition, Example42bLooksAtWhatMustBeCutAgain) {
  const auto neighbors = around(1, 2, 1, 1, 1, 1);
  // Halves along y hold more than p = 8 points, of the halves along x only the western one does.
  const auto children = quarters(7, 3, 8, 3);
  const std::vector<Piece> along_x{{0, x, {0, 2}}, {x, x, {1, 3}}};
  const std::vector<Piece> along_y{{0, y, {0, 1}}, {y, y, {2, 3}}};
  EXPECT_EQ(adjacency_cost(along_x, neighbors), 4u + 9);
  EXPECT_EQ(adjacency_cost(along_y, neighbors), 4u + 9);
  const auto pieces = split_box(children, neighbors, {.dimension = 2, .mass = 8, .mass_low = 4});
  ASSERT_EQ(pieces.size(), 3u);
  EXPECT_EQ(pieces[0].cut, x | y);
  EXPECT_EQ(pieces[1].cut, x | y);
  EXPECT_EQ(pieces[2].cut, x);
  EXPECT_EQ(adjacency_cost(pieces, neighbors), 19u);
  // Cut along all axes: 16 + 1 + 4 + 1 + 2 + 1 + 2.
  const std::vector<Piece> uniform{{0, 3, {0}}, {1, 3, {1}}, {2, 3, {2}}, {3, 3, {3}}};
  EXPECT_EQ(adjacency_cost(uniform, neighbors), 27u);
}

TEST(PartialPartition, Example41HalfOfAllLeavesHoldOnePoint) {
  const auto file = test::real_data("img_ct_b/693_UNCI.npy");
  SKIP_WITHOUT(file);
  // The patches are the distinct 3 × 3 windows of the slice.
  const Points<double> image = io::points_as<double>(io::read_points(file, {.widen = true}));
  const Points<double> patches = test::distinct_patches(image, 3);
  EXPECT_EQ(patches.size(), 201329u);
  const PartitionTree<double> tree(patches, {.levels = 9, .mass = 64});
  std::size_t single = 0;
  for (const PartitionNode& node : tree.nodes()) single += node.is_leaf() && node.mass() == 1 ? 1 : 0;
  const double share = static_cast<double>(single) / static_cast<double>(tree.leaves());
  EXPECT_NEAR(share, 0.5, 0.1);
}

TEST(PartialPartition, Refusals) {
  const auto points = make_set<double>(Spread::uniform, 100, 3, 5);
  EXPECT_THROW(PartialPartition<double>(points, {.levels = 16}), invalid_input);
  EXPECT_THROW(PartialPartition<double>(points, {.mass = 0}), invalid_input);
  EXPECT_THROW(PartialPartition<double>(points, {.mass = 8, .mass_low = 9}), invalid_input);
  EXPECT_THROW(PartialPartition<double>(make_set<double>(Spread::uniform, 5, 65, 5)), unsupported);
  EXPECT_THROW(PartialPartition<double>(points, {.mass = 1, .most_edges = 20}), invalid_input);
  EXPECT_EQ(PartialPartition<double>(PointView<double>(nullptr, 0, 2)).levels(), 0);
}

}  // namespace
}  // namespace coppice
