// One point in, out, or elsewhere. An insert routes to its leaf, widening boxes on the way; an erase finds its leaf in
// the id map and closes the gap with the leaf's last point; a move stays in its leaf where it can.
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
  if (close_gap(location / leaf_capacity, static_cast<int>(location % leaf_capacity))) end_write();
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
    const int count = n.count[s];
    fetch_slot(leaf(n.child[s] & ~leaf_bit), static_cast<std::size_t>(count));
    // Boxes go first: a cut goes where no box is, and the newcomer must count.
    if (!box_holds(n, s, point)) {
      AxisArray<float, Width> lower, upper;
      encode(point, lower.data(), upper.data());
      grow_path(link_of(x, s), lower.data(), upper.data(), none);
    }
    const Handle h = own_leaf(n.child[s] & ~leaf_bit);
    if (count == leaf_capacity) {
      if (!make_room(h | leaf_bit, none, true)) continue;
      (void)split_leaf(h, none);
      rebalance(leaf_cold(h).parent >> 3);
      continue;
    }
    write_point(leaf(h), count, point, id);
    locations_.assign(id, location_of(h, count));
    n.count[s] = static_cast<std::uint8_t>(count + 1);
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
  return close_gap(h, static_cast<int>(location % leaf_capacity)) || sharing_;
}

/// Takes a point out of a leaf, and what becomes of the leaf; returns whether records came or went.
template <class S, int Width>
[[gnu::always_inline]] inline bool Tree<S, Width>::close_gap(Handle h, int slot) {
  const Gap gap = fill_gap(h, slot);
  if (gap.left > sparse_leaf) return false;
  leaf_shrunk(gap.link >> 3, static_cast<int>(gap.link & 7));
  return true;
}

/// Puts the last point of a leaf in the place of another one.
template <class S, int Width>
[[gnu::always_inline]] inline typename Tree<S, Width>::Gap Tree<S, Width>::fill_gap(Handle h, int slot) {
  const auto record = records_->leaves.record(h);
  const std::uint32_t link = record.cold->parent;
  const int last = --node(link >> 3).count[link & 7];
  if (slot != last) {
    const Leaf<S> l(record.hot, axes(), records_->wide_ids);
    for (int a = 0; a < axes(); ++a) l.axis(a)[slot] = l.axis(a)[last];
    const point_id moved = l.ids[static_cast<std::size_t>(last)];
    l.ids.set(static_cast<std::size_t>(slot), moved);
    locations_.relocate(moved, location_of(h, slot));
  }
  return {last, link};
}

template <class S, int Width>
void Tree<S, Width>::move_one(point_id id, const S* point) {
  if (move_inside_leaf(id, point)) return;
  (void)erase_at(locations_.find(id), id);
  (void)insert_one(point, id);
}

/// Moves a point that still belongs to its leaf. Inside the leaf's tight box it surely does, since the box of points of
/// a cell lies in the cell; beyond, the planes above decide.
template <class S, int Width>
bool Tree<S, Width>::move_inside_leaf(point_id id, const S* point) {
  const std::uint32_t location = locations_.find(id);
  const auto slot = static_cast<int>(location % leaf_capacity);
  Handle h = location / leaf_capacity;
  const std::uint32_t parent = leaf_cold(h).parent;
  Extent<S, Width> extent;
  leaf_extent(leaf(h), node(parent >> 3).count[parent & 7], extent);
  bool inside = true;
  for (int a = 0; a < dimension_; ++a)
    inside &=
        extent.lower[static_cast<std::size_t>(a)] <= point[a] && point[a] <= extent.upper[static_cast<std::size_t>(a)];
  if (!inside) {
    const Key key(point, dimension_, id);
    for (std::uint32_t link = parent; link != none; link = cold(link >> 3).parent)
      if (routing_->route(node(link >> 3), key) != static_cast<int>(link & 7)) return false;
  }
  if (sharing_) {
    (void)own_path(parent >> 3);
    h = own_leaf(h);
  }
  if (!inside) {
    AxisArray<float, Width> lower, upper;
    encode(point, lower.data(), upper.data());
    grow_path(leaf_cold(h).parent, lower.data(), upper.data(), none);
  }
  const Leaf<S> l = leaf(h);
  for (int a = 0; a < dimension_; ++a) l.axis(a)[slot] = point[a];
  return true;
}

}  // namespace coppice::kd_tree
