// Pairs of children are compared axis by axis, as whoever knows only where boxes lie would do it.
#include "adjacency_dual_tree.hpp"

namespace coppice::neighbor_graph {
namespace {

/// The face of two boxes of one level at these places; false: they do not touch.
bool touch(const std::uint32_t* a, const std::uint32_t* b, int dimension, FaceQode& face, std::uint64_t& operations) {
  face = {};
  for (int i = 0; i < dimension; ++i) {
    ++operations;
    if (a[i] == b[i]) continue;
    const Qode axis = Qode{1} << i;
    face.split |= axis;
    if (a[i] + 1 == b[i])
      face.side |= axis;
    else if (b[i] + 1 != a[i])
      return false;
  }
  return true;
}

}  // namespace

ExpansionCounts expand_dual_tree(const MidpointTopology& tree, const AdjacencyGraph& above, AdjacencyGraph& graph,
                                 std::vector<std::uint32_t>& places, int level, std::uint64_t most_edges,
                                 const Executor& executor) {
  const auto dimension = static_cast<std::size_t>(tree.dimension());
  const auto nodes = tree.nodes();
  std::vector<std::uint32_t> finer(graph.size() * dimension);
  executor.for_each_chunk(graph.size(), 4096, [&](std::size_t first, std::size_t last) {
    for (std::size_t v = first; v < last; ++v)
      for (std::size_t i = 0; i < dimension; ++i)
        finer[v * dimension + i] = places[graph.parents[v] * dimension + i] * 2 +
                                   static_cast<std::uint32_t>(nodes[graph.nodes[v]].qode >> i & 1);
  });
  places.swap(finer);

  struct Made {
    std::vector<std::uint32_t> ends;
    std::vector<FaceQode> faces;
    ExpansionCounts counts;
  };
  const std::vector<std::uint32_t> kids = children_of(above, graph);
  std::vector<Made> made((above.size() + vertex_grain - 1) / vertex_grain);
  UpperRows upper;
  upper.offsets.assign(graph.size() + 1, 0);
  executor.for_each_chunk(above.size(), vertex_grain, [&](std::size_t first, std::size_t last) {
    Made& own = made[first / vertex_grain];
    for (std::size_t v = first; v < last; ++v)
      for (std::uint32_t kid = kids[v]; kid < kids[v + 1]; ++kid) {
        const auto test_all = [&](std::uint32_t begin, std::uint32_t end) {
          for (std::uint32_t other = begin; other < end; ++other) {
            FaceQode face;
            ++own.counts.visits;
            if (!touch(&places[kid * dimension], &places[other * dimension], tree.dimension(), face,
                       own.counts.operations))
              continue;
            own.ends.push_back(other);
            own.faces.push_back(face);
            ++upper.offsets[kid + 1];
          }
        };
        ++own.counts.visits;
        test_all(kid + 1, kids[v + 1]);
        for (std::uint64_t e = upper_begin(above, v); e < above.offsets[v + 1]; ++e)
          test_all(kids[above.neighbors[e]], kids[above.neighbors[e] + 1]);
      }
  });
  for (std::size_t v = 0; v < graph.size(); ++v) upper.offsets[v + 1] += upper.offsets[v];
  refuse_edges(level, upper.offsets.back(), most_edges);
  ExpansionCounts sum;
  for (Made& own : made) {
    upper.ends.insert(upper.ends.end(), own.ends.begin(), own.ends.end());
    upper.faces.insert(upper.faces.end(), own.faces.begin(), own.faces.end());
    sum.visits += own.counts.visits;
    sum.operations += own.counts.operations;
    own = {};
  }
  symmetrize(upper, graph);
  return sum;
}

}  // namespace coppice::neighbor_graph
