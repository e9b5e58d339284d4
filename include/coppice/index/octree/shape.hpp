// How an Octree keeps its shape: leaves that expand, halves and nodes that contract, only children that move up, and
// the same for all of the tree when K and α change. Everything happens inside one node and the one above. Source: (K,
// α)-admissibility as in Ellendula & Bajaj (Self-Balancing, Memory Efficient, Dynamic Metric Space Data Maintenance,
// for Rapid Multi-Kernel Estimation), Definition 1, after Chowdhury et al. (J. Chem. Theory Comput. 10, 4449, 2014).
#pragma once

#include <algorithm>

#include "coppice/index/octree/build.hpp"

namespace coppice::octree {

/// Whether a point lies in the same cell of the smallest size as those of an overfull leaf, which all do.
template <class S, int Dim>
bool Tree<S, Dim>::is_one_cell(const Node& n, int s, const S* point) const {
  const Leaf l = leaf(n, s);
  Extent both;
  for (std::size_t a = 0; a < Dim; ++a) {
    const S x = l.at(0, static_cast<int>(a));
    both.lower[a] = std::min(point[a], x);
    both.upper[a] = std::max(point[a], x);
  }
  return !divides(smallest_cell<S, Dim>(both.lower.data(), both.upper.data()));
}

/// Builds leaves of up to K points out of the one in slot s of x, and one point more where `point` is not null.
template <class S, int Dim>
void Tree<S, Dim>::expand(Handle x, int s, const S* point, point_id id) {
  const Node& n = node(x);
  const std::uint32_t count = n.count[s];
  const std::uint32_t all = count + (point != nullptr);
  storage::Columns<S> columns(all, Dim, records_->leaves.has_wide_ids());
  const Leaf l = leaf(n, s);
  for (int a = 0; a < Dim; ++a) {
    S* to = columns.axis(0, a);
    for (std::uint32_t i = 0; i < count; ++i) to[i] = l.at(i, a);
    if (point != nullptr) to[count] = point[a];
  }
  columns.ids(0).copy_from(l.ids, count);
  if (point != nullptr) {
    columns.ids(0).set(count, id);
    locations_.assign(id, 0);
  }
  release_leaf(n.child[s] & ~leaf_bit, n.room[s]);
  Builder<S, Dim>(*this, columns, all).refill(x, s, n.span(s));
  recount(x);
  const std::uint32_t parent = cold(x).parent;
  if (parent != none) {
    const Extent extent = extent_of(n);
    if (grow_box(node(parent >> 3), static_cast<int>(parent & 7), extent.lower.data(), extent.upper.data()))
      grow_box_above(parent >> 3, box_of(node(parent >> 3), static_cast<int>(parent & 7)));
  }
  repairs_.record(all);
}

/// Widens the boxes above node x for one of its children's boxes.
template <class S, int Dim>
void Tree<S, Dim>::grow_box_above(Handle x, Extent below) const {
  for (std::uint32_t link = cold(x).parent; link != none; link = cold(link >> 3).parent) {
    Node& n = node(link >> 3);
    const auto s = static_cast<int>(link & 7);
    if (!grow_box(n, s, below.lower.data(), below.upper.data())) return;
    below = box_of(n, s);
  }
}

/// The only child of a node that is not empty, or −1 where there are several.
template <class S, int Dim>
int only_child(const Node<S, Dim>& n) {
  if (n.nodes > 1 || (n.nodes == 1 && n.points != 0)) return -1;
  for (int s = 0; s < fan_out; ++s)
    if (!n.is_empty(s)) return n.is_leaf(s) && n.count[s] != n.points ? -1 : s;
  return -1;
}

/// After points left the leaf in slot s of x: halves that have become too small share a leaf again, and so do whole
/// nodes, as far up as need be; an only child goes to the node above.
template <class S, int Dim>
[[gnu::always_inline]] inline void Tree<S, Dim>::settle(Handle x, int s) {
  while (x != anchor_) {
    const Node& n = node(x);
    const std::uint32_t link = cold(x).parent;
    if (n.count[s] > least_) return;
    if (n.nodes == 0 && n.points <= least_)
      contract(x);
    else if (const int only = only_child(n); only >= 0)
      lift(x, only);
    else if (const int merged = merge(x, s); merged >= 0) {
      s = merged;
      continue;
    } else
      return;
    x = link >> 3;
    s = static_cast<int>(link & 7);
  }
}

/// Joins the leaf in slot s with that of the other half, where both hold no more than K/α points together. Returns the
/// slot of both, or −1. Requires: x is the writer's own.
template <class S, int Dim>
int Tree<S, Dim>::merge(Handle x, int s) {
  Node& n = node(x);
  const int span = n.span(s);
  const int other = s ^ span;
  if (span == Node::octants || n.slot[other] != other || n.span(other) != span || !n.is_leaf(s) || !n.is_leaf(other) ||
      n.count[s] + n.count[other] > least_)
    return -1;
  const int low = s & ~span;
  const int high = low | span;
  if (n.count[high] != 0) {
    const std::uint32_t before = n.count[low];
    const std::uint32_t count = before + n.count[high];
    if (count > units_of(n.room[low]) * storage::unit_points)
      move_leaf(x, low, room_for(count));
    else
      own_leaf(x, low);
    const Handle first = n.child[low] & ~leaf_bit;
    append(leaf(first), before, leaf(n, high), n.count[high], first);
    n.count[low] = count;
    const Extent box = box_of(n, high);
    (void)grow_box(n, low, box.lower.data(), box.upper.data());
    release_leaf(n.child[high] & ~leaf_bit, n.room[high]);
    set_empty(n, high);
  }
  std::fill_n(n.slot + high, span, static_cast<std::uint8_t>(low));
  return low;
}

/// Copies the points of one leaf behind those of another, whose first unit is `first`.
template <class S, int Dim>
void Tree<S, Dim>::append(const Leaf& to, std::uint32_t at, const Leaf& from, std::uint32_t count, Handle first) {
  S point[Dim];
  for (std::uint32_t i = 0; i < count; ++i, ++at) {
    from.get(i, point);
    to.set(at, point);
    to.ids.set(at, from.ids[i]);
    locations_.relocate(from.ids[i], location_of(first, at));
  }
}

/// Gathers the points of a node's leaves, which are all its children, into one leaf in its place.
template <class S, int Dim>
void Tree<S, Dim>::contract(Handle x) {
  const Node& n = node(x);
  const std::uint32_t link = cold(x).parent;
  Part part{leaf_bit, n.points, room_for(n.points), {}};
  if (n.points != 0) {
    part.extent = extent_of(n);
    part.child |= new_leaf(part.room, link);
  }
  std::uint32_t at = 0;
  for (int s = 0; s < fan_out; ++s) {
    if (n.is_empty(s)) continue;
    const Handle first = part.child & ~leaf_bit;
    append(leaf(first), at, leaf(n, s), n.count[s], first);
    at += n.count[s];
    release_leaf(n.child[s] & ~leaf_bit, n.room[s]);
  }
  hand_up(x, part);
  repairs_.record(at);
}

/// Puts the only child of a node in its place.
template <class S, int Dim>
void Tree<S, Dim>::lift(Handle x, int only) {
  const Node& n = node(x);
  hand_up(x, {n.child[only], n.count[only], n.room[only], box_of(n, only)});
}

/// Puts what is left of a node in its place. The box that the node above keeps for it may be rounded in its own way,
/// and must not become larger than those above know, so it stays unless nothing is left.
template <class S, int Dim>
void Tree<S, Dim>::hand_up(Handle x, const Part& part) {
  const std::uint32_t link = cold(x).parent;
  const Handle above = link >> 3;
  const auto s = static_cast<int>(link & 7);
  Node& n = node(above);
  n.child[s] = part.child;
  n.count[s] = part.count;
  n.room[s] = static_cast<std::uint8_t>(part.room);
  set_link(part.child, part.room, link);
  if (n.is_empty(s)) clear_box(n, s);
  n.points += part.count;
  if (n.is_leaf(s)) --n.nodes;
  release_node(x);
}

/// Leaves that have become too large expand, nodes and halves of nodes that have become too small contract, from below.
template <class S, int Dim>
void Tree<S, Dim>::set_capacity(int capacity, double alpha) {
  config.capacity = capacity;
  config.alpha = alpha;
  set_bounds();
  begin_write();
  anchor_ = own_node(anchor_);
  adapt(anchor_, 0);
  end_write();
}

/// Requires: x is the writer's own.
template <class S, int Dim>
void Tree<S, Dim>::adapt(Handle x, int s) {
  const Node& n = node(x);
  if (n.is_leaf(s)) {
    if (n.count[s] > most_ && divides(smallest_cell_of(n, s))) expand(x, s, nullptr, no_point);
    return;
  }
  const Handle below = own_node(n.child[s]);
  const Node& m = node(below);
  for (int b = 0; b < Node::octants; ++b)
    if (m.slot[b] == b) adapt(below, b);
  if (m.nodes == 0 && m.points <= least_) {
    contract(below);
    return;
  }
  for (int b = 0; b < Node::octants; ++b)
    if (m.slot[b] == b && m.is_leaf(b))
      for (int merged = b; merged >= 0;) merged = merge(below, merged);
}

/// The smallest cell around the points of a leaf.
template <class S, int Dim>
DyadicCell<S, Dim> Tree<S, Dim>::smallest_cell_of(const Node& n, int s) const {
  const Extent extent = leaf_extent(leaf(n, s), n.count[s]);
  return smallest_cell<S, Dim>(extent.lower.data(), extent.upper.data());
}

}  // namespace coppice::octree
