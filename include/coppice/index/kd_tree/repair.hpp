// What keeps a KdTree in shape. A full leaf splits at its median; a full node is cut in two and its plane moves into the
// parent, as in a B-tree; what empties merges with its sibling. A node may be cut at the root plane of its miniature
// tree or along any plane that no child's box straddles, whichever balances best: that replaces most rebuilding on
// sorted and moving data. Where the balance policy still objects, the subtree is rebuilt, and nothing else.
// Cost: a leaf splits once in about 16 inserts, a node once in about 100; rebuilds are rare under the default policy.
#pragma once

#include <algorithm>

#include "coppice/index/kd_tree/build.hpp"
#include "coppice/index/kd_tree/tree.hpp"

namespace coppice::kd_tree {

/// A leaf that falls to this many points looks for a sibling to merge with; together they may fill three quarters.
inline constexpr int sparse_leaf = leaf_capacity / 4;
inline constexpr int merged_leaf = leaf_capacity * 3 / 4;
/// A node with this few children looks for a sibling; together they may have six children.
inline constexpr int sparse_node = 3;
inline constexpr int merged_node = 6;
/// The points of a leaf after a partial rebuild: head room, so that growth does not split every leaf at once.
inline constexpr int rebuilt_fill = leaf_capacity * 3 / 4;

template <class S, int Width>
void Tree<S, Width>::add_leaves(Handle x, std::int64_t difference) {
  for (;;) {
    cold(x).leaves = static_cast<std::uint32_t>(cold(x).leaves + difference);
    const std::uint32_t parent = cold(x).parent;
    if (parent == none) return;
    x = parent >> 3;
  }
}

// ---------------------------------------------------------------------------------------------------------- planes

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
    set_child(x, s, n.child[last], n.count[last]);
    copy_box(n, last, n, s);
  }
  n.need[last] = 0;
  n.right[last] = 0xff;
  n.count[last] = 0;
  clear_box(n, last);
}

