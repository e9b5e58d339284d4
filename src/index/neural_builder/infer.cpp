// Greedy and recursive trees from the proposals of a model.
#include "coppice/index/neural_builder/infer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "coppice/errors.hpp"
#include "subtrees.hpp"

namespace coppice::neural_builder {

namespace {

constexpr int most_recursive_levels = 6;
constexpr float smallest_window = 1e-30f;  // whose inverse is still a number

struct Cut {
  int axis;
  float offset;
  std::size_t left;  // points on that side
  double cost;       // of both sides as leaves
};

/// What the two sides cost as leaves.
double local_cost(const CostModel& cost, const Box3& box, std::size_t axis, float offset, std::size_t left,
                  std::size_t all) {
  const Halves halves = cut(box, axis, offset);
  return static_cast<double>(cost.measure(halves.left)) * cost.leaf(left) +
         static_cast<double>(cost.measure(halves.right)) * cost.leaf(all - left);
}

/// The cuts that a node may take: the model's on all axes, and what cuts off emptiness.
class Cuts {
 public:
  Cuts(const ModelRef& model, const CostModel& cost, int level, const Box3& box, std::span<const Vec3> points,
       const InferOptions& options) {
    const SplitNode node{level, box, points.empty() ? box : bounds_of(points), points};
    const Vec3 proposed = model.propose(node);
    Vec3 offset;
    for (std::size_t a = 0; a < 3; ++a) offset[a] = std::min(std::max(proposed[a], box.lower[a]), box.upper[a]);
    std::array<std::uint32_t, 3> left{};
    for (const Vec3& p : points)
      for (std::size_t a = 0; a < 3; ++a) left[a] += p[a] <= offset[a] ? 1u : 0u;
    for (std::size_t a = 0; a < 3; ++a) add(cost, box, a, offset[a], left[a], points.size());
    if (options.snap > 0) snap(cost, node, options.snap);
    if (!options.cut_empty || points.empty()) return;
    for (std::size_t a = 0; a < 3; ++a) {
      const float below = std::nextafter(node.tight.lower[a], -std::numeric_limits<float>::infinity());
      if (below > box.lower[a]) add(cost, box, a, below, 0, points.size());
      if (node.tight.upper[a] < box.upper[a]) add(cost, box, a, node.tight.upper[a], points.size(), points.size());
    }
  }

  [[nodiscard]] const Cut& cheapest() const {
    return *std::min_element(cuts_.begin(), cuts_.begin() + count_,
                             [](const Cut& x, const Cut& y) { return x.cost < y.cost; });
  }
  /// The model's, and the cheapest that cuts off emptiness.
  [[nodiscard]] std::span<const Cut> few() {
    if (count_ > 4)
      std::iter_swap(cuts_.begin() + 3, std::min_element(cuts_.begin() + 3, cuts_.begin() + count_,
                                                         [](const Cut& x, const Cut& y) { return x.cost < y.cost; }));
    return std::span<const Cut>(cuts_).first(static_cast<std::size_t>(std::min(count_, 4)));
  }

 private:
  /// Moves each cut to the cheapest edge of a few bins about it.
  void snap(const CostModel& cost, const SplitNode& node, float reach) {
    constexpr std::size_t bins = 16;
    const std::size_t all = node.points.size();
    for (std::size_t a = 0; a < 3; ++a) {
      Cut& here = cuts_[a];
      const float window = reach * extent(node.tight, a);
      const float low = std::max(here.offset - window, node.box.lower[a]);
      const float high = std::min(here.offset + window, node.box.upper[a]);
      if (!(high - low > smallest_window)) continue;
      const float scale = static_cast<float>(bins) / (high - low);
      std::array<std::uint32_t, bins + 1> counts{};
      std::size_t below = 0;
      for (const Vec3& p : node.points) {
        below += p[a] < low ? 1 : 0;
        if (p[a] >= low && p[a] <= high) ++counts[static_cast<std::size_t>((p[a] - low) * scale)];
      }
      Cut best = here;
      for (std::size_t i = 0; i <= bins; ++i) {
        // Points on an edge lie right of it.
        const float edge = std::nextafter(low + static_cast<float>(i) / scale, -std::numeric_limits<float>::infinity());
        if (edge >= node.box.lower[a]) {
          const double c = local_cost(cost, node.box, a, edge, below, all);
          if (c < best.cost) best = {here.axis, edge, below, c};
        }
        below += counts[i];
      }
      if (best.offset == here.offset) continue;
      best.left = 0;  // what rounding may have put on the other side of an edge is counted again
      for (const Vec3& p : node.points) best.left += p[a] <= best.offset ? 1u : 0u;
      best.cost = local_cost(cost, node.box, a, best.offset, best.left, all);
      if (best.cost < here.cost) here = best;
    }
  }

