// One point at a time: down to the octant it belongs to, or up from the one it left; the shape follows (shape.hpp).
// Source: pull-up and push-down as in Ellendula & Bajaj (Self-Balancing, Memory Efficient, Dynamic Metric Space Data
// Maintenance, for Rapid Multi-Kernel Estimation), section 3.2. Cells of all of space take the place of root expansion:
// the root is whatever cell the points need.
#pragma once

#include <algorithm>
#include <bit>

#include "coppice/index/octree/shape.hpp"

namespace coppice::octree {

template <class S, int Dim>
void Tree<S, Dim>::insert(const S* point, point_id id) {
  begin_write();
  if (id > storage::largest_narrow_id && !records_->leaves.has_wide_ids()) widen_ids();
  insert_below(anchor_, 0, point, id);
  ++size_;
  end_write();
}

/// Adds a point to the subtree in slot s of x. Requires: it belongs there.
template <class S, int Dim>
void Tree<S, Dim>::insert_below(Handle x, int s, const S* point, point_id id) {
  for (;;) {
    const Node& n = node(x);
    if (n.is_leaf(s)) break;
    const Node& below = node(n.child[s]);
    if (!below.cell.holds(point)) {
      x = part_from(own_path(x), s, point);
      s = node(x).slot_of(point);
      break;
    }
    x = n.child[s];
    s = below.slot_of(point);
  }
  put(own_path(x), s, point, id);
}

/// Puts a node between x and its child in slot s, of the smallest cell around the child's and the point. Returns it.
template <class S, int Dim>
Handle Tree<S, Dim>::part_from(Handle x, int s, const S* point) {
  Node& n = node(x);
  const Handle child = n.child[s];
  const Cell& inner = node(child).cell;
  // Any point of the child's cell stands for it: the smallest cell around both holds all of it.
  Extent both;
  for (std::size_t a = 0; a < Dim; ++a) {
    both.lower[a] = std::min(point[a], inner.center[a]);
    both.upper[a] = std::max(point[a], inner.center[a]);
  }
  const Handle between = new_node(smallest_cell<S, Dim>(both.lower.data(), both.upper.data()));
  Node& m = node(between);
  // The child has its octant to itself; the others are halves of halves without points.
  const int octant = m.cell.part(inner.center);
  for (int o = 0; o < Node::octants; ++o)
    m.slot[o] =
        static_cast<std::uint8_t>(o == octant ? o : o & ~(std::bit_floor(static_cast<unsigned>(o ^ octant)) - 1));
  attach(between, octant, {child, 0, 0, extent_of(node(child))});
  recount(between);
  n.child[s] = between;
  cold(between).parent = link_of(x, s);
  // The box that x keeps for the slot must hold the new node's, which its center rounds in another way.
  const Extent rounded = extent_of(m);
  if (grow_box(n, s, rounded.lower.data(), rounded.upper.data())) grow_box_above(x, box_of(n, s));
  return between;
}

/// Adds a point to the leaf in slot s of x. Requires: x is the writer's own.
template <class S, int Dim>
void Tree<S, Dim>::put(Handle x, int s, const S* point, point_id id) {
  Node& n = node(x);
  const std::uint32_t i = n.count[s];
  if (i >= most_ && (i == most_ || !is_one_cell(n, s, point))) {
    expand(x, s, point, id);
    return;
  }
  if (i == units_of(n.room[s]) * storage::unit_points)
    move_leaf(x, s, room_for(i + 1));
  else
    own_leaf(x, s);
  const Leaf l = leaf(n, s);
  l.set(i, point);
  l.ids.set(i, id);
  locations_.assign(id, location_of(n.child[s] & ~leaf_bit, i));
  n.count[s] = i + 1;
  ++n.points;
  grow_path(link_of(x, s), point);
}

// ----------------------------------------------------------------------------------------------------------- erase

template <class S, int Dim>
bool Tree<S, Dim>::erase(point_id id) {
  const std::uint32_t location = locations_.find(id);
  if (location == IdMap::absent) return false;
  begin_write();
  erase_at(location);
  locations_.erase(id);
  --size_;
  end_write();
  return true;
}

/// Takes the point at a location out of its leaf, and what becomes of the tree.
template <class S, int Dim>
void Tree<S, Dim>::erase_at(std::uint32_t location) {
  const std::uint32_t link = unit_cold(location / storage::unit_points).parent;
  const Handle x = own_path(link >> 3);
  take(x, static_cast<int>(link & 7), location);
  settle(x, static_cast<int>(link & 7));
}

/// Puts the last point of a leaf in the place of another one. Requires: x is the writer's own.
template <class S, int Dim>
[[gnu::always_inline]] inline void Tree<S, Dim>::take(Handle x, int s, std::uint32_t location) {
  Node& n = node(x);
  const std::uint32_t i = location - location_of(n.child[s] & ~leaf_bit, 0);
  own_leaf(x, s);
  const Handle first = n.child[s] & ~leaf_bit;
  const std::uint32_t last = --n.count[s];
  --n.points;
  if (i != last) {
    const Leaf l = leaf(first);
    for (int a = 0; a < Dim; ++a) l.at(i, a) = l.at(last, a);
    const point_id moved = l.ids[last];
    l.ids.set(i, moved);
    locations_.relocate(moved, location_of(first, i));
  }
  if (last == 0) {
    release_leaf(first, n.room[s]);
    set_empty(n, s);
  } else if (last * 2 <= (units_of(n.room[s]) - 1) * storage::unit_points) {
    move_leaf(x, s, room_for(last));
  }
}

// ------------------------------------------------------------------------------------------------------------ move

template <class S, int Dim>
void Tree<S, Dim>::move(point_id id, const S* point) {
  begin_write();
  const std::uint32_t location = locations_.find(id);
  if (stays(location, point))
    grow_path(write_inside(location, point), point);
  else
    move_out(location, id, point);
  end_write();
}

/// Whether a new place still belongs to the leaf of the point at a location. A leaf that holds more than αK because its
/// points are one must be looked at again when one of them goes its own way.
template <class S, int Dim>
[[gnu::always_inline]] inline bool Tree<S, Dim>::stays(std::uint32_t location, const S* point) const {
  const std::uint32_t link = unit_cold(location / storage::unit_points).parent;
  const Node& n = node(link >> 3);
  const auto s = static_cast<int>(link & 7);
  return n.count[s] <= most_ && (link >> 3 == anchor_ || (n.slot_of(point) == s && n.cell.holds(point)));
}

/// Writes the coordinates of a point at a location; returns the link of its leaf, whose box is left to the caller.
template <class S, int Dim>
[[gnu::always_inline]] inline std::uint32_t Tree<S, Dim>::write_inside(std::uint32_t location, const S* point) {
  Handle unit = location / storage::unit_points;
  if (sharing_) {
    const std::uint32_t link = unit_cold(unit).parent;
    const auto s = static_cast<int>(link & 7);
    const Handle offset = unit - (node(link >> 3).child[s] & ~leaf_bit);
    const Handle x = own_path(link >> 3);
    own_leaf(x, s);
    unit = (node(x).child[s] & ~leaf_bit) + offset;
  }
  leaf(unit).set(location % storage::unit_points, point);
  return unit_cold(unit).parent;
}

/// Takes a point up to the nearest cell that holds its new place, and down from there.
template <class S, int Dim>
void Tree<S, Dim>::move_out(std::uint32_t location, point_id id, const S* point) {
  const std::uint32_t link = unit_cold(location / storage::unit_points).parent;
  const Handle x = own_path(link >> 3);
  const auto s = static_cast<int>(link & 7);
  take(x, s, location);
  Handle y = x;
  while (y != anchor_ && !node(y).cell.holds(point)) y = cold(y).parent >> 3;
  insert_below(y, y == anchor_ ? 0 : node(y).slot_of(point), point, id);
  settle(x, node(x).slot[s]);
}

}  // namespace coppice::octree
