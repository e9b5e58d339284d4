// How a KdTree grows. A full leaf splits at its median; a full node is cut in two and its plane moves into the parent,
// as in a B-tree. A node may be cut at the root plane of its miniature tree or along any plane that no child's box
// straddles, whichever balances best: that replaces most rebuilding on sorted and moving data.
// Cost: a leaf splits once in about 16 inserts, a node once in about 100.
#pragma once

#include <algorithm>

#include "coppice/index/kd_tree/build.hpp"
#include "coppice/index/kd_tree/planes.hpp"

namespace coppice::kd_tree {

/// Splits a full leaf, or makes room for that in its node; the caller descends again.
template <class S, int Width>
void Tree<S, Width>::split_leaf(Handle x, int s) {
  if (node(x).children == fan_out) {
    split_node(x);
    return;
  }
  Node& n = node(x);
  const Handle left = own_leaf(n.child[s] & ~leaf_bit);
  const Leaf<S> l = leaf(left);
  const int count = n.count[s];
  for (int i = 0; i < count; ++i) locations_.prefetch(l.ids[i]);  // their misses would be most of a split
  Extent<S, Width> extent;
  leaf_extent(l, count, extent);
  const bool exact = keeps_heights();
  const auto half = static_cast<std::size_t>(count / 2);
  const std::size_t play = exact ? 0 : 2;
  std::vector<S> id_keys;
  const Plane<S> plane =
      choose_plane<S, Width>([&](int a) { return l.axis(a); }, l.ids, axes(), static_cast<std::size_t>(count),
                             half - play, half + play, extent, id_keys);
  const S* keys = plane.axis < axes() ? l.axis(plane.axis) : id_keys.data();

  const Handle right = new_leaf();
  const Leaf<S> r = leaf(right);
  bool goes_right[leaf_capacity];
  for (int i = 0; i < count; ++i) goes_right[i] = keys[i] >= plane.value;
  int kept = 0;
  int moved = 0;
  for (int i = 0; i < count; ++i) {
    const Leaf<S>& to = goes_right[i] ? r : l;
    int& slot = goes_right[i] ? moved : kept;
    if (goes_right[i] || slot != i) {
      for (int a = 0; a < axes(); ++a) to.axis(a)[slot] = l.axis(a)[i];
      to.ids[slot] = l.ids[i];
      locations_.relocate(to.ids[slot], location_of(goes_right[i] ? right : left, slot));
    }
    ++slot;
  }
  const int t = add_plane(n, s, plane.axis, plane.value);
  n.count[s] = static_cast<std::uint8_t>(kept);
  set_child(x, t, right | leaf_bit, moved);
  leaf_box(n, s);
  leaf_box(n, t);
  add_leaves(x, 1);
  rebalance(x);
}

/// Cuts a full node in two, or makes room for that above it; one step, after which the caller descends again.
template <class S, int Width>
void Tree<S, Width>::split_node(Handle x) {
  const std::uint32_t parent = cold(x).parent;
  if (parent != none && node(parent >> 3).children == fan_out) {
    split_node(parent >> 3);
    return;
  }
  const CutChoice cut = best_cut(x);
  // A rebuild that left the node full and lopsided could do no better: the data allow nothing else.
  if (!cut.balanced && cold(x).leaves_at_rebuild != cold(x).leaves) {
    rebuilder_.rebuild(*this, x);
    return;
  }
  divide(x, cut);
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
    parent = link_of(top, 0);
  }
  const Handle p = parent >> 3;
  const int s = static_cast<int>(parent & 7);
  const Handle left = new_node();
  const Handle right = new_node();
  adopt_group(left, whole, 0xff & ~cut.right);
  adopt_group(right, whole, cut.right);

  Node& up = node(p);
  const int t = add_plane(up, s, cut.axis, cut.value);
  release_node(x);
  attach(p, s, left);
  attach(p, t, right);
  if (root_ == p && !sharing_) {
    // The whole set has grown by a level: a rare moment, and the one to look whether its boxes still have their
    // precision.
    Extent<S, Width> extent;
    for (int a = 0; a < axes(); ++a) {
      const float* bounds = up.bounds(a);
      extent.lower[a] = static_cast<S>(*std::min_element(bounds, bounds + up.children)) + origin_data()[a];
      extent.upper[a] =
          static_cast<S>(*std::max_element(bounds + fan_out, bounds + fan_out + up.children)) + origin_data()[a];
    }
    if (choose_origin(extent)) refit(root_);
  }
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
