// What searches see of an Octree: the Hierarchy of one moment. The traversals themselves are those of query/.
#pragma once

#include <algorithm>

#include "coppice/index/octree/node.hpp"
#include "coppice/query/child_boxes.hpp"
#include "coppice/query/hierarchy.hpp"
#include "coppice/storage/prefetch.hpp"

namespace coppice::octree {

/// The tree at one moment.
template <class S, int Dim>
class TreeView {
 public:
  using Scalar = S;
  using Node = octree::Node<S, Dim>;
  static constexpr int compiled_dimension = Dim;

  storage::ArenaView<sizeof(Node)> nodes;
  storage::RunView<Leaf<S, Dim>::unit_bytes> leaves;
  Handle anchor = none;

  [[nodiscard]] int dimension() const { return Dim; }
  [[nodiscard]] query::Child root() const { return child(node({anchor, 0, false}), 0); }
  [[nodiscard]] const Node& node(query::Child c) const { return *reinterpret_cast<const Node*>(nodes[c.handle]); }
  [[nodiscard]] int children(const Node&) const { return fan_out; }
  [[nodiscard]] query::Child child(const Node& node, int s) const {
    const Handle h = node.child[s];
    return {h & ~leaf_bit, node.count[s], (h & leaf_bit) != 0};
  }
  [[nodiscard]] std::uint32_t points(query::Child leaf) const { return leaf.filling; }
  [[nodiscard]] query::LeafEights<S, Dim> block(query::Child c) const {
    return {reinterpret_cast<const S*>(leaves.coordinates(c.handle)), leaves.ids(c.handle),
            static_cast<int>(c.filling)};
  }
  template <class T>
  [[nodiscard]] query::ChildBoxes<T, S> boxes(const Node& node) const {
    return {node.box[0], node.cell.center};
  }
  [[nodiscard]] const S* key(const S* point) const { return point; }
  /// The child of a point's octant; the others lie beyond one of the planes through the center.
  template <class T>
  [[nodiscard]] query::Home<S> home(const Node& node, const S* point) const {
    S least = std::numeric_limits<S>::infinity();
    int octant = 0;
    for (int a = 0; a < Dim; ++a) {
      const S gap = point[a] - node.cell.center[a];
      octant |= (gap >= 0) << a;
      least = gap * gap < least ? gap * gap : least;
    }
    return {node.slot[octant], least};
  }
  /// What a distance needs: the boxes of a node, the coordinates of a leaf.
  void prefetch(query::Child c) const {
    if (c.is_leaf)
      storage::prefetch_lines(leaves.coordinates(c.handle), c.filling * Dim * sizeof(S));
    else
      storage::prefetch_lines(nodes[c.handle], sizeof(Node));
  }
  /// What a test of one axis needs.
  void prefetch_axis(query::Child leaf, int axis) const {
    const query::LeafEights<S, Dim> block = this->block(leaf);
    for (int i = 0; i < block.count(); i += simd::lanes) storage::prefetch_far(block.eight(axis, i));
  }
  void prefetch_ids(query::Child leaf) const { leaves.ids(leaf.handle).prefetch(0); }
};

}  // namespace coppice::octree
