// The hierarchy, level by level.
#include "coppice/index/neighbor_graph/adjacency.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <string>
#include <utility>

#include "adjacency_dual_tree.hpp"
#include "adjacency_expand.hpp"
#include "coppice/errors.hpp"
#include "coppice/index/neighbor_graph/adjacency_growth.hpp"

namespace coppice {
namespace {

using neighbor_graph::ExpansionCounts;

/// Children filtered by their qodes. A leaf that a canopy carries on is no child: it touches what it touched.
struct QodePolicy {
  static constexpr std::uint64_t test_operations = 2;  // xor, and
  static constexpr std::uint64_t face_operations = 6;  // xor, and-not; or; and-not, and, or

  std::span<const PartitionNode> nodes;
  const AdjacencyGraph* above;
  const AdjacencyGraph* graph;

  [[nodiscard]] bool is_carried(std::uint32_t kid) const {
    return graph->nodes[kid] == above->nodes[graph->parents[kid]];
  }
  [[nodiscard]] bool touches(std::uint32_t kid, FaceQode face) const {
    return is_carried(kid) || face.touched_by(nodes[graph->nodes[kid]].qode);
  }
  [[nodiscard]] bool touches_other(std::uint32_t kid, FaceQode face) const {
    return is_carried(kid) || face.touched_by_other(nodes[graph->nodes[kid]].qode);
  }
  [[nodiscard]] bool tests(std::uint32_t parent) const { return !nodes[above->nodes[parent]].is_leaf(); }
  [[nodiscard]] FaceQode face(std::uint32_t kid, std::uint32_t other, FaceQode face) const {
    // Where only one of two is cut, its child stays within the other's intervals: no axis parts them anew.
    if (is_carried(kid) || is_carried(other)) return face;
    return face_between(nodes[graph->nodes[kid]].qode, nodes[graph->nodes[other]].qode, face);
  }
};

/// The vertices of the next level; false: it would have none of its own.
bool descend(const MidpointTopology& tree, const AdjacencyGraph& above, bool canopy, AdjacencyGraph& graph) {
  const auto nodes = tree.nodes();
  bool divided = false;
  for (std::size_t v = 0; v < above.size(); ++v) {
    const std::uint32_t number = above.nodes[v];
    const PartitionNode& node = nodes[number];
    divided |= !node.is_leaf();
    if (node.is_leaf() && canopy) {
      graph.nodes.push_back(number);
      graph.parents.push_back(static_cast<std::uint32_t>(v));
    }
    for (std::uint32_t child = 0; child < node.children; ++child) {
      graph.nodes.push_back(node.first_child + child);
      graph.parents.push_back(static_cast<std::uint32_t>(v));
    }
  }
  return divided;
}

double sibling_pairs(const AdjacencyGraph& above, const AdjacencyGraph& graph) {
  const std::vector<std::uint32_t> kids = children_of(above, graph);
  double sum = 0;
  for (std::size_t v = 0; v < above.size(); ++v) {
    const double count = kids[v + 1] - kids[v];
    sum += count * (count - 1) / 2;
  }
  return sum;
}

/// Leaves edges out that neither end follows.
void cap_rows(AdjacencyGraph& graph, std::size_t most, std::vector<std::pair<std::uint64_t, std::uint32_t>>& dropped) {
  std::vector<char> keeps(graph.neighbors.size(), 1);
  std::vector<std::uint64_t> entries;
  for (std::size_t v = 0; v < graph.size(); ++v) {
    if (graph.row(v).size() <= most) continue;
    entries.resize(graph.row(v).size());
    std::iota(entries.begin(), entries.end(), graph.offsets[v]);
    std::nth_element(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(most), entries.end(),
                     [&](std::uint64_t a, std::uint64_t b) {
                       const int x = std::popcount(graph.faces[a].split);
                       const int y = std::popcount(graph.faces[b].split);
                       return x != y ? x < y : a < b;
                     });
    for (std::size_t i = most; i < entries.size(); ++i) keeps[entries[i]] = 0;
  }
  const auto is_kept = [&](std::size_t v, std::uint64_t e) {
    if (keeps[e] != 0) return true;
    const std::uint32_t w = graph.neighbors[e];
    const auto row = graph.row(w);
    const auto back = std::lower_bound(row.begin(), row.end(), v) - row.begin();
    return keeps[graph.offsets[w] + static_cast<std::uint64_t>(back)] != 0;
  };
  AdjacencyGraph kept{std::move(graph.nodes), std::move(graph.parents), {0}, {}, {}};
  for (std::size_t v = 0; v + 1 < graph.offsets.size(); ++v) {
    for (std::uint64_t e = graph.offsets[v]; e < graph.offsets[v + 1]; ++e) {
      if (is_kept(v, e)) {
        kept.neighbors.push_back(graph.neighbors[e]);
        kept.faces.push_back(graph.faces[e]);
      } else if (graph.neighbors[e] > v) {
        dropped.emplace_back(e, static_cast<std::uint32_t>(v));
      }
    }
    kept.offsets.push_back(kept.neighbors.size());
  }
  for (auto& [entry, vertex] : dropped) {
    // What is left of an edge that goes: its ends and how many axes part them.
    const std::uint64_t split = static_cast<std::uint64_t>(std::popcount(graph.faces[entry].split));
    entry = split << 32 | graph.neighbors[entry];
  }
  graph = std::move(kept);
}

}  // namespace

AdjacencyHierarchy::AdjacencyHierarchy(const MidpointTopology& tree, const Config& config)
    : dimension_(tree.dimension()) {
  const bool canopy = config.vertices == AdjacencyVertices::canopy;
  const bool dual = config.method == AdjacencyMethod::dual_tree;
  if (config.last_level < 0)
    throw invalid_input("last level of an adjacency hierarchy is " + std::to_string(config.last_level) +
                        ", expected at least 0");
  if (dual && (canopy || config.most_neighbors != 0))
    throw unsupported("the dual tree makes whole levels of their own boxes: neither canopies nor a cap");
  if (tree.levels() == 0) return;

  AdjacencyGraph root{{0}, {}, {0, 0}, {}, {}};
  graphs_.push_back(std::move(root));
  statistics_.push_back({.vertices = 1, .visits = 0});
  std::vector<std::uint32_t> places(static_cast<std::size_t>(dimension_), 0);
  std::vector<std::pair<std::uint64_t, std::uint32_t>> dropped;  // of the level above
  const auto nodes = tree.nodes();
  for (int level = 1; level <= config.last_level; ++level) {
    AdjacencyGraph& above = graphs_.back();
    AdjacencyGraph graph;
    if (!descend(tree, above, canopy, graph)) break;
    AdjacencyLevel sums{.vertices = graph.size(), .expected_edges = expected_edges(tree, above, canopy)};
    const ExpansionCounts counts =
        dual ? neighbor_graph::expand_dual_tree(tree, above, graph, places, level, config.most_edges, config.executor)
             : neighbor_graph::expand(above, graph, QodePolicy{nodes, &above, &graph}, level, config.most_edges,
                                      config.executor);
    sums.visits = counts.visits;
    sums.operations = counts.operations;
    if (config.most_neighbors != 0) {
      // Edges dropped above would have had children; those that they in turn lack grow as the others did.
      const AdjacencyLevel& before = statistics_.back();
      const double inherited = static_cast<double>(graph.edges()) - sibling_pairs(above, graph);
      const double growth = before.edges == 0 ? 0 : inherited / static_cast<double>(before.edges);
      sums.left_out = growth * (before.left_out - static_cast<double>(before.dropped));
      for (const auto& [end, vertex] : dropped) {
        const PartitionNode& a = nodes[above.nodes[vertex]];
        const PartitionNode& b = nodes[above.nodes[static_cast<std::uint32_t>(end)]];
        const int split = static_cast<int>(end >> 32);
        const double one = a.is_leaf() ? (canopy ? 1.0 : 0.0) : expected_pairs(a.children, 1, 0);
        const double other = b.is_leaf() ? (canopy ? 1.0 : 0.0) : expected_pairs(b.children, 1, 0);
        const int halvings = (a.is_leaf() ? 0 : split) + (b.is_leaf() ? 0 : split);
        sums.left_out += one * other / static_cast<double>(std::uint64_t{1} << std::min(halvings, 63));
      }
      dropped.clear();
      cap_rows(graph, config.most_neighbors, dropped);
      sums.dropped = dropped.size();
      sums.left_out += static_cast<double>(dropped.size());
    }
    sums.edges = graph.edges();
    statistics_.push_back(sums);
    if (!config.keep_levels) above = {};
    if (!config.keep_faces) above.faces = {};
    graphs_.push_back(std::move(graph));
  }
  if (!config.keep_faces) graphs_.back().faces = {};
}

std::size_t AdjacencyHierarchy::bytes() const noexcept {
  return std::accumulate(graphs_.begin(), graphs_.end(), std::size_t{0},
                         [](std::size_t sum, const AdjacencyGraph& graph) { return sum + graph.bytes(); });
}

}  // namespace coppice
