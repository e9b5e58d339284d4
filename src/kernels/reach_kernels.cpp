// The search for the rows that reach a point, of one instruction set (COPPICE_TARGET). Compiled once an instruction
// set, with its flags; target.cpp chooses between the results, at run time.
#include "reach_kernels.hpp"
#include "coppice/index/neighbor_graph/reach_search.hpp"
#if defined(__AVX512F__)
#include "coppice/geometry/pack_avx512.hpp"
#elif defined(__AVX2__)
#include "coppice/geometry/pack_avx2.hpp"
#endif

namespace coppice::neighbor_graph {

template <class Target, class S>
struct ReachKernelsOf {
  template <int Dim, MetricKind Kind>
  using Search = ReachSearch<Target, S, Dim, Kind>;

  static void search(const ReachView<S>& view, const S* points, std::size_t count, std::uint32_t first,
                     OfferSink<S>& sink) {
    if (view.metric == MetricKind::l1)
      Search<0, MetricKind::l1>(view, sink).all(points, count, first);
    else if (view.metric == MetricKind::linf)
      Search<0, MetricKind::linf>(view, sink).all(points, count, first);
    else if (view.metric == MetricKind::weighted_l2)
      Search<0, MetricKind::weighted_l2>(view, sink).all(points, count, first);
    else if (view.dimension == 2)
      Search<2, MetricKind::l2>(view, sink).all(points, count, first);
    else if (view.dimension == 3)
      Search<3, MetricKind::l2>(view, sink).all(points, count, first);
    else
      Search<0, MetricKind::l2>(view, sink).all(points, count, first);
  }
};

}  // namespace coppice::neighbor_graph

namespace coppice::kernels {

template <>
const neighbor_graph::ReachKernels<float> ReachKernelsFor<simd::COPPICE_TARGET, float>::table = {
    &neighbor_graph::ReachKernelsOf<simd::COPPICE_TARGET, float>::search};
template <>
const neighbor_graph::ReachKernels<double> ReachKernelsFor<simd::COPPICE_TARGET, double>::table = {
    &neighbor_graph::ReachKernelsOf<simd::COPPICE_TARGET, double>::search};

}  // namespace coppice::kernels
