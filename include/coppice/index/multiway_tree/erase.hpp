// Points that leave or move. An erase finds its leaf in the id map and closes the gap with the leaf's last point; then
// the nodes that lost points are looked at from the root down: empty children go, sparse neighbours share a leaf again,
// subtrees that have become small are built lower, and what is out of balance is repaired as after an insert.
#pragma once

#include <algorithm>

#include "coppice/index/multiway_tree/insert.hpp"
#include "coppice/storage/prefetch.hpp"

namespace coppice::multiway_tree {

template <class S, int Width>
void Tree<S, Width>::erase(std::span<const point_id> ids) {
  if (ids.empty()) return;
  begin_write();
  ++batch_;
  constexpr std::size_t to_location = 24, to_leaf = 12;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i + to_location < ids.size()) locations_.prefetch(ids[i + to_location]);
    if (i + to_leaf < ids.size()) {
      const std::uint32_t location = locations_.find(ids[i + to_leaf]);
      storage::prefetch(&leaf_cold(location / leaf_capacity));
      const Leaf<S> l = leaf(location / leaf_capacity);
      constexpr int most_axes = 8;
      for (int a = 0; a < std::min(axes(), most_axes); ++a) storage::prefetch(l.axis(a) + location % leaf_capacity);
    }
    take_out(ids[i]);
  }
  size_ -= ids.size();
  settle(own_node(root_));
  // A root of one node gives way to it.
  while (node(root_).children == 1 && !node(root_).is_leaf(0)) {
    const Handle old = root_;
    root_ = node(old).child[0];
    cold(root_).parent = none;
    release_node(old);
  }
  end_write();
}

/// Takes a point out of its leaf, and counts it out above.
template <class S, int Width>
void Tree<S, Width>::take_out(point_id id) {
  if (sharing_) {
    const Handle shared = locations_.find(id) / leaf_capacity;
    (void)own_path(leaf_cold(shared).parent >> 3);
    (void)own_leaf(shared);
  }
  const std::uint32_t location = locations_.take(id);
  const Handle h = location / leaf_capacity;
  const std::uint32_t slot = location % leaf_capacity;
  const std::uint32_t link = leaf_cold(h).parent;
  std::uint32_t& taken = node(link >> 3).taken[link & 7];
  taken >>= 1;
  const auto last = static_cast<std::uint32_t>(std::popcount(taken));
  if (slot != last) {
    const Leaf<S> l = leaf(h);
    for (int a = 0; a < axes(); ++a) l.axis(a)[slot] = l.axis(a)[last];
    const point_id moved = l.ids[last];
    l.ids.set(slot, moved);
    locations_.relocate(moved, location);
  }
  for (std::uint32_t above = link; above != none; above = cold(above >> 3).parent) {
    NodeCold& c = cold(above >> 3);
    --c.points;
    c.batch = batch_;
  }
}

/// Brings a node that lost points into shape, and those below it. Requires: x is the writer's own.
template <class S, int Width>
void Tree<S, Width>::settle(Handle x) {
  Node& n = node(x);
  Arrivals none_new{};
  if (cold(x).points == 0) {  // only the root gets here
    for (int s = 0; s < n.children; ++s) release_subtree(n.child[s]);
    set_slabs(n, 0, static_cast<const S*>(nullptr), 1);
    attach(x, 0, {new_leaf() | leaf_bit, 0, 0});
    measure(x);
    return;
  }
  for (int s = n.children - 1; s >= 0; --s)
    if (points_below(n, s) == 0) {
      release_subtree(n.child[s]);
      replace(x, s, s, {});
    }
  for (int s = 0; s < n.children; ++s)
    if (!n.is_leaf(s) && points_below(n, s) <= cold(n.child[s]).built / 2) (void)rebuild(x, s, s, 1, none_new);
  merge_leaves(x);
  balance(x, none_new);
  for (int s = 0; s < n.children; ++s) {
    if (n.is_leaf(s) || cold(n.child[s]).batch != batch_) continue;
    settle(n.child[s]);
    lift_only_child(x, s);
  }
  measure(x);
}

/// Neighbouring leaves that are sparse together share one.
template <class S, int Width>
void Tree<S, Width>::merge_leaves(Handle x) {
  constexpr int sparse = leaf_capacity / 4, together = 3 * leaf_capacity / 4;
  Arrivals none_new{};
  const Node& n = node(x);
  for (int s = 0; s + 1 < n.children; ++s) {
    if (!n.is_leaf(s) || !n.is_leaf(s + 1)) continue;
    if (std::min(n.points(s), n.points(s + 1)) > sparse || n.points(s) + n.points(s + 1) > together) continue;
    (void)rebuild(x, s, s + 1, 1, none_new);
    --s;
  }
}

/// Moves a point that the pivots above still lead to its leaf; false, and nothing done, for another.
template <class S, int Width>
bool Tree<S, Width>::move_inside_leaf(point_id id, const S* point) {
  const std::uint32_t location = locations_.find(id);
  Handle h = location / leaf_capacity;
  const plane_tree::RoutingKernels<S, Width>& routing = plane_tree::routing_kernels<S, Width>();
  const Key key(point, dimension_, id);
  for (std::uint32_t link = leaf_cold(h).parent; link != none; link = cold(link >> 3).parent)
    if (routing.route(node(link >> 3), key) != static_cast<int>(link & 7)) return false;
  if (sharing_) {
    (void)own_path(leaf_cold(h).parent >> 3);
    h = own_leaf(h);
  }
  grow_path(leaf_cold(h).parent, point);
  const Leaf<S> l = leaf(h);
  for (int a = 0; a < axes(); ++a) l.axis(a)[location % leaf_capacity] = point[a];
  return true;
}

}  // namespace coppice::multiway_tree
