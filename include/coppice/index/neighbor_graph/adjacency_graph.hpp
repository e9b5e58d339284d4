// A graph over the boxes of one level of a partition: which of them touch. Plain compressed rows, so that whoever
// computes with boxes (multipole methods, N-body sums, smoothing) can stand on it without knowing how it was made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "coppice/index/neighbor_graph/partition_tree.hpp"
#include "coppice/index/neighbor_graph/qode.hpp"

namespace coppice {

/// Boxes that touch (Iliopoulos 2020, Definition 3.4). Vertices are numbered from 0 in the order of the points, rows
/// are symmetric, sorted and without the vertex itself.
struct AdjacencyGraph {
  std::vector<std::uint32_t> nodes;       ///< of the tree, a vertex
  std::vector<std::uint32_t> parents;     ///< a vertex of the level above each; empty at the root
  std::vector<std::uint64_t> offsets{0};  ///< row v is [offsets[v], offsets[v + 1])
  std::vector<std::uint32_t> neighbors;   ///< vertices
  /// The shared face, beside each neighbour and as seen from the row's box: for boxes of one level the neighbour is at
  /// +1 along the axes of `side`, at −1 along the others of `split`, and at 0 along the rest.
  std::vector<FaceQode> faces;

  [[nodiscard]] std::size_t size() const noexcept { return nodes.size(); }
  /// Pairs, each counted once.
  [[nodiscard]] std::size_t edges() const noexcept { return neighbors.size() / 2; }
  [[nodiscard]] std::span<const std::uint32_t> row(std::size_t vertex) const noexcept {
    return std::span(neighbors).subspan(offsets[vertex], offsets[vertex + 1] - offsets[vertex]);
  }
  [[nodiscard]] std::span<const FaceQode> row_faces(std::size_t vertex) const noexcept {
    return std::span(faces).subspan(offsets[vertex], offsets[vertex + 1] - offsets[vertex]);
  }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return (nodes.size() + parents.size() + neighbors.size()) * sizeof(std::uint32_t) +
           offsets.size() * sizeof(std::uint64_t) + faces.size() * sizeof(FaceQode);
  }
  friend bool operator==(const AdjacencyGraph&, const AdjacencyGraph&) = default;
};

/// Lists of vertices, one a vertex: row v is [offsets[v], offsets[v + 1]), sorted.
struct VertexLists {
  std::vector<std::uint64_t> offsets{0};
  std::vector<std::uint32_t> vertices;

  [[nodiscard]] std::size_t size() const noexcept { return offsets.size() - 1; }
  [[nodiscard]] std::span<const std::uint32_t> row(std::size_t vertex) const noexcept {
    return std::span(vertices).subspan(offsets[vertex], offsets[vertex + 1] - offsets[vertex]);
  }
};

/// The children of every vertex of `above` among the vertices of `graph`, the level below it: those of vertex v are
/// [first[v], first[v + 1]). Complexity: O(vertices).
[[nodiscard]] std::vector<std::uint32_t> children_of(const AdjacencyGraph& above, const AdjacencyGraph& graph);

/// The interaction list of every vertex of `graph` (§3.2.2): boxes whose parents touch its parent and that do not touch
/// it themselves. Far enough from it to be approximated, and not yet dealt with a level above: over the levels of a
/// hierarchy over canopies, every pair of points is in exactly one of these lists, or in leaves that are one or touch.
/// Requires: neither level capped. Complexity: O(lists and rows).
[[nodiscard]] VertexLists far_neighbors(const AdjacencyGraph& above, const AdjacencyGraph& graph);

/// Sums of a level that its searches depend on.
struct AdjacencyMeasures {
  std::size_t expansion = 0;       ///< c_a: the most boxes in one row, the box itself included
  double mean_expansion = 0;       ///< the same on average
  std::size_t mass = 0;            ///< c_m: the most points in one box
  std::size_t neighborhood = 0;    ///< the most points in a box and its row
  double effective_dimension = 0;  ///< log3 c_a: the dimension of a full grid with such rows
};

[[nodiscard]] AdjacencyMeasures measure(const PartitionTopology& tree, const AdjacencyGraph& graph);

}  // namespace coppice
