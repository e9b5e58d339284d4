// The records of a KdTree: the nodes and leaves of query/plane_tree/, which its searches read, and beside them what the
// writer alone wants to know.
#pragma once

#include <cstdint>

#include "coppice/geometry/float_bounds.hpp"
#include "coppice/query/plane_tree/node.hpp"
#include "coppice/storage/epochs.hpp"

namespace coppice::kd_tree {

using plane_tree::fan_out;
using plane_tree::first_places;
using plane_tree::id_axes;
using plane_tree::Leaf;
using plane_tree::leaf_bit;
using plane_tree::leaf_capacity;
using plane_tree::link_of;
using plane_tree::location_of;
using plane_tree::Node;
using plane_tree::none;
using plane_tree::planes;
using plane_tree::width_for;

/// The writer's part of a node.
struct NodeCold {
  std::uint32_t parent = none;  // link_of(parent node, slot), or none
  std::uint32_t leaves = 0;     // leaf blocks below
  std::uint32_t height = 0;     // planes on the longest path below; kept where the balance policy looks at it
  std::uint32_t leaves_at_rebuild = 0;
  storage::Epoch birth = 0;
};

}  // namespace coppice::kd_tree
