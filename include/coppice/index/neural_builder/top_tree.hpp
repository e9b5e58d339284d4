// The top of a k-d tree: a complete binary tree of cuts, a few levels deep, found on a sample and valid for every set
// of primitives in the same box, since its cells are made by planes and not by what lies in them. Evangelou et al.
// 2023, sections 2 and 4.4.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "coppice/index/neural_builder/cost.hpp"
#include "coppice/parallel/executor.hpp"

namespace coppice::neural_builder {

/// A plane: points with coordinate ≤ offset lie left of it (equations 1 and 2). Axis −1: not cut.
struct TopSplit {
  int axis = -1;
  float offset = 0;
  bool operator==(const TopSplit&) const = default;
};

/// The largest number of levels of cuts.
inline constexpr int max_levels = 12;

/// `levels` levels of cuts in heap order: those of node i's children are 2i + 1 and 2i + 2. Below a node that is not
/// cut nothing is.
struct TopTree {
  int levels = 0;
  std::vector<TopSplit> splits;

  TopTree() = default;
  /// Without cuts. Errors: invalid_input for levels outside 0 … max_levels.
  explicit TopTree(int count);

  [[nodiscard]] std::size_t leaf_count() const noexcept { return std::size_t{1} << levels; }
  /// The leaf, in 0 … leaf_count() − 1, that a point lies in; below a node that is not cut, the first one.
  [[nodiscard]] std::size_t leaf_of(const Vec3& point) const noexcept;
  bool operator==(const TopTree&) const = default;
};

/// The box of points; all zero for none.
[[nodiscard]] Box3 bounds_of(std::span<const Vec3> points) noexcept;

/// Both sides of a plane; an offset outside the box is moved to its face.
struct Halves {
  Box3 left;
  Box3 right;
};
[[nodiscard]] Halves cut(const Box3& box, std::size_t axis, float offset) noexcept;

/// The cost of the tree (equation 4) over that of one leaf with all points in it. Complexity: O(n · levels).
[[nodiscard]] double top_cost(const TopTree& tree, const CostModel& cost, const Box3& root,
                              std::span<const Vec3> points);

/// The boxes of all leaves, in order.
[[nodiscard]] std::vector<Box3> leaf_boxes(const TopTree& tree, const Box3& root);

/// All points by leaf: those of leaf i are order[first[i] … first[i + 1]), ascending.
struct Population {
  std::vector<std::uint32_t> order;
  std::vector<std::uint32_t> first;
};
/// Gives every point its leaf. The same for any number of threads. Requires: fewer than 2^32 points.
[[nodiscard]] Population populate(const TopTree& tree, std::span<const Vec3> points, const Executor& executor = {});

/// All boxes by leaf, in every leaf that they meet with more than a face, each clipped to it.
struct ClippedPopulation {
  std::vector<std::uint32_t> order;
  std::vector<Box3> boxes;  ///< beside `order`
  std::vector<std::uint32_t> first;
  /// References beyond one a box, over the boxes.
  [[nodiscard]] double duplication(std::size_t boxes_given) const noexcept {
    return boxes_given == 0 ? 0 : static_cast<double>(order.size()) / static_cast<double>(boxes_given) - 1;
  }
};
[[nodiscard]] ClippedPopulation populate(const TopTree& tree, std::span<const Box3> boxes);

}  // namespace coppice::neural_builder
