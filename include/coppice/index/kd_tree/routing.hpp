// Which child of a node a point belongs to: what plane trees share, under the names that a KdTree's writer uses.
#pragma once

#include "coppice/index/kd_tree/node.hpp"
#include "coppice/query/plane_tree/routing.hpp"

namespace coppice::kd_tree {

using plane_tree::NodeView;
using plane_tree::route;
using plane_tree::routing_kernels;
using plane_tree::RoutingKernels;
using plane_tree::RoutingKey;

}  // namespace coppice::kd_tree
