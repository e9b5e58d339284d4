// The records of a KdTree in the writer's hands: making and releasing them, their boxes, and copy-on-write while
// snapshots live (a record born before the youngest snapshot is copied, with the path above it, instead of written).
#pragma once

#include <algorithm>
#include <cstring>

#include "coppice/index/kd_tree/tree.hpp"

namespace coppice::kd_tree {

template <class S, int Width>
Tree<S, Width>::Tree(int dimension, typename KdTree<S>::Config config)
    : dimension_(dimension),
      config_(std::move(config)),
      records_(std::make_shared<Records<S, Width>>(dimension, false)),
      origin_(std::make_shared<const std::vector<S>>(static_cast<std::size_t>(axes()), S(0))),
      rebuilder_(config_.executor, config_.parallel_cutoff) {
  clear();
}

template <class S, int Width>
void Tree<S, Width>::clear(bool wide_ids) {
  // Living snapshots keep the old records; otherwise their memory serves again.
  if (records_->epochs->youngest() != 0 || records_->wide_ids != wide_ids) {
    records_ = std::make_shared<Records<S, Width>>(dimension_, wide_ids);
  } else {
    records_->nodes.clear();
    records_->leaves.clear();
  }
  retired_nodes_.clear();
  retired_leaves_.clear();
  locations_.clear();
  size_ = 0;
  begin_write();
  plant_root();
  end_write();
}

/// A tree of no points: a root with one empty leaf.
template <class S, int Width>
void Tree<S, Width>::plant_root() {
  root_ = new_node();
  Node& n = node(root_);
  n.children = 1;
  n.right[0] = 0;
  set_child(root_, 0, new_leaf() | leaf_bit, 0);
  cold(root_).leaves = 1;
}

template <class S, int Width>
void Tree<S, Width>::reclaim() {
  const storage::Epoch oldest = records_->epochs->oldest();
  retired_nodes_.reclaim(oldest, [&](Handle h) { records_->nodes.release(h); });
  retired_leaves_.reclaim(oldest, [&](Handle h) { records_->leaves.release(h); });
}

// ------------------------------------------------------------------------------------------------ making, releasing

template <class S, int Width>
Handle Tree<S, Width>::new_node() {
  const Handle h = records_->nodes.allocate();
  init_node(h);
  return h;
}

template <class S, int Width>
void Tree<S, Width>::init_node(Handle h) const {
  Node& n = node(h);
  std::memset(static_cast<void*>(&n), 0, sizeof n);
  std::memset(n.right, 0xff, sizeof n.right);  // with need = 0, a slot that matches nothing
  for (int s = 0; s < fan_out; ++s) clear_box(n, s);
  cold(h) = {none, 0, 0, 0, records_->epochs->current()};
}

template <class S, int Width>
Handle Tree<S, Width>::new_leaf() {
  const Handle h = records_->leaves.allocate();
  leaf_cold(h) = {none, records_->epochs->current()};
  return h;
}

template <class S, int Width>
void Tree<S, Width>::release_node(Handle h) {
  if (sharing_ && cold(h).birth <= youngest_)
    retired_nodes_.retire(h, records_->epochs->current());
  else
    records_->nodes.release(h);
}

template <class S, int Width>
void Tree<S, Width>::release_leaf(Handle h) {
  leaf_cold(h).parent = none;
  if (sharing_ && leaf_cold(h).birth <= youngest_)
    retired_leaves_.retire(h, records_->epochs->current());
  else
    records_->leaves.release(h);
}

template <class S, int Width>
void Tree<S, Width>::release_subtree(Handle child) {
  if ((child & leaf_bit) != 0) {
    release_leaf(child & ~leaf_bit);
    return;
  }
  const Node& n = node(child);
  for (int s = 0; s < n.children; ++s) release_subtree(n.child[s]);
  release_node(child);
}

template <class S, int Width>
std::uint32_t& Tree<S, Width>::parent_of(Handle child) const {
  return (child & leaf_bit) != 0 ? leaf_cold(child & ~leaf_bit).parent : cold(child).parent;
}

template <class S, int Width>
void Tree<S, Width>::set_child(Handle x, int s, Handle child, int count) {
  Node& n = node(x);
  n.child[s] = child;
  n.count[s] = static_cast<std::uint8_t>(count);
  parent_of(child) = link_of(x, s);
}

// --------------------------------------------------------------------------------------------------- copy on write

template <class S, int Width>
Handle Tree<S, Width>::copy_shared_node(Handle h) {
  const Handle copy = records_->nodes.allocate();
  std::memcpy(records_->nodes.hot(copy), records_->nodes.hot(h), Node::bytes_for(axes()));
  cold(copy) = cold(h);
  cold(copy).birth = records_->epochs->current();
  const Node& n = node(copy);
  for (int s = 0; s < n.children; ++s) parent_of(n.child[s]) = link_of(copy, s);
  const std::uint32_t parent = cold(copy).parent;
  if (parent == none)
    root_ = copy;
  else
    node(parent >> 3).child[parent & 7] = copy;
  release_node(h);
  return copy;
}

template <class S, int Width>
Handle Tree<S, Width>::copy_shared_leaf(Handle h) {
  const Handle copy = new_leaf();
  std::memcpy(records_->leaves.hot(copy), records_->leaves.hot(h), Leaf<S>::bytes_for(axes(), records_->wide_ids));
  const std::uint32_t parent = leaf_cold(copy).parent = leaf_cold(h).parent;
  Node& n = node(parent >> 3);
  n.child[parent & 7] = copy | leaf_bit;
  const Leaf<S> l = leaf(copy);
  for (int slot = 0; slot < n.count[parent & 7]; ++slot)
    locations_.relocate(l.ids[static_cast<std::size_t>(slot)], location_of(copy, slot));
  release_leaf(h);
  return copy;
}

template <class S, int Width>
Handle Tree<S, Width>::copy_shared_path(Handle h) {
  if (cold(h).parent != none) (void)own_path(cold(h).parent >> 3);  // re-links h to its new parent
  return own_node(h);
}

// ----------------------------------------------------------------------------------------------------------- boxes

template <class S, int Width>
void Tree<S, Width>::clear_box(Node& n, int s) const {
  for (int a = 0; a < axes(); ++a) {
    n.bounds(a)[s] = std::numeric_limits<float>::infinity();
    n.bounds(a)[fan_out + s] = -std::numeric_limits<float>::infinity();
  }
}

template <class S, int Width>
void Tree<S, Width>::set_box(Node& n, int s, const S* lower, const S* upper) const {
  for (int a = 0; a < axes(); ++a) {
    n.bounds(a)[s] = encode_lower(lower[a], origin_data()[a]);
    n.bounds(a)[fan_out + s] = encode_upper(upper[a], origin_data()[a]);
  }
}

template <class S, int Width>
void Tree<S, Width>::leaf_extent(const Leaf<S>& l, int count, Extent<S, Width>& extent) const {
  const storage::ColumnKernels<S>& kernels = storage::column_kernels<S>();
  for (int a = 0; a < axes(); ++a)
    kernels.bounds(l.axis(a), static_cast<std::size_t>(count), extent.lower[a], extent.upper[a]);
}

/// The box of a leaf child, tight.
template <class S, int Width>
void Tree<S, Width>::leaf_box(Node& n, int s) const {
  if (n.count[s] == 0) {
    clear_box(n, s);
    return;
  }
  Extent<S, Width> extent;
  leaf_extent(leaf(n.child[s] & ~leaf_bit), n.count[s], extent);
  set_box(n, s, extent.lower.data(), extent.upper.data());
}

/// Slot `s` of `to` gets the box around all children of `of`.
template <class S, int Width>
void Tree<S, Width>::union_box(const Node& of, Node& to, int s) const {
  for (int a = 0; a < axes(); ++a) {
    const float* lower = of.bounds(a);
    const float* upper = lower + fan_out;
    float low = lower[0];
    float high = upper[0];
    for (int c = 1; c < of.children; ++c) {
      low = std::min(low, lower[c]);
      high = std::max(high, upper[c]);
    }
    to.bounds(a)[s] = low;
    to.bounds(a)[fan_out + s] = high;
  }
}

/// Brings the boxes and counts above x up to date after changes below it.
template <class S, int Width>
void Tree<S, Width>::refit_path(Handle x, std::int64_t new_leaves) {
  for (std::uint32_t link = cold(x).parent; link != none; link = cold(x).parent) {
    union_box(node(x), node(link >> 3), static_cast<int>(link & 7));
    x = link >> 3;
    cold(x).leaves = static_cast<std::uint32_t>(cold(x).leaves + new_leaves);
  }
}

template <class S, int Width>
void Tree<S, Width>::copy_box(const Node& from, int s, Node& to, int t) const {
  for (int a = 0; a < axes(); ++a) {
    to.bounds(a)[t] = from.bounds(a)[s];
    to.bounds(a)[fan_out + t] = from.bounds(a)[fan_out + s];
  }
}

template <class S, int Width>
void Tree<S, Width>::encode(const S* point, float* lower, float* upper) const {
  for (int a = 0; a < axes(); ++a) {
    const S x = a < dimension_ ? point[a] : S(0);
    lower[a] = encode_lower(x, origin_data()[a]);
    upper[a] = encode_upper(x, origin_data()[a]);
  }
}

/// Widens the box of a slot; returns whether it had to.
template <class S, int Width>
bool Tree<S, Width>::grow_box(Node& n, int s, const float* lower, const float* upper) const {
  bool grew = false;
  for (int a = 0; a < axes(); ++a) {
    float* bounds = n.bounds(a);
    grew |= lower[a] < bounds[s] || upper[a] > bounds[fan_out + s];
    bounds[s] = std::min(bounds[s], lower[a]);
    bounds[fan_out + s] = std::max(bounds[fan_out + s], upper[a]);
  }
  return grew;
}

/// Widens the box of a slot and those above it, within `top` (none: up to the root). A box lies within the one above
/// it, so the first that needs no widening is the end.
template <class S, int Width>
void Tree<S, Width>::grow_path(std::uint32_t link, const float* lower, const float* upper, Handle top) const {
  while (link != none && grow_box(node(link >> 3), static_cast<int>(link & 7), lower, upper) && link >> 3 != top)
    link = cold(link >> 3).parent;
}

/// Boxes are floats, so data far from 0 for its size would lose them their meaning: such axes are measured from the
/// middle of the data instead. Returns whether the origin changed.
template <class S, int Width>
bool Tree<S, Width>::choose_origin(const Extent<S, Width>& extent) {
  if constexpr (std::is_same_v<S, float>) {
    return false;
  } else {
    constexpr S far = 64;
    bool changed = false;
    std::vector<S> origin = *origin_;
    for (int a = 0; a < axes(); ++a) {
      const S size = extent.upper[a] - extent.lower[a];
      const S middle = extent.lower[a] + size / 2;
      if (!(std::abs(middle - origin[a]) > far * size)) continue;  // where the data lies is well expressed already
      const S wanted = std::abs(middle) > far * size ? middle : S(0);
      changed |= wanted != origin[a];
      origin[a] = wanted;
    }
    if (!changed) return false;
    origin_ = std::make_shared<const std::vector<S>>(std::move(origin));
    return true;
  }
}

/// The whole set has grown by a level: a rare moment, and the one to look whether its boxes still have their precision.
template <class S, int Width>
void Tree<S, Width>::reconsider_origin() {
  const Node& top = node(root_);
  Extent<S, Width> extent;
  for (int a = 0; a < axes(); ++a) {
    const float* lower = top.bounds(a);
    const float* upper = lower + fan_out;
    extent.lower[a] = static_cast<S>(*std::min_element(lower, lower + top.children)) + origin_data()[a];
    extent.upper[a] = static_cast<S>(*std::max_element(upper, upper + top.children)) + origin_data()[a];
  }
  if (choose_origin(extent)) refit(root_);
}

/// Recomputes every box below x, tight, under the present origin. Requires: nothing is shared.
template <class S, int Width>
void Tree<S, Width>::refit(Handle x) {
  Node& n = node(x);
  for (int s = 0; s < n.children; ++s) {
    if (n.is_leaf(s)) {
      leaf_box(n, s);
    } else {
      refit(n.child[s]);
      union_box(node(n.child[s]), n, s);
    }
  }
}

}  // namespace coppice::kd_tree
