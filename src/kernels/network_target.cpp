// Chooses the network kernels of the instruction set in use.
#include "coppice/geometry/instruction_set.hpp"
#include "network_kernels.hpp"

namespace coppice {
namespace kernels {

#if defined(__x86_64__)
extern template struct NetworkKernelsFor<simd::avx2>;
extern template struct NetworkKernelsFor<simd::avx512>;
#endif
extern template struct NetworkKernelsFor<simd::baseline>;

}  // namespace kernels

const neural_builder::NetworkKernels& neural_builder::network_kernels() noexcept {
  switch (instruction_set()) {
#if defined(__x86_64__)
    case InstructionSet::avx512:
      return kernels::NetworkKernelsFor<simd::avx512>::table;
    case InstructionSet::avx2:
      return kernels::NetworkKernelsFor<simd::avx2>::table;
#endif
    default:
      return kernels::NetworkKernelsFor<simd::baseline>::table;
  }
}

}  // namespace coppice
