// The records of an Octree in the writer's hands: making and releasing them, their boxes, and copy-on-write while
// snapshots live (a record born before the youngest snapshot is copied, with the path above it, instead of written).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "coppice/index/octree/tree.hpp"

namespace coppice::octree {

template <class S, int Dim>
Tree<S, Dim>::Tree(Config settings) : config(std::move(settings)), records_(std::make_shared<Records<S, Dim>>(false)) {
  set_bounds();
  clear();
}

template <class S, int Dim>
void Tree<S, Dim>::set_bounds() {
  const double k = config.capacity;
  most_ = static_cast<std::uint32_t>(std::floor(k * config.alpha));
  least_ = static_cast<std::uint32_t>(std::floor(k / config.alpha));
}

template <class S, int Dim>
void Tree<S, Dim>::clear(bool wide_ids) {
  // Living snapshots keep the old records.
  records_ = std::make_shared<Records<S, Dim>>(wide_ids);
  retired_nodes_.clear();
  retired_leaves_.clear();
  locations_.clear();
  size_ = 0;
  begin_write();
  Cell everything{};
  everything.half = std::numeric_limits<S>::infinity();
  anchor_ = new_node(everything);
  end_write();
}

template <class S, int Dim>
void Tree<S, Dim>::reclaim() {
  const storage::Epoch oldest = records_->epochs->oldest();
  retired_nodes_.reclaim(oldest, [&](Handle h) { records_->nodes.release(h); });
  retired_leaves_.reclaim(oldest, [&](const RetiredLeaf& l) { records_->leaves.release(l.first, units_of(l.room)); });
}

// ------------------------------------------------------------------------------------------------ making, releasing

template <class S, int Dim>
Handle Tree<S, Dim>::new_node(const Cell& cell) {
  const Handle h = records_->nodes.allocate();
  Node& n = node(h);
  std::memset(static_cast<void*>(&n), 0, sizeof n);
  n.cell = cell;
  for (int s = 0; s < fan_out; ++s) set_empty(n, s);
  cold(h) = {none, records_->epochs->current()};
  return h;
}

template <class S, int Dim>
Handle Tree<S, Dim>::new_leaf(int room, std::uint32_t link) {
  const std::uint32_t units = units_of(room);
  const Handle first = records_->leaves.allocate(units);
  for (Handle unit = first; unit < first + units; ++unit) unit_cold(unit) = {link, records_->epochs->current()};
  return first;
}

template <class S, int Dim>
void Tree<S, Dim>::release_node(Handle h) {
  cold(h).parent = none;  // so that a link to it is known to be old
  if (sharing_ && cold(h).birth <= youngest_)
    retired_nodes_.retire(h, records_->epochs->current());
  else
    records_->nodes.release(h);
}

template <class S, int Dim>
void Tree<S, Dim>::release_leaf(Handle first, int room) {
  if (room == 0) return;
  if (sharing_ && unit_cold(first).birth <= youngest_)
    retired_leaves_.retire({first, room}, records_->epochs->current());
  else
    records_->leaves.release(first, units_of(room));
}

template <class S, int Dim>
void Tree<S, Dim>::set_link(Handle child, int room, std::uint32_t link) const {
  if ((child & leaf_bit) == 0)
    cold(child).parent = link;
  else
    for (std::uint32_t u = 0; u < units_of(room); ++u) unit_cold((child & ~leaf_bit) + u).parent = link;
}

/// Hangs a subtree into a slot. The node's own sums are left to `recount`.
template <class S, int Dim>
void Tree<S, Dim>::attach(Handle x, int s, const Part& part) const {
  Node& n = node(x);
  n.child[s] = part.child;
  n.count[s] = part.count;
  n.room[s] = static_cast<std::uint8_t>(part.room);
  set_link(part.child, part.room, link_of(x, s));
  if (n.is_empty(s))
    clear_box(n, s);
  else
    set_box(n, s, part.extent);
}

template <class S, int Dim>
void Tree<S, Dim>::recount(Handle x) const {
  Node& n = node(x);
  n.points = 0;
  n.nodes = 0;
  for (int s = 0; s < fan_out; ++s) {
    n.points += n.count[s];
    n.nodes = static_cast<std::uint8_t>(n.nodes + !n.is_leaf(s));
  }
}

template <class S, int Dim>
void Tree<S, Dim>::set_empty(Node& n, int s) const {
  n.child[s] = leaf_bit;
  n.count[s] = n.room[s] = 0;
  clear_box(n, s);
}

// --------------------------------------------------------------------------------------------------- copy on write

template <class S, int Dim>
Handle Tree<S, Dim>::copy_shared_node(Handle h) {
  const Handle copy = records_->nodes.allocate();
  std::memcpy(static_cast<void*>(&node(copy)), &node(h), sizeof(Node));
  cold(copy) = {cold(h).parent, records_->epochs->current()};
  const Node& n = node(copy);
  for (int s = 0; s < fan_out; ++s) set_link(n.child[s], n.room[s], link_of(copy, s));
  const std::uint32_t parent = cold(copy).parent;
  if (parent == none)
    anchor_ = copy;
  else
    node(parent >> 3).child[parent & 7] = copy;
  release_node(h);
  return copy;
}

template <class S, int Dim>
Handle Tree<S, Dim>::copy_shared_path(Handle h) {
  if (cold(h).parent != none) (void)own_path(cold(h).parent >> 3);  // re-links h to its new parent
  return own_node(h);
}

template <class S, int Dim>
void Tree<S, Dim>::copy_shared_leaf(Handle x, int s) {
  const Node& n = node(x);
  if (n.room[s] != 0 && unit_cold(n.child[s] & ~leaf_bit).birth <= youngest_) move_leaf(x, s, n.room[s]);
}

/// Gives a leaf a run of its own of another length. Requires: the node is the writer's own, and the points fit.
template <class S, int Dim>
void Tree<S, Dim>::move_leaf(Handle x, int s, int room) {
  Node& n = node(x);
  const Handle from = n.child[s] & ~leaf_bit;
  const Handle to = new_leaf(room, link_of(x, s));
  const std::uint32_t used = (n.count[s] + storage::unit_points - 1) / storage::unit_points;
  if (used != 0) {
    std::memcpy(leaf(to).coordinates, leaf(from).coordinates, used * Leaf::unit_bytes);
    leaf(to).ids.copy_from(leaf(from).ids, n.count[s]);
  }
  for (std::uint32_t i = 0; i < n.count[s]; ++i) locations_.relocate(leaf(to).ids[i], location_of(to, i));
  release_leaf(from, n.room[s]);
  n.child[s] = to | leaf_bit;
  n.room[s] = static_cast<std::uint8_t>(room);
}

// ----------------------------------------------------------------------------------------------------------- boxes

template <class S, int Dim>
void Tree<S, Dim>::clear_box(Node& n, int s) {
  for (int a = 0; a < Dim; ++a) {
    n.box[a][s] = std::numeric_limits<float>::infinity();
    n.box[a][fan_out + s] = -std::numeric_limits<float>::infinity();
  }
}

template <class S, int Dim>
void Tree<S, Dim>::set_box(Node& n, int s, const Extent& extent) {
  for (std::size_t a = 0; a < Dim; ++a) {
    n.box[a][s] = encode_lower(extent.lower[a], n.cell.center[a]);
    n.box[a][fan_out + s] = encode_upper(extent.upper[a], n.cell.center[a]);
  }
}

/// Widens the box of a child to hold lower ≤ x ≤ upper; returns whether it had to.
template <class S, int Dim>
[[gnu::always_inline]] inline bool Tree<S, Dim>::grow_box(Node& n, int s, const S* lower, const S* upper) {
  bool inside = true;
  for (int a = 0; a < Dim; ++a) {
    inside &= decode_bound(n.box[a][s], n.cell.center[a]) <= lower[a];
    inside &= upper[a] <= decode_bound(n.box[a][fan_out + s], n.cell.center[a]);
  }
  if (inside) return false;
  for (int a = 0; a < Dim; ++a) {
    n.box[a][s] = std::min(n.box[a][s], encode_lower(lower[a], n.cell.center[a]));
    n.box[a][fan_out + s] = std::max(n.box[a][fan_out + s], encode_upper(upper[a], n.cell.center[a]));
  }
  return true;
}

/// Widens the box of a child and those above it. A box lies within the one above it, rounding included, so the first
/// that needs no widening is the end.
template <class S, int Dim>
[[gnu::always_inline]] inline void Tree<S, Dim>::grow_path(std::uint32_t link, const S* point) const {
  if (!grow_box(node(link >> 3), static_cast<int>(link & 7), point, point)) return;
  for (;;) {
    const Extent below = box_of(node(link >> 3), static_cast<int>(link & 7));
    link = cold(link >> 3).parent;
    if (link == none) return;
    if (!grow_box(node(link >> 3), static_cast<int>(link & 7), below.lower.data(), below.upper.data())) return;
  }
}

template <class S, int Dim>
octree::Extent<S, Dim> Tree<S, Dim>::leaf_extent(const Leaf& l, std::uint32_t count) const {
  Extent extent;
  for (int a = 0; a < Dim; ++a) {
    S low = l.at(0, a);
    S high = low;
    for (std::uint32_t i = 1; i < count; ++i) {
      low = std::min(low, l.at(i, a));
      high = std::max(high, l.at(i, a));
    }
    extent.lower[static_cast<std::size_t>(a)] = low;
    extent.upper[static_cast<std::size_t>(a)] = high;
  }
  return extent;
}

/// The box of a child, as searches see it.
template <class S, int Dim>
octree::Extent<S, Dim> Tree<S, Dim>::box_of(const Node& n, int s) {
  Extent extent;
  for (std::size_t a = 0; a < Dim; ++a) {
    extent.lower[a] = decode_bound(n.box[a][s], n.cell.center[a]);
    extent.upper[a] = decode_bound(n.box[a][fan_out + s], n.cell.center[a]);
  }
  return extent;
}

/// The box around all children.
template <class S, int Dim>
octree::Extent<S, Dim> Tree<S, Dim>::extent_of(const Node& n) {
  Extent extent;
  for (std::size_t a = 0; a < Dim; ++a) {
    extent.lower[a] = decode_bound(*std::min_element(n.box[a], n.box[a] + fan_out), n.cell.center[a]);
    extent.upper[a] = decode_bound(*std::max_element(n.box[a] + fan_out, n.box[a] + 2 * fan_out), n.cell.center[a]);
  }
  return extent;
}

}  // namespace coppice::octree
