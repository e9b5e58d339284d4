// The compiled kernels of one instruction set (COPPICE_TARGET) and scalar type (COPPICE_SCALAR): the searches of plane
// trees (KdTree, MultiwayTree) and of Octree, and the sweeps over columns and rows. This file is compiled once for each
// pair, with the flags of the instruction set and without fused multiply-add; only target.cpp chooses between the
// results, at run time.
#include "kernels.hpp"
#include "coppice/index/octree/search.hpp"
#include "coppice/query/plane_tree/view.hpp"
#include "coppice/query/search_kernels.hpp"
#include "coppice/storage/column_kernels.hpp"
#if defined(__AVX2__)
#include "coppice/geometry/pack_avx2.hpp"
#endif

namespace coppice::kernels {

using Target = simd::COPPICE_TARGET;
using S = COPPICE_SCALAR;

template <int Width>
constexpr PlaneTreeKernels<S, Width> plane_tree_kernels() {
  return {query::KernelsOf<Target, plane_tree::TreeView<S, Width>>::table(),
          plane_tree::RoutingKernelsOf<Target, S, Width>::table()};
}

template <>
const Kernels<S> KernelsFor<Target, S>::table = {
    storage::ColumnKernelsOf<Target, S>::table(),
    {plane_tree_kernels<2>(), plane_tree_kernels<3>(), plane_tree_kernels<4>(), plane_tree_kernels<0>()},
    query::KernelsOf<Target, octree::TreeView<S, 2>>::table(),
    query::KernelsOf<Target, octree::TreeView<S, 3>>::table(),
    multiway_tree::DealKernelsOf<Target, S>::table()};

}  // namespace coppice::kernels
