// Chooses the reach kernels of the instruction set in use.
#include "coppice/geometry/instruction_set.hpp"
#include "reach_kernels.hpp"

namespace coppice {
namespace kernels {

#if defined(__x86_64__)
extern template struct ReachKernelsFor<simd::avx2, float>;
extern template struct ReachKernelsFor<simd::avx2, double>;
extern template struct ReachKernelsFor<simd::avx512, float>;
extern template struct ReachKernelsFor<simd::avx512, double>;
#endif
extern template struct ReachKernelsFor<simd::baseline, float>;
extern template struct ReachKernelsFor<simd::baseline, double>;

}  // namespace kernels

template <class S>
const neighbor_graph::ReachKernels<S>& neighbor_graph::reach_kernels() noexcept {
  switch (instruction_set()) {
#if defined(__x86_64__)
    case InstructionSet::avx512:
      return kernels::ReachKernelsFor<simd::avx512, S>::table;
    case InstructionSet::avx2:
      return kernels::ReachKernelsFor<simd::avx2, S>::table;
#endif
    default:
      return kernels::ReachKernelsFor<simd::baseline, S>::table;
  }
}
template const neighbor_graph::ReachKernels<float>& neighbor_graph::reach_kernels<float>() noexcept;
template const neighbor_graph::ReachKernels<double>& neighbor_graph::reach_kernels<double>() noexcept;

}  // namespace coppice
