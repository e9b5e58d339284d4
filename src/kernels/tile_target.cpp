// Chooses the tile kernels of the instruction set in use. AVX-512 comes with and without the instruction that
// multiplies bytes.
#include "chosen.hpp"
#include "tile_kernels.hpp"

namespace coppice {
namespace kernels {

COPPICE_UNITS(TileKernelsFor)
#if defined(COPPICE_WITH_AVX512)
extern template struct TileKernelsFor<simd::avx512vnni>;
#endif

}  // namespace kernels

const tiles::TileKernels& tiles::tile_kernels() {
#if defined(COPPICE_WITH_AVX512)
  if (instruction_set() == InstructionSet::avx512 && __builtin_cpu_supports("avx512vnni"))
    return kernels::TileKernelsFor<simd::avx512vnni>::table;
#endif
  return kernels::chosen(
      []<class Target>(std::type_identity<Target>) -> const auto& { return kernels::TileKernelsFor<Target>::table; });
}

}  // namespace coppice
