// The records of a MultiwayTree: the nodes and leaves of query/plane_tree/, used in one way only. All planes of a node
// cut the same axis, in ascending order, and its children are the slabs between them in the same order: child i needs
// the planes on its two sides, i − 1 and i, and lies right of the first. So one comparison of a whole register, and a
// match of its bits, finds the child of a point; and any run of children is one slab that can be built anew by itself.
#pragma once

#include <cstdint>
#include <cstring>

#include "coppice/query/plane_tree/node.hpp"
#include "coppice/storage/epochs.hpp"

namespace coppice::multiway_tree {

using plane_tree::fan_out;
using plane_tree::id_axes;
using plane_tree::Leaf;
using plane_tree::leaf_bit;
using plane_tree::leaf_capacity;
using plane_tree::link_of;
using plane_tree::location_of;
using plane_tree::none;

template <class S, int Width>
using Node = plane_tree::Node<S, Width>;

/// The compiled form that serves a dimension: 2 and 3 have their own, all others count their axes at run time.
constexpr int width_for(int dimension) {
  return dimension == 2 || dimension == 3 ? dimension : 0;
}

/// The writer's part of a node.
struct NodeCold {
  std::uint32_t parent = none;  // link_of(parent node, slot), or none
  std::uint32_t points = 0;     // below
  std::uint32_t built = 0;      // points when it was built, with all below
  std::uint32_t settled = 0;    // points when windows could not balance it further, which ties forbid; 0: they could
  std::uint32_t batch = 0;      // that touched it last
  std::uint32_t height = 1;     // 1 where all children are leaves
  storage::Epoch birth = 0;
};

/// Makes a node one of `children` slabs along `axis`. Requires: children − 1 ascending pivots.
template <class S, int Width>
void set_slabs(Node<S, Width>& n, int axis, const S* pivots, int children) {
  n.children = static_cast<std::uint8_t>(children);
  for (int j = 0; j < plane_tree::planes; ++j) {
    n.axis[j] = static_cast<typename Node<S, Width>::Axis>(axis);
    n.split[j] = j + 1 < children ? pivots[j] : S(0);
  }
  for (int s = 0; s < fan_out; ++s) {
    const unsigned left = s > 0 ? 1u << (s - 1) : 0;
    const unsigned right = s + 1 < children ? 1u << s : 0;
    n.need[s] = static_cast<std::uint8_t>(s < children ? left | right : 0);
    n.right[s] = static_cast<std::uint8_t>(s < children ? left : 0xff);
  }
}

}  // namespace coppice::multiway_tree
