// The critical radius. A lower bound L rises towards it: whatever lies within L belongs together, and every part that
// is left must reach out to its nearest foreign point, so the longest of these reaches is the next L. No minimum
// spanning tree is made: only its longest edge is asked for, and the largest part never has to look for anything.
#include <algorithm>
#include <atomic>
#include <bit>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "coppice/errors.hpp"
#include "coppice/index/neighbor_graph/graph_facts.hpp"
#include "foreign_tree.hpp"

namespace coppice {

namespace {

constexpr std::size_t points_a_chunk = 1024;

/// The shortest way out of a part.
template <class Scalar>
struct Reach {
  Scalar key = std::numeric_limits<Scalar>::infinity();
  std::size_t from = 0;
  std::size_t to = 0;
};

/// Reaches of all parts, improved by any number of threads.
template <class Scalar>
class Reaches {
 public:
  explicit Reaches(std::size_t parts) : reaches_(parts) {}

  void offer(std::int64_t part, const Reach<Scalar>& reach) {
    const auto index = static_cast<std::size_t>(part);
    if (!(reach.key < key(part))) return;
    const std::lock_guard lock(locks_[index % locks]);
    Reach<Scalar>& best = reaches_[index];
    if (!(reach.key < best.key)) return;
    std::atomic_ref(best.key).store(reach.key, std::memory_order_relaxed);
    best.from = reach.from;
    best.to = reach.to;
  }
  /// May be read while others offer.
  [[nodiscard]] Scalar key(std::int64_t part) noexcept {
    return std::atomic_ref(reaches_[static_cast<std::size_t>(part)].key).load(std::memory_order_relaxed);
  }
  [[nodiscard]] const std::vector<Reach<Scalar>>& all() const noexcept { return reaches_; }

 private:
  static constexpr std::size_t locks = 64;
  std::vector<Reach<Scalar>> reaches_;
  std::mutex locks_[locks];
};

template <class Scalar, class Index>
class CriticalRadius {
 public:
  CriticalRadius(PointView<Scalar> points, const GraphView<Scalar, Index>& nearest, MetricKind metric,
                 Executor executor)
      : points_(points),
        nearest_(nearest),
        metric_{metric, {}},
        executor_(executor),
        finder_(points.size()),
        starts_(points.size() + 1, 0) {
    for (std::size_t i = 0; i < points.size(); ++i) starts_[i + 1] = starts_[i] + nearest.row(i).size();
    keys_.resize(starts_.back());
    executor.for_each_chunk(points.size(), points_a_chunk, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const auto row = nearest_.row(i);
        for (std::size_t j = 0; j < row.size(); ++j)
          keys_[starts_[i] + j] = neighbor_graph::open_key(
              points_.row(i), points_.row(static_cast<std::size_t>(row[j])), points_.dimension(), metric_);
      }
    });
  }

  /// The key of the longest edge of the minimum spanning tree.
  [[nodiscard]] Scalar key() {
    Scalar lower = longest_nearest();
    Scalar joined = -1;
    for (;;) {
      join_within(std::exchange(joined, lower), lower);
      const Components parts = finder_.components();
      if (parts.count == 1) return lower;
      for (const Reach<Scalar>& reach : reaches_of(parts)) {
        if (reach.key > lower) lower = reach.key;
        if (reach.from != reach.to) (void)finder_.join(reach.from, reach.to);
      }
    }
  }

 private:
  /// Every point is linked to some other one, at the least to its nearest.
  Scalar longest_nearest() const {
    Scalar longest = 0;
    for (std::size_t i = 0; i < points_.size(); ++i) {
      const auto row = nearest_.row(i);
      const std::size_t other = !row.empty() && static_cast<std::size_t>(row[0]) == i ? 1 : 0;
      // Among many duplicates a point need not come first in its own row; its nearest is then as near.
      if (other >= row.size())
        throw invalid_input(i, "the graph has no neighbour of this point, expected at least one");
      longest = std::max(longest, keys_[starts_[i] + other]);
    }
    return longest;
  }

