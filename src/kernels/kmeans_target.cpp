// Chooses the kernels of k-means of the instruction set in use.
#include "coppice/geometry/instruction_set.hpp"
#include "kmeans_kernels.hpp"

namespace coppice {
namespace kernels {

#if defined(__x86_64__)
extern template struct KMeansKernelsFor<simd::avx2>;
extern template struct KMeansKernelsFor<simd::avx512>;
#endif
extern template struct KMeansKernelsFor<simd::baseline>;

}  // namespace kernels

const kmeans::Kernels& kmeans::kernels() noexcept {
  switch (instruction_set()) {
#if defined(__x86_64__)
    case InstructionSet::avx512:
      return coppice::kernels::KMeansKernelsFor<simd::avx512>::table;
    case InstructionSet::avx2:
      return coppice::kernels::KMeansKernelsFor<simd::avx2>::table;
#endif
    default:
      return coppice::kernels::KMeansKernelsFor<simd::baseline>::table;
  }
}

}  // namespace coppice
