// The cells of one size. Leaves follow each other along a Morton curve, so the points of a cell stand together: in
// consecutive leaves where leaves are smaller, inside one leaf where they are larger.
#pragma once

#include <algorithm>
#include <numeric>

#include "coppice/index/octree/tree.hpp"

namespace coppice::octree {

template <class S, int Dim>
class LevelSweep {
 public:
  using Corner = std::array<S, Dim>;
  explicit LevelSweep(int exponent) : exponent_(exponent) {}

  void take(const Leaf<S, Dim>& leaf, std::uint32_t count) {
    members_.clear();
    for (std::uint32_t i = 0; i < count; ++i) {
      Member m;
      m.id = leaf.ids[i];
      leaf.get(i, m.point.data());
      for (std::size_t a = 0; a < Dim; ++a) m.corner[a] = dyadic_floor(m.point[a], exponent_);
      members_.push_back(m);
    }
    std::sort(members_.begin(), members_.end(), [](const Member& a, const Member& b) { return a.corner < b.corner; });
    for (const Member& m : members_) {
      if (!cell_.empty() && cell_.front().corner != m.corner) finish();
      cell_.push_back(m);
    }
  }
  [[nodiscard]] std::vector<LevelCell<S, Dim>> run_out() {
    if (!cell_.empty()) finish();
    std::sort(cells_.begin(), cells_.end(), [](const auto& a, const auto& b) { return a.lower < b.lower; });
    return std::move(cells_);
  }

 private:
  struct Member {
    Corner corner;
    std::array<S, Dim> point;
    point_id id;
  };

  /// Turns the points gathered into a cell. Sums go by id, so that they do not depend on the tree's history.
  void finish() {
    std::sort(cell_.begin(), cell_.end(), [](const Member& a, const Member& b) { return a.id < b.id; });
    LevelCell<S, Dim> cell{};
    cell.count = cell_.size();
    cell.lower = cell_.front().corner;
    for (std::size_t a = 0; a < Dim; ++a) {
      for (const Member& m : cell_) cell.centroid[a] += static_cast<double>(m.point[a]);
      cell.centroid[a] /= static_cast<double>(cell.count);
    }
    double nearest = std::numeric_limits<double>::infinity();
    cell.representative = cell_.front().id;
    for (const Member& m : cell_) {
      double squared = 0;
      for (std::size_t a = 0; a < Dim; ++a) {
        const double d = static_cast<double>(m.point[a]) - cell.centroid[a];
        squared += d * d;
      }
      if (squared < nearest) {
        nearest = squared;
        cell.representative = m.id;
      }
    }
    cells_.push_back(cell);
    cell_.clear();
  }

  int exponent_;
  std::vector<Member> members_;
  std::vector<Member> cell_;
  std::vector<LevelCell<S, Dim>> cells_;
};

template <class S, int Dim>
std::vector<LevelCell<S, Dim>> Tree<S, Dim>::level(int exponent) const {
  LevelSweep<S, Dim> sweep(exponent);
  each_leaf(anchor_, [&](const Leaf& l, std::uint32_t count) { sweep.take(l, count); });
  return sweep.run_out();
}

/// Parents before their children. A child's box stands in its parent's record; the anchor has no box of its own.
template <class S, int Dim>
std::vector<LevelBox<S>> Tree<S, Dim>::boxes(int max_level) const {
  std::vector<LevelBox<S>> found;
  // Returns the points below octant o of x; levels beyond the last wanted are only counted.
  const auto visit = [&](const auto& self, Handle x, int o, int level, std::size_t parent) -> std::size_t {
    const Node& n = node(x);
    if (n.is_empty(o)) return 0;
    const bool wanted = level <= max_level;
    const std::size_t place = wanted ? found.size() : parent;
    if (wanted) {
      const Extent extent = box_of(n, o);
      found.push_back({{extent.lower.begin(), extent.lower.end()},
                       {extent.upper.begin(), extent.upper.end()},
                       level,
                       n.is_leaf(o),
                       0,
                       parent});
    }
    std::size_t points = n.count[o];
    if (!n.is_leaf(o))
      for (int below = 0; below < fan_out; ++below) points += self(self, n.child[o], below, level + 1, place);
    if (wanted) found[place].points = points;
    return points;
  };
  (void)visit(visit, anchor_, 0, 0, LevelBox<S>::no_parent);
  return found;
}

}  // namespace coppice::octree
