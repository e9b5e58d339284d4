// The tile kernels of one instruction set (COPPICE_TARGET). Compiled once an instruction set, with its flags;
// tile_target.cpp chooses between the results, at run time. Filters may fuse multiplication and addition here, and do
// so by name; keys never do.
#include "tile_kernels.hpp"
#include "tile_block.hpp"
#include "tile_keys.hpp"
#if defined(__AVX512F__)
#include "tile_lanes_avx512.hpp"
#elif defined(__AVX2__)
#include "tile_lanes_avx2.hpp"
#elif defined(__SSE2__)
#include "tile_lanes_sse2.hpp"
#else
#include "tile_lanes_plain.hpp"
#endif

namespace coppice::kernels {

template <>
const tiles::TileKernels TileKernelsFor<simd::COPPICE_TARGET>::table = {
    {&Tile<FloatLanes>::search, &Tile<FloatLanes>::collect},
    {&Tile<ByteLanes>::search, &Tile<ByteLanes>::collect},
    &Tile<FloatLanes>::multiply,
    &Tile<FloatLanes>::project,
    &exact_keys<float, float>,
    &exact_keys<double, double>,
    &exact_keys<std::uint8_t, float>,
    &exact_keys<std::uint8_t, double>,
    ByteLanes::shift,
    FloatLanes::rate,
    ByteLanes::rate};

}  // namespace coppice::kernels
