// The search for the rows that reach a point, written over the vector types of an instruction set. A box is entered
// when the least key that a point inside could have is within the farthest reach inside; keys are evaluated as
// metric_key does, axis by axis, and rounding is monotone, so the least difference on every axis gives the least key.
#pragma once

#include "coppice/geometry/pack_baseline.hpp"
#include "coppice/index/neighbor_graph/reach_kernels.hpp"

namespace coppice::neighbor_graph {

/// `Dim` 0: as many axes as the view has.
template <class Target, class S, int Dim, MetricKind Kind>
class ReachSearch {
 public:
  ReachSearch(const ReachView<S>& view, OfferSink<S>& sink) : view_(view), sink_(sink) {}

  void all(const S* points, std::size_t count, std::uint32_t first) {
    const std::size_t top = view_.level_count - 1;
    for (std::size_t i = 0; i < count; ++i) {
      point_ = points + i * axes();
      name_ = first + static_cast<std::uint32_t>(i);
      for (std::size_t group = 0; group < view_.levels[top].groups; ++group) descend(top, group);
    }
  }

 private:
  using Pack = typename Target::template Pack<S>;
  static constexpr std::size_t fan = ReachView<S>::fan, leaf_size = ReachView<S>::leaf_size;

  [[nodiscard]] std::size_t axes() const { return Dim > 0 ? Dim : static_cast<std::size_t>(view_.dimension); }
  [[nodiscard]] Pack add(Pack sum, Pack gap, std::size_t axis) const {
    if constexpr (Kind == MetricKind::l2) return sum + gap * gap;
    if constexpr (Kind == MetricKind::l1) return sum + gap;
    if constexpr (Kind == MetricKind::linf) return max(sum, gap);
    if constexpr (Kind == MetricKind::weighted_l2) return sum + Pack::broadcast(view_.weights[axis]) * (gap * gap);
  }

  void descend(std::size_t level, std::size_t group) {
    const ReachLevel<S>& at = view_.levels[level];
    const std::size_t first = group * fan * axes();
    const Pack zero = Pack::broadcast(S(0));
    Pack bound = zero;
    for (std::size_t axis = 0; axis < axes(); ++axis) {
      const Pack x = Pack::broadcast(point_[axis]);
      const Pack below = Pack::load(at.lower + first + axis * fan) - x;
      const Pack above = x - Pack::load(at.upper + first + axis * fan);
      bound = add(bound, max(max(below, above), zero), axis);
    }
    simd::Mask m = less_equal(bound, Pack::load(at.reach + group * fan));
    for (; m != 0; m &= m - 1) {
      const std::size_t node = group * fan + static_cast<std::size_t>(__builtin_ctz(m));
      if (level > 0)
        descend(level - 1, node);
      else
        scan(node);
    }
  }

  void scan(std::size_t leaf) {
    if (sink_.size + leaf_size > sink_.capacity) sink_.grow(sink_);
    const S* block = view_.coordinates + leaf * leaf_size * axes();
    for (std::size_t half = 0; half < leaf_size; half += fan) {
      Pack sum = Pack::broadcast(S(0));
      for (std::size_t axis = 0; axis < axes(); ++axis)
        sum = add(sum, abs(Pack::broadcast(point_[axis]) - Pack::load(block + axis * leaf_size + half)), axis);
      const std::size_t slot = leaf * leaf_size + half;
      simd::Mask m = less_equal(sum, Pack::load(view_.reach + slot));
      if (m == 0) continue;
      S keys[fan];
      sum.store(keys);
      for (; m != 0; m &= m - 1) {
        const auto lane = static_cast<std::size_t>(__builtin_ctz(m));
        sink_.offers[sink_.size++] = {keys[lane], view_.rows[slot + lane], name_};
      }
    }
  }

  const ReachView<S>& view_;
  OfferSink<S>& sink_;
  const S* point_ = nullptr;
  std::uint32_t name_ = 0;
};

}  // namespace coppice::neighbor_graph
