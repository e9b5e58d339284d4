// Greedy tops: exact, by a sweep over sorted coordinates, and binned.
#include <algorithm>
#include <limits>
#include <string>

#include "candidates.hpp"
#include "coppice/errors.hpp"
#include "coppice/index/neural_builder/optimize.hpp"

namespace coppice::neural_builder {

namespace {

Candidate best_exact(const CostModel& cost, const Box3& box, std::span<const Vec3> points, std::vector<float>& column) {
  Candidate best{std::numeric_limits<double>::infinity(), -1, 0};
  const std::size_t n = points.size();
  column.resize(n);
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t i = 0; i < n; ++i) column[i] = points[i][a];
    std::sort(column.begin(), column.end());
    Box3 left = box;
    Box3 right = box;
    for (std::size_t i = 0; i + 1 < n; ++i) {
      if (column[i] == column[i + 1]) continue;
      left.upper[a] = right.lower[a] = column[i];
      const double c = static_cast<double>(cost.measure(left)) * cost.leaf(i + 1) +
                       static_cast<double>(cost.measure(right)) * cost.leaf(n - i - 1);
      if (c < best.cost) best = {c, static_cast<int>(a), column[i]};
    }
  }
  return best.axis >= 0 ? best : middle_of(box);
}

/// `choose(box, points)` gives every node its cut.
template <class Choose>
void build(TopTree& tree, std::size_t node, int level, const Box3& box, std::span<Vec3> points, const Choose& choose) {
  if (level == tree.levels) return;
  const Candidate best = choose(box, points);
  tree.splits[node] = {best.axis, best.offset};
  if (level + 1 == tree.levels) return;
  const auto axis = static_cast<std::size_t>(best.axis);
  const auto middle =
      std::partition(points.begin(), points.end(), [&](const Vec3& p) { return p[axis] <= best.offset; });
  const auto left = static_cast<std::size_t>(middle - points.begin());
  const Halves halves = cut(box, axis, best.offset);
  build(tree, 2 * node + 1, level + 1, halves.left, points.first(left), choose);
  build(tree, 2 * node + 2, level + 1, halves.right, points.subspan(left), choose);
}

}  // namespace

Candidate middle_of(const Box3& box) noexcept {
  const std::size_t a = widest_axis(box);
  return {0, static_cast<int>(a), box.lower[a] + extent(box, a) / 2};
}

std::size_t binned_candidates(const CostModel& cost, const Box3& box, std::span<const Vec3> points, int bins,
                              int per_axis, Candidate* out) {
  if (points.empty()) return 0;
  std::size_t found = 0;
  const Box3 tight = bounds_of(points);
  const auto count = static_cast<std::size_t>(bins);
  std::uint32_t counts[3][max_bins] = {};
  Vec3 scale;
  for (std::size_t a = 0; a < 3; ++a)
    scale[a] = extent(tight, a) > 1e-30f ? static_cast<float>(bins) * 0.99999f / extent(tight, a) : 0;
  for (const Vec3& p : points)
    for (std::size_t a = 0; a < 3; ++a) ++counts[a][static_cast<std::size_t>((p[a] - tight.lower[a]) * scale[a])];
  for (std::size_t a = 0; a < 3; ++a) {
    if (scale[a] == 0) continue;
    // The first and the last edge cut off what is empty of the box.
    double costs[max_bins + 1];
    std::size_t left = 0;
    Halves halves{box, box};
    const auto edge = [&](std::size_t i) {
      return i == count ? tight.upper[a]
                        : tight.lower[a] + extent(tight, a) * static_cast<float>(i) / static_cast<float>(bins);
    };
    for (std::size_t i = 0; i <= count; ++i) {
      halves.left.upper[a] = halves.right.lower[a] = edge(i);
      costs[i] = static_cast<double>(cost.measure(halves.left)) * cost.leaf(left) +
                 static_cast<double>(cost.measure(halves.right)) * cost.leaf(points.size() - left);
      if (i < count) left += counts[a][i];
    }
    Candidate minima[max_bins + 1];
    std::size_t number = 0;
    for (std::size_t i = 0; i <= count; ++i)
      if ((i == 0 || costs[i] <= costs[i - 1]) && (i == count || costs[i] < costs[i + 1]))
        minima[number++] = {costs[i], static_cast<int>(a), edge(i)};
    const std::size_t taken = std::min(static_cast<std::size_t>(per_axis), number);
    std::partial_sort(minima, minima + taken, minima + number, by_cost);
    out = std::copy_n(minima, taken, out);
    found += taken;
  }
  return found;
}

void check_bins(int bins) {
  if (bins < 2 || bins > static_cast<int>(max_bins))
    throw invalid_input("bins is " + std::to_string(bins) + "; expected 2 to " + std::to_string(max_bins));
}

TopTree greedy_exact(int levels, const CostModel& cost, const Box3& root, std::span<const Vec3> points) {
  TopTree tree(levels);
  std::vector<Vec3> copy(points.begin(), points.end());
  std::vector<float> column;
  build(tree, 0, 0, root, copy,
        [&](const Box3& box, std::span<const Vec3> part) { return best_exact(cost, box, part, column); });
  return tree;
}

TopTree greedy_binned(int levels, const CostModel& cost, const Box3& root, std::span<const Vec3> points, int bins) {
  check_bins(bins);
  TopTree tree(levels);
  std::vector<Vec3> copy(points.begin(), points.end());
  build(tree, 0, 0, root, copy, [&](const Box3& box, std::span<const Vec3> part) {
    Candidate found[3];
    const std::size_t count = binned_candidates(cost, box, part, bins, 1, found);
    return count == 0 ? middle_of(box) : *std::min_element(found, found + count, by_cost);
  });
  return tree;
}

}  // namespace coppice::neural_builder
