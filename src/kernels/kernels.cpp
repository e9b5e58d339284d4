// The compiled kernels of one instruction set (COPPICE_TARGET) and scalar type (COPPICE_SCALAR): the searches of KdTree
// and Octree, and the column sweeps. This file is compiled once for each pair, with the flags of the instruction set
// and without fused multiply-add; only target.cpp chooses between the results, at run time.
#include "kernels.hpp"
#include "coppice/index/kd_tree/search.hpp"
#include "coppice/index/octree/search.hpp"
#include "coppice/query/search_kernels.hpp"
#include "coppice/storage/column_kernels.hpp"
#if defined(__AVX2__)
#include "coppice/geometry/pack_avx2.hpp"
#endif

namespace coppice::kernels {

using Target = simd::COPPICE_TARGET;
using S = COPPICE_SCALAR;

template <int Width>
constexpr KdTreeKernels<S, Width> kd_tree_kernels() {
  return {query::KernelsOf<Target, kd_tree::TreeView<S, Width>>::table(),
          kd_tree::RoutingKernelsOf<Target, S, Width>::table()};
}

template <>
const Kernels<S> KernelsFor<Target, S>::table = {storage::ColumnKernelsOf<Target, S>::table(),
                                                 {kd_tree_kernels<2>(), kd_tree_kernels<3>(), kd_tree_kernels<4>(),
                                                  kd_tree_kernels<8>(), kd_tree_kernels<16>(), kd_tree_kernels<0>()},
                                                 query::KernelsOf<Target, octree::TreeView<S, 2>>::table(),
                                                 query::KernelsOf<Target, octree::TreeView<S, 3>>::table()};

}  // namespace coppice::kernels
