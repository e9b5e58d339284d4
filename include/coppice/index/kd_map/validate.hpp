// The invariants of a KdMap, checked one by one, and its statistics.
#pragma once

#include <stdexcept>

#include "coppice/index/kd_map/map.hpp"

namespace coppice {

template <class Key, int Dim, class Value>
void KdMap<Key, Dim, Value>::validate() const {
  const auto require = [](bool holds, const char* broken) {
    if (!holds) throw std::logic_error(std::string("KdMap: ") + broken);
  };
  std::size_t nodes = 0;
  // What every tuple below has to keep: which nodes above it follows or precedes, and along which axis.
  struct Bound {
    Handle node;
    int axis;
    int order;
  };
  std::vector<Bound> bounds;
  const auto check = [&](const auto& self, Link link, int axis) -> std::uint32_t {
    const Handle h = kd_map::handle_of(link);
    if (h == kd_map::nil) {
      require(link == kd_map::nil, "an empty link has a height");
      return 0;
    }
    ++nodes;
    const auto d = static_cast<std::size_t>(dimension());
    for (std::size_t i = 0; i < d; ++i)
      require(extents_[i] <= tuple(h)[i] && tuple(h)[i] <= extents_[d + i], "a tuple lies outside the extents");
    for (const Bound& bound : bounds)
      require(compare(nodes_->key(h), nodes_->key(bound.node), bound.axis) == bound.order,
              "a tuple lies on the wrong side");
    const kd_map::Links& links = nodes_->links(h);
    std::uint32_t heights[2];
    for (int side = 0; side < 2; ++side) {
      bounds.push_back({h, axis, side == 0 ? -1 : 1});
      heights[side] = self(self, links.child[side], next(axis));
      bounds.pop_back();
    }
    require(config_.balance.holds({heights[0], 0}, {heights[1], 0}), "a node is out of balance");
    const std::uint32_t height = std::max(heights[0], heights[1]) + 1;
    require(height == kd_map::height_of(link), "a height is wrong");
    return height;
  };
  (void)check(check, root_, 0);
  require(nodes == size_, "the tree does not hold size() tuples");
  require(nodes_->live() == size_, "nodes are leaked");
}

template <class Key, int Dim, class Value>
Statistics KdMap<Key, Dim, Value>::statistics() const {
  Statistics result;
  result.points = size_;
  result.nodes = size_;
  result.height = result.binary_height = kd_map::height_of(root_);
  result.bytes =
      nodes_->bytes() + values_.size() * (is_map ? sizeof(Stored) : 0) + scratch_.capacity() * sizeof(Handle);
  result.bytes_per_point = size_ == 0 ? 0 : static_cast<double>(result.bytes) / static_cast<double>(size_);
  result.rebuilds = rebuilds_;
  return result;
}

template <class Key, int Dim, class Value>
double KdMap<Key, Dim, Value>::mean_height() const {
  double levels = 0;
  const auto add = [&](const auto& self, Link link, int level) -> void {
    const Handle h = kd_map::handle_of(link);
    if (h == kd_map::nil) return;
    levels += level;
    for (const Link child : nodes_->links(h).child) self(self, child, level + 1);
  };
  add(add, root_, 1);
  return size_ == 0 ? 0 : levels / static_cast<double>(size_);
}

}  // namespace coppice
