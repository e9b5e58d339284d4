// The seam to the trees of a KdTree, one a width: which the unit beside this file compiles.
#pragma once

#include <memory>

#include "coppice/index/kd_tree/kd_tree.hpp"
#include "coppice/index/plane_tree_core.hpp"

namespace coppice::kd_tree {

template <class Scalar, int Width>
[[nodiscard]] std::unique_ptr<plane_tree::Core<Scalar>> make_core_of(int dimension,
                                                                     const typename KdTree<Scalar>::Config& config);

}  // namespace coppice::kd_tree
