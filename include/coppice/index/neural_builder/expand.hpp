// A top built out: greedy cuts below it down to small leaves, as one binary k-d tree over points. It prices a top by
// the whole tree that follows from it, and answers the three queries that the paper judges trees by, all trees in one
// layout and one traversal. Evangelou et al. 2023, sections 4.5 and 6.3.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "coppice/index/neural_builder/top_tree.hpp"

namespace coppice::neural_builder {

struct ExpandOptions {
  std::size_t leaf_size = 8;  ///< a node of no more points is not cut
  int bins = 32;              ///< of the greedy cuts below the top, 2 … 256
  bool medians = false;       ///< below the top, cuts at the median of the widest axis instead
  Executor executor{};        ///< over the leaves of the top; the tree does not depend on it
};

class ExpandedTree {
 public:
  /// Errors: invalid_input (options). Complexity: O(n · depth). An empty top: greedy from the root.
  ExpandedTree(const TopTree& top, const CostModel& cost, const Box3& root, std::span<const Vec3> points,
               const ExpandOptions& options = {});

  /// The cost of the whole tree (equation 4) over that of one leaf with all points in it.
  [[nodiscard]] double cost() const noexcept { return cost_; }
  [[nodiscard]] std::size_t node_count() const noexcept { return nodes_.size(); }
  [[nodiscard]] std::size_t leaf_count() const noexcept { return leaves_; }
  [[nodiscard]] int depth() const noexcept { return depth_; }

  /// Points in the leaf whose cell holds the query.
  [[nodiscard]] std::size_t leaf_population(const Vec3& query) const noexcept;
  /// The row of the nearest point, the smallest of equally near ones; `distance_squared` in float, axes in order.
  struct Nearest {
    std::uint32_t row;
    float distance_squared;
    bool operator==(const Nearest&) const = default;
  };
  /// Requires: there are points.
  [[nodiscard]] Nearest nearest(const Vec3& query) const;
  /// How many points have squared distance ≤ radius².
  [[nodiscard]] std::size_t count_within(const Vec3& query, float radius) const;

 private:
  friend class Expander;
  struct Node {
    float offset;
    std::int32_t axis;    // −1: a leaf
    std::uint32_t first;  // the left child (the right one follows), or the first point
    std::uint32_t count;  // of a leaf
  };

  std::vector<Node> nodes_;
  std::vector<Vec3> points_;  // by leaf
  std::vector<std::uint32_t> rows_;
  double cost_ = 0;
  std::size_t leaves_ = 0;
  int depth_ = 0;
};

}  // namespace coppice::neural_builder
