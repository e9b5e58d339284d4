// The tables that every unit of network kernels fills: one an instruction set.
#pragma once

#include "coppice/index/neural_builder/network_kernels.hpp"
#include "targets.hpp"

namespace coppice::kernels {

template <class Target>
struct NetworkKernelsFor {
  static const neural_builder::NetworkKernels table;
};

}  // namespace coppice::kernels
