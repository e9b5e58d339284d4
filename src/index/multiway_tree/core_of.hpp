// The seam to the trees of a MultiwayTree, one a width: which the unit beside this file compiles.
#pragma once

#include <memory>

#include "coppice/index/multiway_tree/multiway_tree.hpp"
#include "coppice/index/plane_tree_core.hpp"

namespace coppice::multiway_tree {

template <class Scalar, int Width>
[[nodiscard]] std::unique_ptr<plane_tree::Core<Scalar>> make_core_of(
    int dimension, const typename MultiwayTree<Scalar>::Config& config);

}  // namespace coppice::multiway_tree
