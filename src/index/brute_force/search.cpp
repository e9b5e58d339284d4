// BruteForce's searches: the reference evaluation for every point, and a sort. Deliberately nothing cleverer: this is
// what the other indexes are compared with.
#include <algorithm>
#include <vector>

#include "coppice/index/brute_force/brute_force.hpp"
#include "coppice/query/kernels.hpp"

namespace coppice {
namespace {

template <class Scalar>
class BruteForceSearch {
 public:
  static constexpr SearchKernels<Scalar> table() { return {&nearest, &within, &in_box, &find, &ascend}; }

 private:
  using Index = BruteForce<Scalar>;
  static const Index& index(const void* view) { return *static_cast<const Index*>(view); }

  /// The contract's metric as the reference evaluation wants it.
  struct Reference {
    Metric<Scalar> metric;
    PeriodicBox<Scalar> box;
    Reference(const MetricData<Scalar>& data, const Index& index)
        : metric{data.kind, {}}, box(index.config().periodic) {
      if (data.weights != nullptr) metric.weights.assign(data.weights, data.weights + index.dimension());
    }
  };

  /// Calls take(key, id) for every accepted point up to the limit, in slot order, until it returns false.
  template <class Take>
  static bool each_hit(const Index& index, const BallQuery<Scalar>& query, const Reference& reference, Take take) {
    const std::vector<point_id>& ids = index.ids();
    for (std::size_t slot = 0; slot < ids.size(); ++slot) {
      const Scalar key = metric_key(index.row(slot), query.point, index.dimension(), reference.metric, reference.box);
      if (!(key <= query.limit)) continue;
      if (query.filter != nullptr && !(*query.filter)(ids[slot])) continue;
      if (!take(key, ids[slot])) return false;
    }
    return true;
  }

  static std::vector<Hit<Scalar>> hits(const Index& index, const BallQuery<Scalar>& query, const Reference& reference) {
    std::vector<Hit<Scalar>> found;
    each_hit(index, query, reference, [&](Scalar key, point_id id) {
      found.push_back({key, id});
      return true;
    });
    return found;
  }

  static void nearest(const void* view, const NearestBatch<Scalar>& batch) {
    const Reference reference(batch.metric, index(view));
    for (std::size_t i = 0; i < batch.count; ++i) {
      const std::size_t row = batch.rows != nullptr ? batch.rows[i] : i;
      std::vector<Hit<Scalar>> all =
          hits(index(view), {batch.points.row(row), batch.limit, batch.metric, batch.filter}, reference);
      const std::size_t kept = std::min(batch.k, all.size());
      std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept), all.end());
      for (std::size_t j = 0; j < kept; ++j) {
        batch.keys[row * batch.stride + j] = all[j].distance_squared;
        batch.ids[row * batch.stride + j] = all[j].id;
      }
      batch.found[row] = kept;
    }
  }

  static bool within(const void* view, const BallQuery<Scalar>& query, HitSink<Scalar>& sink) {
    return each_hit(index(view), query, Reference(query.metric, index(view)),
                    [&](Scalar key, point_id id) { return sink.put(key, id); });
  }

  static bool in_box(const void* view, const RegionQuery<Scalar>& query, HitSink<Scalar>& sink) {
    const Index& points = index(view);
    for (std::size_t slot = 0; slot < points.size(); ++slot) {
      const Scalar* x = points.row(slot);
      bool inside = true;
      for (int axis = 0; axis < points.dimension(); ++axis)
        inside = inside && query.lower[axis] <= x[axis] && x[axis] <= query.upper[axis];
      if (!inside || (query.filter != nullptr && !(*query.filter)(points.ids()[slot]))) continue;
      if (!sink.put(0, points.ids()[slot])) return false;
    }
    return true;
  }

  static void find(const void* view, const PointView<Scalar>& sought, point_id* ids) {
    const Index& points = index(view);
    for (std::size_t i = 0; i < sought.size(); ++i) {
      ids[i] = no_point;
      for (std::size_t slot = 0; slot < points.size(); ++slot)
        if (std::equal(sought.row(i), sought.row(i) + points.dimension(), points.row(slot)) &&
            (ids[i] == no_point || points.ids()[slot] < ids[i]))
          ids[i] = points.ids()[slot];
    }
  }

  static bool ascend(const void* view, const BallQuery<Scalar>& query, const AscendingVisitor<Scalar>& visitor) {
    std::vector<Hit<Scalar>> all = hits(index(view), query, Reference(query.metric, index(view)));
    std::sort(all.begin(), all.end());
    return std::all_of(all.begin(), all.end(),
                       [&](const Hit<Scalar>& hit) { return visitor.visit(visitor.context, hit); });
  }
};

}  // namespace

template <class Scalar>
SearchTarget<Scalar> BruteForce<Scalar>::search_target() const noexcept {
  static constexpr SearchKernels<Scalar> kernels = BruteForceSearch<Scalar>::table();
  return {this, &kernels, dimension_, size(), &config_.periodic};
}

template SearchTarget<float> BruteForce<float>::search_target() const noexcept;
template SearchTarget<double> BruteForce<double>::search_target() const noexcept;

}  // namespace coppice
