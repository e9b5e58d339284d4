// Where the balance policy objects, one subtree is built anew: what balance/partial_rebuild.hpp needs of a KdTree.
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
  if (config_.balance.kind == BalanceKind::growth) return;
  Handle highest = none;
  for (Handle h = x;;) {
    bool holds = true;
    const Node& n = node(h);
    cold(h).height = each_plane(n, (1u << n.children) - 1, 0, [&](int, Side l, Side r) {
                       holds = holds && config_.balance.holds(l, r);
                     }).height;
    const std::int64_t changed = std::int64_t{cold(h).leaves} - cold(h).leaves_at_rebuild;
    if (!holds && std::abs(changed) > cold(h).leaves_at_rebuild / 8) highest = h;
    if (cold(h).parent == none) break;
    h = cold(h).parent >> 3;
  }
  if (highest == none) return;
  const std::uint32_t parent = cold(highest).parent;
  rebuilder_.rebuild(*this, highest);
  for (std::uint32_t up = parent; up != none; up = cold(up >> 3).parent) {
    const Node& n = node(up >> 3);
    cold(up >> 3).height = each_plane(n, (1u << n.children) - 1, 0, [](int, Side, Side) {}).height;
  }
}

template <class S, int Width>
std::size_t Tree<S, Width>::count_points(Handle x) const {
  std::size_t points = 0;
  each_leaf(x, [&](Handle, std::uint32_t taken) { points += static_cast<std::size_t>(std::popcount(taken)); });
  return points;
}

/// The points below `child`, a node or a leaf, and room for some more.
template <class S, int Width>
typename Tree<S, Width>::Gathered Tree<S, Width>::gather(Handle child, std::size_t points, std::size_t more) const {
  Gathered gathered{storage::Columns<S>(points + more, axes(), records_->wide_ids), points + more};
  std::size_t filled = 0;
  each_leaf(child, [&](Handle h, std::uint32_t left) {
    const Leaf<S> l = leaf(h);
    while (left != 0) {  // run by run
      const int first = std::countr_zero(left);
      const int run = std::countr_one(left >> first);
      for (int a = 0; a < axes(); ++a) std::copy_n(l.axis(a) + first, run, gathered.columns.axis(0, a) + filled);
      gathered.columns.ids(0).tail(filled).copy_from(l.ids.tail(static_cast<std::size_t>(first)),
                                                     static_cast<std::size_t>(run));
      filled += static_cast<std::size_t>(run);
      left &= ~(first_places(run) << first);
    }
  });
  return gathered;
}

template <class S, int Width>
Handle Tree<S, Width>::construct(Gathered& gathered, const Executor& executor) {
  return Builder<S, Width>(*this, gathered.columns, rebuilt_fill, executor).build(gathered.points);
}

/// Puts subtree `fresh` in the place of `child`, a node or a leaf, whose path the writer owns up to `top`.
template <class S, int Width>
void Tree<S, Width>::replace(Handle child, Handle fresh, Handle top) {
  const std::uint32_t parent = parent_of(child);
  if (parent == none) {
    root_ = fresh;
    return;
  }
  const Handle p = parent >> 3;
  const int s = static_cast<int>(parent & 7);
  add_leaves(p, std::int64_t{cold(fresh).leaves} - leaves_below(child), top);
  attach(p, s, fresh);
}

}  // namespace coppice::kd_tree
