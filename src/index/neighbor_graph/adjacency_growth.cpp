// Theorem 3.2, and the truth that it estimates.
#include "coppice/index/neighbor_graph/adjacency_growth.hpp"

#include <cmath>

#include "adjacency_expand.hpp"

namespace coppice {
namespace {

/// How many vertices of the next level come of this one.
std::uint32_t continued(const PartitionNode& node, bool canopy) {
  return node.is_leaf() && canopy ? 1 : node.children;
}

/// What is expected of one end of a pair: a leaf goes on for certain, a child touches with 2^−split.
double expected_end(const PartitionNode& node, int split, bool canopy) {
  return node.is_leaf() ? (canopy ? 1.0 : 0.0) : std::ldexp(static_cast<double>(node.children), -split);
}

std::uint64_t touching(const MidpointTopology& tree, const PartitionNode& node, FaceQode face, bool canopy) {
  if (node.is_leaf()) return canopy ? 1 : 0;
  std::uint64_t count = 0;
  for (const PartitionNode& child : tree.nodes().subspan(node.first_child, node.children))
    count += face.touched_by(child.qode) ? 1 : 0;
  return count;
}

}  // namespace

double touching_probability(std::uint32_t children, int split, std::uint32_t touching) {
  if (touching > children) return 0;
  const double p = std::ldexp(1.0, -split);
  if (p == 1) return touching == children ? 1 : 0;
  const double n = children;
  const double k = touching;
  return std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) + k * std::log(p) +
                  (n - k) * std::log1p(-p));
}

double expected_pairs(std::uint32_t children, std::uint32_t others, int split) noexcept {
  return std::ldexp(static_cast<double>(children) * static_cast<double>(others), -2 * split);
}

double expected_edges(const MidpointTopology& tree, const AdjacencyGraph& graph, bool canopy) {
  const auto nodes = tree.nodes();
  double sum = 0;
  for (std::size_t v = 0; v < graph.size(); ++v) {
    const PartitionNode& node = nodes[graph.nodes[v]];
    const auto c = static_cast<double>(continued(node, canopy));
    sum += c * (c - 1) / 2;
    for (std::uint64_t e = neighbor_graph::upper_begin(graph, v); e < graph.offsets[v + 1]; ++e) {
      const int split = std::popcount(graph.faces[e].split);
      sum += expected_end(node, split, canopy) * expected_end(nodes[graph.nodes[graph.neighbors[e]]], split, canopy);
    }
  }
  return sum;
}

std::uint64_t edges_below(const MidpointTopology& tree, const AdjacencyGraph& graph, bool canopy) {
  const auto nodes = tree.nodes();
  std::uint64_t sum = 0;
  for (std::size_t v = 0; v < graph.size(); ++v) {
    const PartitionNode& node = nodes[graph.nodes[v]];
    const std::uint64_t c = continued(node, canopy);
    sum += c * (c - 1) / 2;
    for (std::uint64_t e = neighbor_graph::upper_begin(graph, v); e < graph.offsets[v + 1]; ++e)
      sum += touching(tree, node, graph.faces[e], canopy) *
             touching(tree, nodes[graph.nodes[graph.neighbors[e]]], graph.faces[e].reversed(), canopy);
  }
  return sum;
}

}  // namespace coppice
