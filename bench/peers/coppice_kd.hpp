// Coppice's KdTree<double> as a contestant.
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

  void build(PointView<double> points) { tree_.build(points); }
  std::size_t bytes() const { return tree_.statistics().bytes; }

  template <class Take>
  void nearest(const double* q, std::size_t k, Take take) {
    if (hits_.size() < k) hits_.resize(k);
    query_.k = k;
    const std::size_t found = tree_.nearest({q, dimension}, query_, {hits_.data(), k});
    for (std::size_t i = 0; i < found; ++i) take(hits_[i].id);
  }
  template <class Take>
  void within(const double* q, double radius, Take take) {
    within_.radius = radius;
    tree_.within({q, dimension}, within_, found_);
    for (const point_id id : found_.ids()) take(id);
  }
  template <class Take>
  void in_box(const double* lower, const double* upper, Take take) {
    tree_.in_box({lower, dimension}, {upper, dimension}, in_box_, found_);
    for (const point_id id : found_.ids()) take(id);
  }
  point_id find(const double* q) { return tree_.find({q, dimension}); }

  template <class Take>
  void nearest_batch(PointView<double> queries, std::size_t k, Take take) {
    for (const point_id id : tree_.nearest(queries, {.k = k, .executor = executor_}).ids) take(id);
  }
  template <class Take>
  void within_batch(PointView<double> queries, double radius, Take take) {
    for (const point_id id : tree_.within(queries, {.radius = radius, .executor = executor_}).ids) take(id);
  }
  template <class Take>
  void in_box_batch(PointView<double> lower, PointView<double> upper, Take take) {
    for (const point_id id : tree_.in_box(lower, upper, {.executor = executor_}).ids) take(id);
  }

  void insert(const double* p, point_id id) { tree_.insert({p, dimension}, id); }
  void erase(const double*, point_id id) { tree_.erase(id); }
  void move(const double*, const double* to, point_id id) { tree_.move(id, {to, dimension}); }
  void insert_batch(PointView<double> points, std::span<const point_id> ids) { tree_.insert(points, ids); }
  void erase_batch(PointView<double>, std::span<const point_id> ids) { tree_.erase(ids); }

 private:
  KdTree<double>::Config config() const {
    KdTree<double>::Config config;
    config.executor = executor_;
    return config;
  }

  Executor executor_;
  KdTree<double> tree_;
  Nearest<double> query_;
  Within<double> within_;
  InBox in_box_;
  std::vector<Hit<double>> hits_;
  HitList<double> found_;
};

}  // namespace coppice::bench
