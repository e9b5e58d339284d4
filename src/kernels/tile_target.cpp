// Chooses the tile kernels of the instruction set in use.
#include "coppice/geometry/instruction_set.hpp"
#include "tile_kernels.hpp"

namespace coppice {
namespace kernels {

#if defined(__x86_64__)
extern template struct TileKernelsFor<simd::avx2>;
extern template struct TileKernelsFor<simd::avx512>;
extern template struct TileKernelsFor<simd::avx512vnni>;
#endif
extern template struct TileKernelsFor<simd::baseline>;

}  // namespace kernels

const tiles::TileKernels& tiles::tile_kernels() noexcept {
  switch (instruction_set()) {
#if defined(__x86_64__)
    case InstructionSet::avx512:
      if (__builtin_cpu_supports("avx512vnni")) return kernels::TileKernelsFor<simd::avx512vnni>::table;
      return kernels::TileKernelsFor<simd::avx512>::table;
    case InstructionSet::avx2:
      if (__builtin_cpu_supports("fma")) return kernels::TileKernelsFor<simd::avx2>::table;
      break;
#endif
    default:
      break;
  }
  return kernels::TileKernelsFor<simd::baseline>::table;
}

}  // namespace coppice
