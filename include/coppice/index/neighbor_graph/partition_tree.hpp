// The recursive mid-point partition of a set of points (Iliopoulos 2020, §3.1): the bounding cube is halved along all
// axes at once, boxes without points are left out, and boxes of few points are left whole. Up to 64 axes.
//
// Points are sorted once: along the Morton curve where a whole qode fits a word (dimension × levels ≤ 64), else level
// by level by columns of a bit an axis; nothing ever counts 2^dimension children. Invariants: nodes stand level after
// level, each level in the order of the points; children of a node are neighbours there; a box is closed below and
// open above, but for the last of each axis. The same for any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "coppice/geometry/point_view.hpp"
#include "coppice/index/neighbor_graph/qode.hpp"
#include "coppice/parallel/executor.hpp"

namespace coppice {

/// A box that holds points.
struct PartitionNode {
  Qode qode = 0;            ///< where it lies in its parent; 0 for the root
  std::uint32_t begin = 0;  ///< its points are [begin, end) of the tree's order
  std::uint32_t end = 0;
  std::uint32_t parent = 0;       ///< the root is its own
  std::uint32_t first_child = 0;  ///< children are [first_child, first_child + children)
  std::uint32_t children = 0;     ///< 0: a leaf
  std::uint32_t level = 0;        ///< its edge is the root's / 2^level

  [[nodiscard]] std::uint32_t mass() const noexcept { return end - begin; }
  [[nodiscard]] bool is_leaf() const noexcept { return children == 0; }
  friend bool operator==(const PartitionNode&, const PartitionNode&) = default;
};

/// When a box is left whole.
struct PartitionConfig {
  static constexpr int most_levels = 32;

  /// L: boxes of this level are leaves, however many points they hold. 1 … 32. Higher: dense places are resolved;
  /// equal points make a chain of that many boxes.
  int levels = 16;
  /// p: a box of at most so many points is a leaf. At least 1.
  std::size_t mass = 64;
  Executor executor{};

  /// Errors: invalid_input that names the field.
  void validate() const;
};

/// Boxes in boxes, and the order of the points that makes each a run: any partition, without its coordinates.
class PartitionTopology {
 public:
  [[nodiscard]] int dimension() const noexcept { return dimension_; }
  /// How many points there are.
  [[nodiscard]] std::size_t size() const noexcept { return order_.size(); }
  /// How many levels have nodes: height + 1, or 0 without points.
  [[nodiscard]] int levels() const noexcept { return static_cast<int>(level_begin_.size()) - 1; }
  [[nodiscard]] std::span<const PartitionNode> nodes() const noexcept { return nodes_; }
  /// Nodes of a level are [level_begin(l), level_begin(l + 1)).
  [[nodiscard]] std::uint32_t level_begin(int level) const noexcept {
    return level_begin_[static_cast<std::size_t>(level)];
  }
  [[nodiscard]] std::span<const PartitionNode> level(int level) const noexcept {
    return std::span(nodes_).subspan(level_begin(level), level_begin(level + 1) - level_begin(level));
  }
  [[nodiscard]] std::size_t leaves() const noexcept { return leaves_; }
  /// The row of the caller's array that stands at each place of the tree's order.
  [[nodiscard]] std::span<const std::uint32_t> order() const noexcept { return order_; }
  /// The boxes of a level and the leaves above it, in the tree's order: they hold every point once. Beyond the last
  /// level: all leaves. Complexity: O(nodes up to there).
  [[nodiscard]] std::vector<std::uint32_t> canopy(int level) const;

 protected:
  PartitionTopology() = default;

  int dimension_ = 0;
  std::size_t leaves_ = 0;
  std::vector<PartitionNode> nodes_;
  std::vector<std::uint32_t> level_begin_{0};
  std::vector<std::uint32_t> order_;
};

/// A partition in which every box is cut along all axes: what adjacency by qodes is made from.
class MidpointTopology : public PartitionTopology {
 public:
  /// A box in edges of its own level: along axis i it is [position[i], position[i] + 1] · 2^−level of the root's edge.
  /// Requires: room for `dimension` numbers. Complexity: O(dimension · level).
  void position(std::uint32_t node, std::span<std::uint32_t> position) const;

 protected:
  MidpointTopology() = default;
};

/// The partition of a set of points. Immutable; the points are not kept.
template <class Scalar>
class PartitionTree : public MidpointTopology {
 public:
  using Config = PartitionConfig;

  /// Errors: invalid_input (a config that does not validate; NaN, infinite or too large numbers, with the row),
  /// unsupported (more than 64 axes, 2^31 points or more). Complexity: O(n · dimension · levels) at most; along the
  /// Morton curve O(n · dimension) and at most eight passes over 12 bytes a point.
  explicit PartitionTree(PointView<Scalar> points, const Config& config = {});

  /// The least coordinate along each axis: the root box's lower corner.
  [[nodiscard]] std::span<const Scalar> lower() const noexcept { return lower_; }
  /// The root's edge: the largest extent of the points; 0 where all are equal.
  [[nodiscard]] Scalar width() const noexcept { return width_; }
  [[nodiscard]] const Config& config() const noexcept { return config_; }

 private:
  Config config_;
  std::vector<Scalar> lower_;
  Scalar width_ = 0;
};

}  // namespace coppice
