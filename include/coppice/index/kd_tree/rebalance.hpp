// Partial rebuilding: where the balance policy objects, one subtree is built anew from its points, and nothing else.
#pragma once

#include "coppice/index/kd_tree/build.hpp"
#include "coppice/index/kd_tree/planes.hpp"

namespace coppice::kd_tree {

/// The points of a leaf after a partial rebuild: head room, so that growth does not split every leaf at once.
inline constexpr int rebuilt_fill = leaf_capacity * 3 / 4;

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
