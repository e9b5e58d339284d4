// The table that every kernel unit fills: one a pair of instruction set and scalar type.
#pragma once

#include <tuple>

#include "coppice/query/kernels.hpp"
#include "coppice/index/kd_tree/routing.hpp"
#include "coppice/storage/columns.hpp"
#include "targets.hpp"

namespace coppice::kernels {

/// What a kd-tree of one width runs on.
template <class S, int Width>
struct KdTreeKernels {
  SearchKernels<S> search;
  kd_tree::RoutingKernels<S, Width> routing;
};

template <class S>
struct Kernels {
  storage::ColumnKernels<S> columns;
  std::tuple<KdTreeKernels<S, 2>, KdTreeKernels<S, 3>, KdTreeKernels<S, 4>, KdTreeKernels<S, 8>,
             KdTreeKernels<S, 16>, KdTreeKernels<S, 0>>
      kd_tree;
  SearchKernels<S> quadtree;
  SearchKernels<S> octree;
};

template <class Target, class S>
struct KernelsFor {
  static const Kernels<S> table;
};

}  // namespace coppice::kernels
