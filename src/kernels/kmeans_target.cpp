// Chooses the kernels of k-means of the instruction set in use.
#include "chosen.hpp"
#include "kmeans_kernels.hpp"

namespace coppice {
namespace kernels {

COPPICE_UNITS(KMeansKernelsFor)

}  // namespace kernels

const kmeans::Kernels& kmeans::kernels() {
  return coppice::kernels::chosen([]<class Target>(std::type_identity<Target>) -> const auto& {
    return coppice::kernels::KMeansKernelsFor<Target>::table;
  });
}

}  // namespace coppice
