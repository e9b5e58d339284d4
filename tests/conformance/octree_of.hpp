// Octree<Scalar, 2> and Octree<Scalar, 3> as one index whose dimension is known at run time, as the suite wants it.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "coppice/errors.hpp"
#include "coppice/index/octree/octree.hpp"
#include "coppice/persist/point_archive.hpp"

namespace coppice::test {

template <class Scalar>
class OctreeOf : public Searchable<OctreeOf<Scalar>, Scalar> {
 public:
  using Config = octree::Config<Scalar>;
  using Point = std::span<const Scalar>;
  using Ids = std::span<const point_id>;

  explicit OctreeOf(int dimension, Config config = {}) : tree_(make(dimension, std::move(config))) {}
  static int served(int dimension) { return dimension <= 2 ? 2 : 3; }

  void build(PointView<Scalar> points) {
    each([&](auto& tree) { tree.build(points); });
  }
  void build(PointView<Scalar> points, Ids ids) {
    each([&](auto& tree) { tree.build(points, ids); });
  }
  point_id insert(Point point) {
    return each([&](auto& tree) { return tree.insert(point); });
  }
  void insert(Point point, point_id id) {
    each([&](auto& tree) { tree.insert(point, id); });
  }
  point_id insert(PointView<Scalar> points) {
    return each([&](auto& tree) { return tree.insert(points); });
  }
  void insert(PointView<Scalar> points, Ids ids) {
    each([&](auto& tree) { tree.insert(points, ids); });
  }
  void erase(point_id id) {
    each([&](auto& tree) { tree.erase(id); });
  }
  void erase(Ids ids) {
    each([&](auto& tree) { tree.erase(ids); });
  }
  void move(point_id id, Point point) {
    each([&](auto& tree) { tree.move(id, point); });
  }
  void move(Ids ids, PointView<Scalar> points) {
    each([&](auto& tree) { tree.move(ids, points); });
  }
  std::size_t erase_in_box(Point lower, Point upper) {
    return each([&](auto& tree) { return tree.erase_in_box(lower, upper); });
  }
  std::size_t keep_in_box(Point lower, Point upper) {
    return each([&](auto& tree) { return tree.keep_in_box(lower, upper); });
  }
  std::size_t down_sample(Scalar cell) {
    return each([&](auto& tree) { return tree.down_sample(cell); });
  }
  [[nodiscard]] std::size_t size() const {
    return each([](const auto& tree) { return tree.size(); });
  }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] int dimension() const {
    return each([](const auto& tree) { return tree.dimension(); });
  }
  [[nodiscard]] const Config& config() const {
    return each([](const auto& tree) -> const Config& { return tree.config(); });
  }
  [[nodiscard]] bool contains(point_id id) const {
    return each([&](const auto& tree) { return tree.contains(id); });
  }
  [[nodiscard]] std::vector<Scalar> point(point_id id) const {
    return each([&](const auto& tree) { return tree.point(id); });
  }
  void copy_points(std::vector<point_id>& ids, Points<Scalar>& points) const {
    each([&](const auto& tree) { tree.copy_points(ids, points); });
  }
  void clear() {
    each([](auto& tree) { tree.clear(); });
  }
  void save(const std::filesystem::path& path) const {
    each([&](const auto& tree) { tree.save(path); });
  }
  static OctreeOf load(const std::filesystem::path& path, Executor executor = {}) {
    const std::int64_t dimension = persist::stored_dimension(persist::ArchiveReader(path));
    OctreeOf loaded(3);
    if (dimension == 2)
      loaded.tree_ = Octree<Scalar, 2>::load(path, executor);
    else
      loaded.tree_ = Octree<Scalar, 3>::load(path, executor);
    return loaded;
  }
  [[nodiscard]] Statistics statistics() const {
    return each([](const auto& tree) { return tree.statistics(); });
  }
  [[nodiscard]] std::vector<LevelBox<Scalar>> boxes(int max_level) const {
    return each([&](const auto& tree) { return tree.boxes(max_level); });
  }
  void validate() const {
    each([](const auto& tree) { tree.validate(); });
  }
  [[nodiscard]] SearchTarget<Scalar> search_target() const {
    return each([](const auto& tree) { return tree.search_target(); });
  }

  class Snapshot : public Searchable<Snapshot, Scalar> {
   public:
    using Held = std::variant<OctreeSnapshot<Scalar, 2>, OctreeSnapshot<Scalar, 3>>;
    explicit Snapshot(Held held) : held_(std::move(held)) {}
    [[nodiscard]] std::size_t size() const {
      return std::visit([](const auto& s) { return s.size(); }, held_);
    }
    [[nodiscard]] int dimension() const {
      return std::visit([](const auto& s) { return s.dimension(); }, held_);
    }
    [[nodiscard]] SearchTarget<Scalar> search_target() const {
      return std::visit([](const auto& s) { return s.search_target(); }, held_);
    }

   private:
    Held held_;
  };
  [[nodiscard]] Snapshot snapshot() const {
    return each([](const auto& tree) { return Snapshot(tree.snapshot()); });
  }

 private:
  using Tree = std::variant<Octree<Scalar, 2>, Octree<Scalar, 3>>;

  static Tree make(int dimension, Config config) {
    if (dimension == 2) return Octree<Scalar, 2>(std::move(config));
    if (dimension == 3) return Octree<Scalar, 3>(std::move(config));
    throw invalid_input("dimension is " + std::to_string(dimension) + "; expected 2 or 3");
  }
  template <class Call>
  decltype(auto) each(const Call& call) {
    return std::visit(call, tree_);
  }
  template <class Call>
  decltype(auto) each(const Call& call) const {
    return std::visit(call, tree_);
  }

  Tree tree_;
};

}  // namespace coppice::test
