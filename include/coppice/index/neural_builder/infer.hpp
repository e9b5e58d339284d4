// Tops from a SplitModel. Greedy: every node takes the axis whose cut costs least here (w_L·N_L + w_R·N_R). Recursive:
// every node is cut along all three axes, down to the last level, and the cheapest tree is picked bottom-up among all
// those ((6^k − 1) / 5 nodes for k levels). Evangelou et al. 2023, section 4.3.
#pragma once

#include <span>
#include <type_traits>
#include <vector>

#include "coppice/index/neural_builder/split_model.hpp"
#include "coppice/index/neural_builder/top_tree.hpp"

namespace coppice::neural_builder {

/// A model whose kind is not known to the compiled builders.
class ModelRef {
 public:
  template <SplitModel M>
  requires(!std::is_same_v<M, ModelRef>) ModelRef(M& model)  // NOLINT: a reference to any model
      : model_(&model),
        levels_(model.levels()),
        propose_([](void* m, const SplitNode& node) { return static_cast<M*>(m)->propose(node); }) {}
  [[nodiscard]] int levels() const noexcept { return levels_; }
  [[nodiscard]] Vec3 propose(const SplitNode& node) const { return propose_(model_, node); }

 private:
  void* model_;
  int levels_;
  Vec3 (*propose_)(void*, const SplitNode&);
};

/// What a builder may take beside the model's proposals.
struct InferOptions {
  /// The planes just outside a node's tight bounds, which cut off what is empty of its cell: a model that sees points
  /// relative to their bounds cannot know of it. Greedy: all six; recursive: the cheapest of them. Ours.
  bool cut_empty = true;
  /// How far, in units of the tight extent, an offset may move to where its own cut costs least: a network that sees 64
  /// cells cannot tell on which side of a wall it cuts. 0: not at all. Ours.
  float snap = 1.f / 16;
};

/// A tree of `levels` levels over `root`, whose points lie in it. Errors: invalid_input when the model knows fewer
/// levels, or for more than max_levels (recursive: 6). Complexity: greedy O(n · levels) and a proposal a node;
/// recursive O(n · 3^levels) and (6^levels − 1) / 5 proposals.
[[nodiscard]] TopTree greedy_top(ModelRef model, int levels, const CostModel& cost, const Box3& root,
                                 std::span<const Vec3> points, const InferOptions& options = {});
[[nodiscard]] TopTree recursive_top(ModelRef model, int levels, const CostModel& cost, const Box3& root,
                                    std::span<const Vec3> points, const InferOptions& options = {});

}  // namespace coppice::neural_builder
