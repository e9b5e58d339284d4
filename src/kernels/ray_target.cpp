// Chooses the ray kernels of the instruction set in use.
#include "coppice/geometry/instruction_set.hpp"
#include "ray_kernels.hpp"

namespace coppice {
namespace kernels {

#if defined(__x86_64__)
extern template struct RayKernelsFor<simd::avx2>;
extern template struct RayKernelsFor<simd::avx512>;
#endif
extern template struct RayKernelsFor<simd::baseline>;

}  // namespace kernels

const bvh::RayKernels& bvh::ray_kernels() noexcept {
  switch (instruction_set()) {
#if defined(__x86_64__)
    case InstructionSet::avx512:
      return kernels::RayKernelsFor<simd::avx512>::table;
    case InstructionSet::avx2:
      if (__builtin_cpu_supports("fma")) return kernels::RayKernelsFor<simd::avx2>::table;
      break;
#endif
    default:
      break;
  }
  return kernels::RayKernelsFor<simd::baseline>::table;
}

}  // namespace coppice
