// The table that every unit of reach kernels fills: one an instruction set, for both scalar types.
#pragma once

#include "coppice/index/neighbor_graph/reach_kernels.hpp"
#include "targets.hpp"

namespace coppice::kernels {

template <class Target, class S>
struct ReachKernelsFor {
  static const neighbor_graph::ReachKernels<S> table;
};

}  // namespace coppice::kernels
