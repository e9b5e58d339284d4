// How a KdTree shrinks: what empties goes, what is sparse merges with its sibling, an only child takes its parent's
// place.
#pragma once

#include "coppice/index/kd_tree/places.hpp"
#include "coppice/index/kd_tree/planes.hpp"

namespace coppice::kd_tree {

/// A leaf that falls to this many points looks for a sibling to merge with; together they may fill three quarters.
inline constexpr int sparse_leaf = leaf_capacity / 4;
inline constexpr int merged_leaf = leaf_capacity * 3 / 4;
/// A node with this few children looks for a sibling; together they may have six children.
inline constexpr int sparse_node = 3;
inline constexpr int merged_node = 6;

/// Merges leaf slot `s` into its sibling where both are sparse, and takes an empty one out; returns whether the node
/// lost it. Counts above are left to the caller. Requires: the node is the writer's own and has several children.
template <class S, int Width>
bool Tree<S, Width>::merge_leaf(Handle x, int s) {
  Node& n = node(x);
  const int points = n.points(s);
  if (points > sparse_leaf) return false;
  if (points != 0) {
    int plane = 0;
    const int t = sibling(n, s, plane);
    if (t < 0 || !n.is_leaf(t) || points + n.points(t) > merged_leaf) return false;
    const Leaf<S> from = leaf(n.child[s] & ~leaf_bit);
    const Handle into = own_leaf(n.child[t] & ~leaf_bit);
    const Leaf<S> to = leaf(into);
    close_holes(into, n.taken[t]);
    for (std::uint32_t left = n.taken[s]; left != 0; left &= left - 1) {
      const int i = std::countr_zero(left);
      const int slot = free_place(n.taken[t]);
      n.taken[t] |= 1u << slot;
      for (int a = 0; a < axes(); ++a) to.axis(a)[slot] = from.axis(a)[i];
      const point_id id = from.ids[static_cast<std::size_t>(i)];
      to.ids.set(static_cast<std::size_t>(slot), id);
      locations_.relocate(id, location_of(into, slot));
    }
    leaf_box(n, t);
  }
  release_leaf(n.child[s] & ~leaf_bit);
  remove_child(x, s);
  return true;
}

/// Merges node slot `s` with its sibling where both are sparse; returns whether it did. Requires: the node above is
/// the writer's own.
template <class S, int Width>
bool Tree<S, Width>::merge_node(Handle p, int s) {
  const Node& up = node(p);
  const int children = node(up.child[s]).children;
  if (children > sparse_node) return false;
  int plane = 0;
  const int t = sibling(up, s, plane);
  if (t < 0 || up.is_leaf(t) || children + node(up.child[t]).children > merged_node) return false;
  merge_nodes(p, s, t, plane);
  return true;
}

/// Called when an erase left few points in leaf slot `s`: drops the leaf when it is empty, or merges it with a sparse
/// sibling. Requires: the node is the writer's own.
template <class S, int Width>
void Tree<S, Width>::leaf_shrunk(Handle x, int s) {
  Node& n = node(x);
  if (n.children == 1) {
    if (n.taken[s] == 0) clear_box(n, s);
    return;
  }
  if (!merge_leaf(x, s)) return;
  add_leaves(x, -1);
  node_shrunk(x);
}

/// Called when a node lost a child: an only child takes its place, and a sparse sibling is merged in.
template <class S, int Width>
void Tree<S, Width>::node_shrunk(Handle x) {
  Node& n = node(x);
  const std::uint32_t parent = cold(x).parent;
  if (n.children == 1) {
    if (parent == none) {
      if (n.is_leaf(0)) {
        cold(x).height = 0;
        return;
      }
      root_ = n.child[0];
      cold(root_).parent = none;
    } else {
      Node& up = node(parent >> 3);
      copy_box(n, 0, up, static_cast<int>(parent & 7));
      set_child(parent >> 3, static_cast<int>(parent & 7), n.child[0], n.taken[0]);
    }
    release_node(x);
    if (parent != none) rebalance(parent >> 3);
    return;
  }
  if (parent != none && merge_node(parent >> 3, static_cast<int>(parent & 7))) {
    node_shrunk(parent >> 3);
    return;
  }
  rebalance(x);
}

/// Merges the nodes in slots s and t of p, which plane `plane` of p separates, into slot s.
template <class S, int Width>
void Tree<S, Width>::merge_nodes(Handle p, int s, int t, int plane) {
  Node& up = node(p);
  const Handle merged = new_node();
  Node& m = node(merged);
  m.split[0] = up.split[plane];
  m.axis[0] = up.axis[plane];
  unsigned used = 1;
  for (const int side : {s, t}) {
    const Handle h = up.child[side];
    move_children(node(h), merged, 1, up.right[side] >> plane & 1, used, m.children);
    cold(merged).leaves += cold(h).leaves;
    release_node(h);
  }
  cold(merged).height = each_plane(m, (1u << m.children) - 1, 0, [](int, Side, Side) {}).height;
  union_box(m, up, s);
  set_child(p, s, merged, 0);
  remove_child(p, t);
}

/// Puts the children of node x in its place in the node above, which has room for them.
template <class S, int Width>
void Tree<S, Width>::dissolve(Handle x) {
  const std::uint32_t link = cold(x).parent;
  Node& up = node(link >> 3);
  const auto s = static_cast<int>(link & 7);
  unsigned used = up.used_planes();
  move_children(node(x), link >> 3, up.need[s], up.right[s], used, s);
  release_node(x);
}

/// Gives node `to` the children of `from` and their planes, all of them below the planes in `need`, on the sides in
/// `right`. The first child goes to slot `first`, the others behind the last. `used`: the planes of `to`.
template <class S, int Width>
void Tree<S, Width>::move_children(const Node& from, Handle to, unsigned need, unsigned right, unsigned& used,
                                   int first) {
  Node& n = node(to);
  int renamed[planes] = {};
  for (unsigned left = from.used_planes(); left != 0; left &= left - 1) {
    const int old_plane = __builtin_ctz(left);
    const int free_plane = __builtin_ctz(~used);
    used |= 1u << free_plane;
    renamed[old_plane] = free_plane;
    n.split[free_plane] = from.split[old_plane];
    n.axis[free_plane] = from.axis[old_plane];
  }
  for (int c = 0; c < from.children; ++c) {
    const int slot = c == 0 && first < n.children ? first : n.children++;
    unsigned needs = need;
    unsigned rights = right;
    for (int j = 0; j < planes; ++j)
      if ((from.need[c] >> j & 1) != 0) {
        needs |= 1u << renamed[j];
        rights |= static_cast<unsigned>(from.right[c] >> j & 1) << renamed[j];
      }
    n.need[slot] = static_cast<std::uint8_t>(needs);
    n.right[slot] = static_cast<std::uint8_t>(rights);
    copy_box(from, c, n, slot);
    set_child(to, slot, from.child[c], from.taken[c]);
  }
}

}  // namespace coppice::kd_tree
