// Coppice's KdTree<Real> as a contestant.
#pragma once

#include <array>
#include <vector>

#include "coppice/index/kd_tree/kd_tree.hpp"
#include "harness/contestant.hpp"

namespace coppice::bench {

class CoppiceKd {
 public:
  explicit CoppiceKd(int threads) : executor_(threads), tree_(dimension, config()) {}
  Identity identity() const { return {"coppice/kd", COPPICE_BENCH_VERSION, ""}; }

  void build(PointView<Real> points) { tree_.build(points); }
  std::size_t bytes() const { return tree_.statistics().bytes; }

  template <class Take>
  void nearest(const Real* q, std::size_t k, Take take) {
    if (hits_.size() < k) hits_.resize(k);
    query_.k = k;
    const std::size_t found = tree_.nearest({q, dimension}, query_, {hits_.data(), k});
    for (std::size_t i = 0; i < found; ++i) take(hits_[i].id);
  }
  template <class Take>
  void within(const Real* q, Real radius, Take take) {
    within_.radius = radius;
    tree_.within({q, dimension}, within_, found_);
    for (const point_id id : found_.ids()) take(id);
  }
  template <class Take>
  void in_box(const Real* lower, const Real* upper, Take take) {
    tree_.in_box({lower, dimension}, {upper, dimension}, in_box_, found_);
    for (const point_id id : found_.ids()) take(id);
  }
  point_id find(const Real* q) { return tree_.find({q, dimension}); }

  template <class Take>
  void nearest_batch(PointView<Real> queries, std::size_t k, Take take) {
    for (const point_id id : tree_.nearest(queries, {.k = k, .executor = executor_}).ids) take(id);
  }
  template <class Take>
  void within_batch(PointView<Real> queries, Real radius, Take take) {
    for (const point_id id : tree_.within(queries, {.radius = radius, .executor = executor_}).ids) take(id);
  }
  template <class Take>
  void in_box_batch(PointView<Real> lower, PointView<Real> upper, Take take) {
    for (const point_id id : tree_.in_box(lower, upper, {.executor = executor_}).ids) take(id);
  }

  void insert(const Real* p, point_id id) { tree_.insert({p, dimension}, id); }
  void erase(const Real*, point_id id) { tree_.erase(id); }
  void move(const Real*, const Real* to, point_id id) { tree_.move(id, {to, dimension}); }
  void insert_batch(PointView<Real> points, std::span<const point_id> ids) { tree_.insert(points, ids); }
  void erase_batch(PointView<Real>, std::span<const point_id> ids) { tree_.erase(ids); }

 private:
  KdTree<Real>::Config config() const {
    KdTree<Real>::Config config;
    config.executor = executor_;
    return config;
  }

  Executor executor_;
  KdTree<Real> tree_;
  Nearest<Real> query_;
  Within<Real> within_;
  InBox in_box_;
  std::vector<Hit<Real>> hits_;
  HitList<Real> found_;
};

}  // namespace coppice::bench
