// The compiled kernels of one instruction set (COPPICE_TARGET) and scalar type (COPPICE_SCALAR): every index's searches
// and the column sweeps. This file is compiled once for each pair, with the flags of the instruction set and without
// fused multiply-add; only target.cpp chooses between the results, at run time.
#include "kernels.hpp"
#include "coppice/index/kd_tree/node.hpp"
#include "coppice/query/search_kernels.hpp"
#include "coppice/storage/column_kernels.hpp"
#if defined(__AVX2__)
#include "coppice/geometry/pack_avx2.hpp"
#endif

namespace coppice::kernels {

using Target = simd::COPPICE_TARGET;
using S = COPPICE_SCALAR;

template <>
const Kernels<S> KernelsFor<Target, S>::table = {storage::ColumnKernelsOf<Target, S>::table(),
                                                 {query::KernelsOf<Target, kd_tree::TreeView<S, 2>>::table(),
                                                  query::KernelsOf<Target, kd_tree::TreeView<S, 3>>::table(),
                                                  query::KernelsOf<Target, kd_tree::TreeView<S, 4>>::table(),
                                                  query::KernelsOf<Target, kd_tree::TreeView<S, 8>>::table(),
                                                  query::KernelsOf<Target, kd_tree::TreeView<S, 16>>::table(),
                                                  query::KernelsOf<Target, kd_tree::TreeView<S, 0>>::table()}};

}  // namespace coppice::kernels
