// From a Hierarchy to its table of search kernels for one instruction set. Only the kernel units in src/ instantiate
// this: one copy an instruction set, compiled with that set's flags.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "coppice/query/ascend.hpp"
#include "coppice/query/best_many.hpp"
#include "coppice/query/collectors.hpp"
#include "coppice/query/nearest_search.hpp"
#include "coppice/query/range_search.hpp"
#include "coppice/storage/prefetch.hpp"
#if defined(__AVX512F__)
#include "coppice/query/collectors_avx512.hpp"
#endif

namespace coppice::query {

template <class T, class H>
class KernelsOf {
 public:
  using S = typename H::Scalar;
  static constexpr SearchKernels<S> table() {
    return {&nearest_batch, &ball, &region, &find, &ascending, &ball_by, &nearest_counted, &home_path};
  }

 private:
  static_assert(Hierarchy<H, T>);
  using Plain = EuclideanBall<T, S, H::compiled_dimension>;
  // Other metrics share one compiled form from four axes on: their arithmetic outweighs the loop over axes.
  using General = MetricBall<T, S, (H::compiled_dimension <= 3 ? H::compiled_dimension : 0)>;
  using Box = Region<T, S, H::compiled_dimension>;
  // Best-first has a form of its own, without a general metric, where that pays.
  static constexpr bool narrow = H::compiled_dimension >= 2 && H::compiled_dimension <= 4;

  static const H& hierarchy(const void* view) { return *static_cast<const H*>(view); }

  /// Calls `search(query, best)` for every row of a batch.
  template <class Query, class Best, class Search>
  [[gnu::always_inline]] static void each_row(const H& h, const NearestBatch<S>& batch, Search search) {
    Best best(batch.k);
    constexpr std::size_t ahead = 4;
    for (std::size_t i = 0; i < batch.count; ++i) {
      const std::size_t row = batch.rows != nullptr ? batch.rows[i] : i;
      // Rows out of order are misses, in the queries and in the answers.
      if (batch.rows != nullptr && i + ahead < batch.count) {
        const std::size_t next = batch.rows[i + ahead];
        storage::prefetch(batch.points.row(next));
        storage::prefetch_to_write(batch.found + next);
        prefetch_row(batch.keys + next * batch.stride, batch.k);
        prefetch_row(batch.ids + next * batch.stride, batch.k);
      }
      const Query query(batch.points.row(row), h.dimension(), batch.metric);
      best.reset(batch.limit);
      search(query, best);
      batch.found[row] = best.finish(batch.keys + row * batch.stride, batch.ids + row * batch.stride);
    }
  }

  /// Memory to be written, which may begin and end anywhere in a line.
  template <class Entry>
  [[gnu::always_inline]] static void prefetch_row(const Entry* row, std::size_t count) {
    constexpr std::size_t line = 64 / sizeof(Entry), most = 16 * line;
    for (std::size_t i = 0; i < std::min(count, most); i += line) storage::prefetch_to_write(row + i);
    storage::prefetch_to_write(row + count - 1);
  }

  /// Few neighbours in the plain metric.
  template <class Best>
  static void nearest_few(const H& h, const NearestBatch<S>& batch) {
    each_row<Plain, Best>(h, batch, [&](const Plain& query, Best& best) {
      NearestSearch<T, H, Plain, Best>(h, query, best, batch.filter, Volume::box, batch.count == 1).depth_first();
    });
  }

  /// Many neighbours in the plain metric.
  static void nearest_many(const H& h, const NearestBatch<S>& batch) {
    using Best = BestMany<T, S>;
    each_row<Plain, Best>(h, batch, [&](const Plain& query, Best& best) {
      NearestSearch<T, H, Plain, Best> search(h, query, best, batch.filter, Volume::box, batch.count == 1);
      if constexpr (narrow)
        search.run(batch.strategy.traversal, batch.k);
      else
        search.depth_first();
    });
  }

  /// Any strategy and metric, counted.
  static void nearest_counted(const void* view, const NearestBatch<S>& batch, SearchWork& work) {
    using Best = BestMany<T, S>;
    const H& h = hierarchy(view);
    each_row<General, Best>(h, batch, [&](const General& query, Best& best) {
      NearestSearch<T, H, General, Best> search(h, query, best, batch.filter, batch.strategy.volume);
      search.limit_work(work.limit - std::min(work.limit, work.cost()));
      if (batch.strategy.traversal == Traversal::breadth_first)
        search.breadth_first();
      else
        search.run(batch.strategy.traversal, batch.k);
      work.nodes += search.work().nodes;
      work.leaves += search.work().leaves;
      work.points += search.work().points;
    });
  }

