// What a graph of one level and the one above tell together, and its measures.
#include "coppice/index/neighbor_graph/adjacency_graph.hpp"

#include <algorithm>
#include <cmath>

namespace coppice {

std::vector<std::uint32_t> children_of(const AdjacencyGraph& above, const AdjacencyGraph& graph) {
  std::vector<std::uint32_t> first(above.size() + 1, 0);
  for (const std::uint32_t parent : graph.parents) ++first[parent + 1];
  for (std::size_t v = 0; v < above.size(); ++v) first[v + 1] += first[v];
  return first;
}

VertexLists far_neighbors(const AdjacencyGraph& above, const AdjacencyGraph& graph) {
  const std::vector<std::uint32_t> children = children_of(above, graph);
  VertexLists lists;
  lists.offsets.reserve(graph.size() + 1);
  for (std::size_t v = 0; v < graph.parents.size(); ++v) {
    // Both the children of the parent's row and the own row are sorted: what the second lacks is far. (Siblings touch.)
    const auto row = graph.row(v);
    auto near = row.begin();
    for (const std::uint32_t touched : above.row(graph.parents[v]))
      for (std::uint32_t other = children[touched]; other < children[touched + 1]; ++other) {
        near = std::find_if(near, row.end(), [&](std::uint32_t w) { return w >= other; });
        if (near == row.end() || *near != other) lists.vertices.push_back(other);
      }
    lists.offsets.push_back(lists.vertices.size());
  }
  if (lists.size() == 0) lists.offsets.resize(graph.size() + 1, 0);
  return lists;
}

AdjacencyMeasures measure(const PartitionTopology& tree, const AdjacencyGraph& graph) {
  AdjacencyMeasures measures;
  const auto nodes = tree.nodes();
  for (std::size_t v = 0; v < graph.size(); ++v) {
    const std::size_t mass = nodes[graph.nodes[v]].mass();
    std::size_t around = mass;
    for (const std::uint32_t w : graph.row(v)) around += nodes[graph.nodes[w]].mass();
    measures.expansion = std::max(measures.expansion, graph.row(v).size() + 1);
    measures.mass = std::max(measures.mass, mass);
    measures.neighborhood = std::max(measures.neighborhood, around);
  }
  if (graph.size() == 0) return measures;
  measures.mean_expansion = 1 + 2 * static_cast<double>(graph.edges()) / static_cast<double>(graph.size());
  measures.effective_dimension = std::log(static_cast<double>(measures.expansion)) / std::log(3.0);
  return measures;
}

}  // namespace coppice