  void add(const CostModel& cost, const Box3& box, std::size_t axis, float offset, std::size_t left, std::size_t all) {
    cuts_[static_cast<std::size_t>(count_++)] = {static_cast<int>(axis), offset, left,
                                                 local_cost(cost, box, axis, offset, left, all)};
  }

  std::array<Cut, 9> cuts_;
  int count_ = 0;
};

class Greedy {
 public:
  Greedy(const ModelRef& model, const CostModel& cost, const InferOptions& options, TopTree& tree)
      : model_(model), cost_(cost), options_(options), tree_(tree) {}

  void build(std::size_t node, int level, const Box3& box, std::span<Vec3> points) {
    if (level == tree_.levels) return;
    const Cut best = Cuts(model_, cost_, level, box, points, options_).cheapest();
    tree_.splits[node] = {best.axis, best.offset};
    if (level + 1 == tree_.levels) return;
    const auto axis = static_cast<std::size_t>(best.axis);
    if (best.left != 0 && best.left != points.size())
      std::partition(points.begin(), points.end(), [&](const Vec3& p) { return p[axis] <= best.offset; });
    const Halves halves = cut(box, axis, best.offset);
    build(2 * node + 1, level + 1, halves.left, points.first(best.left));
    build(2 * node + 2, level + 1, halves.right, points.subspan(best.left));
  }

 private:
  const ModelRef& model_;
  const CostModel& cost_;
  const InferOptions& options_;
  TopTree& tree_;
};

class Recursive {
 public:
  Recursive(const ModelRef& model, const CostModel& cost, const InferOptions& options, int levels)
      : model_(model), cost_(cost), options_(options), levels_(levels), rooms_(static_cast<std::size_t>(levels)) {}

  /// The least cost of a subtree of `levels_ - level` levels, whose cuts go to `splits` in heap order of that subtree.
  double build(int level, const Box3& box, std::span<const Vec3> points, std::vector<TopSplit>& splits) {
    Cuts cuts(model_, cost_, level, box, points, options_);
    const double here = static_cast<double>(cost_.traversal) * static_cast<double>(cost_.measure(box));
    splits.resize((std::size_t{1} << (levels_ - level)) - 1);
    if (level + 1 == levels_) {
      const Cut& best = cuts.cheapest();
      splits[0] = {best.axis, best.offset};
      return here + best.cost;
    }
    return here + cheapest_halves(cuts.few(), box, points, rooms_[static_cast<std::size_t>(level)], splits,
                                  [&](const Box3& half, std::span<const Vec3> some, std::vector<TopSplit>& below) {
                                    return build(level + 1, half, some, below);
                                  });
  }

 private:
  const ModelRef& model_;
  const CostModel& cost_;
  const InferOptions& options_;
  int levels_;
  std::vector<std::vector<Vec3>> rooms_;  // of the points of one side after the other, a level
};

void check_levels(const ModelRef& model, int levels, int most) {
  if (levels < 0 || levels > most)
    throw invalid_input("levels is " + std::to_string(levels) + "; expected 0 to " + std::to_string(most));
  if (levels > model.levels())
    throw invalid_input("levels is " + std::to_string(levels) + "; the model knows " + std::to_string(model.levels()));
}

}  // namespace

TopTree greedy_top(ModelRef model, int levels, const CostModel& cost, const Box3& root, std::span<const Vec3> points,
                   const InferOptions& options) {
  check_levels(model, levels, max_levels);
  TopTree tree(levels);
  std::vector<Vec3> copy(points.begin(), points.end());
  Greedy(model, cost, options, tree).build(0, 0, root, copy);
  return tree;
}

TopTree recursive_top(ModelRef model, int levels, const CostModel& cost, const Box3& root, std::span<const Vec3> points,
                      const InferOptions& options) {
  check_levels(model, levels, most_recursive_levels);
  TopTree tree(levels);
  if (levels > 0) (void)Recursive(model, cost, options, levels).build(0, root, points, tree.splits);
  return tree;
}

}  // namespace coppice::neural_builder
