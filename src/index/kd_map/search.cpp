// The searches of a KdMapIndex. A cell is left out only when it is farther than the k-th key: an equal one may hold a
// smaller id.
#include <algorithm>
#include <vector>

#include "coppice/index/kd_map/kd_map.hpp"
#include "walk.hpp"

namespace coppice {
namespace {

using kd_map::Ascent;
using kd_map::Center;
using kd_map::Walk;

/// The k best so far: a heap whose top is the worst.
template <class S>
class Best {
 public:
  explicit Best(std::size_t k) : k_(k) {}
  void reset(S limit) {
    hits_.clear();
    limit_ = limit;
  }
  [[nodiscard]] S limit() const { return limit_; }
  /// False where neither this hit nor one with the same key and a greater id is among the k best.
  bool offer(Hit<S> hit) {
    if (hits_.size() == k_) {
      if (!(hit < hits_.front())) return false;
      std::pop_heap(hits_.begin(), hits_.end());
      hits_.back() = hit;
    } else {
      hits_.push_back(hit);
    }
    std::push_heap(hits_.begin(), hits_.end());
    if (hits_.size() == k_) limit_ = hits_.front().distance_squared;
    return true;
  }
  /// The hits in order.
  [[nodiscard]] const std::vector<Hit<S>>& sorted() {
    std::sort_heap(hits_.begin(), hits_.end());
    return hits_;
  }

 private:
  std::size_t k_;
  S limit_ = 0;
  std::vector<Hit<S>> hits_;
};

template <class S>
class KdMapSearch {
 public:
  static constexpr SearchKernels<S> table() { return {&nearest, &within, &in_box, &find, &ascend}; }

 private:
  using Map = typename KdMapIndex<S>::Map;
  using Cursor = typename Map::Cursor;
  static const Map& map(const void* view) { return *static_cast<const Map*>(view); }

  /// Breadth-first is taken for depth-first, and a ball for a box: there are no balls, and no answer depends on it.
  static void nearest(const void* view, const NearestBatch<S>& batch) {
    if (batch.strategy.traversal == Traversal::best_first)
      nearest_best_first(map(view), batch);
    else if (batch.metric.is_plain_l2())
      nearest_depth_first<true>(map(view), batch);
    else
      nearest_depth_first<false>(map(view), batch);
  }

  /// Calls answer(row, hits) for the rows of a batch, with hits(row) in order.
  template <class Search>
  static void each_row(const NearestBatch<S>& batch, Search search) {
    for (std::size_t i = 0; i < batch.count; ++i) {
      const std::size_t row = batch.rows != nullptr ? batch.rows[i] : i;
      const std::vector<Hit<S>>& hits = search(batch.points.row(row));
      for (std::size_t j = 0; j < hits.size(); ++j) {
        batch.keys[row * batch.stride + j] = hits[j].distance_squared;
        batch.ids[row * batch.stride + j] = hits[j].id;
      }
      batch.found[row] = hits.size();
    }
  }

  template <bool Plain>
  static void nearest_depth_first(const Map& map, const NearestBatch<S>& batch) {
    Walk<S, Plain> walk(map.dimension());
    Best<S> best(batch.k);
    each_row(batch, [&](const S* point) -> const std::vector<Hit<S>>& {
      const Center<S, Plain> center(point, map.dimension(), batch.metric);
      best.reset(batch.limit);
      walk.run(
          map.root(), center, [&] { return best.limit(); },
          [&](Cursor node) {
            const S key = center.key(node.key());
            if (key <= best.limit())
              node.value().each([&](point_id id) {
                return (batch.filter != nullptr && !(*batch.filter)(id)) || best.offer({key, id});
              });
            return true;
          });
      return best.sorted();
    });
  }

  static void nearest_best_first(const Map& map, const NearestBatch<S>& batch) {
    std::vector<Hit<S>> hits;
    each_row(batch, [&](const S* point) -> const std::vector<Hit<S>>& {
      const Center<S, false> center(point, map.dimension(), batch.metric);
      hits.clear();
      Ascent<S>(center, batch.limit, batch.filter).run(map.root(), [&](const Hit<S>& hit) {
        hits.push_back(hit);
        return hits.size() < batch.k;
      });
      return hits;
    });
  }

  /// The points of a node that the filter accepts; false when the sink has had enough.
  static bool put(HitSink<S>& sink, S key, const kd_map::IdSet& there, const IdFilter* filter) {
    return there.each([&](point_id id) { return (filter != nullptr && !(*filter)(id)) || sink.put(key, id); });
  }

  template <bool Plain>
  static bool ball(const Map& map, const BallQuery<S>& query, HitSink<S>& sink) {
    const Center<S, Plain> center(query.point, map.dimension(), query.metric);
    return Walk<S, Plain>(map.dimension())
        .run(
            map.root(), center, [&] { return query.limit; },
            [&](Cursor node) {
              const S key = center.key(node.key());
              return !(key <= query.limit) || put(sink, key, node.value(), query.filter);
            });
  }
  static bool within(const void* view, const BallQuery<S>& query, HitSink<S>& sink) {
    return query.metric.is_plain_l2() ? ball<true>(map(view), query, sink) : ball<false>(map(view), query, sink);
  }

  static bool region(Cursor node, int dimension, const RegionQuery<S>& query, HitSink<S>& sink) {
    if (!node) return true;
    const S* x = node.key();
    const int split = node.axis();
    if (query.lower[split] <= x[split] && !region(node.left(), dimension, query, sink)) return false;
    bool inside = true;
    for (int axis = 0; axis < dimension && inside; ++axis)
      inside = query.lower[axis] <= x[axis] && x[axis] <= query.upper[axis];
    if (inside && !put(sink, 0, node.value(), query.filter)) return false;
    return !(x[split] <= query.upper[split]) || region(node.right(), dimension, query, sink);
  }
  static bool in_box(const void* view, const RegionQuery<S>& query, HitSink<S>& sink) {
    return region(map(view).root(), map(view).dimension(), query, sink);
  }

  static void find(const void* view, const PointView<S>& points, point_id* ids) {
    for (std::size_t i = 0; i < points.size(); ++i) {
      const kd_map::IdSet* there = map(view).find(points[i]);
      ids[i] = there == nullptr ? no_point : there->smallest();
    }
  }

  static bool ascend(const void* view, const BallQuery<S>& query, const AscendingVisitor<S>& visitor) {
    const Center<S, false> center(query.point, map(view).dimension(), query.metric);
    return Ascent<S>(center, query.limit, query.filter).run(map(view).root(), [&](const Hit<S>& hit) {
      return visitor.visit(visitor.context, hit);
    });
  }
};

}  // namespace

template <class Scalar>
SearchTarget<Scalar> KdMapIndex<Scalar>::search_target() const noexcept {
  static constexpr SearchKernels<Scalar> kernels = KdMapSearch<Scalar>::table();
  return {&map_, &kernels, dimension(), size(), &config_.periodic};
}

template SearchTarget<float> KdMapIndex<float>::search_target() const noexcept;
template SearchTarget<double> KdMapIndex<double>::search_target() const noexcept;

}  // namespace coppice
