// The table that every unit of row kernels fills: one an instruction set and scalar type.
#pragma once

#include "coppice/index/neighbor_graph/row_kernels.hpp"
#include "targets.hpp"

namespace coppice::kernels {

template <class Target, class S>
struct RowKernelsFor {
  static const neighbor_graph::RowKernels<S> table;
};

}  // namespace coppice::kernels
