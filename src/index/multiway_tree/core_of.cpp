// The tree of one scalar type and width; compiled once for each pair (COPPICE_SCALAR, COPPICE_WIDTH).
#include "core_of.hpp"

namespace coppice::multiway_tree {
template std::unique_ptr<Core<COPPICE_SCALAR>> make_core_of<COPPICE_SCALAR, COPPICE_WIDTH>(
    int, MultiwayTree<COPPICE_SCALAR>::Config);
}
