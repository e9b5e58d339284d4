#include "neighbor_graph_reach.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>

#include "leaf_set.hpp"

namespace coppice::neighbor_graph {

template <class S>
ReachRun<S>::ReachRun(PointView<S> points, const std::vector<std::uint32_t>& rows, const Executor& executor)
    : axes_(static_cast<std::size_t>(points.dimension())) {
  std::vector<std::size_t> begin{0};
  if (points.size() <= leaf_size) {
    std::vector<std::int32_t> order(points.size());
    std::iota(order.begin(), order.end(), 0);
    begin.push_back(points.size());
    place(points, rows, begin, order.data());
    return;
  }
  const LeafSet<S> leaves(points, executor);
  const LeafSetView<S> seen = leaves.view();
  for (std::size_t leaf = 0; leaf < seen.leaves; ++leaf) {
    const std::size_t first = seen.begin[leaf], count = seen.begin[leaf + 1] - first;
    const std::size_t parts = (count + leaf_size - 1) / leaf_size;  // even ones: half a leaf is a tighter box
    for (std::size_t part = 1; part <= parts; ++part) begin.push_back(first + count * part / parts);
  }
  std::vector<std::int32_t> order(points.size());
  for (std::size_t slot = 0; slot < order.size(); ++slot) order[slot] = seen.id_of(slot);
  place(points, rows, begin, order.data());
}

template <class S>
void ReachRun<S>::place(PointView<S> points, const std::vector<std::uint32_t>& rows,
                        const std::vector<std::size_t>& begin, const std::int32_t* order) {
  leaves_ = begin.size() - 1;
  rows_.assign(leaves_ * leaf_size, nobody);
  reach_.assign(leaves_ * leaf_size, dead);
  coordinates_.assign(leaves_ * leaf_size * axes_, 0);
  Level first;
  first.groups = (leaves_ + fan - 1) / fan;
  first.lower.assign(first.groups * fan * axes_, 0);
  first.upper.assign(first.groups * fan * axes_, 0);
  first.reach.assign(first.groups * fan, dead);
  for (std::size_t leaf = 0; leaf < leaves_; ++leaf) {
    const std::size_t count = begin[leaf + 1] - begin[leaf];
    S* block = coordinates_.data() + leaf * leaf_size * axes_;
    for (std::size_t lane = 0; lane < count; ++lane) {
      const auto from = static_cast<std::size_t>(order[begin[leaf] + lane]);
      rows_[leaf * leaf_size + lane] = rows[from];
      for (std::size_t axis = 0; axis < axes_; ++axis) block[axis * leaf_size + lane] = points.row(from)[axis];
    }
    for (std::size_t axis = 0; axis < axes_; ++axis) {
      const auto [low, high] = std::minmax_element(block + axis * leaf_size, block + axis * leaf_size + count);
      const std::size_t at = ((leaf / fan) * axes_ + axis) * fan + leaf % fan;
      first.lower[at] = count == 0 ? S(0) : *low;
      first.upper[at] = count == 0 ? S(0) : *high;
    }
  }
  levels_.push_back(std::move(first));
  while (levels_.back().groups > 1) raise();
}

/// One level more: the boxes of the groups of the last one.
template <class S>
void ReachRun<S>::raise() {
  const Level& below = levels_.back();
  const std::size_t nodes = levels_.size() == 1 ? leaves_ : levels_[levels_.size() - 2].groups;
  Level level;
  level.groups = (below.groups + fan - 1) / fan;
  level.lower.assign(level.groups * fan * axes_, 0);
  level.upper.assign(level.groups * fan * axes_, 0);
  level.reach.assign(level.groups * fan, dead);
  for (std::size_t group = 0; group < below.groups; ++group) {
    const auto count = static_cast<std::ptrdiff_t>(std::min(fan, nodes - group * fan));
    for (std::size_t axis = 0; axis < axes_; ++axis) {
      const S* low = below.lower.data() + (group * axes_ + axis) * fan;
      const S* high = below.upper.data() + (group * axes_ + axis) * fan;
      const std::size_t at = ((group / fan) * axes_ + axis) * fan + group % fan;
      level.lower[at] = *std::min_element(low, low + count);
      level.upper[at] = *std::max_element(high, high + count);
    }
  }
  levels_.push_back(std::move(level));
}

template <class S>
void ReachRun<S>::copy_point(std::size_t slot, S* to) const noexcept {
  const S* block = coordinates_.data() + slot / leaf_size * leaf_size * axes_ + slot % leaf_size;
  for (std::size_t axis = 0; axis < axes_; ++axis) to[axis] = block[axis * leaf_size];
}

/// The reaches of all levels from those of the slots.
template <class S>
void ReachRun<S>::settle() noexcept {
  const std::vector<S>* below = &reach_;
  std::size_t width = leaf_size;
  for (Level& level : levels_) {
    for (std::size_t node = 0; node * width < below->size(); ++node) {
      const S* children = below->data() + node * width;
      level.reach[node] = *std::max_element(children, children + width);
    }
    below = &level.reach;
    width = fan;
  }
}

template <class S>
void ReachRun<S>::set_reach(std::size_t slot, S reach) noexcept {
  reach_[slot] = reach;
  const S* below = reach_.data();
  std::size_t width = leaf_size, node = slot;
  for (Level& level : levels_) {
    node /= width;
    const S* children = below + node * width;
    S farthest = children[0];
    for (std::size_t lane = 1; lane < width; ++lane) farthest = std::max(farthest, children[lane]);
    if (level.reach[node] == farthest) return;
    level.reach[node] = farthest;
    below = level.reach.data();
    width = fan;
  }
}

template <class S>
void ReachRun<S>::search(const Space<S>& space, const S* points, std::size_t count, std::uint32_t first,
                         OfferSink<S>& sink) const {
  const std::size_t top = levels_.size() - 1;
  if (space.is_plain()) {
    std::vector<ReachLevel<S>> levels;
    for (const Level& level : levels_)
      levels.push_back({level.lower.data(), level.upper.data(), level.reach.data(), level.groups});
    const ReachView<S> view{space.dimension, space.metric.kind, space.metric.weights.data(),
                            levels.data(),   levels.size(),     coordinates_.data(),
                            reach_.data(),   rows_.data()};
    return reach_kernels<S>().search(view, points, count, first, sink);
  }
  std::vector<S> place(axes_);
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t group = 0; group < levels_[top].groups; ++group)
      search_any(space, points + i * axes_, first + static_cast<std::uint32_t>(i), top, group, place, sink);
}