// ---------------------------------------------------------------------------------------------------------- growth

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
  Extent<S, Width> extent;
  leaf_extent(l, count, extent);
  const bool exact = keeps_heights();
  const auto half = static_cast<std::size_t>(count / 2);
  const std::size_t play = exact ? 0 : 2;
  std::vector<S> id_keys;
  const Plane<S> plane = choose_plane<S, Width>([&](int a) { return l.axis(a); }, l.ids, axes_,
                                                static_cast<std::size_t>(count), half - play, half + play, extent,
                                                id_keys);
  const S* keys = plane.axis < axes_ ? l.axis(plane.axis) : id_keys.data();

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
      for (int a = 0; a < axes_; ++a) to.axis(a)[slot] = l.axis(a)[i];
      to.ids[slot] = l.ids[i];
      locations_.assign(to.ids[slot], location_of(goes_right[i] ? right : left, slot));
    }
    ++slot;
  }
  const int j = __builtin_ctz(~n.used_planes());
  const int t = n.children++;
  n.split[j] = plane.value;
  n.axis[j] = static_cast<typename Node::Axis>(plane.axis);
  n.need[s] |= static_cast<std::uint8_t>(1u << j);
  n.need[t] = n.need[s];
  n.right[t] = static_cast<std::uint8_t>(n.right[s] | 1u << j);
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
    rebuild(x);
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
  for (int a = 0; a < axes_ && smaller < good_enough * all; ++a) {
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
  const int j = __builtin_ctz(~up.used_planes());
  const int t = up.children++;
  up.split[j] = cut.value;
  up.axis[j] = static_cast<typename Node::Axis>(cut.axis);
  up.need[s] |= static_cast<std::uint8_t>(1u << j);
  up.need[t] = up.need[s];
  up.right[t] = static_cast<std::uint8_t>(up.right[s] | 1u << j);
  release_node(x);
  attach(p, s, left);
  attach(p, t, right);
  if (root_ == p && !sharing_) {
    // The whole set has grown by a level: a rare moment, and the one to look whether its boxes still have their
    // precision.
    Extent<S, Width> extent;
    for (int a = 0; a < axes_; ++a) {
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

// ------------------------------------------------------------------------------------------------------- shrinking

/// Called when an erase left few points in leaf slot `s`: drops the leaf when it is empty, or merges it with a sparse
/// sibling. Requires: the node is the writer's own.
template <class S, int Width>
void Tree<S, Width>::leaf_shrunk(Handle x, int s) {
  Node& n = node(x);
  const int count = n.count[s];
  if (n.children == 1) {
    if (count == 0) clear_box(n, s);
    return;
  }
  if (count != 0) {
    int plane = 0;
    const int t = sibling(n, s, plane);
    if (t < 0 || !n.is_leaf(t) || count + n.count[t] > merged_leaf) return;
    const Leaf<S> from = leaf(n.child[s] & ~leaf_bit);
    const Handle into = own_leaf(n.child[t] & ~leaf_bit);
    const Leaf<S> to = leaf(into);
    int slot = n.count[t];
    for (int i = 0; i < count; ++i, ++slot) {
      for (int a = 0; a < axes_; ++a) to.axis(a)[slot] = from.axis(a)[i];
      to.ids[slot] = from.ids[i];
      locations_.assign(to.ids[slot], location_of(into, slot));
    }
    n.count[t] = static_cast<std::uint8_t>(slot);
    leaf_box(n, t);
  }
  release_leaf(n.child[s] & ~leaf_bit);
  remove_child(x, s);
  add_leaves(x, -1);
  node_shrunk(x);
}

/// Called when a node lost a child: an only child takes its place, and a sparse sibling is merged in.
template <class S, int Width>
void Tree<S, Width>::node_shrunk(Handle x) {
  Node& n = node(x);
  const std::uint32_t parent = cold(x).parent;
  if (n.children == 1) {
    if (parent == none) {
      if (n.is_leaf(0)) return;
      root_ = n.child[0];
      cold(root_).parent = none;
    } else {
      Node& up = node(parent >> 3);
      copy_box(n, 0, up, static_cast<int>(parent & 7));
      set_child(parent >> 3, static_cast<int>(parent & 7), n.child[0], n.count[0]);
    }
    release_node(x);
    if (parent != none) rebalance(parent >> 3);
    return;
  }
  if (n.children <= sparse_node && parent != none) {
    const Node& up = node(parent >> 3);
    int plane = 0;
    const int t = sibling(up, static_cast<int>(parent & 7), plane);
    if (t >= 0 && !up.is_leaf(t) && n.children + node(up.child[t]).children <= merged_node) {
      merge_nodes(parent >> 3, static_cast<int>(parent & 7), t, plane);
      node_shrunk(parent >> 3);
      return;
    }
  }
  rebalance(x);
}

/// Merges the nodes in slots s and t of p, which plane `plane` of p separates, into slot s.
template <class S, int Width>
void Tree<S, Width>::merge_nodes(Handle p, int s, int t, int plane) {
  Node& up = node(p);
  const Handle merged = new_node();
  Node& m = node(merged);
  m.split[0] = up.split[plane];
  m.axis[0] = up.axis[plane];
  unsigned used = 1;
  for (const int side : {s, t}) {
    const Handle h = up.child[side];
    const Node& from = node(h);
    int renamed[planes] = {};
    for (unsigned left = from.used_planes(); left != 0; left &= left - 1) {
      const int old_plane = __builtin_ctz(left);
      const int free_plane = __builtin_ctz(~used);
      used |= 1u << free_plane;
      renamed[old_plane] = free_plane;
      m.split[free_plane] = from.split[old_plane];
      m.axis[free_plane] = from.axis[old_plane];
    }
    for (int c = 0; c < from.children; ++c) {
      const int slot = m.children++;
      unsigned need = 1;
      unsigned right = up.right[side] >> plane & 1;
      for (int j = 0; j < planes; ++j)
        if ((from.need[c] >> j & 1) != 0) {
          need |= 1u << renamed[j];
          right |= static_cast<unsigned>(from.right[c] >> j & 1) << renamed[j];
        }
      m.need[slot] = static_cast<std::uint8_t>(need);
      m.right[slot] = static_cast<std::uint8_t>(right);
      copy_box(from, c, m, slot);
      set_child(merged, slot, from.child[c], from.count[c]);
    }
    cold(merged).leaves += cold(h).leaves;
    release_node(h);
  }
  cold(merged).height = each_plane(m, (1u << m.children) - 1, 0, [](int, Side, Side) {}).height;
  union_box(m, up, s);
  set_child(p, s, merged, 0);
  remove_child(p, t);
}

// ------------------------------------------------------------------------------------------------------- rebuilding

/// Under a policy that watches every plane: brings heights up to date from x to the root, and rebuilds the highest
/// subtree with a plane out of balance. A subtree just rebuilt is left alone until its leaves changed by an eighth:
/// where equal coordinates forbid better, another rebuild would be in vain.
template <class S, int Width>
void Tree<S, Width>::rebalance(Handle x) {
  if (options_.balance.kind == BalanceKind::growth) return;
  Handle highest = none;
  for (Handle h = x;;) {
    bool holds = true;
    const Node& n = node(h);
    cold(h).height = each_plane(n, (1u << n.children) - 1, 0, [&](int, Side l, Side r) {
                       holds = holds && options_.balance.holds(l, r);
                     }).height;
    const std::int64_t changed = std::int64_t{cold(h).leaves} - cold(h).leaves_at_rebuild;
    if (!holds && std::abs(changed) > cold(h).leaves_at_rebuild / 8) highest = h;
    if (cold(h).parent == none) break;
    h = cold(h).parent >> 3;
  }
  if (highest == none) return;
  const std::uint32_t parent = cold(highest).parent;
  rebuild(highest);
  for (std::uint32_t up = parent; up != none; up = cold(up >> 3).parent) {
    const Node& n = node(up >> 3);
    cold(up >> 3).height = each_plane(n, (1u << n.children) - 1, 0, [](int, Side, Side) {}).height;
  }
}

/// Rebuilds the subtree of a node the writer owns, in parallel where it is large.
template <class S, int Width>
void Tree<S, Width>::rebuild(Handle x) {
  std::size_t points = 0;
  each_leaf(x, [&](Handle, int count) { points += static_cast<std::size_t>(count); });
  if (points == 0) return;
  storage::Columns<S> columns(points, axes_);
  std::size_t filled = 0;
  each_leaf(x, [&](Handle h, int count) {
    const Leaf<S> l = leaf(h);
    for (int a = 0; a < axes_; ++a) std::copy_n(l.axis(a), count, columns.axis(0, a) + filled);
    std::copy_n(l.ids, count, columns.ids(0) + filled);
    filled += static_cast<std::size_t>(count);
  });
  const std::uint32_t parent = cold(x).parent;
  const std::uint32_t old_leaves = cold(x).leaves;
  release_subtree(x);
  const Handle fresh = Builder<S, Width>(*this, columns, rebuilt_fill).build(points);
  if (parent == none) {
    root_ = fresh;
  } else {
    set_child(parent >> 3, static_cast<int>(parent & 7), fresh, 0);
    union_box(node(fresh), node(parent >> 3), static_cast<int>(parent & 7));
    add_leaves(parent >> 3, std::int64_t{cold(fresh).leaves} - old_leaves);
  }
  rebuilds_.record(points);
}

}  // namespace coppice::kd_tree
