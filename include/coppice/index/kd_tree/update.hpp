// One point in, out, or elsewhere. An insert routes to its leaf, widening boxes on the way; an erase finds its leaf in
// the id map and leaves a hole there; a move stays in its leaf where it can.
// Cost: O(log n) amortised; under the default policy a few cache lines and, once in a while, a split.
#pragma once

#include "coppice/index/kd_tree/grow.hpp"
#include "coppice/index/kd_tree/rebalance.hpp"
#include "coppice/index/kd_tree/shrink.hpp"

namespace coppice::kd_tree {

template <class S, int Width>
void Tree<S, Width>::insert(const S* point, point_id id) {
  if (id > storage::largest_narrow_id) admit({&id, 1});
  begin_write();
  routing_ = &routing_kernels<S, Width>();
  if (insert_one(point, id)) end_write();
}

template <class S, int Width>
bool Tree<S, Width>::erase(point_id id) {
  begin_write();
  if (sharing_) {
    const std::uint32_t location = locations_.find(id);
    if (location == IdMap::absent) return false;
    (void)erase_at(location, id);
    end_write();
    return true;
  }
  const std::uint32_t location = locations_.take(id);
  if (location == IdMap::absent) return false;
  --size_;
  if (take_out(location / leaf_capacity, static_cast<int>(location % leaf_capacity))) end_write();
  return true;
}

template <class S, int Width>
void Tree<S, Width>::move(point_id id, const S* point) {
  begin_write();
  routing_ = &routing_kernels<S, Width>();
  move_one(id, point);
  end_write();
}

template <class S, int Width>
void Tree<S, Width>::write_point(const Leaf<S>& l, int slot, const S* point, point_id id) {
  for (int a = 0; a < axes(); ++a) l.axis(a)[slot] = a < dimension_ ? point[a] : S(0);
  l.ids.set(static_cast<std::size_t>(slot), id);
}

/// Returns whether records came or went, so that searches need a new view. So does erase_at.
template <class S, int Width>
bool Tree<S, Width>::insert_one(const S* point, point_id id) {
  for (bool reshaped = sharing_;; reshaped = true) {
    const std::uint32_t link = routing_->descend(records_->nodes.view(), root_, point, dimension_, id);
    const Handle x = own_path(link >> 3);
    const auto s = static_cast<int>(link & 7);
    Node& n = node(x);
    const int slot = free_place(n.taken[s]);
    fetch_slot(leaf(n.child[s] & ~leaf_bit), static_cast<std::size_t>(slot));
    // Boxes go first: a cut goes where no box is, and the newcomer must count.
    if (!box_holds(n, s, point)) {
      AxisArray<float, Width> lower, upper;
      encode(point, lower.data(), upper.data());
      grow_path(link_of(x, s), lower.data(), upper.data(), none);
    }
    const Handle h = own_leaf(n.child[s] & ~leaf_bit);
    if (slot == leaf_capacity) {
      if (!make_room(h | leaf_bit, none, true)) continue;
      (void)split_leaf(h, none);
      rebalance(leaf_cold(h).parent >> 3);
      continue;
    }
    write_point(leaf(h), slot, point, id);
    locations_.assign(id, location_of(h, slot));
    n.taken[s] |= 1u << slot;
    ++size_;
    return reshaped;
  }
}

template <class S, int Width>
bool Tree<S, Width>::erase_at(std::uint32_t location, point_id id) {
  Handle h = location / leaf_capacity;
  if (sharing_) {
    (void)own_path(leaf_cold(h).parent >> 3);
    h = own_leaf(h);
  }
  locations_.erase(id);
  --size_;
  return take_out(h, static_cast<int>(location % leaf_capacity)) || sharing_;
}

/// Takes a point out of a leaf, and what becomes of the leaf; returns whether records came or went.
template <class S, int Width>
[[gnu::always_inline]] inline bool Tree<S, Width>::take_out(Handle h, int slot) {
  const Loss loss = leave_hole(h, slot);
  if (loss.left > sparse_leaf) return false;
  leaf_shrunk(loss.link >> 3, static_cast<int>(loss.link & 7));
  return true;
}

template <class S, int Width>
void Tree<S, Width>::move_one(point_id id, const S* point) {
  if (move_inside_leaf(id, point)) return;
  (void)erase_at(locations_.find(id), id);
  (void)insert_one(point, id);
}

/// Moves a point that the planes above still lead to its leaf; false, and nothing done, for another.
template <class S, int Width>
bool Tree<S, Width>::move_inside_leaf(point_id id, const S* point) {
  const std::uint32_t location = locations_.find(id);
  Handle h = location / leaf_capacity;
  const Key key(point, dimension_, id);
  for (std::uint32_t link = leaf_cold(h).parent; link != none; link = cold(link >> 3).parent)
    if (routing_->route(node(link >> 3), key) != static_cast<int>(link & 7)) return false;
  if (sharing_) {
    (void)own_path(leaf_cold(h).parent >> 3);
    h = own_leaf(h);
  }
  const std::uint32_t link = leaf_cold(h).parent;
  if (!box_holds(node(link >> 3), static_cast<int>(link & 7), point)) {
    AxisArray<float, Width> lower, upper;
    encode(point, lower.data(), upper.data());
    grow_path(link, lower.data(), upper.data(), none);
  }
  const Leaf<S> l = leaf(h);
  for (int a = 0; a < dimension_; ++a) l.axis(a)[location % leaf_capacity] = point[a];
  return true;
}

}  // namespace coppice::kd_tree
