// From a Hierarchy to its table of search kernels for one instruction set. Only the kernel units in src/ instantiate
// this: one copy an instruction set, compiled with that set's flags.
#pragma once

#include "coppice/query/collectors.hpp"
#include "coppice/query/traversal.hpp"

namespace coppice::query {

template <class T, class H>
class KernelsOf {
 public:
  using S = typename H::Scalar;
  static constexpr SearchKernels<S> table() { return {&nearest_batch, &ball, &region, &ascending}; }

 private:
  static_assert(Hierarchy<H, T>);
  using Plain = EuclideanBall<T, S, H::compiled_dimension>;
  // Other metrics share one compiled form from four axes on: their arithmetic outweighs the loop over axes.
  using General = MetricBall<T, S, (H::compiled_dimension <= 3 ? H::compiled_dimension : 0)>;

  static const H& hierarchy(const void* view) { return *static_cast<const H*>(view); }

  template <class Query, class Best>
  static void nearest_all(const H& h, const NearestBatch<S>& batch) {
    Best best(batch.k);
    for (std::size_t i = 0; i < batch.points.size(); ++i) {
      const Query query(batch.points.row(i), h.dimension(), batch.metric);
      best.reset(batch.limit);
      NearestSearch<T, H, Query, Best> search(h, query, best, batch.filter, batch.strategy.volume);
      if constexpr (std::is_same_v<Query, Plain>) {
        search.depth_first();
      } else if (batch.strategy.traversal == Traversal::best_first) {
        search.best_first();
      } else if (batch.strategy.traversal == Traversal::breadth_first) {
        search.breadth_first();
      } else {
        search.depth_first();
      }
      batch.found[i] = best.finish(batch.keys + i * batch.k, batch.ids + i * batch.k);
    }
  }

  static void nearest_batch(const void* view, const NearestBatch<S>& batch) {
    const H& h = hierarchy(view);
    const bool default_strategy =
        batch.strategy.traversal == Traversal::depth_first && batch.strategy.volume == Volume::box;
    if (!default_strategy || !batch.metric.is_plain_l2())
      nearest_all<General, BestMany<T, S>>(h, batch);
    else if (batch.k == 1)
      nearest_all<Plain, BestOne<T, S>>(h, batch);
    else if (batch.k <= BestFew<T, S>::capacity)
      nearest_all<Plain, BestFew<T, S>>(h, batch);
    else
      nearest_all<Plain, BestMany<T, S>>(h, batch);
  }

  template <class Query>
  static bool ball_of(const H& h, const BallQuery<S>& query, HitSink<S>& sink) {
    const Query center(query.point, h.dimension(), query.metric);
    const BallShape<T, Query> shape(center, query.limit);
    return RangeSearch<T, H, BallShape<T, Query>>(h, shape, query.filter, sink).run();
  }
  static bool ball(const void* view, const BallQuery<S>& query, HitSink<S>& sink) {
    const H& h = hierarchy(view);
    return query.metric.is_plain_l2() ? ball_of<Plain>(h, query, sink) : ball_of<General>(h, query, sink);
  }

  static bool region(const void* view, const RegionQuery<S>& query, HitSink<S>& sink) {
    const H& h = hierarchy(view);
    const Region<T, S> shape(query, h.dimension());
    return RangeSearch<T, H, Region<T, S>>(h, shape, query.filter, sink).run();
  }

  static bool ascending(const void* view, const BallQuery<S>& query, const AscendingVisitor<S>& visitor) {
    const H& h = hierarchy(view);
    const General center(query.point, h.dimension(), query.metric);
    return ascend<T>(h, center, query.limit, query.filter, visitor);
  }
};

}  // namespace coppice::query
