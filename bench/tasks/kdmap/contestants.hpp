// Who takes part in the task `kdmap`: a KdMap under every balance, and a KdTree, which holds the same tuples as points
// of doubles in leaf blocks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "coppice/index/kd_tree/kd_tree.hpp"
#include "tasks/kdmap/tuples.hpp"

namespace coppice::bench {

/// What a tree looks like after an operation, for the notes.
struct Shape {
  Statistics statistics;
  double mean_height = 0;  ///< nodes on the way to a tuple; 0 where tuples do not lie in nodes
};

/// A dynamic set of tuples. Calls return whether, or for how many tuples, the set was as it should be.
class TupleSet {
 public:
  virtual ~TupleSet() = default;
  virtual void clear() = 0;
  virtual std::size_t build(const Tuples& tuples) = 0;
  virtual bool insert(const Tuple& tuple) = 0;
  [[nodiscard]] virtual bool contains(const Tuple& tuple) const = 0;
  /// Many lookups in one call.
  [[nodiscard]] virtual std::size_t contains_all(const Tuples& tuples) const = 0;
  /// Takes the tuple away that came as number `order`.
  virtual bool erase(const Tuple& tuple, std::size_t order) = 0;
  [[nodiscard]] virtual Shape shape() const = 0;
};

class MapSet final : public TupleSet {
 public:
  using Map = KdMap<std::int64_t, 3>;
  explicit MapSet(Map::Config config) : map_(3, config) {}

  void clear() override { map_ = Map(3, map_.config()); }
  std::size_t build(const Tuples& tuples) override { return map_.build(rows(tuples)); }
  bool insert(const Tuple& tuple) override { return map_.insert(row(tuple)); }
  [[nodiscard]] bool contains(const Tuple& tuple) const override { return map_.contains(row(tuple)); }
  [[nodiscard]] std::size_t contains_all(const Tuples& tuples) const override {
    const std::vector<std::uint8_t> found = map_.contains(rows(tuples));
    return static_cast<std::size_t>(std::count(found.begin(), found.end(), 1));
  }
  bool erase(const Tuple& tuple, std::size_t) override { return map_.erase(row(tuple)); }
  [[nodiscard]] Shape shape() const override { return {map_.statistics(), map_.mean_height()}; }

 private:
  Map map_;
};

class TreeSet final : public TupleSet {
 public:
  using Tree = KdTree<double>;
  explicit TreeSet(int threads) : tree_(3, {.executor = Executor(threads)}) {}

  void clear() override { tree_ = Tree(3, tree_.config()); }  // ids start again
  std::size_t build(const Tuples& tuples) override {
    const std::vector<double> points = coordinates(tuples);
    tree_.build({points.data(), tuples.size(), 3});
    return tree_.size();
  }
  bool insert(const Tuple& tuple) override {
    tree_.insert(point(tuple));
    return true;
  }
  [[nodiscard]] bool contains(const Tuple& tuple) const override { return tree_.find(point(tuple)) != no_point; }
  [[nodiscard]] std::size_t contains_all(const Tuples& tuples) const override {
    const std::vector<double> points = coordinates(tuples);
    const std::vector<point_id> found = tree_.find({points.data(), tuples.size(), 3}, tree_.config().executor);
    return tuples.size() - static_cast<std::size_t>(std::count(found.begin(), found.end(), no_point));
  }
  bool erase(const Tuple&, std::size_t order) override {
    tree_.erase(static_cast<point_id>(order));
    return true;
  }
  [[nodiscard]] Shape shape() const override { return {tree_.statistics()}; }

 private:
  static std::vector<double> coordinates(const Tuples& tuples) {
    std::vector<double> points;
    points.reserve(3 * tuples.size());
    for (const Tuple& tuple : tuples)
      for (const std::int64_t x : tuple) points.push_back(static_cast<double>(x));
    return points;
  }
  static std::array<double, 3> point(const Tuple& tuple) {
    return {static_cast<double>(tuple[0]), static_cast<double>(tuple[1]), static_cast<double>(tuple[2])};
  }
  Tree tree_;
};

}  // namespace coppice::bench