  static void nearest_batch(const void* view, const NearestBatch<S>& batch) {
    const H& h = hierarchy(view);
    const Traversal traversal = batch.strategy.traversal;
    const bool is_special = batch.strategy.volume == Volume::ball || traversal == Traversal::breadth_first ||
                            (!narrow && traversal == Traversal::best_first);
    if (is_special || !batch.metric.is_plain_l2()) {
      SearchWork uncounted;
      nearest_counted(view, batch, uncounted);
    } else if (traversal == Traversal::best_first) {
      nearest_many(h, batch);
    } else if (batch.k == 1) {
      nearest_few<BestOne<T, S>>(h, batch);
    } else if (batch.k <= 8) {
      nearest_few<BestFew<T, S, 8>>(h, batch);
    } else if (batch.k <= 16) {
      nearest_few<BestFew<T, S, 16>>(h, batch);
    } else if (batch.k <= 32) {
      nearest_few<BestFew<T, S, 32>>(h, batch);
    } else {
      nearest_many(h, batch);
    }
  }

  template <class Query>
  static bool ball_of(const H& h, const BallQuery<S>& query, HitSink<S>& sink) {
    return RangeSearch<T, H, BallShape<T, Query>>(h, query, sink, query.containment).run();
  }
  static bool ball(const void* view, const BallQuery<S>& query, HitSink<S>& sink) {
    const H& h = hierarchy(view);
    return query.metric.is_plain_l2() ? ball_of<Plain>(h, query, sink) : ball_of<General>(h, query, sink);
  }

  static bool ball_by(const void* view, const BallQuery<S>& query, Strategy strategy, SearchWork& work,
                      HitSink<S>& sink) {
    return RangeSearch<T, H, BallShape<T, General>>(hierarchy(view), query, sink, query.containment)
        .run(strategy, work);
  }

  static void home_path(const void* view, const S* point, HomePath<S>& path) {
    const H& h = hierarchy(view);
    const auto key = h.key(point);
    Child c = h.root();
    for (path.depth = 0; !c.is_leaf && path.depth < HomePath<S>::longest; ++path.depth) {
      const typename H::Node& node = h.node(c);
      const int home = h.template home<T>(node, key).child;
      c = h.child(node, home);
      path.node[static_cast<std::size_t>(path.depth)] = 2 * std::uint64_t{c.handle} + (c.is_leaf ? 1 : 0);
      const Reach<S> reach = reach_of(h.template boxes<T>(node), home, point, h.dimension());
      path.nearest_squared = reach.nearest_squared;
      path.farthest_squared = reach.farthest_squared;
    }
    path.leaf_points = c.is_leaf ? h.points(c) : 0;
  }

  static bool region(const void* view, const RegionQuery<S>& query, HitSink<S>& sink) {
    return RangeSearch<T, H, Box>(hierarchy(view), query, sink).run();
  }

  /// Rows go down several side by side, so that none waits for memory alone, and as long as all other children are at a
  /// distance: what equals a point cannot be there. Below, boxes decide.
  static void find(const void* view, const PointView<S>& points, point_id* ids) {
    const H& h = hierarchy(view);
    using Key = decltype(h.key(points.row(0)));
    constexpr std::size_t lanes = 8;
    for (std::size_t first = 0; first < points.size(); first += lanes) {
      const std::size_t count = std::min(lanes, points.size() - first);
      std::array<std::optional<Key>, lanes> keys;
      std::array<Child, lanes> at;
      std::array<bool, lanes> sure;
      for (std::size_t i = 0; i < count; ++i) {
        keys[i].emplace(h.key(points.row(first + i)));
        at[i] = h.root();
        sure[i] = true;
      }
      for (bool deeper = true; deeper;) {
        deeper = false;
        for (std::size_t i = 0; i < count; ++i) {
          if (!sure[i] || at[i].is_leaf) continue;
          const typename H::Node& node = h.node(at[i]);
          const Home<S> home = h.template home<T>(node, *keys[i]);
          sure[i] = home.others_squared > 0;
          if (!sure[i]) continue;
          at[i] = h.child(node, home.child);
          h.prefetch(at[i]);
          if (at[i].is_leaf) h.prefetch_ids(at[i]);
          deeper = true;
        }
      }
      for (std::size_t i = 0; i < count; ++i) {
        const S* point = points.row(first + i);
        ids[first + i] = smallest_id<T>(h, Box({point, point, nullptr}, h.dimension()), at[i], no_point);
      }
    }
  }

  static bool ascending(const void* view, const BallQuery<S>& query, const AscendingVisitor<S>& visitor) {
    const H& h = hierarchy(view);
    const General center(query.point, h.dimension(), query.metric);
    return ascend<T>(h, center, query.limit, query.filter, visitor);
  }
};

}  // namespace coppice::query
