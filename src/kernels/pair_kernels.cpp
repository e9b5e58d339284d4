// The kernels of leaf blocks and neighbour lists of one instruction set (COPPICE_TARGET), for both scalar types.
// Compiled once an instruction set, with its flags; target.cpp chooses between the results, at run time.
#include "pair_kernels.hpp"
#include "coppice/index/octree/pair_search.hpp"
#if defined(__AVX512F__)
#include "coppice/index/octree/pair_lanes_avx512.hpp"
#elif defined(__AVX2__)
#include "coppice/index/octree/pair_lanes_avx2.hpp"
#endif

namespace coppice::kernels {

template <>
const octree::PairKernels<float> PairKernelsFor<simd::COPPICE_TARGET, float>::table =
    octree::PairKernelsOf<simd::COPPICE_TARGET, float>::table();
template <>
const octree::PairKernels<double> PairKernelsFor<simd::COPPICE_TARGET, double>::table =
    octree::PairKernelsOf<simd::COPPICE_TARGET, double>::table();

}  // namespace coppice::kernels
