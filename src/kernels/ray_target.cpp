// Chooses the ray kernels of the instruction set in use.
#include "chosen.hpp"
#include "ray_kernels.hpp"

namespace coppice {
namespace kernels {

COPPICE_UNITS(RayKernelsFor)

}  // namespace kernels

const bvh::RayKernels& bvh::ray_kernels() {
  return kernels::chosen(
      []<class Target>(std::type_identity<Target>) -> const auto& { return kernels::RayKernelsFor<Target>::table; });
}

}  // namespace coppice
