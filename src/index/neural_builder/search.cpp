// The narrow search over several cuts a node, and coordinate descent on the offsets of a tree.
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "candidates.hpp"
#include "coppice/errors.hpp"
#include "coppice/index/neural_builder/optimize.hpp"
#include "subtrees.hpp"

namespace coppice::neural_builder {

namespace {

constexpr int most_search_levels = 8;

class Search {
 public:
  Search(const CostModel& cost, const SearchOptions& options, int levels)
      : cost_(cost), options_(options), levels_(levels), rooms_(static_cast<std::size_t>(levels)) {}

  double build(int level, const Box3& box, std::span<const Vec3> points, std::vector<TopSplit>& splits) {
    std::vector<Candidate> cuts(3 * static_cast<std::size_t>(options_.per_axis));
    cuts.resize(binned_candidates(cost_, box, points, options_.bins, options_.per_axis, cuts.data()));
    const double here = static_cast<double>(cost_.traversal) * static_cast<double>(cost_.measure(box));
    splits.assign((std::size_t{1} << (levels_ - level)) - 1, {});
    if (cuts.empty()) {  // nothing to go by: a cut would only cost
      return static_cast<double>(cost_.measure(box)) * cost_.leaf(points.size());
    }
    std::sort(cuts.begin(), cuts.end(), by_cost);
    if (level + 1 == levels_) {
      splits[0] = {cuts[0].axis, cuts[0].offset};
      return here + cuts[0].cost;
    }
    cuts.resize(std::min(cuts.size(), static_cast<std::size_t>(options_.keep)));
    return here + cheapest_halves(cuts, box, points, rooms_[static_cast<std::size_t>(level)], splits,
                                  [&](const Box3& half, std::span<const Vec3> some, std::vector<TopSplit>& below) {
                                    return build(level + 1, half, some, below);
                                  });
  }

 private:
  const CostModel& cost_;
  const SearchOptions& options_;
  int levels_;
  std::vector<std::vector<Vec3>> rooms_;
};

/// The cost of a subtree as offsets of its root change: every point is led to its leaf, leaves are counted, boxes cut.
class Descent {
 public:
  Descent(TopTree& tree, const CostModel& cost, const DescentOptions& options)
      : tree_(tree), cost_(cost), options_(options), counts_(tree.leaf_count()) {}

  void sweep(std::size_t node, int level, const Box3& box, std::span<Vec3> points) {
    if (level == tree_.levels || tree_.splits[node].axis < 0) return;
    const auto axis = static_cast<std::size_t>(tree_.splits[node].axis);
    if (points.size() > 1) improve(node, level, box, points);
    const float offset = tree_.splits[node].offset;
    const auto middle = std::partition(points.begin(), points.end(), [&](const Vec3& p) { return p[axis] <= offset; });
    const auto left = static_cast<std::size_t>(middle - points.begin());
    const Halves halves = cut(box, axis, offset);
    sweep(2 * node + 1, level + 1, halves.left, points.first(left));
    sweep(2 * node + 2, level + 1, halves.right, points.subspan(left));
  }

 private:
  void improve(std::size_t node, int level, const Box3& box, std::span<const Vec3> points) {
    TopSplit& split = tree_.splits[node];
    const auto axis = static_cast<std::size_t>(split.axis);
    const Box3 tight = bounds_of(points);
    TopSplit best = split;
    double least = subtree_cost(node, level, box, points);
    float low = tight.lower[axis];
    float high = tight.upper[axis];
    const float step = (high - low) / static_cast<float>(options_.steps);
    for (int round = 0; round < 2; ++round) {
      for (int i = 0; i <= options_.steps; ++i) {
        split.offset = low + (high - low) * static_cast<float>(i) / static_cast<float>(options_.steps);
        const double c = subtree_cost(node, level, box, points);
        if (c < least) {
          least = c;
          best = split;
        }
      }
      low = best.offset - 1.5f * step;
      high = best.offset + 1.5f * step;
    }
    split = best;
  }

  double subtree_cost(std::size_t node, int level, const Box3& box, std::span<const Vec3> points) {
    const int deep = tree_.levels - level;
    std::fill_n(counts_.begin(), std::size_t{1} << deep, 0u);
    for (const Vec3& p : points) {
      std::size_t at = node;
      std::size_t leaf = 0;
      for (int l = 0; l < deep; ++l) {
        const TopSplit& split = tree_.splits[at];
        const bool right = split.axis >= 0 && p[static_cast<std::size_t>(split.axis)] > split.offset;
        leaf = 2 * leaf + (right ? 1 : 0);
        at = 2 * at + (right ? 2 : 1);
      }
      ++counts_[leaf];
    }
    return cost_of(node, box, 0, std::size_t{1} << deep);
  }

  double cost_of(std::size_t node, const Box3& box, std::size_t leaf, std::size_t leaves) const {
    const auto weight = static_cast<double>(cost_.measure(box));
    if (leaves == 1 || tree_.splits[node].axis < 0) return weight * cost_.leaf(counts_[leaf]);
    const Halves halves = cut(box, static_cast<std::size_t>(tree_.splits[node].axis), tree_.splits[node].offset);
    return weight * static_cast<double>(cost_.traversal) + cost_of(2 * node + 1, halves.left, leaf, leaves / 2) +
           cost_of(2 * node + 2, halves.right, leaf + leaves / 2, leaves / 2);
  }

  TopTree& tree_;
  const CostModel& cost_;
  const DescentOptions& options_;
  std::vector<std::uint32_t> counts_;
};

void check_number(const char* field, int found, int low, int high) {
  if (found < low || found > high)
    throw invalid_input(std::string(field) + " is " + std::to_string(found) + "; expected " + std::to_string(low) +
                        " to " + std::to_string(high));
}

}  // namespace

TopTree search_top(int levels, const CostModel& cost, const Box3& root, std::span<const Vec3> points,
                   const SearchOptions& options) {
  check_number("levels", levels, 0, most_search_levels);
  check_bins(options.bins);
  check_number("per_axis", options.per_axis, 1, 16);
  check_number("keep", options.keep, 1, 48);
  TopTree tree(levels);
  if (levels > 0) (void)Search(cost, options, levels).build(0, root, points, tree.splits);
  return tree;
}

void descend_offsets(TopTree& tree, const CostModel& cost, const Box3& root, std::span<const Vec3> points,
                     const DescentOptions& options) {
  check_number("sweeps", options.sweeps, 0, 1000);
  check_number("steps", options.steps, 1, 10000);
  std::vector<Vec3> copy(points.begin(), points.end());
  Descent descent(tree, cost, options);
  for (int i = 0; i < options.sweeps; ++i) descent.sweep(0, 0, root, copy);
}

}  // namespace coppice::neural_builder
