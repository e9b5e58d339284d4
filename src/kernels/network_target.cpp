// Chooses the network kernels of the instruction set in use.
#include "chosen.hpp"
#include "network_kernels.hpp"

namespace coppice {
namespace kernels {

COPPICE_UNITS(NetworkKernelsFor)

}  // namespace kernels

const neural_builder::NetworkKernels& neural_builder::network_kernels() {
  return kernels::chosen([]<class Target>(std::type_identity<Target>) -> const auto& {
    return kernels::NetworkKernelsFor<Target>::table;
  });
}

}  // namespace coppice
