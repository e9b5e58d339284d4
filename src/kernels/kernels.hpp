// The table that every kernel unit fills: one a pair of instruction set and scalar type.
#pragma once

#include <tuple>

#include "coppice/index/multiway_tree/deal.hpp"
#include "coppice/query/kernels.hpp"
#include "coppice/query/plane_tree/routing.hpp"
#include "coppice/storage/columns.hpp"
#include "targets.hpp"

namespace coppice::kernels {

/// What a KdTree or a MultiwayTree of one width runs on.
template <class S, int Width>
struct PlaneTreeKernels {
  SearchKernels<S> search;
  plane_tree::RoutingKernels<S, Width> routing;
};

template <class S>
struct Kernels {
  storage::ColumnKernels<S> columns;
  std::tuple<PlaneTreeKernels<S, 2>, PlaneTreeKernels<S, 3>, PlaneTreeKernels<S, 4>, PlaneTreeKernels<S, 0>> plane_tree;
  SearchKernels<S> quadtree;
  SearchKernels<S> octree;
  multiway_tree::DealKernels<S> deal;
};

template <class Target, class S>
struct KernelsFor {
  static const Kernels<S> table;
};

}  // namespace coppice::kernels
