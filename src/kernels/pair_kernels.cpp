// The kernels of leaf blocks and neighbour lists of one instruction set (COPPICE_TARGET), for both scalar types.
// Compiled once an instruction set, with its flags; target.cpp chooses between the results, at run time.
#include "pair_kernels.hpp"
#include "coppice/index/octree/pair_search.hpp"
#include "coppice/query/leaf_kernels_of.hpp"
#if defined(__AVX512F__)
#include "coppice/geometry/lanes_avx512.hpp"
#elif defined(__AVX2__)
#include "coppice/geometry/lanes_avx2.hpp"
#endif

namespace coppice::kernels {

using Target = simd::COPPICE_TARGET;

template <>
const query::LeafKernels<float> PairKernelsFor<Target, float>::leaves = query::LeafKernelsOf<Target, float>::table();
template <>
const query::LeafKernels<double> PairKernelsFor<Target, double>::leaves = query::LeafKernelsOf<Target, double>::table();
template <>
const octree::PairKernels<float> PairKernelsFor<Target, float>::pairs = octree::PairKernelsOf<Target, float>::table();
template <>
const octree::PairKernels<double> PairKernelsFor<Target, double>::pairs =
    octree::PairKernelsOf<Target, double>::table();

}  // namespace coppice::kernels