  /// Joins along the edges that are longer than `above`, and no longer than `key`.
  void join_within(Scalar above, Scalar key) {
    executor_.for_each_chunk(points_.size(), points_a_chunk, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const auto row = nearest_.row(i);
        for (std::size_t j = 0; j < row.size() && keys_[starts_[i] + j] <= key; ++j)
          if (keys_[starts_[i] + j] > above) (void)finder_.join(i, static_cast<std::size_t>(row[j]));
      }
    });
  }

  /// The shortest way out of every part but the largest, whose entry may stay empty.
  std::vector<Reach<Scalar>> reaches_of(const Components& parts) {
    const std::int64_t largest = std::max_element(parts.sizes.begin(), parts.sizes.end()) - parts.sizes.begin();
    Reaches<Scalar> reaches(parts.count);
    const auto part_of = [&](std::size_t point) { return parts.labels[point]; };
    executor_.for_each_chunk(points_.size(), points_a_chunk, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const auto row = nearest_.row(i);
        for (std::size_t j = 0; j < row.size(); ++j) {
          const auto other = static_cast<std::size_t>(row[j]);
          if (part_of(i) == part_of(other)) continue;
          const Reach<Scalar> reach{keys_[starts_[i] + j], i, other};
          reaches.offer(part_of(i), reach);
          reaches.offer(part_of(other), reach);
        }
      }
    });
    if (!tree_) tree_.emplace(points_, metric_.kind, executor_);
    tree_->relabel(parts.labels);
    const auto groups = tree_->groups(largest);
    executor_.for_each_chunk(groups.size(), 1, [&](std::size_t group, std::size_t) {
      tree_->reach_out(
          groups[group], largest, [&](std::int64_t part) { return reaches.key(part); },
          [&](std::int64_t part, Scalar key, std::int64_t from, std::int64_t to) {
            reaches.offer(part, {key, static_cast<std::size_t>(from), static_cast<std::size_t>(to)});
          });
    });
    auto all = reaches.all();
    all[static_cast<std::size_t>(largest)] = {0, 0, 0};
    return all;
  }

  PointView<Scalar> points_;
  GraphView<Scalar, Index> nearest_;
  Metric<Scalar> metric_;
  Executor executor_;
  ComponentFinder finder_;
  std::vector<std::size_t> starts_;
  std::vector<Scalar> keys_;  // of all edges; their distances are rounded
  std::optional<neighbor_graph::ForeignTree<Scalar>> tree_;
};

/// The smallest radius whose key is at least this one: bisection over the bits of all radii.
template <class Scalar>
Scalar radius_of(Scalar key, const Metric<Scalar>& metric) {
  using Bits = std::conditional_t<sizeof(Scalar) == 4, std::uint32_t, std::uint64_t>;
  Bits low = 0;
  Bits high = std::bit_cast<Bits>(std::numeric_limits<Scalar>::max());
  while (low < high) {
    const Bits middle = low + (high - low) / 2;
    if (metric.key_of(std::bit_cast<Scalar>(middle)) >= key)
      high = middle;
    else
      low = middle + 1;
  }
  return std::bit_cast<Scalar>(low);
}

}  // namespace

template <class Scalar, GraphIndex Index>
Scalar critical_radius(PointView<Scalar> points, const GraphView<Scalar, Index>& nearest, MetricKind metric,
                       Executor executor) {
  if (metric == MetricKind::weighted_l2) throw unsupported("critical_radius takes the metrics l2, l1 and linf");
  if (nearest.size() != points.size())
    throw invalid_input("the graph has " + std::to_string(nearest.size()) + " rows; expected " +
                        std::to_string(points.size()) + ", one a point");
  if (points.size() < 2) return 0;
  return radius_of(CriticalRadius<Scalar, Index>(points, nearest, metric, executor).key(), Metric<Scalar>{metric, {}});
}

#define COPPICE_INSTANTIATE(Scalar, Index) \
  template Scalar critical_radius(PointView<Scalar>, const GraphView<Scalar, Index>&, MetricKind, Executor);
COPPICE_INSTANTIATE(float, std::int32_t)
COPPICE_INSTANTIATE(float, std::int64_t)
COPPICE_INSTANTIATE(double, std::int32_t)
COPPICE_INSTANTIATE(double, std::int64_t)
#undef COPPICE_INSTANTIATE

}  // namespace coppice
