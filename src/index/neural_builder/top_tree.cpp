// TopTree: the cost of a top on any population, and the distribution of points and boxes to its leaves.
#include "coppice/index/neural_builder/top_tree.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "coppice/errors.hpp"

namespace coppice::neural_builder {

namespace {

void check_term(const char* field, float value) {
  if (!(value >= 0) || std::isinf(value))
    throw invalid_input(std::string(field) + " is " + std::to_string(value) + "; expected a finite number from 0 up");
}

double cost_below(const TopTree& tree, const CostModel& cost, std::size_t node, const Box3& box, Vec3* first,
                  Vec3* last) {
  const double weight = static_cast<double>(cost.measure(box));
  if (node >= tree.splits.size() || tree.splits[node].axis < 0)
    return weight * cost.leaf(static_cast<std::size_t>(last - first));
  const auto axis = static_cast<std::size_t>(tree.splits[node].axis);
  const float offset = tree.splits[node].offset;
  const Halves halves = cut(box, axis, offset);
  Vec3* middle = std::partition(first, last, [&](const Vec3& p) { return p[axis] <= offset; });
  return weight * static_cast<double>(cost.traversal) +
         cost_below(tree, cost, 2 * node + 1, halves.left, first, middle) +
         cost_below(tree, cost, 2 * node + 2, halves.right, middle, last);
}

void boxes_below(const TopTree& tree, std::size_t node, const Box3& box, std::size_t leaf, std::size_t leaves,
                 std::vector<Box3>& out) {
  if (node >= tree.splits.size() || tree.splits[node].axis < 0) {
    out[leaf] = box;  // what follows of these leaves holds nothing
    return;
  }
  const Halves halves = cut(box, static_cast<std::size_t>(tree.splits[node].axis), tree.splits[node].offset);
  boxes_below(tree, 2 * node + 1, halves.left, leaf, leaves / 2, out);
  boxes_below(tree, 2 * node + 2, halves.right, leaf + leaves / 2, leaves / 2, out);
}

/// Calls found(leaf, part) for every leaf below that the box meets.
template <class Found>
void clip_below(const TopTree& tree, std::size_t node, const Box3& box, std::size_t leaf, std::size_t leaves,
                const Found& found) {
  if (node >= tree.splits.size() || tree.splits[node].axis < 0) {
    found(leaf, box);
    return;
  }
  const auto axis = static_cast<std::size_t>(tree.splits[node].axis);
  const float offset = tree.splits[node].offset;
  if (box.upper[axis] <= offset) {
    clip_below(tree, 2 * node + 1, box, leaf, leaves / 2, found);
  } else if (box.lower[axis] >= offset) {
    clip_below(tree, 2 * node + 2, box, leaf + leaves / 2, leaves / 2, found);
  } else {
    const Halves halves = cut(box, axis, offset);
    clip_below(tree, 2 * node + 1, halves.left, leaf, leaves / 2, found);
    clip_below(tree, 2 * node + 2, halves.right, leaf + leaves / 2, leaves / 2, found);
  }
}

}  // namespace

void CostModel::check() const {
  check_term("traversal", traversal);
  check_term("intersection", intersection);
  check_term("radius", radius);
  if (!(exponent > 0 && exponent <= 1))
    throw invalid_input("exponent is " + std::to_string(exponent) + "; expected more than 0 and at most 1");
}

TopTree::TopTree(int count) : levels(count) {
  if (count < 0 || count > max_levels)
    throw invalid_input("levels is " + std::to_string(count) + "; expected 0 to " + std::to_string(max_levels));
  splits.resize((std::size_t{1} << count) - 1);
}

std::size_t TopTree::leaf_of(const Vec3& point) const noexcept {
  std::size_t node = 0;
  std::size_t leaf = 0;
  for (int level = 0; level < levels; ++level) {
    const TopSplit& split = splits[node];
    const bool right = split.axis >= 0 && !(point[static_cast<std::size_t>(split.axis)] <= split.offset);
    leaf = 2 * leaf + (right ? 1 : 0);
    node = 2 * node + (right ? 2 : 1);
  }
  return leaf;
}

Box3 bounds_of(std::span<const Vec3> points) noexcept {
  if (points.empty()) return {Vec3{}, Vec3{}};
  Box3 box;
  for (const Vec3& p : points) box.extend(p);
  return box;
}

Halves cut(const Box3& box, std::size_t axis, float offset) noexcept {
  const float at = std::min(std::max(offset, box.lower[axis]), box.upper[axis]);
  Halves halves{box, box};
  halves.left.upper[axis] = at;
  halves.right.lower[axis] = at;
  return halves;
}

double top_cost(const TopTree& tree, const CostModel& cost, const Box3& root, std::span<const Vec3> points) {
  std::vector<Vec3> copy(points.begin(), points.end());
  const double alone = static_cast<double>(cost.measure(root)) * cost.leaf(points.size());
  const double whole = cost_below(tree, cost, 0, root, copy.data(), copy.data() + copy.size());
  return alone > 0 ? whole / alone : 0;
}

std::vector<Box3> leaf_boxes(const TopTree& tree, const Box3& root) {
  std::vector<Box3> boxes(tree.leaf_count());
  boxes_below(tree, 0, root, 0, tree.leaf_count(), boxes);
  return boxes;
}

Population populate(const TopTree& tree, std::span<const Vec3> points, const Executor& executor) {
  constexpr std::size_t grain = 1 << 14;
  const std::size_t leaves = tree.leaf_count();
  const std::size_t chunks = (points.size() + grain - 1) / grain;
  std::vector<std::uint16_t> leaf(points.size());
  std::vector<std::uint32_t> place(chunks * leaves);  // counts of a chunk, then where its points of a leaf go
  executor.for_each_chunk(points.size(), grain, [&](std::size_t first, std::size_t last) {
    std::uint32_t* counts = place.data() + first / grain * leaves;
    for (std::size_t i = first; i < last; ++i) {
      leaf[i] = static_cast<std::uint16_t>(tree.leaf_of(points[i]));
      ++counts[leaf[i]];
    }
  });
  Population all{std::vector<std::uint32_t>(points.size()), std::vector<std::uint32_t>(leaves + 1)};
  std::uint32_t next = 0;
  for (std::size_t l = 0; l < leaves; ++l) {
    all.first[l] = next;
    for (std::size_t c = 0; c < chunks; ++c) {
      const std::uint32_t count = place[c * leaves + l];
      place[c * leaves + l] = next;
      next += count;
    }
  }
  all.first[leaves] = next;
  executor.for_each_chunk(points.size(), grain, [&](std::size_t first, std::size_t last) {
    std::uint32_t* to = place.data() + first / grain * leaves;
    for (std::size_t i = first; i < last; ++i) all.order[to[leaf[i]]++] = static_cast<std::uint32_t>(i);
  });
  return all;
}

ClippedPopulation populate(const TopTree& tree, std::span<const Box3> boxes) {
  const std::size_t leaves = tree.leaf_count();
  ClippedPopulation all;
  all.first.assign(leaves + 1, 0);
  for (const Box3& box : boxes)
    clip_below(tree, 0, box, 0, leaves, [&](std::size_t leaf, const Box3&) { ++all.first[leaf + 1]; });
  for (std::size_t l = 0; l < leaves; ++l) all.first[l + 1] += all.first[l];
  all.order.resize(all.first[leaves]);
  all.boxes.resize(all.first[leaves]);
  std::vector<std::uint32_t> next(all.first.begin(), all.first.end() - 1);
  for (std::size_t i = 0; i < boxes.size(); ++i)
    clip_below(tree, 0, boxes[i], 0, leaves, [&](std::size_t leaf, const Box3& part) {
      const std::uint32_t at = next[leaf]++;
      all.order[at] = static_cast<std::uint32_t>(i);
      all.boxes[at] = part;
    });
  return all;
}

}  // namespace coppice::neural_builder
