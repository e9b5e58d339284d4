// The shape of a MultiwayTree, its parts and their boxes, beside what all plane trees do with their records
// (index/plane_tree_records.hpp).
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <memory>
#include <mutex>
#include <vector>

#include "coppice/index/multiway_tree/partition_number.hpp"
#include "coppice/index/multiway_tree/tree.hpp"
#include "coppice/index/plane_tree_records.hpp"

namespace coppice::multiway_tree {

template <class S, int Width>
Tree<S, Width>::Tree(int dimension, Config config) : Store(dimension), config_(std::move(config)) {
  clear();
}

template <class S, int Width>
void Tree<S, Width>::clear(bool wide_ids) {
  this->forget_all(wide_ids);
  models_.clear();
  begin_write();
  choose_partitions(0);
  root_ = none;
  plant({new_leaf() | leaf_bit, 0, 0});
  end_write();
}

/// Makes a part the whole tree, under a root of its own where it is a leaf.
template <class S, int Width>
void Tree<S, Width>::plant(const Part& part) {
  if (part.height == 0) {
    root_ = new_node();
    set_slabs(node(root_), 0, static_cast<const S*>(nullptr), 1);
    attach(root_, 0, part);
    cold(root_).points = cold(root_).built = part.points;
    cold(root_).height = 1;
  } else {
    root_ = part.child;
  }
  cold(root_).parent = none;
}

// ------------------------------------------------------------------------------------------------------------ shape

template <class S, int Width>
void Tree<S, Width>::choose_partitions(std::size_t n) {
  const auto c = static_cast<std::size_t>(config_.leaf_fill);
  partitions_ =
      config_.partitions != 0 ? config_.partitions : partitions_by_cache_cost(std::max<std::size_t>(n, 1), c, fan_out);
}

template <class S, int Width>
std::uint64_t Tree<S, Width>::capacity(std::uint32_t height) const {
  constexpr std::uint64_t enough = std::uint64_t{1} << 32;
  auto points = static_cast<std::uint64_t>(config_.leaf_fill);
  for (; height > 0 && points < enough; --height) points *= static_cast<std::uint64_t>(partitions_);
  return points;
}

/// Leaves as full as Config says, nodes of t children below the root of the subtree, and as many of those as it takes.
template <class S, int Width>
Shape Tree<S, Width>::shape(std::size_t points) const {
  Shape shape{1, 1};
  while (capacity(shape.height) < points) ++shape.height;
  const std::uint64_t below = capacity(shape.height - 1);
  shape.children = static_cast<int>((points + below - 1) / below);
  return shape;
}

// ---------------------------------------------------------------------------------------------------------- records

template <class S, int Width>
void Tree<S, Width>::node_released(Handle h) {
  if (config_.pivots != PivotRule::learned) return;
  const std::lock_guard lock(mutex_);
  models_.erase(h);
}

template <class S, int Width>
void Tree<S, Width>::node_copied(Handle from, Handle to) {
  if (const auto model = models_.find(from); model != models_.end()) models_[to] = model->second;
}

/// Puts a part into a slot, with its box. The sums of the node are left to the caller.
template <class S, int Width>
void Tree<S, Width>::attach(Handle x, int s, const Part& part) const {
  set_child(x, s, part.child, part.height == 0 ? plane_tree::first_places(static_cast<int>(part.points)) : 0);
  Node& n = node(x);
  if (part.height == 0)
    leaf_box(n, s);
  else
    union_box(node(part.child), n, s);
}

template <class S, int Width>
void Tree<S, Width>::move_slot(Handle x, int from, int to) const {
  Node& n = node(x);
  set_child(x, to, n.child[from], n.taken[from]);
  this->copy_box(n, from, n, to);
}

/// Writes the points below a child into rows from `at` on.
template <class S, int Width>
void Tree<S, Width>::gather(Handle child, const Rows& to, std::size_t& at) const {
  std::vector<S> point(static_cast<std::size_t>(axes()));
  each_leaf(child, [&](Handle h, std::uint32_t taken) {
    const Leaf<S> l = leaf(h);
    for (int i = 0; i < std::popcount(taken); ++i) {
      for (int a = 0; a < axes(); ++a) point[static_cast<std::size_t>(a)] = l.axis(a)[i];
      to.set(at++, point.data(), l.ids[static_cast<std::size_t>(i)]);
    }
  });
}

// ----------------------------------------------------------------------------------------------------------- boxes

/// Widens the box of a slot for a point; returns whether it had to.
template <class S, int Width>
bool Tree<S, Width>::grow_box(Node& n, int s, const S* point) const {
  bool grew = false;
  for (int a = 0; a < axes(); ++a) {
    const S origin = (*origin_)[static_cast<std::size_t>(a)];
    float& lower = n.bounds(a)[s];
    float& upper = n.bounds(a)[fan_out + s];
    if (!(decode_bound(lower, origin) <= point[a])) {
      lower = std::min(lower, encode_lower(point[a], origin));
      grew = true;
    }
    if (!(point[a] <= decode_bound(upper, origin))) {
      upper = std::max(upper, encode_upper(point[a], origin));
      grew = true;
    }
  }
  return grew;
}

/// Widens the box of a slot and those above it. A box lies within the one above it, so the first that needs no widening
/// is the end.
template <class S, int Width>
void Tree<S, Width>::grow_path(std::uint32_t link, const S* point) const {
  while (link != none && grow_box(node(link >> 3), static_cast<int>(link & 7), point)) link = cold(link >> 3).parent;
}

/// Boxes are floats, so data far from 0 for its size would lose them their meaning: such axes are measured from the
/// middle of the data instead. Requires: no record is in use.
template <class S, int Width>
void Tree<S, Width>::choose_origin(const std::vector<S>& lower, const std::vector<S>& upper) {
  if constexpr (!std::is_same_v<S, float>) {
    constexpr S far = 64;
    std::vector<S> origin(lower.size(), S(0));
    for (std::size_t a = 0; a < lower.size(); ++a) {
      const S size = upper[a] - lower[a];
      const S middle = lower[a] + size / 2;
      if (std::abs(middle) > far * size) origin[a] = middle;
    }
    if (origin != *origin_) origin_ = std::make_shared<const std::vector<S>>(std::move(origin));
  }
}

}  // namespace coppice::multiway_tree
