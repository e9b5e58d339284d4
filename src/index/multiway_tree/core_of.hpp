// Core<Scalar> for one width. Instantiated by the units beside this file, a few widths each, to share the compiling
// out.
#pragma once

#include "coppice/index/multiway_tree/core.hpp"
#include "coppice/index/multiway_tree/validate.hpp"
#include "coppice/query/plane_tree/level_boxes.hpp"

namespace coppice::multiway_tree {

template <class Scalar, int Width>
class FrozenCoreOf final : public FrozenCore<Scalar> {
 public:
  FrozenCoreOf(const Tree<Scalar, Width>& tree, const PeriodicBox<Scalar>& periodic)
      : records_(tree.records()),
        origin_(tree.origin()),
        hold_(records_->epochs),
        view_(tree.view()),
        size_(tree.size()),
        periodic_(periodic) {}
  [[nodiscard]] std::size_t size() const noexcept override { return size_; }
  [[nodiscard]] int dimension() const noexcept override { return view_.dimension(); }
  [[nodiscard]] SearchTarget<Scalar> search_target() const noexcept override {
    return {&view_, &plane_tree::search_kernels<Scalar, Width>(), view_.dimension(), size_, &periodic_};
  }

 private:
  std::shared_ptr<Records<Scalar, Width>> records_;
  std::shared_ptr<const std::vector<Scalar>> origin_;
  storage::EpochHold hold_;
  plane_tree::TreeView<Scalar, Width> view_;
  std::size_t size_;
  PeriodicBox<Scalar> periodic_;
};

template <class Scalar, int Width>
class CoreOf final : public Core<Scalar> {
 public:
  using Config = typename MultiwayTree<Scalar>::Config;
  CoreOf(int dimension, Config settings) : Core<Scalar>(std::move(settings)), tree_(dimension, this->config) {}

  void build(PointView<Scalar> points, std::span<const point_id> ids) override { tree_.build(points, ids); }
  void clear() override { tree_.clear(); }
  void insert(PointView<Scalar> points, std::span<const point_id> ids) override { tree_.insert(points, ids); }
  void erase(std::span<const point_id> ids) override { tree_.erase(ids); }
  void move(std::span<const point_id> ids, PointView<Scalar> points) override { tree_.move(ids, points); }

  [[nodiscard]] std::size_t size() const noexcept override { return tree_.size(); }
  [[nodiscard]] int dimension() const noexcept override { return tree_.dimension(); }
  [[nodiscard]] const IdMap& locations() const noexcept override { return tree_.locations(); }
  void copy_point(point_id id, Scalar* to) const override { tree_.copy_point(id, to); }
  void copy_points(std::vector<point_id>& ids, Points<Scalar>& points) const override {
    tree_.copy_points(ids, points);
  }
  [[nodiscard]] std::shared_ptr<const FrozenCore<Scalar>> freeze() const override {
    return std::make_shared<const FrozenCoreOf<Scalar, Width>>(tree_, this->config.periodic);
  }
  [[nodiscard]] SearchTarget<Scalar> search_target() const noexcept override {
    return {&tree_.view(), &plane_tree::search_kernels<Scalar, Width>(), tree_.dimension(), tree_.size(),
            &this->config.periodic};
  }
  [[nodiscard]] Statistics statistics() const override { return tree_.statistics(); }
  [[nodiscard]] std::vector<LevelBox<Scalar>> boxes(int max_level) const override {
    if (tree_.size() == 0) return {};
    return plane_tree::level_boxes(tree_.view(), max_level);
  }
  void validate() const override { tree_.validate(); }

 private:
  Tree<Scalar, Width> tree_;
};

template <class Scalar, int Width>
[[nodiscard]] std::unique_ptr<Core<Scalar>> make_core_of(int dimension, typename MultiwayTree<Scalar>::Config config) {
  return std::make_unique<CoreOf<Scalar, Width>>(dimension, std::move(config));
}

}  // namespace coppice::multiway_tree
