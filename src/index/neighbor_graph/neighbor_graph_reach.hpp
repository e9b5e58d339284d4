// Who would have this point in their row? Points stand in leaves with tight boxes, and every leaf, and every eight
// leaves, knows how far the farthest-reaching of its rows reaches. One radius for all would be ruined by one outlier.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "coppice/geometry/metric.hpp"
#include "coppice/parallel/executor.hpp"

namespace coppice::neighbor_graph {

/// The keys of one graph: its metric in its space.
template <class S>
struct Space {
  int dimension;
  Metric<S> metric;
  PeriodicBox<S> periodic;

  /// Axes may be summed one after the other, and no image is nearer.
  [[nodiscard]] bool is_plain() const noexcept { return dimension <= 16 && !periodic.is_periodic(); }
  /// metric_key, without its choices for the common case.
  [[nodiscard]] S key(const S* a, const S* b) const {
    if (metric.kind != MetricKind::l2 || !is_plain()) return metric_key(a, b, dimension, metric, periodic);
    S sum = 0;
    for (int axis = 0; axis < dimension; ++axis) sum += (a[axis] - b[axis]) * (a[axis] - b[axis]);
    return sum;
  }
};

/// A set of points placed once. Each has a reach: the largest key that concerns its row; dead ones reach nothing.
template <class S>
class ReachRun {
 public:
  static constexpr S dead = -1;

  /// Places points with their rows; nobody reaches anything yet. Complexity: O(n) up to three dimensions, then
  /// O(n log n).
  ReachRun(PointView<S> points, const std::vector<std::uint32_t>& rows, const Executor& executor);

  /// Slots, some of them empty.
  [[nodiscard]] std::size_t slots() const noexcept { return rows_.size(); }
  /// The row at a slot; `nobody` where the slot is empty.
  [[nodiscard]] std::uint32_t row(std::size_t slot) const noexcept { return rows_[slot]; }
  [[nodiscard]] S reach(std::size_t slot) const noexcept { return reach_[slot]; }
  void copy_point(std::size_t slot, S* to) const noexcept;
  [[nodiscard]] std::size_t bytes() const noexcept;

  /// Complexity: O(log n), mostly O(1).
  void set_reach(std::size_t slot, S reach) noexcept;
  /// All at once: reach_of(row) for every live slot. Complexity: O(n).
  template <class Reach>
  void set_reaches(const Reach& reach_of) {
    for (std::size_t slot = 0; slot < slots(); ++slot)
      if (rows_[slot] != nobody) reach_[slot] = reach_of(rows_[slot]);
    settle();
  }
  void remove(std::size_t slot) noexcept {
    rows_[slot] = nobody;
    set_reach(slot, dead);
  }

  /// Calls visit(row, key) for every point whose key to `point` is at most its reach. `point` is not one of the live
  /// ones, or is its own visitor too.
  template <class Visit>
  void search(const Space<S>& space, const S* point, const Visit& visit) const {
    if (levels_.empty()) return;
    const std::size_t top = levels_.size() - 1;
    for (std::size_t group = 0; group < levels_[top].groups; ++group) descend(space, point, top, group, visit);
  }

  /// Errors: std::logic_error when a box or a reach does not cover what lies below it.
  void validate() const;

  static constexpr std::uint32_t nobody = 0xffffffffu;

 private:
  static constexpr std::size_t leaf_size = 16;
  static constexpr std::size_t fan = 8;

  /// Boxes by eights: of each eight, one short array an axis. Empty places reach nothing.
  struct Level {
    std::size_t groups = 0;
    std::vector<S> lower, upper;  ///< groups × axes × 8
    std::vector<S> reach;         ///< groups × 8
  };

  void place(PointView<S> points, const std::vector<std::uint32_t>& rows, const std::vector<std::size_t>& begin,
             const std::int32_t* order);
  void raise();
  void settle() noexcept;

  template <class Visit>
  void descend(const Space<S>& space, const S* point, std::size_t level, std::size_t group, const Visit& visit) const {
    const Level& at = levels_[level];
    const std::size_t first = group * fan * axes_;
    S bound[fan];
    nearest_keys<fan>(space, point, at.lower.data() + first, at.upper.data() + first, bound);
    for (std::size_t lane = 0; lane < fan; ++lane) {
      const std::size_t node = group * fan + lane;
      if (!(bound[lane] <= at.reach[node])) continue;
      if (level > 0)
        descend(space, point, level - 1, node, visit);
      else
        scan(space, point, node, visit);
    }
  }

  template <class Visit>
  void scan(const Space<S>& space, const S* point, std::size_t leaf, const Visit& visit) const {
    const S* block = coordinates_.data() + leaf * leaf_size * axes_;
    const std::size_t slot = leaf * leaf_size;
    S key[leaf_size];
    nearest_keys<leaf_size>(space, point, block, block, key);
    for (std::size_t lane = 0; lane < leaf_size; ++lane)
      if (key[lane] <= reach_[slot + lane]) visit(rows_[slot + lane], key[lane]);
  }

  /// The keys from a point to the nearest places of `Lanes` boxes, evaluated as metric_key does axis by axis: each
  /// difference is the least that the box allows, and rounding is monotone, so no point inside has a smaller key.
  template <std::size_t Lanes>
  static void nearest_keys(const Space<S>& space, const S* point, const S* lower, const S* upper, S* keys) {
    if (!space.is_plain()) return nearest_keys_one_by_one(space, point, lower, upper, Lanes, keys);
    const auto sum = [&](auto add) {
      S total[Lanes] = {};
      for (int axis = 0; axis < space.dimension; ++axis) {
        const S x = point[axis];
        const S* low = lower + static_cast<std::size_t>(axis) * Lanes;
        const S* high = upper + static_cast<std::size_t>(axis) * Lanes;
        for (std::size_t lane = 0; lane < Lanes; ++lane) {
          const S below = low[lane] - x, above = x - high[lane];
          const S gap = below > above ? below : above;
          total[lane] = add(total[lane], gap > 0 ? gap : S(0), axis);
        }
      }
      for (std::size_t lane = 0; lane < Lanes; ++lane) keys[lane] = total[lane];
    };
    switch (space.metric.kind) {
      case MetricKind::l2:
        return sum([](S total, S gap, int) { return total + gap * gap; });
      case MetricKind::l1:
        return sum([](S total, S gap, int) { return total + gap; });
      case MetricKind::linf:
        return sum([](S total, S gap, int) { return total > gap ? total : gap; });
      case MetricKind::weighted_l2:
        return sum([&](S total, S gap, int axis) {
          return total + space.metric.weights[static_cast<std::size_t>(axis)] * (gap * gap);
        });
    }
  }
  static void nearest_keys_one_by_one(const Space<S>& space, const S* point, const S* lower, const S* upper,
                                      std::size_t lanes, S* keys);

  std::size_t axes_ = 0;
  std::size_t leaves_ = 0;
  std::vector<std::uint32_t> rows_;  ///< by slot
  std::vector<S> coordinates_;       ///< of each leaf one array of 16 an axis
  std::vector<S> reach_;             ///< by slot
  std::vector<Level> levels_;        ///< of leaves, of eights of leaves, …, up to one eight
};

}  // namespace coppice::neighbor_graph
