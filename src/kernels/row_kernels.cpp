// The kernels of all-neighbour searches of one instruction set (COPPICE_TARGET) and scalar type (COPPICE_SCALAR).
// Compiled once for each pair, with the flags of the instruction set; target.cpp chooses between the results, at run
// time.
#include "row_kernels.hpp"
#include "coppice/index/neighbor_graph/nearest_rows.hpp"
#include "coppice/index/neighbor_graph/within_rows.hpp"
#if defined(__AVX512F__)
#include "coppice/index/neighbor_graph/exact_rows_avx512.hpp"
#elif defined(__AVX2__)
#include "coppice/geometry/lanes_avx2.hpp"
#endif

namespace coppice::neighbor_graph {

template <class Target, class S>
struct RowKernelsOf {
  template <template <class, class, int, MetricKind> class Rows, class Task>
  static void run(const Task& task, std::size_t first, std::size_t last, RowScratch& scratch, RowCounts& counts) {
    // Up to three dimensions stand in three columns.
    if (task.metric == MetricKind::l1)
      Rows<Target, S, 0, MetricKind::l1>(task, scratch, counts).groups(first, last);
    else if (task.metric == MetricKind::linf)
      Rows<Target, S, 0, MetricKind::linf>(task, scratch, counts).groups(first, last);
    else if (task.set.dimension == 3)
      Rows<Target, S, 3, MetricKind::l2>(task, scratch, counts).groups(first, last);
    else
      Rows<Target, S, 0, MetricKind::l2>(task, scratch, counts).groups(first, last);
  }
};

}  // namespace coppice::neighbor_graph

namespace coppice::kernels {

using Of = neighbor_graph::RowKernelsOf<simd::COPPICE_TARGET, COPPICE_SCALAR>;

template <>
const neighbor_graph::RowKernels<COPPICE_SCALAR> RowKernelsFor<simd::COPPICE_TARGET, COPPICE_SCALAR>::table = {
    &Of::run<neighbor_graph::NearestRows>, &Of::run<neighbor_graph::WithinRows>};

}  // namespace coppice::kernels
