// A k-d tree over points that carry labels: the closest pairs under different labels. Nodes are compared with nodes,
// and whole ones under the label that asks are stepped over, so what lies deep inside a part costs next to nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "coppice/geometry/metric.hpp"
#include "coppice/geometry/point_view.hpp"
#include "coppice/parallel/executor.hpp"

namespace coppice::neighbor_graph {

/// metric_key in open space; in line where it is asked for most.
template <class Scalar>
[[nodiscard]] inline Scalar open_key(const Scalar* a, const Scalar* b, int dimension, const Metric<Scalar>& metric) {
  constexpr int in_order = 16;  // beyond, terms are summed in another order
  if (metric.kind != MetricKind::l2 || dimension > in_order)
    return metric_key(a, b, dimension, metric, PeriodicBox<Scalar>{});
  Scalar sum = 0;
  for (int axis = 0; axis < dimension; ++axis) sum += (a[axis] - b[axis]) * (a[axis] - b[axis]);
  return sum;
}

template <class Scalar>
class ForeignTree {
 public:
  /// Copies the points. Complexity: O(d · n log n).
  ForeignTree(PointView<Scalar> points, MetricKind metric, Executor executor)
      : metric_{metric, {}}, points_(points), rows_(points.size()) {
    std::iota(rows_.begin(), rows_.end(), std::int64_t{0});
    std::size_t leaves = 1;
    while (leaves * leaf_size < points.size()) leaves *= 2;
    nodes_.resize(2 * leaves);  // node i has the children 2 i and 2 i + 1; the root is 1
    boxes_.resize(nodes_.size() * 2 * axes());
    split(1, 0, points.size(), leaves, executor);
    sorted_.resize(points.size() * axes());
    executor.for_each_chunk(points.size(), 8192, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i)
        std::copy_n(points_.row(static_cast<std::size_t>(rows_[i])), axes(), sorted_.data() + i * axes());
    });
  }

  /// Tells every point's label. Complexity: O(n).
  void relabel(std::span<const std::int64_t> labels) {
    labels_.resize(rows_.size());
    for (std::size_t i = 0; i < rows_.size(); ++i) labels_[i] = labels[static_cast<std::size_t>(rows_[i])];
    for (std::size_t node = nodes_.size() - 1; node > 0; --node) {
      Node& here = nodes_[node];
      if (is_leaf(node)) {
        here.label = here.first == here.last ? -1 : labels_[here.first];
        for (std::size_t i = here.first; i < here.last; ++i)
          if (labels_[i] != here.label) here.label = mixed;
      } else {
        const std::int64_t left = nodes_[2 * node].label;
        here.label = left == nodes_[2 * node + 1].label ? left : mixed;
      }
    }
  }

  /// Some points under one label that lie together.
  struct Group {
    std::size_t node;
    std::int64_t label;
  };
  /// All points but those under `skipped`, in groups.
  [[nodiscard]] std::vector<Group> groups(std::int64_t skipped) const {
    std::vector<Group> found;
    std::vector<std::size_t> waiting{1};
    while (!waiting.empty()) {
      const std::size_t node = waiting.back();
      waiting.pop_back();
      const Node& here = nodes_[node];
      if (here.first == here.last || here.label == skipped) continue;
      if (is_leaf(node) || (here.label != mixed && here.last - here.first <= group_size))
        found.push_back({node, here.label});
      else
        waiting.insert(waiting.end(), {2 * node + 1, 2 * node});
    }
    return found;
  }

  /// For the labels in a group, calls offer(label, key, point, foreign point) for pairs whose key is below
  /// bound(label), which may sink meanwhile; a pair of least key is among them, if one is below at all.
  template <class Bound, class Offer>
  void reach_out(const Group& group, std::int64_t skipped, Bound&& bound, Offer&& offer) const {
    const Search<Bound, Offer> search{bound, offer};
    std::vector<Scalar> scratch(2 * axes(), Scalar(0));
    if (group.label != mixed) return descend(group.node, group.label, search, 1, Scalar(0), scratch);
    for (std::size_t i = nodes_[group.node].first; i < nodes_[group.node].last; ++i)
      if (labels_[i] != skipped) descend_from(i, search, 1, Scalar(0), scratch);
  }

 private:
  static constexpr std::size_t leaf_size = 16;
  static constexpr std::size_t group_size = 4096;
  static constexpr std::int64_t mixed = -2;

  template <class Bound, class Offer>
  struct Search {
    Bound& bound;
    Offer& offer;
  };

  struct Node {
    std::size_t first = 0;
    std::size_t last = 0;
    std::int64_t label = mixed;
  };

  [[nodiscard]] std::size_t axes() const noexcept { return static_cast<std::size_t>(points_.dimension()); }
  [[nodiscard]] bool is_leaf(std::size_t node) const noexcept { return 2 * node >= nodes_.size(); }

  [[nodiscard]] const Scalar* lower(std::size_t node) const noexcept { return boxes_.data() + node * 2 * axes(); }
  [[nodiscard]] const Scalar* upper(std::size_t node) const noexcept { return lower(node) + axes(); }

  /// The key of the offsets between two boxes, each no longer than that of any two points inside and summed in the same
  /// order: never above the key of such points, whatever is rounded. `scratch` is zero behind its first half.
  [[nodiscard]] Scalar gap(const Scalar* lower_a, const Scalar* upper_a, std::size_t node,
                           std::vector<Scalar>& scratch) const {
    const Scalar* const lower_b = lower(node);
    const Scalar* const upper_b = upper(node);
    for (std::size_t axis = 0; axis < axes(); ++axis)
      scratch[axis] = std::max({Scalar(0), lower_b[axis] - upper_a[axis], lower_a[axis] - upper_b[axis]});
    return open_key(scratch.data(), scratch.data() + axes(), points_.dimension(), metric_);
  }
  [[nodiscard]] bool is_own(std::size_t node, std::int64_t label) const noexcept {
    return nodes_[node].label == label || nodes_[node].first == nodes_[node].last;
  }

  /// Both children of `node` that hold foreign points, the nearer one first: go(child, gap).
  template <class Go>
  void for_children(const Scalar* lower_a, const Scalar* upper_a, std::int64_t label, std::size_t node,
                    std::vector<Scalar>& scratch, Go&& go) const {
    constexpr Scalar never = std::numeric_limits<Scalar>::infinity();
    Scalar gaps[2];
    for (std::size_t side = 0; side < 2; ++side)
      gaps[side] = is_own(2 * node + side, label) ? never : gap(lower_a, upper_a, 2 * node + side, scratch);
    const std::size_t nearer = gaps[1] < gaps[0] ? 1 : 0;
    for (const std::size_t side : {nearer, 1 - nearer})
      if (gaps[side] != never) go(2 * node + side, gaps[side]);
  }

  /// Pairs of a point with what is below a node, `least` apart at the least.
  template <class Bound, class Offer>
  void descend_from(std::size_t i, const Search<Bound, Offer>& search, std::size_t node, Scalar least,
                    std::vector<Scalar>& scratch) const {
    const std::int64_t label = labels_[i];
    if (is_own(node, label) || !(least < search.bound(label))) return;
    const Scalar* const point = sorted_.data() + i * axes();
    if (!is_leaf(node))
      return for_children(point, point, label, node, scratch,
                          [&](std::size_t child, Scalar apart) { descend_from(i, search, child, apart, scratch); });
    for (std::size_t j = nodes_[node].first; j < nodes_[node].last; ++j) {
      if (labels_[j] == label) continue;
      const Scalar key = open_key(point, sorted_.data() + j * axes(), points_.dimension(), metric_);
      if (key < search.bound(label)) search.offer(label, key, rows_[i], rows_[j]);
    }
  }

  /// The same for all points of a node under one label.
  template <class Bound, class Offer>
  void descend(std::size_t own, std::int64_t label, const Search<Bound, Offer>& search, std::size_t node, Scalar least,
               std::vector<Scalar>& scratch) const {
    if (is_own(node, label) || !(least < search.bound(label))) return;
    const Node& here = nodes_[own];
    const Node& there = nodes_[node];
    if (is_leaf(own) && is_leaf(node)) {
      for (std::size_t i = here.first; i < here.last; ++i) {
        const Scalar* const point = sorted_.data() + i * axes();
        descend_from(i, search, node, gap(point, point, node, scratch), scratch);
      }
    } else if (is_leaf(own) || (!is_leaf(node) && there.last - there.first > here.last - here.first)) {
      for_children(lower(own), upper(own), label, node, scratch,
                   [&](std::size_t child, Scalar apart) { descend(own, label, search, child, apart, scratch); });
    } else {
      const Scalar* const low = lower(node);
      const Scalar* const high = upper(node);
      const Scalar left = gap(low, high, 2 * own, scratch);
      const Scalar right = gap(low, high, 2 * own + 1, scratch);
      const std::size_t nearer = right < left ? 1 : 0;
      descend(2 * own + nearer, label, search, node, std::min(left, right), scratch);
      descend(2 * own + 1 - nearer, label, search, node, std::max(left, right), scratch);
    }
  }

  void split(std::size_t node, std::size_t first, std::size_t last, std::size_t leaves, Executor executor) {
    nodes_[node] = {first, last, mixed};
    Scalar* const low = boxes_.data() + node * 2 * axes();
    Scalar* const high = low + axes();
    std::fill_n(low, axes(), std::numeric_limits<Scalar>::infinity());
    std::fill_n(high, axes(), -std::numeric_limits<Scalar>::infinity());
    for (std::size_t i = first; i < last; ++i) {
      const Scalar* const point = points_.row(static_cast<std::size_t>(rows_[i]));
      for (std::size_t axis = 0; axis < axes(); ++axis) {
        low[axis] = std::min(low[axis], point[axis]);
        high[axis] = std::max(high[axis], point[axis]);
      }
    }
    if (leaves == 1) return;
    std::size_t widest = 0;
    for (std::size_t axis = 1; axis < axes(); ++axis)
      if (high[axis] - low[axis] > high[widest] - low[widest]) widest = axis;
    const std::size_t middle = first + (last - first) / 2;
    const auto row = [&](std::size_t i) { return rows_.begin() + static_cast<std::ptrdiff_t>(i); };
    std::nth_element(row(first), row(middle), row(last), [&](std::int64_t a, std::int64_t b) {
      const Scalar x = points_.row(static_cast<std::size_t>(a))[widest];
      const Scalar y = points_.row(static_cast<std::size_t>(b))[widest];
      return x < y || (x == y && a < b);
    });
    const auto left = [&] { split(2 * node, first, middle, leaves / 2, executor); };
    const auto right = [&] { split(2 * node + 1, middle, last, leaves / 2, executor); };
    if (last - first > 8192)
      executor.invoke(left, right);
    else
      left(), right();
  }

  Metric<Scalar> metric_;
  PointView<Scalar> points_;
  std::vector<std::int64_t> rows_;  // in the order of the leaves
  std::vector<Scalar> sorted_;
  std::vector<std::int64_t> labels_;
  std::vector<Node> nodes_;
  std::vector<Scalar> boxes_;  // a node's lower corner, then its upper one
};

}  // namespace coppice::neighbor_graph
