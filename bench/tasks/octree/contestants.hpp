// Who takes part in the task `octree`: an Octree of several capacities, and a KdTree. Both have the same face, so that
// one class template wraps them; its loops over single operations are compiled with the index.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "coppice/index/kd_tree/kd_tree.hpp"
#include "coppice/index/octree/octree.hpp"
#include "harness/real.hpp"
#include "harness/timing.hpp"
#include "tasks/octree/nodes.hpp"

namespace coppice::bench {

/// An index over moving points with the ids 0 … n − 1; row `id` of every view is the place of that point. Where
/// `latencies` are asked for, each operation is timed by itself, in µs.
class MovingIndex {
 public:
  virtual ~MovingIndex() = default;
  virtual void build(PointView<Real> points) = 0;
  virtual void clear() = 0;
  /// All points at once.
  virtual void update(PointView<Real> to) = 0;
  /// Everything within the radius of every point, the point itself left out of the count.
  [[nodiscard]] virtual std::int64_t neighbors(PointView<Real> points, Real radius) const = 0;
  virtual void insert(PointView<Real> points, std::span<const point_id> ids, std::vector<double>* latencies) = 0;
  virtual void erase(std::span<const point_id> ids, std::vector<double>* latencies) = 0;
  virtual void move(PointView<Real> to, std::span<const point_id> ids, std::vector<double>* latencies) = 0;
  virtual void nearest(PointView<Real> queries, std::size_t k) const = 0;

  [[nodiscard]] virtual Neighbors<Real> all_nearest(PointView<Real> queries, std::size_t k) const = 0;
  [[nodiscard]] virtual Neighbors<Real> all_within(PointView<Real> queries, Real radius) const = 0;
  [[nodiscard]] virtual Statistics statistics() const = 0;
  [[nodiscard]] virtual std::vector<LevelBox<Real>> boxes() const = 0;
};

template <class Index>
class MovingIndexOf final : public MovingIndex {
 public:
  MovingIndexOf(Index index, int threads) : index_(std::move(index)), executor_(threads) {}

  void build(PointView<Real> points) override {
    index_.build(points);
    if (ids_.size() == points.size()) return;
    ids_.resize(points.size());
    for (std::size_t i = 0; i < ids_.size(); ++i) ids_[i] = static_cast<point_id>(i);
  }
  void clear() override { index_.clear(); }
  void update(PointView<Real> to) override { index_.move(ids_, to); }
  [[nodiscard]] std::int64_t neighbors(PointView<Real> points, Real radius) const override {
    return all_within(points, radius).offsets.back() - static_cast<std::int64_t>(points.size());
  }
  void insert(PointView<Real> points, std::span<const point_id> ids, std::vector<double>* latencies) override {
    each(ids, latencies, [&](point_id id) { index_.insert(points[static_cast<std::size_t>(id)], id); });
  }
  void erase(std::span<const point_id> ids, std::vector<double>* latencies) override {
    each(ids, latencies, [&](point_id id) { index_.erase(id); });
  }
  void move(PointView<Real> to, std::span<const point_id> ids, std::vector<double>* latencies) override {
    each(ids, latencies, [&](point_id id) { index_.move(id, to[static_cast<std::size_t>(id)]); });
  }
  void nearest(PointView<Real> queries, std::size_t k) const override {
    std::vector<Hit<Real>> hits(k);
    const Nearest<Real> query{.k = k};
    for (std::size_t i = 0; i < queries.size(); ++i) consume(index_.nearest(queries[i], query, hits));
  }

  [[nodiscard]] Neighbors<Real> all_nearest(PointView<Real> queries, std::size_t k) const override {
    return index_.nearest(queries, {.k = k, .executor = executor_});
  }
  [[nodiscard]] Neighbors<Real> all_within(PointView<Real> queries, Real radius) const override {
    return index_.within(queries, {.radius = radius, .executor = executor_});
  }
  [[nodiscard]] Statistics statistics() const override { return index_.statistics(); }
  [[nodiscard]] std::vector<LevelBox<Real>> boxes() const override { return index_.boxes(LeafCells::all_levels); }

 private:
  template <class One>
  static void each(std::span<const point_id> ids, std::vector<double>* latencies, One one) {
    if (latencies == nullptr) {
      for (const point_id id : ids) one(id);
      return;
    }
    double before = now();
    for (const point_id id : ids) {
      one(id);
      const double after = now();
      latencies->push_back(1e6 * (after - before));
      before = after;
    }
  }

  Index index_;
  Executor executor_;
  std::vector<point_id> ids_;
};

inline std::unique_ptr<MovingIndex> make_kd_tree(int threads) {
  typename KdTree<Real>::Config config;
  config.executor = Executor(threads);
  return std::make_unique<MovingIndexOf<KdTree<Real>>>(KdTree<Real>(dimension, config), threads);
}

/// K = 0: the default.
inline std::unique_ptr<MovingIndex> make_octree(int capacity, int threads) {
  using Tree = Octree<Real, dimension>;
  typename Tree::Config config;
  if (capacity > 0) config.capacity = capacity;
  config.executor = Executor(threads);
  return std::make_unique<MovingIndexOf<Tree>>(Tree(config), threads);
}

}  // namespace coppice::bench
