// One cloud through the tree of a network in training: forward, which makes nodes and their costs, and backward, which
// gives the derivative of the loss by every offset λ′ that takes part. Equations 1 to 20 of Evangelou et al. 2023.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "coppice/index/neural_builder/network.hpp"
#include "coppice/index/neural_builder/top_tree.hpp"
#include "coppice/index/neural_builder/trainer.hpp"

namespace coppice::neural_builder {

/// λ′ of `rows` histograms at a level.
using OffsetSource = std::function<void(int level, const float* histograms, std::size_t rows, float* out)>;

/// Rows of one level whose offsets take part: their histograms and dL/dλ′.
struct ActiveRows {
  std::vector<float> histograms;
  std::vector<float> gradients;
};

class CloudPass {
 public:
  CloudPass(int levels, const CostModel& cost, TrainingPaths paths, TrainingGradient gradient, float window);

  /// Builds the tree over `root`. `cost()` is then that of the cheapest tree over a single leaf's (the C̃ of equation
  /// 8), `penalty()` equation 10 for this cloud.
  void forward(const OffsetSource& offsets, const Box3& root, std::span<const Vec3> points);
  [[nodiscard]] double cost() const noexcept { return cost_; }
  [[nodiscard]] double penalty() const noexcept { return penalty_; }

  /// Adds the rows that take part to `rows[level]`, for a loss whose derivative by `cost()` is `slope`, and by
  /// `penalty()` is `penalty_slope`.
  void backward(double slope, double penalty_slope, std::span<ActiveRows> rows);

  /// dL/dλ′ of a node and axis after `backward`, for tests: nodes of a level in the order in which they were made.
  [[nodiscard]] float gradient(int level, std::size_t node, std::size_t axis) const {
    return levels_[static_cast<std::size_t>(level)].nodes[node].gradient[axis];
  }
  [[nodiscard]] std::size_t node_count(int level) const {
    return levels_[static_cast<std::size_t>(level)].nodes.size();
  }

 private:
  struct Node {
    Box3 box;
    Box3 tight;
    std::uint32_t first;
    std::uint32_t count;
    Vec3 lambda;  // λ′
    Vec3 offset;
    std::array<std::uint32_t, 3> left;  // points left of it: last level
    std::array<double, 3> axis_cost;
    double cost;
    std::size_t best;
    std::array<std::int32_t, 3> child;  // the left one, the right one follows; −1: not followed
    Vec3 gradient;
  };
  struct Level {
    std::vector<Node> nodes;
    std::vector<Vec3> points;
  };
  /// dL by the faces of a node's box.
  struct FaceSlopes {
    std::array<double, 3> lower{};
    std::array<double, 3> upper{};
  };

  [[nodiscard]] std::span<const Vec3> points_of(int level, const Node& node) const {
    return std::span<const Vec3>(levels_[static_cast<std::size_t>(level)].points).subspan(node.first, node.count);
  }
  void propose(int level, const OffsetSource& offsets);
  void follow(int level, std::size_t index);
  void settle_costs();
  void penalize();
  FaceSlopes descend(int level, std::size_t index, double slope);
  [[nodiscard]] double count_slope(int level, const Node& node, std::size_t axis) const;
  [[nodiscard]] double point_cost(int level, const Node& node, const Vec3& point) const;
  void add_measure(const Box3& box, double slope, FaceSlopes& faces) const;

  int level_count_;
  CostModel model_;
  TrainingPaths paths_;
  TrainingGradient gradient_;
  float window_;
  std::vector<Level> levels_;
  std::vector<float> histograms_;
  std::vector<float> lambdas_;
  double inverse_root_ = 0;
  double cost_ = 0;
  double penalty_ = 0;
};

}  // namespace coppice::neural_builder
