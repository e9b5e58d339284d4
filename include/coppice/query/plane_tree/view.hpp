// What searches see of a KdTree or a MultiwayTree: the Hierarchy of one moment. The traversals themselves are those of
// query/.
#pragma once

#include <algorithm>
#include <bit>

#include "coppice/query/child_boxes.hpp"
#include "coppice/query/hierarchy.hpp"
#include "coppice/query/kernels.hpp"
#include "coppice/query/plane_tree/node.hpp"
#include "coppice/query/plane_tree/routing.hpp"
#include "coppice/storage/prefetch.hpp"

namespace coppice::plane_tree {

/// The tree at one moment.
template <class S, int Width>
class TreeView {
 public:
  using Scalar = S;
  using Node = plane_tree::Node<S, Width>;
  static constexpr int compiled_dimension = Width;
  static constexpr std::size_t node_bytes = Width == 0 ? 0 : Node::bytes_for(Width);

  storage::ArenaView<node_bytes> nodes;
  storage::ArenaView<0> leaves;
  Handle root_node = none;
  int real_dimension = Width;
  bool wide_ids = false;
  const S* origin = nullptr;

  [[nodiscard]] int dimension() const { return real_dimension; }
  /// Axes of a record.
  [[nodiscard]] int stored_dimension() const { return Width != 0 ? Width : real_dimension; }
  [[nodiscard]] query::Child root() const { return {root_node, 0, false}; }
  [[nodiscard]] const Node& node(query::Child c) const { return *reinterpret_cast<const Node*>(nodes[c.handle]); }
  [[nodiscard]] int children(const Node& node) const { return node.children; }
  [[nodiscard]] query::Child child(const Node& node, int s) const {
    const Handle h = node.child[s];
    return {h & ~leaf_bit, node.taken[s], (h & leaf_bit) != 0};
  }
  /// Of a leaf.
  [[nodiscard]] std::uint32_t points(query::Child c) const {
    return static_cast<std::uint32_t>(std::popcount(c.filling));
  }
  [[nodiscard]] query::LeafBlock<S> block(query::Child c) const {
    const Leaf<S> leaf(leaves[c.handle], stored_dimension(), wide_ids);
    return {leaf.coordinates, leaf_capacity, leaf.ids, c.filling};
  }
  template <class T>
  [[nodiscard]] query::ChildBoxes<T, S> boxes(const Node& node) const {
    return {node.bounds(0), origin};
  }
  [[nodiscard]] RoutingKey<S, Width> key(const S* point) const { return {point, real_dimension, 0}; }
  template <class T>
  [[nodiscard]] query::Home<S> home(const Node& node, const RoutingKey<S, Width>& key) const {
    return route_home<T>(node, key, stored_dimension());
  }
  /// What a distance needs: the boxes of a node, the coordinates of a leaf.
  void prefetch(query::Child c) const {
    if (!c.is_leaf) {
      storage::prefetch_lines(nodes[c.handle], Node::bytes_for(stored_dimension()));
    } else if constexpr (Width != 0) {
      storage::prefetch_lines(leaves[c.handle], coordinate_bytes());
    } else {  // only what is filled, and of many axes the first, which mostly decide
      constexpr int most_axes = 8;
      for (int axis = 0; axis < std::min(stored_dimension(), most_axes); ++axis) prefetch_axis(c, axis);
    }
  }
  /// What a test of one axis needs.
  void prefetch_axis(query::Child leaf, int axis) const {
    storage::prefetch_lines(leaves[leaf.handle] + static_cast<std::size_t>(axis) * leaf_capacity * sizeof(S),
                            places(leaf) * sizeof(S));
  }
  void prefetch_ids(query::Child leaf) const {
    storage::prefetch_lines(leaves[leaf.handle] + coordinate_bytes(),
                            places(leaf) * storage::IdArray::bytes_each(wide_ids));
  }

 private:
  [[nodiscard]] static std::size_t places(query::Child leaf) {
    return static_cast<std::size_t>(std::bit_width(leaf.filling));
  }
  [[nodiscard]] std::size_t coordinate_bytes() const { return Leaf<S>::coordinate_bytes(stored_dimension()); }
};

/// The compiled searches of a width for the instruction set in use.
template <class S, int Width>
[[nodiscard]] const SearchKernels<S>& search_kernels();

}  // namespace coppice::plane_tree