/// For more than 16 dimensions and for images: to each axis the end of a box's interval that metric_key finds nearer,
/// which gives the least key of the box.
template <class S>
void ReachRun<S>::search_any(const Space<S>& space, const S* point, std::uint32_t name, std::size_t level,
                             std::size_t group, std::vector<S>& place, OfferSink<S>& sink) const {
  const Level& at = levels_[level];
  const auto& lengths = space.periodic.lengths;
  for (std::size_t lane = 0; lane < fan; ++lane) {
    const std::size_t node = group * fan + lane;
    if (at.reach[node] == dead) continue;
    for (std::size_t axis = 0; axis < axes_; ++axis) {
      const S low = at.lower[(group * axes_ + axis) * fan + lane], high = at.upper[(group * axes_ + axis) * fan + lane];
      const S x = point[axis];
      const auto difference = [&](S y) {
        const S direct = std::abs(x - y);
        return lengths.empty() ? direct : std::min(direct, lengths[axis] - direct);
      };
      place[axis] = low <= x && x <= high ? x : difference(low) <= difference(high) ? low : high;
    }
    if (space.key(point, place.data()) > at.reach[node]) continue;
    if (level > 0) {
      search_any(space, point, name, level - 1, node, place, sink);
      continue;
    }
    if (sink.size + leaf_size > sink.capacity) sink.grow(sink);
    for (std::size_t slot = node * leaf_size; slot < (node + 1) * leaf_size; ++slot) {
      copy_point(slot, place.data());
      const S key = space.key(point, place.data());
      if (key <= reach_[slot]) sink.offers[sink.size++] = {key, rows_[slot], name};
    }
  }
}

template <class S>
std::size_t ReachRun<S>::bytes() const noexcept {
  std::size_t sum =
      rows_.capacity() * sizeof(std::uint32_t) + (coordinates_.capacity() + reach_.capacity()) * sizeof(S);
  for (const Level& level : levels_)
    sum += (level.lower.capacity() + level.upper.capacity() + level.reach.capacity()) * sizeof(S);
  return sum;
}

template <class S>
void ReachRun<S>::validate() const {
  const auto require = [](bool holds, const char* broken) {
    if (!holds) throw std::logic_error(std::string("NeighborGraph: ") + broken);
  };
  std::vector<S> point(axes_);
  for (std::size_t slot = 0; slot < slots(); ++slot) {
    if (rows_[slot] == nobody) {
      require(reach_[slot] == dead, "an empty slot reaches something");
      continue;
    }
    copy_point(slot, point.data());
    std::size_t node = slot / leaf_size;
    for (const Level& level : levels_) {
      require(reach_[slot] <= level.reach[node], "a row reaches farther than its node");
      for (std::size_t axis = 0; axis < axes_; ++axis) {
        const std::size_t at = ((node / fan) * axes_ + axis) * fan + node % fan;
        require(level.lower[at] <= point[axis] && point[axis] <= level.upper[at], "a point lies outside its box");
      }
      node /= fan;
    }
  }
}

template class ReachRun<float>;
template class ReachRun<double>;

}  // namespace coppice::neighbor_graph
