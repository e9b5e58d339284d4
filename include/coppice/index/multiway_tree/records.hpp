// The records of a MultiwayTree in the writer's hands: making and releasing them, their boxes, and copy-on-write while
// snapshots live (a record born before the youngest snapshot is copied, with the path above it, instead of written).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "coppice/index/multiway_tree/partition_number.hpp"
#include "coppice/index/multiway_tree/tree.hpp"
#include "coppice/storage/columns.hpp"

namespace coppice::multiway_tree {

template <class S, int Width>
Tree<S, Width>::Tree(int dimension, Config config)
    : dimension_(dimension),
      config_(std::move(config)),
      records_(std::make_shared<Records<S, Width>>(dimension, false)),
      origin_(std::make_shared<const std::vector<S>>(static_cast<std::size_t>(dimension), S(0))) {
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
  models_.clear();
  size_ = 0;
  begin_write();
  choose_partitions(0);
  root_ = none;
  plant({new_leaf() | leaf_bit, 0, 0});
  end_write();
}

/// Makes a part the whole tree, under a root of its own where it is a leaf.
template <class S, int Width>
void Tree<S, Width>::plant(const Part& part) {
  if (part.height == 0) {
    root_ = new_node();
    set_slabs(node(root_), 0, static_cast<const S*>(nullptr), 1);
    attach(root_, 0, part);
    cold(root_).points = cold(root_).built = part.points;
    cold(root_).height = 1;
  } else {
    root_ = part.child;
  }
  cold(root_).parent = none;
}

template <class S, int Width>
void Tree<S, Width>::begin_write() {
  const storage::Epoch youngest = records_->epochs->youngest();
  if (youngest == 0 && !sharing_) return;  // nothing waits for a snapshot to go
  youngest_ = youngest;
  sharing_ = youngest != 0;
  const storage::Epoch oldest = records_->epochs->oldest();
  retired_nodes_.reclaim(oldest, [&](Handle h) { records_->nodes.release(h); });
  retired_leaves_.reclaim(oldest, [&](Handle h) { records_->leaves.release(h); });
}

// ------------------------------------------------------------------------------------------------------------ shape

template <class S, int Width>
void Tree<S, Width>::choose_partitions(std::size_t n) {
  const auto c = static_cast<std::size_t>(config_.leaf_fill);
  partitions_ =
      config_.partitions != 0 ? config_.partitions : partitions_by_cache_cost(std::max<std::size_t>(n, 1), c, fan_out);
}

template <class S, int Width>
std::uint64_t Tree<S, Width>::capacity(std::uint32_t height) const {
  constexpr std::uint64_t enough = std::uint64_t{1} << 32;
  auto points = static_cast<std::uint64_t>(config_.leaf_fill);
  for (; height > 0 && points < enough; --height) points *= static_cast<std::uint64_t>(partitions_);
  return points;
}

/// Leaves as full as Config says, nodes of t children below the root of the subtree, and as many of those as it takes.
template <class S, int Width>
Shape Tree<S, Width>::shape(std::size_t points) const {
  Shape shape{1, 1};
  while (capacity(shape.height) < points) ++shape.height;
  const std::uint64_t below = capacity(shape.height - 1);
  shape.children = static_cast<int>((points + below - 1) / below);
  return shape;
}

// ------------------------------------------------------------------------------------------------ making, releasing

template <class S, int Width>
Handle Tree<S, Width>::new_node() {
  const Handle h = records_->nodes.allocate();
  Node& n = node(h);
  std::memset(static_cast<void*>(&n), 0, sizeof n);
  for (int s = 0; s < fan_out; ++s) clear_box(n, s);
  cold(h) = {none, 0, 0, 0, 0, 1, records_->epochs->current()};
  return h;
}

template <class S, int Width>
Handle Tree<S, Width>::new_leaf() {
  const Handle h = records_->leaves.allocate();
  leaf_cold(h) = {none, records_->epochs->current()};
  return h;
}

template <class S, int Width>
void Tree<S, Width>::release_node(Handle h) {
  if (config_.pivots == PivotRule::learned) {
    const std::lock_guard lock(mutex_);
    models_.erase(h);
  }
  if (sharing_ && cold(h).birth <= youngest_)
    retired_nodes_.retire(h, records_->epochs->current());
  else
    records_->nodes.release(h);
}

template <class S, int Width>
void Tree<S, Width>::release_leaf(Handle h) {
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

/// Puts a part into a slot, with its box. The sums of the node are left to the caller.
template <class S, int Width>
void Tree<S, Width>::attach(Handle x, int s, const Part& part) const {
  Node& n = node(x);
  n.child[s] = part.child;
  n.count[s] = static_cast<std::uint8_t>(part.height == 0 ? part.points : 0);
  parent_of(part.child) = link_of(x, s);
  if (part.height == 0)
    leaf_box(n, s);
  else
    union_box(node(part.child), n, s);
}

template <class S, int Width>
void Tree<S, Width>::move_slot(Handle x, int from, int to) const {
  Node& n = node(x);
  n.child[to] = n.child[from];
  n.count[to] = n.count[from];
  parent_of(n.child[to]) = link_of(x, to);
  for (int a = 0; a < axes(); ++a) {
    n.bounds(a)[to] = n.bounds(a)[from];
    n.bounds(a)[fan_out + to] = n.bounds(a)[fan_out + from];
  }
}

template <class S, int Width>
template <class Visit>
void Tree<S, Width>::each_leaf(Handle child, int count, Visit visit) const {
  if ((child & leaf_bit) != 0) {
    visit(child & ~leaf_bit, count);
    return;
  }
  const Node& n = node(child);
  for (int s = 0; s < n.children; ++s) each_leaf(n.child[s], n.count[s], visit);
}

/// Writes the points below a child into rows from `at` on.
template <class S, int Width>
void Tree<S, Width>::gather(Handle child, int count, const Rows& to, std::size_t& at) const {
  std::vector<S> point(static_cast<std::size_t>(axes()));
  each_leaf(child, count, [&](Handle h, int points) {
    const Leaf<S> l = leaf(h);
    for (int i = 0; i < points; ++i) {
      for (int a = 0; a < axes(); ++a) point[static_cast<std::size_t>(a)] = l.axis(a)[i];
      to.set(at++, point.data(), l.ids[static_cast<std::size_t>(i)]);
    }
  });
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
  if (const auto model = models_.find(h); model != models_.end()) models_[copy] = model->second;
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
Handle Tree<S, Width>::own_path(Handle h) {
  if (!sharing_ || cold(h).birth > youngest_) return h;
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

/// The box of a leaf child, tight.
template <class S, int Width>
void Tree<S, Width>::leaf_box(Node& n, int s) const {
  if (n.count[s] == 0) return clear_box(n, s);
  const storage::ColumnKernels<S>& kernels = storage::column_kernels<S>();
  const Leaf<S> l = leaf(n.child[s] & ~leaf_bit);
  for (int a = 0; a < axes(); ++a) {
    S lower, upper;
    kernels.bounds(l.axis(a), n.count[s], lower, upper);
    n.bounds(a)[s] = encode_lower(lower, (*origin_)[static_cast<std::size_t>(a)]);
    n.bounds(a)[fan_out + s] = encode_upper(upper, (*origin_)[static_cast<std::size_t>(a)]);
  }
}

/// Slot `s` of `to` gets the box around all children of `of`.
template <class S, int Width>
void Tree<S, Width>::union_box(const Node& of, Node& to, int s) const {
  for (int a = 0; a < axes(); ++a) {
    const float* lower = of.bounds(a);
    const float* upper = lower + fan_out;
    to.bounds(a)[s] = *std::min_element(lower, lower + of.children);
    to.bounds(a)[fan_out + s] = *std::max_element(upper, upper + of.children);
  }
}

/// Widens the box of a slot for a point; returns whether it had to.
template <class S, int Width>
bool Tree<S, Width>::grow_box(Node& n, int s, const S* point) const {
  bool grew = false;
  for (int a = 0; a < axes(); ++a) {
    const S origin = (*origin_)[static_cast<std::size_t>(a)];
    float& lower = n.bounds(a)[s];
    float& upper = n.bounds(a)[fan_out + s];
    if (!(decode_bound(lower, origin) <= point[a])) {
      lower = std::min(lower, encode_lower(point[a], origin));
      grew = true;
    }
    if (!(point[a] <= decode_bound(upper, origin))) {
      upper = std::max(upper, encode_upper(point[a], origin));
      grew = true;
    }
  }
  return grew;
}

/// Widens the box of a slot and those above it. A box lies within the one above it, so the first that needs no widening
/// is the end.
template <class S, int Width>
void Tree<S, Width>::grow_path(std::uint32_t link, const S* point) const {
  while (link != none && grow_box(node(link >> 3), static_cast<int>(link & 7), point)) link = cold(link >> 3).parent;
}

/// Boxes are floats, so data far from 0 for its size would lose them their meaning: such axes are measured from the
/// middle of the data instead. Requires: no record is in use.
template <class S, int Width>
void Tree<S, Width>::choose_origin(const std::vector<S>& lower, const std::vector<S>& upper) {
  if constexpr (!std::is_same_v<S, float>) {
    constexpr S far = 64;
    std::vector<S> origin(lower.size(), S(0));
    for (std::size_t a = 0; a < lower.size(); ++a) {
      const S size = upper[a] - lower[a];
      const S middle = lower[a] + size / 2;
      if (std::abs(middle) > far * size) origin[a] = middle;
    }
    if (origin != *origin_) origin_ = std::make_shared<const std::vector<S>>(std::move(origin));
  }
}

}  // namespace coppice::multiway_tree
