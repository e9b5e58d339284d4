// A level of adjacency from the one above, for any partition: what differs between partitions is how children are
// filtered and what the face of two children is, and that comes as a policy.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "coppice/errors.hpp"
#include "coppice/index/neighbor_graph/adjacency_graph.hpp"
#include "coppice/parallel/executor.hpp"

namespace coppice::neighbor_graph {

struct ExpansionCounts {
  std::uint64_t visits = 0;
  std::uint64_t operations = 0;
};

constexpr std::size_t vertex_grain = 128;

/// Where in row v the neighbours above v begin: pairs are expanded from their lower end.
inline std::uint64_t upper_begin(const AdjacencyGraph& graph, std::size_t vertex) {
  const auto row = graph.row(vertex);
  return graph.offsets[vertex] +
         static_cast<std::uint64_t>(std::upper_bound(row.begin(), row.end(), vertex) - row.begin());
}

/// Pairs (v, w), v < w, in rows of v.
struct UpperRows {
  std::vector<std::uint64_t> offsets;
  std::vector<std::uint32_t> ends;
  std::vector<FaceQode> faces;
};

inline void refuse_edges(int level, std::uint64_t edges, std::uint64_t most) {
  if (edges > most)
    throw invalid_input("level " + std::to_string(level) + " of the adjacency hierarchy has " + std::to_string(edges) +
                        " edges, more than the " + std::to_string(most) + " allowed");
}

/// Turns upper rows into both directions. Rows come out sorted: first the ends below, in the order of their rows, then
/// those above. Complexity: O(vertices + edges).
inline void symmetrize(const UpperRows& upper, AdjacencyGraph& graph) {
  const std::size_t n = graph.nodes.size();
  graph.offsets.assign(n + 1, 0);
  for (const std::uint32_t end : upper.ends) ++graph.offsets[end + 1];
  for (std::size_t v = 0; v < n; ++v)
    graph.offsets[v + 1] += graph.offsets[v] + upper.offsets[v + 1] - upper.offsets[v];
  graph.neighbors.resize(2 * upper.ends.size());
  graph.faces.resize(2 * upper.ends.size());
  std::vector<std::uint64_t> next(graph.offsets.begin(), graph.offsets.end() - 1);
  for (std::size_t v = 0; v < n; ++v) {
    // By now every lower end has put itself into row v: what follows are the upper ones.
    const auto begin = static_cast<std::ptrdiff_t>(upper.offsets[v]);
    const auto end = static_cast<std::ptrdiff_t>(upper.offsets[v + 1]);
    std::copy(upper.ends.begin() + begin, upper.ends.begin() + end,
              graph.neighbors.begin() + static_cast<std::ptrdiff_t>(next[v]));
    std::copy(upper.faces.begin() + begin, upper.faces.begin() + end,
              graph.faces.begin() + static_cast<std::ptrdiff_t>(next[v]));
    for (std::ptrdiff_t e = begin; e < end; ++e) {
      const auto entry = static_cast<std::size_t>(e);
      const std::uint64_t place = next[upper.ends[entry]]++;
      graph.neighbors[place] = static_cast<std::uint32_t>(v);
      graph.faces[place] = upper.faces[entry].reversed();
    }
  }
}

/// Fills rows of `graph`, whose nodes and parents are given, from the level above. A Policy has
///   touches(kid, face)          whether a vertex of `graph`, a child in the pair's lower box, touches the other box
///   touches_other(kid, face)    the same for a child in its upper box
///   tests(parent)               whether the children of this vertex above are tested at all
///   face(kid, other, face)      the face of two children that do; counted with `face_operations`
template <class Policy>
ExpansionCounts expand(const AdjacencyGraph& above, AdjacencyGraph& graph, const Policy& policy, int level,
                       std::uint64_t most_edges, const Executor& executor) {
  const std::vector<std::uint32_t> kids = children_of(above, graph);
  UpperRows upper;
  upper.offsets.assign(graph.size() + 1, 0);
  executor.for_each_chunk(above.size(), vertex_grain, [&](std::size_t first, std::size_t last) {
    for (std::size_t v = first; v < last; ++v) {
      for (std::uint32_t kid = kids[v]; kid < kids[v + 1]; ++kid) upper.offsets[kid + 1] = kids[v + 1] - 1 - kid;
      if (kids[v] == kids[v + 1]) continue;
      for (std::uint64_t e = upper_begin(above, v); e < above.offsets[v + 1]; ++e) {
        const std::uint32_t w = above.neighbors[e];
        const FaceQode face = above.faces[e];
        std::uint64_t others = 0;
        for (std::uint32_t other = kids[w]; other < kids[w + 1]; ++other)
          others += policy.touches_other(other, face) ? 1 : 0;
        if (others == 0) continue;
        for (std::uint32_t kid = kids[v]; kid < kids[v + 1]; ++kid)
          if (policy.touches(kid, face)) upper.offsets[kid + 1] += others;
      }
    }
  });
  for (std::size_t v = 0; v < graph.size(); ++v) upper.offsets[v + 1] += upper.offsets[v];
  refuse_edges(level, upper.offsets.back(), most_edges);
  upper.ends.resize(upper.offsets.back());
  upper.faces.resize(upper.offsets.back());

  std::vector<ExpansionCounts> counts((above.size() + vertex_grain - 1) / vertex_grain);
  executor.for_each_chunk(above.size(), vertex_grain, [&](std::size_t first, std::size_t last) {
    ExpansionCounts& count = counts[first / vertex_grain];
    std::vector<std::uint64_t> next;
    std::vector<std::uint32_t> others;
    for (std::size_t v = first; v < last; ++v) {
      const std::uint32_t begin = kids[v];
      const std::uint32_t end = kids[v + 1];
      count.visits += end - begin;
      if (begin == end) continue;
      next.assign(upper.offsets.begin() + begin, upper.offsets.begin() + end);
      const auto add = [&](std::uint32_t kid, std::uint32_t other, FaceQode face) {
        const std::uint64_t place = next[kid - begin]++;
        upper.ends[place] = other;
        upper.faces[place] = policy.face(kid, other, face);
        ++count.visits;
        count.operations += Policy::face_operations;
      };
      for (std::uint32_t kid = begin; kid < end; ++kid)
        for (std::uint32_t other = kid + 1; other < end; ++other) add(kid, other, FaceQode{});
      for (std::uint64_t e = upper_begin(above, v); e < above.offsets[v + 1]; ++e) {
        const std::uint32_t w = above.neighbors[e];
        const FaceQode face = above.faces[e];
        others.clear();
        for (std::uint32_t other = kids[w]; other < kids[w + 1]; ++other)
          if (policy.touches_other(other, face)) others.push_back(other);
        if (policy.tests(w)) count.operations += Policy::test_operations * (kids[w + 1] - kids[w]);
        if (others.empty()) continue;
        if (policy.tests(static_cast<std::uint32_t>(v))) count.operations += Policy::test_operations * (end - begin);
        for (std::uint32_t kid = begin; kid < end; ++kid)
          if (policy.touches(kid, face))
            for (const std::uint32_t other : others) add(kid, other, face);
      }
    }
  });
  ExpansionCounts sum;
  for (const ExpansionCounts& count : counts) {
    sum.visits += count.visits;
    sum.operations += count.operations;
  }
  symmetrize(upper, graph);
  return sum;
}

}  // namespace coppice::neighbor_graph
