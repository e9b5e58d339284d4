// Who would have this point in their row? Points stand in leaves with tight boxes, and every leaf, and every eight
// leaves, knows how far the farthest-reaching of its rows reaches. One radius for all would be ruined by one outlier.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "coppice/geometry/metric.hpp"
#include "coppice/index/neighbor_graph/reach_kernels.hpp"
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

/// Offers in memory that grows.
template <class S>
class OfferList : public OfferSink<S> {
 public:
  OfferList() {
    this->grow = [](OfferSink<S>& sink) {
      auto& list = static_cast<OfferList&>(sink);
      list.memory_.resize(2 * list.memory_.size() + 1024);
      list.offers = list.memory_.data();
      list.capacity = list.memory_.size();
    };
  }

 private:
  std::vector<Offer<S>> memory_;
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
  void rename(std::size_t slot, std::uint32_t row) noexcept { rows_[slot] = row; }
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

  /// Adds the rows that reach any of `count` points, which are named from `first` on; points that are placed here count
  /// among those of their own row. Complexity: O(log n) a point where density varies slowly.
  void search(const Space<S>& space, const S* points, std::size_t count, std::uint32_t first, OfferSink<S>& sink) const;

  /// Errors: std::logic_error when a box or a reach does not cover what lies below it.
  void validate() const;

  static constexpr std::uint32_t nobody = 0xffffffffu;

 private:
  static constexpr std::size_t leaf_size = ReachView<S>::leaf_size;
  static constexpr std::size_t fan = ReachView<S>::fan;

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

  void search_any(const Space<S>& space, const S* point, std::uint32_t name, std::size_t level, std::size_t group,
                  std::vector<S>& place, OfferSink<S>& sink) const;

  std::size_t axes_ = 0;
  std::size_t leaves_ = 0;
  std::vector<std::uint32_t> rows_;  ///< by slot
  std::vector<S> coordinates_;       ///< of each leaf one array of 16 an axis
  std::vector<S> reach_;             ///< by slot
  std::vector<Level> levels_;        ///< of leaves, of eights of leaves, …, up to one eight
};

}  // namespace coppice::neighbor_graph
