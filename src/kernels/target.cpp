// Chooses the compiled kernels of the instruction set in use.
#include "chosen.hpp"
#include "coppice/index/multiway_tree/deal.hpp"
#include "coppice/index/octree/tree.hpp"
#include "coppice/query/plane_tree/view.hpp"
#include "kernels.hpp"
#include "pair_kernels.hpp"
#include "reach_kernels.hpp"
#include "row_kernels.hpp"

namespace coppice {
namespace kernels {

COPPICE_SCALAR_UNITS(KernelsFor)
COPPICE_SCALAR_UNITS(PairKernelsFor)
COPPICE_SCALAR_UNITS(ReachKernelsFor)
COPPICE_SCALAR_UNITS(RowKernelsFor)

template <class S>
const Kernels<S>& current() {
  return chosen([]<class Target>(std::type_identity<Target>) -> const auto& { return KernelsFor<Target, S>::table; });
}

}  // namespace kernels

template <class S>
const octree::PairKernels<S>& octree::pair_kernels() {
  return kernels::chosen([]<class Target>(std::type_identity<Target>) -> const auto& {
    return kernels::PairKernelsFor<Target, S>::pairs;
  });
}
template const octree::PairKernels<float>& octree::pair_kernels<float>();
template const octree::PairKernels<double>& octree::pair_kernels<double>();

template <class S>
const query::LeafKernels<S>& query::leaf_kernels() {
  return kernels::chosen([]<class Target>(std::type_identity<Target>) -> const auto& {
    return kernels::PairKernelsFor<Target, S>::leaves;
  });
}
template const query::LeafKernels<float>& query::leaf_kernels<float>();
template const query::LeafKernels<double>& query::leaf_kernels<double>();

template <class S>
const storage::ColumnKernels<S>& storage::column_kernels() {
  return kernels::current<S>().columns;
}
template const storage::ColumnKernels<float>& storage::column_kernels<float>();
template const storage::ColumnKernels<double>& storage::column_kernels<double>();

template <class S>
const multiway_tree::DealKernels<S>& multiway_tree::deal_kernels() {
  return kernels::current<S>().deal;
}
template const multiway_tree::DealKernels<float>& multiway_tree::deal_kernels<float>();
template const multiway_tree::DealKernels<double>& multiway_tree::deal_kernels<double>();

template <class S>
const neighbor_graph::RowKernels<S>& neighbor_graph::row_kernels() {
  return kernels::chosen(
      []<class Target>(std::type_identity<Target>) -> const auto& { return kernels::RowKernelsFor<Target, S>::table; });
}
template const neighbor_graph::RowKernels<float>& neighbor_graph::row_kernels<float>();
template const neighbor_graph::RowKernels<double>& neighbor_graph::row_kernels<double>();

template <class S>
const neighbor_graph::ReachKernels<S>& neighbor_graph::reach_kernels() {
  return kernels::chosen([]<class Target>(std::type_identity<Target>) -> const auto& {
    return kernels::ReachKernelsFor<Target, S>::table;
  });
}
template const neighbor_graph::ReachKernels<float>& neighbor_graph::reach_kernels<float>();
template const neighbor_graph::ReachKernels<double>& neighbor_graph::reach_kernels<double>();

namespace plane_tree {

template <class S, int Width>
const SearchKernels<S>& search_kernels() {
  return std::get<kernels::PlaneTreeKernels<S, Width>>(kernels::current<S>().plane_tree).search;
}
template <class S, int Width>
const RoutingKernels<S, Width>& routing_kernels() {
  return std::get<kernels::PlaneTreeKernels<S, Width>>(kernels::current<S>().plane_tree).routing;
}

#define COPPICE_INSTANTIATE(Width)                                              \
  template const SearchKernels<float>& search_kernels<float, Width>();          \
  template const SearchKernels<double>& search_kernels<double, Width>();        \
  template const RoutingKernels<float, Width>& routing_kernels<float, Width>(); \
  template const RoutingKernels<double, Width>& routing_kernels<double, Width>();
COPPICE_INSTANTIATE(2)
COPPICE_INSTANTIATE(3)
COPPICE_INSTANTIATE(4)
COPPICE_INSTANTIATE(0)
#undef COPPICE_INSTANTIATE

}  // namespace plane_tree

namespace octree {

template <class S, int Dim>
const SearchKernels<S>& search_kernels() {
  return Dim == 2 ? kernels::current<S>().quadtree : kernels::current<S>().octree;
}
template const SearchKernels<float>& search_kernels<float, 2>();
template const SearchKernels<float>& search_kernels<float, 3>();
template const SearchKernels<double>& search_kernels<double, 2>();
template const SearchKernels<double>& search_kernels<double, 3>();

}  // namespace octree
}  // namespace coppice
