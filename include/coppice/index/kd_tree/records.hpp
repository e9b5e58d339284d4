// The boxes of a KdTree and the origin that they are relative to, beside what all plane trees do with their records
// (index/plane_tree_records.hpp).
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "coppice/index/kd_tree/tree.hpp"
#include "coppice/index/plane_tree_records.hpp"

namespace coppice::kd_tree {

template <class S, int Width>
Tree<S, Width>::Tree(int dimension, typename KdTree<S>::Config config)
    : Store(dimension), config_(std::move(config)), rebuilder_(config_.executor, config_.parallel_cutoff) {
  clear();
}

template <class S, int Width>
void Tree<S, Width>::clear(bool wide_ids) {
  this->forget_all(wide_ids);
  begin_write();
  plant_root();
  end_write();
}

/// A tree of no points: a root with one empty leaf.
template <class S, int Width>
void Tree<S, Width>::plant_root() {
  root_ = new_node();
  Node& n = node(root_);
  n.children = 1;
  n.right[0] = 0;
  set_child(root_, 0, new_leaf() | leaf_bit, 0);
  cold(root_).leaves = 1;
}

template <class S, int Width>
void Tree<S, Width>::set_box(Node& n, int s, const S* lower, const S* upper) const {
  for (int a = 0; a < axes(); ++a) {
    n.bounds(a)[s] = encode_lower(lower[a], origin_data()[a]);
    n.bounds(a)[fan_out + s] = encode_upper(upper[a], origin_data()[a]);
  }
}

template <class S, int Width>
void Tree<S, Width>::leaf_extent(const Leaf<S>& l, int count, Extent<S, Width>& extent) const {
  const storage::ColumnKernels<S>& kernels = storage::column_kernels<S>();
  for (int a = 0; a < axes(); ++a)
    kernels.bounds(l.axis(a), static_cast<std::size_t>(count), extent.lower[a], extent.upper[a]);
}

/// Brings the boxes and counts above x up to date after changes below it.
template <class S, int Width>
void Tree<S, Width>::refit_path(Handle x, std::int64_t new_leaves) {
  for (std::uint32_t link = cold(x).parent; link != none; link = cold(x).parent) {
    union_box(node(x), node(link >> 3), static_cast<int>(link & 7));
    x = link >> 3;
    cold(x).leaves = static_cast<std::uint32_t>(cold(x).leaves + new_leaves);
  }
}

template <class S, int Width>
void Tree<S, Width>::encode(const S* point, float* lower, float* upper) const {
  for (int a = 0; a < axes(); ++a) {
    const S x = a < dimension_ ? point[a] : S(0);
    lower[a] = encode_lower(x, origin_data()[a]);
    upper[a] = encode_upper(x, origin_data()[a]);
  }
}

/// Widens the box of a slot; returns whether it had to.
template <class S, int Width>
bool Tree<S, Width>::grow_box(Node& n, int s, const float* lower, const float* upper) const {
  bool grew = false;
  for (int a = 0; a < axes(); ++a) {
    float* bounds = n.bounds(a);
    grew |= lower[a] < bounds[s] || upper[a] > bounds[fan_out + s];
    bounds[s] = std::min(bounds[s], lower[a]);
    bounds[fan_out + s] = std::max(bounds[fan_out + s], upper[a]);
  }
  return grew;
}

/// Widens the box of a slot and those above it, within `top` (none: up to the root). A box lies within the one above
/// it, so the first that needs no widening is the end.
template <class S, int Width>
void Tree<S, Width>::grow_path(std::uint32_t link, const float* lower, const float* upper, Handle top) const {
  while (link != none && grow_box(node(link >> 3), static_cast<int>(link & 7), lower, upper) && link >> 3 != top)
    link = cold(link >> 3).parent;
}

/// Boxes are floats, so data far from 0 for its size would lose them their meaning: such axes are measured from the
/// middle of the data instead. Returns whether the origin changed.
template <class S, int Width>
bool Tree<S, Width>::choose_origin(const Extent<S, Width>& extent) {
  if constexpr (std::is_same_v<S, float>) {
    return false;
  } else {
    constexpr S far = 64;
    bool changed = false;
    std::vector<S> origin = *origin_;
    for (int a = 0; a < axes(); ++a) {
      const S size = extent.upper[a] - extent.lower[a];
      const S middle = extent.lower[a] + size / 2;
      if (!(std::abs(middle - origin[a]) > far * size)) continue;  // where the data lies is well expressed already
      const S wanted = std::abs(middle) > far * size ? middle : S(0);
      changed |= wanted != origin[a];
      origin[a] = wanted;
    }
    if (!changed) return false;
    origin_ = std::make_shared<const std::vector<S>>(std::move(origin));
    return true;
  }
}

/// The whole set has grown by a level: a rare moment, and the one to look whether its boxes still have their precision.
template <class S, int Width>
void Tree<S, Width>::reconsider_origin() {
  const Node& top = node(root_);
  Extent<S, Width> extent;
  for (int a = 0; a < axes(); ++a) {
    const float* lower = top.bounds(a);
    const float* upper = lower + fan_out;
    extent.lower[a] = static_cast<S>(*std::min_element(lower, lower + top.children)) + origin_data()[a];
    extent.upper[a] = static_cast<S>(*std::max_element(upper, upper + top.children)) + origin_data()[a];
  }
  if (choose_origin(extent)) refit(root_);
}

/// Recomputes every box below x, tight, under the present origin. Requires: nothing is shared.
template <class S, int Width>
void Tree<S, Width>::refit(Handle x) {
  Node& n = node(x);
  for (int s = 0; s < n.children; ++s) {
    if (n.is_leaf(s)) {
      leaf_box(n, s);
    } else {
      refit(n.child[s]);
      union_box(node(n.child[s]), n, s);
    }
  }
}

}  // namespace coppice::kd_tree
