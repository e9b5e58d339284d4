// Core<Scalar> over a Tree<Scalar, Width> of one of the indexes. Instantiated by their units in src/, one a width, to
// share the compiling out.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "coppice/index/plane_tree_core.hpp"
#include "coppice/query/plane_tree/level_boxes.hpp"
#include "coppice/query/plane_tree/view.hpp"

namespace coppice::plane_tree {

template <class Scalar, int Width, template <class, int> class Tree>
class CoreOf final : public Core<Scalar> {
 public:
  template <class Config>
  CoreOf(std::string_view called, int dimension, const Config& config)
      : Core<Scalar>(called, config.periodic, config.executor), tree_(dimension, config) {}

  void build(PointView<Scalar> points, std::span<const point_id> ids) override { tree_.build(points, ids); }
  void clear() override { tree_.clear(); }
  void insert(const Scalar* point, point_id id) override { tree_.insert(point, id); }
  void insert(PointView<Scalar> points, std::span<const point_id> ids) override { tree_.insert(points, ids); }
  bool erase(point_id id) override { return tree_.erase(id); }
  void erase(std::span<const point_id> ids) override { tree_.erase(ids); }
  void move(point_id id, const Scalar* point) override { tree_.move(id, point); }
  void move(std::span<const point_id> ids, PointView<Scalar> points) override { tree_.move(ids, points); }

  [[nodiscard]] std::size_t size() const noexcept override { return tree_.size(); }
  [[nodiscard]] int dimension() const noexcept override { return tree_.dimension(); }
  [[nodiscard]] const IdMap& locations() const noexcept override { return tree_.locations(); }
  void copy_point(point_id id, Scalar* to) const override { tree_.copy_point(id, to); }
  void copy_points(std::vector<point_id>& ids, Points<Scalar>& points) const override {
    tree_.copy_points(ids, points);
  }
  [[nodiscard]] FrozenTree<Scalar> freeze() const override {
    return coppice::freeze(tree_.records(), tree_.view(), search_target(), tree_.origin());
  }
  [[nodiscard]] SearchTarget<Scalar> search_target() const noexcept override {
    return {&tree_.view(), &search_kernels<Scalar, Width>(), tree_.dimension(), tree_.size(), &this->periodic()};
  }
  [[nodiscard]] Statistics statistics() const override { return tree_.statistics(); }
  [[nodiscard]] std::vector<LevelBox<Scalar>> boxes(int max_level) const override {
    if (tree_.size() == 0) return {};
    return level_boxes(tree_.view(), max_level);
  }
  void validate() const override { tree_.validate(); }

 private:
  Tree<Scalar, Width> tree_;
};

}  // namespace coppice::plane_tree
