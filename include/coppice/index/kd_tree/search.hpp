// What searches see of a KdTree: the Hierarchy of plane trees.
#pragma once

#include "coppice/index/kd_tree/node.hpp"
#include "coppice/query/plane_tree/view.hpp"

namespace coppice::kd_tree {

using plane_tree::search_kernels;
using plane_tree::TreeView;

}  // namespace coppice::kd_tree
