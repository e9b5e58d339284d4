// The invariants of a MultiwayTree, checked one by one, and its statistics.
#pragma once

#include <algorithm>
#include <bit>

#include "coppice/index/multiway_tree/erase.hpp"
#include "coppice/index/plane_tree_validator.hpp"

namespace coppice::multiway_tree {

template <class S, int Width>
void Tree<S, Width>::validate() const {
  plane_tree::Validator<Store> validator(*this, "MultiwayTree");
  validator.run([&](Handle x, const Node& n) {
    Node slabs;
    set_slabs(slabs, n.axis[0], n.split, n.children);
    validator.require(
        std::equal(n.need, n.need + fan_out, slabs.need) && std::equal(n.right, n.right + fan_out, slabs.right),
        "the children are not slabs in order", x);
    for (int j = 0; j + 1 < n.children; ++j) {
      validator.require(n.axis[j] == n.axis[0], "the pivots cut different axes", x);
      validator.require(j == 0 || n.split[j - 1] < n.split[j], "the pivots do not ascend", x);
    }
    std::uint32_t points = 0;
    std::uint32_t height = 0;
    for (int s = 0; s < n.children; ++s) {
      points += points_below(n, s);
      height = std::max(height, height_of(n, s));
    }
    validator.require(points == cold(x).points, "the number of points below is wrong", x);
    validator.require(height + 1 == cold(x).height, "the height is wrong", x);
  });
}

/// The planes of a path are those that a binary search among a node's pivots would look at.
template <class S, int Width>
Statistics Tree<S, Width>::statistics() const {
  Statistics result;
  result.points = size_;
  result.rebuilds = repairs_;
  const auto visit = [&](const auto& self, Handle x) -> std::size_t {
    ++result.nodes;
    const Node& n = node(x);
    std::size_t planes = 0;
    for (int s = 0; s < n.children; ++s) {
      if (n.is_leaf(s))
        ++result.leaves;
      else
        planes = std::max(planes, self(self, n.child[s]));
    }
    return planes + static_cast<std::size_t>(std::bit_width(n.children - 1u));
  };
  result.binary_height = visit(visit, root_);
  result.height = cold(root_).height;
  this->count_bytes(result, 0);
  return result;
}

}  // namespace coppice::multiway_tree
