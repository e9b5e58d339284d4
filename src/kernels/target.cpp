// Chooses the compiled kernels of the instruction set in use.
#include "coppice/geometry/instruction_set.hpp"
#include "coppice/index/kd_tree/core.hpp"
#include "coppice/index/octree/tree.hpp"
#include "kernels.hpp"
#include "pair_kernels.hpp"
#include "row_kernels.hpp"

namespace coppice {
namespace kernels {

#if defined(__x86_64__)
extern template struct KernelsFor<simd::avx2, float>;
extern template struct KernelsFor<simd::avx2, double>;
extern template struct KernelsFor<simd::avx512, float>;
extern template struct KernelsFor<simd::avx512, double>;
#endif
extern template struct KernelsFor<simd::baseline, float>;
extern template struct KernelsFor<simd::baseline, double>;

#if defined(__x86_64__)
extern template struct PairKernelsFor<simd::avx2, float>;
extern template struct PairKernelsFor<simd::avx2, double>;
extern template struct PairKernelsFor<simd::avx512, float>;
extern template struct PairKernelsFor<simd::avx512, double>;
#endif
extern template struct PairKernelsFor<simd::baseline, float>;
extern template struct PairKernelsFor<simd::baseline, double>;

#if defined(__x86_64__)
extern template struct RowKernelsFor<simd::avx2, float>;
extern template struct RowKernelsFor<simd::avx2, double>;
extern template struct RowKernelsFor<simd::avx512, float>;
extern template struct RowKernelsFor<simd::avx512, double>;
#endif
extern template struct RowKernelsFor<simd::baseline, float>;
extern template struct RowKernelsFor<simd::baseline, double>;

template <class S>
const Kernels<S>& current() noexcept {
  switch (instruction_set()) {
#if defined(__x86_64__)
    case InstructionSet::avx512:
      return KernelsFor<simd::avx512, S>::table;
    case InstructionSet::avx2:
      return KernelsFor<simd::avx2, S>::table;
#endif
    default:
      return KernelsFor<simd::baseline, S>::table;
  }
}

template <class S>
const neighbor_graph::RowKernels<S>& current_rows() noexcept {
  switch (instruction_set()) {
#if defined(__x86_64__)
    case InstructionSet::avx512:
      return RowKernelsFor<simd::avx512, S>::table;
    case InstructionSet::avx2:
      return RowKernelsFor<simd::avx2, S>::table;
#endif
    default:
      return RowKernelsFor<simd::baseline, S>::table;
  }
}

template <class S>
const query::LeafKernels<S>& current_leaves() noexcept {
  switch (instruction_set()) {
#if defined(__x86_64__)
    case InstructionSet::avx512:
      return PairKernelsFor<simd::avx512, S>::leaves;
    case InstructionSet::avx2:
      return PairKernelsFor<simd::avx2, S>::leaves;
#endif
    default:
      return PairKernelsFor<simd::baseline, S>::leaves;
  }
}

template <class S>
const octree::PairKernels<S>& current_pairs() noexcept {
  switch (instruction_set()) {
#if defined(__x86_64__)
    case InstructionSet::avx512:
      return PairKernelsFor<simd::avx512, S>::pairs;
    case InstructionSet::avx2:
      return PairKernelsFor<simd::avx2, S>::pairs;
#endif
    default:
      return PairKernelsFor<simd::baseline, S>::pairs;
  }
}

}  // namespace kernels

template <class S>
const octree::PairKernels<S>& octree::pair_kernels() noexcept {
  return kernels::current_pairs<S>();
}
template const octree::PairKernels<float>& octree::pair_kernels<float>() noexcept;
template const octree::PairKernels<double>& octree::pair_kernels<double>() noexcept;

template <class S>
const query::LeafKernels<S>& query::leaf_kernels() noexcept {
  return kernels::current_leaves<S>();
}
template const query::LeafKernels<float>& query::leaf_kernels<float>() noexcept;
template const query::LeafKernels<double>& query::leaf_kernels<double>() noexcept;

template <class S>
const storage::ColumnKernels<S>& storage::column_kernels() noexcept {
  return kernels::current<S>().columns;
}
template const storage::ColumnKernels<float>& storage::column_kernels<float>() noexcept;
template const storage::ColumnKernels<double>& storage::column_kernels<double>() noexcept;

template <class S>
const neighbor_graph::RowKernels<S>& neighbor_graph::row_kernels() noexcept {
  return kernels::current_rows<S>();
}
template const neighbor_graph::RowKernels<float>& neighbor_graph::row_kernels<float>() noexcept;
template const neighbor_graph::RowKernels<double>& neighbor_graph::row_kernels<double>() noexcept;

namespace kd_tree {

template <class S, int Width>
const SearchKernels<S>& search_kernels() noexcept {
  return std::get<kernels::KdTreeKernels<S, Width>>(kernels::current<S>().kd_tree).search;
}
template <class S, int Width>
const RoutingKernels<S, Width>& routing_kernels() noexcept {
  return std::get<kernels::KdTreeKernels<S, Width>>(kernels::current<S>().kd_tree).routing;
}

#define COPPICE_INSTANTIATE(Width)                                                       \
  template const SearchKernels<float>& search_kernels<float, Width>() noexcept;          \
  template const SearchKernels<double>& search_kernels<double, Width>() noexcept;        \
  template const RoutingKernels<float, Width>& routing_kernels<float, Width>() noexcept; \
  template const RoutingKernels<double, Width>& routing_kernels<double, Width>() noexcept;
COPPICE_INSTANTIATE(2)
COPPICE_INSTANTIATE(3)
COPPICE_INSTANTIATE(4)
COPPICE_INSTANTIATE(8)
COPPICE_INSTANTIATE(16)
COPPICE_INSTANTIATE(0)
#undef COPPICE_INSTANTIATE

}  // namespace kd_tree

namespace octree {

template <class S, int Dim>
const SearchKernels<S>& search_kernels() noexcept {
  return Dim == 2 ? kernels::current<S>().quadtree : kernels::current<S>().octree;
}
template const SearchKernels<float>& search_kernels<float, 2>() noexcept;
template const SearchKernels<float>& search_kernels<float, 3>() noexcept;
template const SearchKernels<double>& search_kernels<double, 2>() noexcept;
template const SearchKernels<double>& search_kernels<double, 3>() noexcept;

}  // namespace octree
}  // namespace coppice
