// How a KdTree grows. A full leaf splits at its median; a full node is cut in two and its plane moves into the parent,
// as in a B-tree. A node may be cut at the root plane of its miniature tree or along any plane that no child's box
// straddles, whichever balances best: that replaces most rebuilding on sorted and moving data.
// Cost: a leaf splits once in about 16 inserts, a node once in about 100.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>

#include "coppice/index/kd_tree/build.hpp"
#include "coppice/index/kd_tree/planes.hpp"

namespace coppice::kd_tree {

/// Makes room for the split of a full leaf in the node above it: full nodes are cut in two, the highest first, within
/// `top` (none: up to the root). False where there is still none: `top` is full itself, or a node is so lopsided that
/// it must be rebuilt, which has happened if it `may_rebuild`; then the leaf is no more.
template <class S, int Width>
bool Tree<S, Width>::make_room(Handle leaf_handle, Handle top, bool may_rebuild) {
  for (;;) {
    Handle x = leaf_cold(leaf_handle).parent >> 3;
    if (node(x).children < fan_out) return true;
    while (x != top && cold(x).parent != none && node(cold(x).parent >> 3).children == fan_out) x = cold(x).parent >> 3;
    if (x == top) return false;
    const CutChoice cut = best_cut(x);
    // A rebuild that left the node full and lopsided could do no better: the data allow nothing else.
    if (!cut.balanced && cold(x).leaves_at_rebuild != cold(x).leaves) {
      if (may_rebuild) rebuilder_.rebuild(*this, x);
      return false;
    }
    divide(x, cut);
  }
}

/// Splits a full leaf, which stays the left half. Requires: the node above it has room; the writer owns both.
template <class S, int Width>
typename Tree<S, Width>::LeafSplit Tree<S, Width>::split_leaf(Handle left, Handle top) {
  const Handle x = leaf_cold(left).parent >> 3;
  const auto s = static_cast<int>(leaf_cold(left).parent & 7);
  Node& n = node(x);
  const Leaf<S> l = leaf(left);
  const int count = n.count[s];
  // Twice as wide as a leaf, as is the buffer below, so that either half can be copied out whole.
  constexpr std::size_t stride = 2 * leaf_capacity;
  point_id old_ids[leaf_capacity], ids[stride];
  l.ids.copy_to(old_ids, static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) locations_.prefetch(old_ids[i]);  // their misses would be most of a split
  Extent<S, Width> extent;
  leaf_extent(l, count, extent);
  const bool exact = keeps_heights();
  const auto half = static_cast<std::size_t>(count / 2);
  const std::size_t play = exact ? 0 : 2;
  std::vector<S> id_keys;
  const Plane<S> plane =
      choose_plane<S, Width>([&](int a) { return l.axis(a); }, old_ids, axes(), static_cast<std::size_t>(count),
                             half - play, half + play, extent, id_keys);
  const S* keys = plane.axis < axes() ? l.axis(plane.axis) : id_keys.data();

  std::conditional_t<Width != 0, std::array<S, stride * Width>, std::vector<S>> buffer;
  if constexpr (Width == 0) buffer.resize(stride * static_cast<std::size_t>(axes()));
  AxisArray<S*, Width> from, to;
  for (int a = 0; a < axes(); ++a) {
    from[static_cast<std::size_t>(a)] = l.axis(a);
    to[static_cast<std::size_t>(a)] = buffer.data() + stride * static_cast<std::size_t>(a);
  }
  Extent<S, Width> boxes[2];
  S* lower[2] = {boxes[0].lower.data(), boxes[1].lower.data()};
  S* upper[2] = {boxes[0].upper.data(), boxes[1].upper.data()};
  const std::size_t kept =
      storage::column_kernels<S>().partition({from.data(), old_ids}, {to.data(), ids}, axes(),
                                             static_cast<std::size_t>(count), keys, plane.value, lower, upper);
  const int moved = count - static_cast<int>(kept);

  const Handle right = new_leaf();
  const Leaf<S> r = leaf(right);
  for (int a = 0; a < axes(); ++a) {
    const S* column = to[static_cast<std::size_t>(a)];
    std::memcpy(l.axis(a), column, leaf_capacity * sizeof(S));
    std::memcpy(r.axis(a), column + kept, leaf_capacity * sizeof(S));
  }
  l.ids.copy_from(ids, kept);
  r.ids.copy_from(ids + kept, static_cast<std::size_t>(moved));
  for (int i = 0; i < static_cast<int>(kept); ++i) locations_.relocate(ids[i], location_of(left, i));
  for (int i = 0; i < moved; ++i) locations_.relocate(ids[kept + static_cast<std::size_t>(i)], location_of(right, i));

  const int t = add_plane(n, s, plane.axis, plane.value);
  n.count[s] = static_cast<std::uint8_t>(kept);
  set_child(x, t, right | leaf_bit, moved);
  set_box(n, s, lower[0], upper[0]);
  set_box(n, t, lower[1], upper[1]);
  add_leaves(x, 1, top);
  return {right, plane.axis, plane.value};
}

/// Requires: the node is full.
template <class S, int Width>
typename Tree<S, Width>::CutChoice Tree<S, Width>::best_cut(Handle x) const {
  const Node& n = node(x);
  std::uint32_t leaves[fan_out];
  std::uint32_t all = 0;
  unsigned shared_planes = 0xff;
  for (int s = 0; s < fan_out; ++s) {
    leaves[s] = leaves_below(n.child[s]);
    all += leaves[s];
    shared_planes &= n.need[s];
  }
  const int root_plane = __builtin_ctz(shared_planes);
  CutChoice best{n.axis[root_plane], n.split[root_plane], 0, true};
  std::uint32_t right_leaves = 0;
  for (int s = 0; s < fan_out; ++s)
    if ((n.right[s] >> root_plane & 1) != 0) {
      best.right |= 1u << s;
      right_leaves += leaves[s];
    }
  // Policies on heights keep the binary tree as it is: a free cut would rotate it behind their back.
  if (keeps_heights()) return best;
  std::uint32_t smaller = std::min(right_leaves, all - right_leaves);
  constexpr double good_enough = 0.35;
  for (int a = 0; a < axes() && smaller < good_enough * all; ++a) {
    S lower[fan_out], upper[fan_out];
    for (int s = 0; s < fan_out; ++s) {
      lower[s] = static_cast<S>(n.bounds(a)[s]);
      upper[s] = static_cast<S>(n.bounds(a)[fan_out + s]);
      if constexpr (!std::is_same_v<S, float>) {
        lower[s] += origin_data()[a];
        upper[s] += origin_data()[a];
      }
    }
    for (int candidate = 0; candidate < fan_out; ++candidate) {
      const S value = lower[candidate];
      if (!std::isfinite(value)) continue;
      unsigned right = 0;
      std::uint32_t weight = 0;
      bool is_free = true;
      for (int s = 0; s < fan_out && is_free; ++s) {
        if (lower[s] >= value) {
          right |= 1u << s;
          weight += leaves[s];
        } else {
          is_free = upper[s] < value;
        }
      }
      if (!is_free || right == 0xff || std::min(weight, all - weight) <= smaller) continue;
      smaller = std::min(weight, all - weight);
      best = {a, value, right, true};
    }
  }
  best.balanced = options_.balance.holds({0, smaller}, {0, all - smaller});
  return best;
}

/// Cuts node x along `cut` into two nodes under its parent, which has room; a root gets a parent first.
template <class S, int Width>
void Tree<S, Width>::divide(Handle x, const CutChoice& cut) {
  Node& whole = node(x);
  std::uint32_t parent = cold(x).parent;
  if (parent == none) {
    const Handle top = new_node();
    node(top).children = 1;
    node(top).right[0] = 0;
    cold(top).leaves = cold(x).leaves;
    set_child(top, 0, x, 0);
    union_box(whole, node(top), 0);
    root_ = top;
    taller_ = true;
    parent = link_of(top, 0);
  }
  const Handle p = parent >> 3;
  const int s = static_cast<int>(parent & 7);
  const Handle left = new_node();
  const Handle right = new_node();
  adopt_group(left, whole, 0xff & ~cut.right);
  adopt_group(right, whole, cut.right);

  const int t = add_plane(node(p), s, cut.axis, cut.value);
  release_node(x);
  attach(p, s, left);
  attach(p, t, right);
}

/// Gives an empty node the children of `from` in `group`, and the planes that still divide them.
template <class S, int Width>
void Tree<S, Width>::adopt_group(Handle to, const Node& from, unsigned group) {
  Node& n = node(to);
  std::copy_n(from.split, planes, n.split);
  std::copy_n(from.axis, fan_out, n.axis);
  unsigned dividing = 0;
  for (int j = 0; j < planes; ++j) {
    bool on_left = false;
    bool on_right = false;
    for (unsigned m = group; m != 0; m &= m - 1) {
      const int s = __builtin_ctz(m);
      if ((from.need[s] >> j & 1) != 0) ((from.right[s] >> j & 1) != 0 ? on_right : on_left) = true;
    }
    if (on_left && on_right) dividing |= 1u << j;
  }
  for (unsigned m = group; m != 0; m &= m - 1) {
    const int s = __builtin_ctz(m);
    const int t = n.children++;
    n.need[t] = static_cast<std::uint8_t>(from.need[s] & dividing);
    n.right[t] = static_cast<std::uint8_t>(from.right[s] & dividing);
    copy_box(from, s, n, t);
    set_child(to, t, from.child[s], from.count[s]);
    cold(to).leaves += leaves_below(from.child[s]);
  }
  cold(to).height = each_plane(n, (1u << n.children) - 1, 0, [](int, Side, Side) {}).height;
}

/// Puts a freshly made node into its slot; a node of one child gives way to that child.
template <class S, int Width>
void Tree<S, Width>::attach(Handle parent, int s, Handle half) {
  const Node& n = node(half);
  union_box(n, node(parent), s);
  if (n.children > 1) {
    set_child(parent, s, half, 0);
    return;
  }
  set_child(parent, s, n.child[0], n.count[0]);
  release_node(half);
}

}  // namespace coppice::kd_tree
