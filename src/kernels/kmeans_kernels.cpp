// The kernels of k-means of one instruction set (COPPICE_TARGET). Compiled once an instruction set, with its flags;
// target.cpp chooses between the results, at run time.
#include "kmeans_kernels.hpp"
#if defined(__AVX512F__)
#include "kmeans_lanes_avx512.hpp"
#elif defined(__AVX2__)
#include "coppice/geometry/pack_avx2.hpp"
#endif
#include "kmeans_tiles.hpp"
#include "kmeans_two_trees.hpp"

namespace coppice::kernels {
namespace {

template <int D>
constexpr kmeans::TreeKernels<D> trees() {
  using Split = kmeans::TreeSplit<simd::COPPICE_TARGET, D>;
  using Filter = kmeans::Filter<simd::COPPICE_TARGET, D>;
  using TwoTrees = kmeans::TwoTrees<simd::COPPICE_TARGET, D>;
  return {&Split::bounds, &Split::count_left, &Split::plant, &Split::split,
          &Filter::prune, &Filter::run,       &TwoTrees::run};
}

using Tiles = kmeans::Tiles<simd::COPPICE_TARGET>;

}  // namespace

template <>
const kmeans::Kernels KMeansKernelsFor<simd::COPPICE_TARGET>::table = {
    &Tiles::nearest, &Tiles::near_squared, &Tiles::add, trees<2>(), trees<3>(), trees<4>(), trees<8>()};

}  // namespace coppice::kernels
