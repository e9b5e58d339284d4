// Cuts that divide what stands in their way. Where no plane passes between the children of a full node without leaving
// one side nearly empty, a plane near the middle of its leaves goes through the subtree, down to the leaves that it
// meets. That repairs a lopsided subtree for the price of its cross-section, where a rebuild would pay for its volume.
// Cost: of m leaves in d dimensions a plane meets some m^(1 - 1/d), each for about the price of a leaf split.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include "coppice/index/kd_tree/shrink.hpp"

namespace coppice::kd_tree {

/// Moves the points of a leaf with key ≥ value into a new one, and says what stayed. Where all are on one side nothing
/// changes and there is no right half. Requires: the writer owns the leaf, which has no holes.
template <class S, int Width>
typename Tree<S, Width>::LeafHalves Tree<S, Width>::part_leaf(Handle left, int count, const S* keys, S value) {
  const Leaf<S> l = leaf(left);
  // Twice as wide as a leaf, as is the buffer below, so that either half can be copied out whole.
  constexpr std::size_t stride = 2 * leaf_capacity;
  alignas(point_id) std::byte id_bytes[stride * sizeof(point_id)];
  const storage::IdArray ids(id_bytes, records_->wide_ids);
  std::conditional_t<Width != 0, std::array<S, stride * Width>, std::vector<S>> buffer;
  if constexpr (Width == 0) buffer.resize(stride * static_cast<std::size_t>(axes()));
  AxisArray<S*, Width> from, to;
  for (int a = 0; a < axes(); ++a) {
    from[static_cast<std::size_t>(a)] = l.axis(a);
    to[static_cast<std::size_t>(a)] = buffer.data() + stride * static_cast<std::size_t>(a);
  }
  LeafHalves halves;
  S* lower[2] = {halves.boxes[0].lower.data(), halves.boxes[1].lower.data()};
  S* upper[2] = {halves.boxes[0].upper.data(), halves.boxes[1].upper.data()};
  const std::size_t kept = storage::column_kernels<S>().partition(
      {from.data(), l.ids}, {to.data(), ids}, axes(), static_cast<std::size_t>(count), keys, value, lower, upper);
  halves.kept = static_cast<int>(kept);
  if (kept == 0 || halves.kept == count) return halves;

  const std::size_t moved = static_cast<std::size_t>(count) - kept;
  halves.right = new_leaf();
  const Leaf<S> r = leaf(halves.right);
  for (int a = 0; a < axes(); ++a) {
    const S* column = to[static_cast<std::size_t>(a)];
    std::memcpy(l.axis(a), column, leaf_capacity * sizeof(S));
    std::memcpy(r.axis(a), column + kept, leaf_capacity * sizeof(S));
  }
  l.ids.copy_from(ids, kept);
  r.ids.copy_from(ids.tail(kept), moved);
  for (std::size_t i = 0; i < kept; ++i) locations_.relocate(ids[i], location_of(left, static_cast<int>(i)));
  for (std::size_t i = 0; i < moved; ++i)
    locations_.relocate(ids[kept + i], location_of(halves.right, static_cast<int>(i)));
  return halves;
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
    set_child(to, t, from.child[s], from.taken[s]);
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
  set_child(parent, s, n.child[0], n.taken[0]);
  release_node(half);
}

/// Puts two nodes that were made of x in its place, parted by a plane. The node above has room; a root gets one first.
template <class S, int Width>
void Tree<S, Width>::put_halves(Handle x, Handle left, Handle right, int axis, S value) {
  std::uint32_t parent = cold(x).parent;
  if (parent == none) {
    const Handle top = new_node();
    node(top).children = 1;
    node(top).right[0] = 0;
    cold(top).leaves = cold(x).leaves;
    set_child(top, 0, x, 0);
    root_ = top;
    taller_ = true;
    parent = link_of(top, 0);
  }
  const Handle p = parent >> 3;
  const int s = static_cast<int>(parent & 7);
  const std::int64_t more = std::int64_t{cold(left).leaves} + cold(right).leaves - cold(x).leaves;
  release_node(x);
  const int t = add_plane(node(p), s, axis, value);
  attach(p, s, left);
  attach(p, t, right);
  if (more != 0) add_leaves(p, more);
}

/// Repairs a full node that no cut between its children balances: in two along a plane through its middle, or anew.
template <class S, int Width>
void Tree<S, Width>::repair(Handle x) {
  constexpr std::uint32_t worth_cleaving = 256;  // leaves; below, a rebuild is as quick and leaves a better tree
  if (cold(x).leaves >= worth_cleaving && !keeps_heights()) {
    const MiddlePlane plane = middle_plane(x);
    if (plane.axis >= 0) {
      std::uint64_t divided = 0;
      const auto [left, right] = cleave(x, plane.axis, plane.value, divided);
      if (left != none && right != none) {
        cleavings_.record(divided);
        put_halves(x, left, right, plane.axis, plane.value);
        return;
      }
    }
  }
  rebuilder_.rebuild(*this, x);
}

/// The plane, of those at the edges of subtrees' boxes, that cuts through the fewest leaves and leaves a fair share of
/// them on either side; axis −1 where there is none.
template <class S, int Width>
typename Tree<S, Width>::MiddlePlane Tree<S, Width>::middle_plane(Handle x) const {
  struct Piece {
    Handle node;
    int slot;
    std::uint32_t leaves;
  };
  constexpr std::size_t enough = 64;
  const auto lighter = [](const Piece& a, const Piece& b) { return a.leaves < b.leaves; };
  std::vector<Piece> pieces;  // a heap
  const auto open = [&](Handle h) {
    for (int s = 0; s < node(h).children; ++s) {
      pieces.push_back({h, s, leaves_below(node(h).child[s])});
      std::push_heap(pieces.begin(), pieces.end(), lighter);
    }
  };
  open(x);
  while (pieces.size() < enough && pieces.front().leaves > 1) {
    std::pop_heap(pieces.begin(), pieces.end(), lighter);
    const Piece heaviest = pieces.back();
    pieces.pop_back();
    open(node(heaviest.node).child[heaviest.slot]);
  }

  const double all = cold(x).leaves;
  constexpr double fair = 0.3;
  const double exponent = 1 - 1.0 / dimension_;
  MiddlePlane best;
  double fewest = all / 8;  // beyond that a rebuild is the better bargain
  std::vector<float> crossed;
  for (const Piece& piece : pieces) crossed.push_back(static_cast<float>(std::pow(piece.leaves, exponent)));
  for (int a = 0; a < axes(); ++a) {
    for (const Piece& candidate : pieces) {
      const float value = node(candidate.node).bounds(a)[candidate.slot];
      if (!std::isfinite(value)) continue;
      double left = 0, right = 0, cost = 0;
      for (std::size_t i = 0; i < pieces.size(); ++i) {
        const float* bounds = node(pieces[i].node).bounds(a) + pieces[i].slot;
        if (bounds[fan_out] < value) {
          left += pieces[i].leaves;
        } else if (bounds[0] >= value) {
          right += pieces[i].leaves;
        } else {
          cost += static_cast<double>(crossed[i]);
        }
      }
      const double through = all - left - right;
      if (cost >= fewest || std::min(left, right) + through / 2 < fair * all) continue;
      fewest = cost;
      best = {a, decode(value, a)};
    }
  }
  return best;
}

/// Makes two nodes of what lies left and right of a plane in node x, which the caller then releases; where all of it
/// lies on one side, that side is x itself and the other none. Counts the leaves it divides.
template <class S, int Width>
std::pair<Handle, Handle> Tree<S, Width>::cleave(Handle x, int axis, S value, std::uint64_t& divided) {
  struct Crossed {
    Handle left, right;
    int kept, moved;  // points of a leaf's halves
  };
  Crossed crossed[fan_out];
  unsigned left = 0;
  unsigned right = 0;
  for (int s = 0; s < node(x).children; ++s) {
    Node& n = node(x);
    if (decode(n.bounds(axis)[fan_out + s], axis) < value) {
      left |= 1u << s;
    } else if (decode(n.bounds(axis)[s], axis) >= value) {
      right |= 1u << s;
    } else if (n.is_leaf(s)) {
      const Handle h = own_leaf(n.child[s] & ~leaf_bit);
      close_holes(h, n.taken[s]);
      const int count = n.points(s);
      const LeafHalves halves = part_leaf(h, count, leaf(h).axis(axis), value);
      if (halves.kept != 0) left |= 1u << s;
      if (halves.kept != count) right |= 1u << s;
      if (halves.right != none) ++divided;
      crossed[s] = {h | leaf_bit, halves.right | leaf_bit, halves.kept, count - halves.kept};
    } else {
      const auto [l, r] = cleave(own_node(n.child[s]), axis, value, divided);
      if (l != none) left |= 1u << s;
      if (r != none) right |= 1u << s;
      crossed[s] = {l, r, 0, 0};
    }
  }
  if (right == 0) return {x, none};
  if (left == 0) return {none, x};

  const Handle halves[2] = {new_node(), new_node()};
  adopt_group(halves[0], node(x), left);
  adopt_group(halves[1], node(x), right);
  for (unsigned both = left & right; both != 0; both &= both - 1) {
    const int s = __builtin_ctz(both);
    const unsigned before = (1u << s) - 1;
    put_part(halves[0], std::popcount(left & before), crossed[s].left, crossed[s].kept);
    put_part(halves[1], std::popcount(right & before), crossed[s].right, crossed[s].moved);
    if (!node(x).is_leaf(s)) release_node(node(x).child[s]);
  }
  for (const Handle half : halves) tidy(half);
  return {halves[0], halves[1]};
}

/// Puts one half of a subtree that was cut into its slot of a half of the node above.
template <class S, int Width>
void Tree<S, Width>::put_part(Handle x, int s, Handle part, int points) {
  if ((part & leaf_bit) == 0) {
    attach(x, s, part);
    return;
  }
  set_child(x, s, part, first_places(points));
  leaf_box(node(x), s);
}

/// Merges what a cut left sparse in a node that has no parent yet, and sums up its leaves.
template <class S, int Width>
void Tree<S, Width>::tidy(Handle x) {
  Node& n = node(x);
  for (int s = n.children - 1; s >= 0 && n.children > 1; --s) {
    if (s >= n.children) continue;
    if (n.is_leaf(s))
      (void)merge_leaf(x, s);
    else
      (void)merge_node(x, s);
  }
  cold(x).leaves = 0;
  for (int s = 0; s < n.children; ++s) cold(x).leaves += leaves_below(n.child[s]);
}

}  // namespace coppice::kd_tree
