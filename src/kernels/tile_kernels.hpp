// The table that every unit of tile kernels fills: one an instruction set. AVX-512 has two, because the instruction
// that multiplies bytes came later.
#pragma once

#include "coppice/index/neighbor_graph/tile_kernels.hpp"
#include "targets.hpp"

namespace coppice::kernels {

template <class Target>
struct TileKernelsFor {
  static const tiles::TileKernels table;
};

}  // namespace coppice::kernels
