// The tables that every unit of pair kernels fills: one an instruction set and scalar type.
#pragma once

#include "coppice/index/octree/pair_kernels.hpp"
#include "coppice/query/leaf_kernels.hpp"
#include "targets.hpp"

namespace coppice::kernels {

template <class Target, class S>
struct PairKernelsFor {
  static const query::LeafKernels<S> leaves;
  static const octree::PairKernels<S> pairs;
};

}  // namespace coppice::kernels
