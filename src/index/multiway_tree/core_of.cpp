// The tree of one scalar type and width; compiled once for each pair (COPPICE_SCALAR, COPPICE_WIDTH).
#include "core_of.hpp"

#include "coppice/index/multiway_tree/validate.hpp"
#include "coppice/index/plane_tree_core_of.hpp"

namespace coppice::multiway_tree {

template <class Scalar, int Width>
std::unique_ptr<plane_tree::Core<Scalar>> make_core_of(int dimension,
                                                       const typename MultiwayTree<Scalar>::Config& config) {
  return std::make_unique<plane_tree::CoreOf<Scalar, Width, Tree>>("a MultiwayTree", dimension, config);
}

template std::unique_ptr<plane_tree::Core<COPPICE_SCALAR>> make_core_of<COPPICE_SCALAR, COPPICE_WIDTH>(
    int, const MultiwayTree<COPPICE_SCALAR>::Config&);

}  // namespace coppice::multiway_tree
