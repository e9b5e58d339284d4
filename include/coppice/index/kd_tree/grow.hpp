// How a KdTree grows. A full leaf splits at its median; a full node is cut in two and its plane moves into the parent,
// as in a B-tree. A node may be cut at the root plane of its miniature tree or along any plane that no child's box
// straddles, whichever balances best: that replaces most rebuilding on sorted and moving data. What is left is cut
// through (cleave.hpp) or, where it is small, rebuilt.
// Cost: a leaf splits once in about 16 inserts, a node once in about 100.
#pragma once

#include <algorithm>
#include <limits>

#include "coppice/index/kd_tree/build.hpp"
#include "coppice/index/kd_tree/cleave.hpp"

namespace coppice::kd_tree {

/// Makes room beside a child, which is to be divided, in the node above it: full nodes are cut in two, the highest
/// first, within `top` (none: up to the root). False where there is still none: `top` is full itself, or a node is so
/// lopsided that it must be repaired, which has happened if it `may_repair`; then the child may be no more.
template <class S, int Width>
bool Tree<S, Width>::make_room(Handle child, Handle top, bool may_repair) {
  for (;;) {
    Handle x = parent_of(child) >> 3;
    if (node(x).children < fan_out) return true;
    while (x != top && cold(x).parent != none && node(cold(x).parent >> 3).children == fan_out) x = cold(x).parent >> 3;
    if (x == top) return false;
    const CutChoice cut = best_cut(x);
    // A rebuild that left the node full and lopsided could do no better: the data allow nothing else.
    if (!cut.balanced && cold(x).leaves_at_rebuild != cold(x).leaves) {
      if (may_repair) repair(x);
      return false;
    }
    divide(x, cut);
  }
}

/// Splits a leaf, which stays the left half. Requires: the node above it has room; the writer owns both.
template <class S, int Width>
typename Tree<S, Width>::LeafSplit Tree<S, Width>::split_leaf(Handle left, Handle top) {
  const Handle x = leaf_cold(left).parent >> 3;
  const auto s = static_cast<int>(leaf_cold(left).parent & 7);
  Node& n = node(x);
  close_holes(left, n.taken[s]);
  const int count = n.points(s);
  const storage::IdArray ids = leaf(left).ids;
  // Their misses would be most of a split.
  for (int i = 0; i < count; ++i) locations_.prefetch(ids[static_cast<std::size_t>(i)]);
  Extent<S, Width> extent;
  leaf_extent(leaf(left), count, extent);
  const auto half = static_cast<std::size_t>(count / 2);
  const std::size_t play = keeps_heights() ? 0 : 2;
  std::vector<S> id_keys;
  const Plane<S> plane =
      choose_plane<S, Width>([&](int a) { return leaf(left).axis(a); }, ids, axes(), static_cast<std::size_t>(count),
                             half - play, half + play, extent, id_keys);
  const S* keys = plane.axis < axes() ? leaf(left).axis(plane.axis) : id_keys.data();
  const LeafHalves halves = part_leaf(left, count, keys, plane.value);

  const int t = add_plane(n, s, plane.axis, plane.value);
  n.taken[s] = first_places(halves.kept);
  set_child(x, t, halves.right | leaf_bit, first_places(count - halves.kept));
  for (const int side : {0, 1})
    set_box(n, side == 0 ? s : t, halves.boxes[side].lower.data(), halves.boxes[side].upper.data());
  add_leaves(x, 1, top);
  return {halves.right, plane.axis, plane.value};
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
  const bool cuts_ids = std::any_of(n.axis, n.axis + planes, [&](int axis) { return axis >= axes(); });
  for (int a = 0; a < axes() + (cuts_ids ? id_axes : 0) && smaller < good_enough * all; ++a) {
    S lower[fan_out], upper[fan_out];
    for (int s = 0; s < fan_out; ++s) {
      if (a < axes()) {
        lower[s] = decode(n.bounds(a)[s], a);
        upper[s] = decode(n.bounds(a)[fan_out + s], a);
      } else {
        id_range(n, s, a, lower[s], upper[s]);
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
  best.balanced = config_.balance.holds({0, smaller}, {0, all - smaller});
  return best;
}

/// What the planes of a node say about the ids in slot `s`: the first and last value of an axis that is a part of the
/// id, a whole number.
template <class S, int Width>
void Tree<S, Width>::id_range(const Node& n, int s, int axis, S& first, S& last) const {
  first = -std::numeric_limits<S>::infinity();
  last = std::numeric_limits<S>::infinity();
  for (int j = 0; j < planes; ++j) {
    if ((n.need[s] >> j & 1) == 0 || n.axis[j] != axis) continue;
    if ((n.right[s] >> j & 1) != 0)
      first = std::max(first, n.split[j]);
    else
      last = std::min(last, n.split[j] - 1);
  }
}

/// Cuts node x along `cut` into two nodes under its parent, which has room; a root gets a parent first.
template <class S, int Width>
void Tree<S, Width>::divide(Handle x, const CutChoice& cut) {
  const Node& whole = node(x);
  const Handle left = new_node();
  const Handle right = new_node();
  adopt_group(left, whole, 0xff & ~cut.right);
  adopt_group(right, whole, cut.right);
  put_halves(x, left, right, cut.axis, cut.value);
}

}  // namespace coppice::kd_tree
