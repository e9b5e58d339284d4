// The planes of a node: its miniature k-d tree read from the bits of its children, and counts kept along a path.
#pragma once

#include <algorithm>

#include "coppice/index/kd_tree/tree.hpp"

namespace coppice::kd_tree {

/// Counts leaves that came or went below x, from there up to `top` (none: the root).
template <class S, int Width>
void Tree<S, Width>::add_leaves(Handle x, std::int64_t difference, Handle top) {
  for (;;) {
    cold(x).leaves = static_cast<std::uint32_t>(cold(x).leaves + difference);
    const std::uint32_t parent = cold(x).parent;
    if (parent == none || x == top) return;
    x = parent >> 3;
  }
}

/// Visits the planes of the miniature tree over the children in `group`, whose shared planes `above` are settled, as
/// visit(plane, left side, right side), bottom up; returns the whole group's side.
template <class S, int Width>
template <class Visit>
Side Tree<S, Width>::each_plane(const Node& n, unsigned group, unsigned above, Visit visit) const {
  if ((group & (group - 1)) == 0) {
    const Handle child = n.child[__builtin_ctz(group)];
    return {height_below(child), leaves_below(child)};
  }
  unsigned shared_planes = 0xff;
  for (unsigned m = group; m != 0; m &= m - 1) shared_planes &= n.need[__builtin_ctz(m)];
  const int plane = __builtin_ctz(shared_planes & ~above);
  unsigned right = 0;
  for (unsigned m = group; m != 0; m &= m - 1) {
    const int s = __builtin_ctz(m);
    right |= static_cast<unsigned>(n.right[s] >> plane & 1) << s;
  }
  const Side l = each_plane(n, group & ~right, above | 1u << plane, visit);
  const Side r = each_plane(n, right, above | 1u << plane, visit);
  visit(plane, l, r);
  return {std::max(l.height, r.height) + 1, l.leaves + r.leaves};
}

/// The slot that shares its innermost plane with `s` alone, or −1 when that side of the plane is divided further.
template <class S, int Width>
int Tree<S, Width>::sibling(const Node& n, int s, int& plane) const {
  for (int j = 0; j < planes; ++j) {
    if ((n.need[s] >> j & 1) == 0) continue;
    int sharing = 0;
    int other = -1;
    for (int t = 0; t < n.children; ++t)
      if ((n.need[t] >> j & 1) != 0) {
        ++sharing;
        if (t != s) other = t;
      }
    if (sharing == 2) {
      plane = j;
      return other;
    }
  }
  return -1;
}

/// Divides slot `s` of a node that has room by a new plane: `s` keeps the left side, and the slot returned, which has
/// no child yet, is the right.
template <class S, int Width>
int Tree<S, Width>::add_plane(Node& n, int s, int axis, S value) const {
  const int j = __builtin_ctz(~n.used_planes());
  const int t = n.children++;
  n.split[j] = value;
  n.axis[j] = static_cast<typename Node::Axis>(axis);
  n.need[s] |= static_cast<std::uint8_t>(1u << j);
  n.need[t] = n.need[s];
  n.right[t] = static_cast<std::uint8_t>(n.right[s] | 1u << j);
  return t;
}

/// Takes slot `s` and its innermost plane out of a node of several children; the last slot takes its place.
template <class S, int Width>
void Tree<S, Width>::remove_child(Handle x, int s) {
  Node& n = node(x);
  int innermost = -1;
  int fewest = fan_out + 1;
  for (int j = 0; j < planes; ++j) {
    if ((n.need[s] >> j & 1) == 0) continue;
    int sharing = 0;
    for (int t = 0; t < n.children; ++t) sharing += n.need[t] >> j & 1;
    if (sharing < fewest) {
      fewest = sharing;
      innermost = j;
    }
  }
  const auto keep = static_cast<std::uint8_t>(~(1u << innermost));
  for (int t = 0; t < n.children; ++t)
    if ((n.need[t] >> innermost & 1) != 0) {
      n.need[t] &= keep;
      n.right[t] &= keep;
    }
  const int last = --n.children;
  if (s != last) {
    n.need[s] = n.need[last];
    n.right[s] = n.right[last];
    set_child(x, s, n.child[last], n.taken[last]);
    copy_box(n, last, n, s);
  }
  n.need[last] = 0;
  n.right[last] = 0xff;
  n.taken[last] = 0;
  clear_box(n, last);
}

}  // namespace coppice::kd_tree
