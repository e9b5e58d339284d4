// The records of a plane tree in the writer's hands: the bodies of plane_tree_store.hpp.
#pragma once

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "coppice/index/plane_tree_store.hpp"
#include "coppice/storage/columns.hpp"

namespace coppice::plane_tree {

template <class Tree, class S, int Width, class NodeCold>
void TreeStore<Tree, S, Width, NodeCold>::copy_point(point_id id, S* to) const {
  const std::uint32_t location = locations_.find(id);
  const Leaf<S> l = leaf(location / leaf_capacity);
  for (int a = 0; a < axes(); ++a) to[a] = l.axis(a)[location % leaf_capacity];
}

template <class Tree, class S, int Width, class NodeCold>
void TreeStore<Tree, S, Width, NodeCold>::copy_points(std::vector<point_id>& ids, Points<S>& points) const {
  ids.clear();
  points = {{}, dimension_};
  ids.reserve(size_);
  points.coordinates.reserve(size_ * static_cast<std::size_t>(dimension_));
  each_leaf(root_, [&](Handle h, std::uint32_t taken) {
    const Leaf<S> l = leaf(h);
    for (; taken != 0; taken &= taken - 1) {
      const int i = std::countr_zero(taken);
      ids.push_back(l.ids[static_cast<std::size_t>(i)]);
      for (int a = 0; a < axes(); ++a) points.coordinates.push_back(l.axis(a)[i]);
    }
  });
}

template <class Tree, class S, int Width, class NodeCold>
template <class Visit>
void TreeStore<Tree, S, Width, NodeCold>::each_leaf(Handle child, const Visit& visit) const {
  if ((child & leaf_bit) != 0)
    visit(child & ~leaf_bit, taken_of(child & ~leaf_bit));
  else
    each_leaf_below(node(child), visit);
}

template <class Tree, class S, int Width, class NodeCold>
template <class Visit>
void TreeStore<Tree, S, Width, NodeCold>::each_leaf_below(const Node& n, const Visit& visit) const {
  for (int s = 0; s < n.children; ++s) {
    if (n.is_leaf(s))
      visit(n.child[s] & ~leaf_bit, n.taken[s]);
    else
      each_leaf_below(node(n.child[s]), visit);
  }
}

template <class Tree, class S, int Width, class NodeCold>
void TreeStore<Tree, S, Width, NodeCold>::locate_all(const Executor& executor, std::span<std::byte> scratch) {
  struct Filled {
    Handle leaf;
    std::uint32_t taken;
  };
  std::vector<Filled> leaves;
  leaves.reserve(records_->leaves.live());
  each_leaf(root_, [&](Handle h, std::uint32_t taken) { leaves.push_back({h, taken}); });
  storage::Relocation relocation(locations_, scratch);
  constexpr std::size_t grain = 1 << 11;
  executor.for_each_chunk(leaves.size(), grain, [&](std::size_t first, std::size_t last) {
    relocation.add([&](const auto& add) {
      constexpr std::size_t ahead = 8;
      for (std::size_t i = first; i < last; ++i) {
        if (i + ahead < last) {
          const storage::IdArray next = leaf(leaves[i + ahead].leaf).ids;
          for (std::size_t slot = 0; slot < leaf_capacity; slot += 8) next.prefetch(slot);
        }
        const storage::IdArray ids = leaf(leaves[i].leaf).ids;
        for (std::uint32_t taken = leaves[i].taken; taken != 0; taken &= taken - 1) {
          const int slot = std::countr_zero(taken);
          add(ids[static_cast<std::size_t>(slot)], location_of(leaves[i].leaf, slot));
        }
      }
    });
  });
  executor.for_each_chunk(storage::Relocation::blocks, 1,
                          [&](std::size_t first, std::size_t last) { relocation.write(first, last); });
}

// ----------------------------------------------------------------------------------------------------------- boxes

template <class Tree, class S, int Width, class NodeCold>
void TreeStore<Tree, S, Width, NodeCold>::clear_box(Node& n, int s) const {
  for (int a = 0; a < axes(); ++a) {
    n.bounds(a)[s] = std::numeric_limits<float>::infinity();
    n.bounds(a)[fan_out + s] = -std::numeric_limits<float>::infinity();
  }
}

template <class Tree, class S, int Width, class NodeCold>
void TreeStore<Tree, S, Width, NodeCold>::copy_box(const Node& from, int s, Node& to, int t) const {
  for (int a = 0; a < axes(); ++a) {
    to.bounds(a)[t] = from.bounds(a)[s];
    to.bounds(a)[fan_out + t] = from.bounds(a)[fan_out + s];
  }
}

/// The box of a leaf child, tight around its places.
template <class Tree, class S, int Width, class NodeCold>
void TreeStore<Tree, S, Width, NodeCold>::leaf_box(Node& n, int s) const {
  if (n.taken[s] == 0) return clear_box(n, s);
  const storage::ColumnKernels<S>& kernels = storage::column_kernels<S>();
  const Leaf<S> l = leaf(n.child[s] & ~leaf_bit);
  for (int a = 0; a < axes(); ++a) {
    S lower, upper;
    kernels.bounds(l.axis(a), static_cast<std::size_t>(n.places(s)), lower, upper);
    n.bounds(a)[s] = encode_lower(lower, origin_data()[a]);
    n.bounds(a)[fan_out + s] = encode_upper(upper, origin_data()[a]);
  }
}

/// Slot `s` of `to` gets the box around all children of `of`.
template <class Tree, class S, int Width, class NodeCold>
void TreeStore<Tree, S, Width, NodeCold>::union_box(const Node& of, Node& to, int s) const {
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

// ------------------------------------------------------------------------------------------------ making, releasing

/// Lets go of all points and records, the root's too, which the tree makes anew.
template <class Tree, class S, int Width, class NodeCold>
void TreeStore<Tree, S, Width, NodeCold>::forget_all(bool wide_ids) {
  // Living snapshots keep the old records; otherwise their memory serves again.
  if (records_->epochs->youngest() != 0 || records_->wide_ids != wide_ids) {
    records_ = std::make_shared<Records>(dimension_, wide_ids);
  } else {
    records_->nodes.clear();
    records_->leaves.clear();
  }
  retired_nodes_.clear();
  retired_leaves_.clear();
  locations_.clear();
  size_ = 0;
}

template <class Tree, class S, int Width, class NodeCold>
void TreeStore<Tree, S, Width, NodeCold>::reclaim() {
  const storage::Epoch oldest = records_->epochs->oldest();
  retired_nodes_.reclaim(oldest, [&](Handle h) { records_->nodes.release(h); });
  retired_leaves_.reclaim(oldest, [&](Handle h) { records_->leaves.release(h); });
}

template <class Tree, class S, int Width, class NodeCold>
Handle TreeStore<Tree, S, Width, NodeCold>::new_node() {
  const Handle h = records_->nodes.allocate();
  Node& n = node(h);
  std::memset(static_cast<void*>(&n), 0, sizeof n);
  std::memset(n.right, 0xff, sizeof n.right);  // with need = 0, a slot that matches nothing
  for (int s = 0; s < fan_out; ++s) clear_box(n, s);
  cold(h) = {};
  cold(h).birth = records_->epochs->current();
  return h;
}

template <class Tree, class S, int Width, class NodeCold>
Handle TreeStore<Tree, S, Width, NodeCold>::new_leaf() {
  const Handle h = records_->leaves.allocate();
  leaf_cold(h) = {none, records_->epochs->current()};
  return h;
}

template <class Tree, class S, int Width, class NodeCold>
void TreeStore<Tree, S, Width, NodeCold>::release_node(Handle h) {
  tree().node_released(h);
  if (sharing_ && cold(h).birth <= youngest_)
    retired_nodes_.retire(h, records_->epochs->current());
  else
    records_->nodes.release(h);
}

template <class Tree, class S, int Width, class NodeCold>
void TreeStore<Tree, S, Width, NodeCold>::release_leaf(Handle h) {
  leaf_cold(h).parent = none;
  if (sharing_ && leaf_cold(h).birth <= youngest_)
    retired_leaves_.retire(h, records_->epochs->current());
  else
    records_->leaves.release(h);
}

template <class Tree, class S, int Width, class NodeCold>
void TreeStore<Tree, S, Width, NodeCold>::release_subtree(Handle child) {
  if ((child & leaf_bit) != 0) {
    release_leaf(child & ~leaf_bit);
    return;
  }
  const Node& n = node(child);
  for (int s = 0; s < n.children; ++s) release_subtree(n.child[s]);
  release_node(child);
}

// --------------------------------------------------------------------------------------------------- copy on write

template <class Tree, class S, int Width, class NodeCold>
Handle TreeStore<Tree, S, Width, NodeCold>::copy_shared_node(Handle h) {
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
  tree().node_copied(h, copy);
  release_node(h);
  return copy;
}

template <class Tree, class S, int Width, class NodeCold>
Handle TreeStore<Tree, S, Width, NodeCold>::copy_shared_leaf(Handle h) {
  const Handle copy = new_leaf();
  std::memcpy(records_->leaves.hot(copy), records_->leaves.hot(h), Leaf<S>::bytes_for(axes(), records_->wide_ids));
  const std::uint32_t parent = leaf_cold(copy).parent = leaf_cold(h).parent;
  Node& n = node(parent >> 3);
  n.child[parent & 7] = copy | leaf_bit;
  const Leaf<S> l = leaf(copy);
  for (std::uint32_t left = n.taken[parent & 7]; left != 0; left &= left - 1) {
    const int slot = std::countr_zero(left);
    locations_.relocate(l.ids[static_cast<std::size_t>(slot)], location_of(copy, slot));
  }
  release_leaf(h);
  return copy;
}

template <class Tree, class S, int Width, class NodeCold>
Handle TreeStore<Tree, S, Width, NodeCold>::copy_shared_path(Handle h) {
  if (cold(h).parent != none) (void)own_path(cold(h).parent >> 3);  // re-links h to its new parent
  return own_node(h);
}

// --------------------------------------------------------------------------------------------------------- batches

template <class Tree, class S, int Width, class NodeCold>
bool TreeStore<Tree, S, Width, NodeCold>::needs_wide_ids(std::span<const point_id> ids) {
  return std::any_of(ids.begin(), ids.end(), [](point_id id) { return id > storage::largest_narrow_id; });
}

/// Before ids come in: where one of them needs it, all leaves are made anew for wide ids. That happens once at most
/// until the next build. Returns whether it did.
template <class Tree, class S, int Width, class NodeCold>
bool TreeStore<Tree, S, Width, NodeCold>::widen_for(std::span<const point_id> ids) {
  if (records_->wide_ids || !needs_wide_ids(ids)) return false;
  std::vector<point_id> old_ids;
  Points<S> old_points;
  copy_points(old_ids, old_points);
  tree().build(old_points, old_ids, true);
  return true;
}

/// Builds the tree of its points and newcomers.
template <class Tree, class S, int Width, class NodeCold>
void TreeStore<Tree, S, Width, NodeCold>::build_with(PointView<S> points, std::span<const point_id> ids) {
  Points<S> all{{}, dimension_};
  std::vector<point_id> all_ids;
  copy_points(all_ids, all);
  for (std::size_t i = 0; i < points.size(); ++i)
    all.coordinates.insert(all.coordinates.end(), points.row(i), points.row(i) + dimension_);
  all_ids.insert(all_ids.end(), ids.begin(), ids.end());
  tree().build(all, all_ids);
}

/// Points move inside their leaves where they can; the others leave together and come in again together.
template <class Tree, class S, int Width, class NodeCold>
void TreeStore<Tree, S, Width, NodeCold>::move_batch(std::span<const point_id> ids, PointView<S> points) {
  begin_write();
  std::vector<point_id> leaving;
  Points<S> targets{{}, dimension_};
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i + 16 < ids.size()) locations_.prefetch(ids[i + 16]);
    if (tree().move_inside_leaf(ids[i], points.row(i))) continue;
    leaving.push_back(ids[i]);
    targets.coordinates.insert(targets.coordinates.end(), points.row(i), points.row(i) + dimension_);
  }
  tree().end_write();
  tree().erase(leaving);
  tree().insert(targets, leaving);
}

/// How full the leaves are, and the memory of all this, with `beside` more bytes. Requires: `leaves` has been
/// counted.
template <class Tree, class S, int Width, class NodeCold>
void TreeStore<Tree, S, Width, NodeCold>::count_bytes(Statistics& result, std::size_t beside) const {
  result.leaf_fill = static_cast<double>(size_) / static_cast<double>(result.leaves * leaf_capacity);
  result.bytes = records_->nodes.bytes() + records_->leaves.bytes() + locations_.bytes() + beside;
  result.bytes_per_point = size_ == 0 ? 0 : static_cast<double>(result.bytes) / static_cast<double>(size_);
}

}  // namespace coppice::plane_tree
