// The table that every unit of ray kernels fills: one an instruction set.
#pragma once

#include "coppice/index/bvh/node.hpp"
#include "targets.hpp"

namespace coppice::kernels {

template <class Target>
struct RayKernelsFor {
  static const bvh::RayKernels table;
};

}  // namespace coppice::kernels
