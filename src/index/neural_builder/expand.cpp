// Tops built out, and their queries.
#include "coppice/index/neural_builder/expand.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "candidates.hpp"
#include "coppice/errors.hpp"

namespace coppice::neural_builder {

namespace {

constexpr int deepest = 64;

float distance_squared(const Vec3& a, const Vec3& b) noexcept {
  float sum = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const float d = a[i] - b[i];
    sum += d * d;
  }
  return sum;
}

/// A node that waits, with the distance from the query to its cell along each axis.
struct Waiting {
  std::uint32_t node;
  Vec3 offset;
  [[nodiscard]] float bound() const noexcept {
    float sum = 0;
    for (const float d : offset) sum += d * d;
    return sum;
  }
};

}  // namespace

/// Builds one subtree in arrays of its own; what is joined is moved into place.
class Expander {
 public:
  using Node = ExpandedTree::Node;

  Expander(const CostModel& cost, const ExpandOptions& options, std::span<Vec3> points, std::span<std::uint32_t> rows)
      : cost_(cost), options_(options), points_(points), rows_(rows) {}

  /// Cuts [first, first + count) below node `at`, at `level`, in `box`; returns the cost.
  double build(std::uint32_t at, int level, const Box3& box, std::uint32_t first, std::uint32_t count) {
    depth = std::max(depth, level);
    const auto weight = static_cast<double>(cost_.measure(box));
    const double as_leaf = weight * cost_.leaf(count);
    const Candidate best = choose(box, first, count, as_leaf - weight * static_cast<double>(cost_.traversal));
    if (count <= options_.leaf_size || level >= deepest || best.axis < 0) return leaf(at, first, count, as_leaf);
    return weight * static_cast<double>(cost_.traversal) + split(at, level, box, first, count, best);
  }

  /// Follows the top first.
  double build(const TopTree& top, std::size_t node, std::uint32_t at, int level, const Box3& box, std::uint32_t first,
               std::uint32_t count) {
    if (node >= top.splits.size() || top.splits[node].axis < 0) {
      pending.push_back({at, level, box, first, count});
      return 0;
    }
    depth = std::max(depth, level);
    const auto axis = static_cast<std::size_t>(top.splits[node].axis);
    const float offset = top.splits[node].offset;
    const std::uint32_t left = partition(first, count, axis, offset);
    const auto child = static_cast<std::uint32_t>(nodes.size());
    nodes.resize(nodes.size() + 2);
    nodes[at] = {offset, static_cast<std::int32_t>(axis), child, 0};
    const Halves halves = cut(box, axis, offset);
    return static_cast<double>(cost_.traversal) * static_cast<double>(cost_.measure(box)) +
           build(top, 2 * node + 1, child, level + 1, halves.left, first, left) +
           build(top, 2 * node + 2, child + 1, level + 1, halves.right, first + left, count - left);
  }

  /// Below the top.
  struct Pending {
    std::uint32_t at;
    int level;
    Box3 box;
    std::uint32_t first;
    std::uint32_t count;
  };

  std::vector<Node> nodes;
  std::vector<Pending> pending;
  std::size_t leaves = 0;
  int depth = 0;

 private:
  Candidate choose(const Box3& box, std::uint32_t first, std::uint32_t count, double most) {
    Candidate best{0, -1, 0};
    const std::span<const Vec3> here = std::span<const Vec3>(points_).subspan(first, count);
    if (count <= options_.leaf_size) return best;
    if (options_.medians) {
      const Box3 tight = bounds_of(here);
      const std::size_t axis = widest_axis(tight);
      if (!(extent(tight, axis) > 0)) return best;
      column_.resize(count);
      for (std::uint32_t i = 0; i < count; ++i) column_[i] = here[i][axis];
      const auto middle = column_.begin() + (count - 1) / 2;
      std::nth_element(column_.begin(), middle, column_.end());
      const float offset = *middle < tight.upper[axis] ? *middle : tight.lower[axis];
      return {0, static_cast<int>(axis), offset};
    }
    Candidate found[3];
    const std::size_t number = binned_candidates(cost_, box, here, options_.bins, 1, found);
    const Candidate* cheapest = std::min_element(found, found + number, by_cost);
    return number != 0 && cheapest->cost < most ? *cheapest : best;
  }

  double split(std::uint32_t at, int level, const Box3& box, std::uint32_t first, std::uint32_t count,
               const Candidate& best) {
    const auto axis = static_cast<std::size_t>(best.axis);
    const std::uint32_t left = partition(first, count, axis, best.offset);
    const auto child = static_cast<std::uint32_t>(nodes.size());
    nodes.resize(nodes.size() + 2);
    nodes[at] = {best.offset, best.axis, child, 0};
    const Halves halves = cut(box, axis, best.offset);
    return build(child, level + 1, halves.left, first, left) +
           build(child + 1, level + 1, halves.right, first + left, count - left);
  }

  double leaf(std::uint32_t at, std::uint32_t first, std::uint32_t count, double price) {
    nodes[at] = {0, -1, first, count};
    ++leaves;
    return price;
  }

  std::uint32_t partition(std::uint32_t first, std::uint32_t count, std::size_t axis, float offset) {
    std::uint32_t left = first;
    std::uint32_t right = first + count;
    while (left < right) {
      if (points_[left][axis] <= offset) {
        ++left;
      } else {
        --right;
        std::swap(points_[left], points_[right]);
        std::swap(rows_[left], rows_[right]);
      }
    }
    return left - first;
  }

  const CostModel& cost_;
  const ExpandOptions& options_;
  std::span<Vec3> points_;
  std::span<std::uint32_t> rows_;
  std::vector<float> column_;
};

ExpandedTree::ExpandedTree(const TopTree& top, const CostModel& cost, const Box3& root, std::span<const Vec3> points,
                           const ExpandOptions& options)
    : points_(points.begin(), points.end()), rows_(points.size()) {
  check_bins(options.bins);
  if (options.leaf_size < 1) throw invalid_input("leaf_size is 0; expected 1 or more");
  cost.check();
  std::iota(rows_.begin(), rows_.end(), 0u);
  Expander whole(cost, options, points_, rows_);
  whole.nodes.resize(1);
  double price = whole.build(top, 0, 0, 0, root, 0, static_cast<std::uint32_t>(points.size()));
  nodes_ = std::move(whole.nodes);
  depth_ = whole.depth;
  std::vector<Expander> parts(whole.pending.size(), Expander(cost, options, points_, rows_));
  std::vector<double> prices(parts.size());
  options.executor.for_each_chunk(parts.size(), 1, [&](std::size_t i, std::size_t) {
    const Expander::Pending& p = whole.pending[i];
    parts[i].nodes.resize(1);
    prices[i] = parts[i].build(0, p.level, p.box, p.first, p.count);
  });
  for (std::size_t i = 0; i < parts.size(); ++i) {
    // Node 0 of a part is the node that waited; the others come behind all before.
    const auto shift = static_cast<std::uint32_t>(nodes_.size()) - 1;
    for (Node& node : parts[i].nodes)
      if (node.axis >= 0) node.first += shift;
    nodes_[whole.pending[i].at] = parts[i].nodes[0];
    nodes_.insert(nodes_.end(), parts[i].nodes.begin() + 1, parts[i].nodes.end());
    price += prices[i];
    leaves_ += parts[i].leaves;
    depth_ = std::max(depth_, parts[i].depth);
  }
  const double alone = static_cast<double>(cost.measure(root)) * cost.leaf(points.size());
  cost_ = alone > 0 ? price / alone : 0;
}

std::size_t ExpandedTree::leaf_population(const Vec3& query) const noexcept {
  const Node* node = nodes_.data();
  while (node->axis >= 0)
    node = nodes_.data() + node->first + (query[static_cast<std::size_t>(node->axis)] <= node->offset ? 0 : 1);
  return node->count;
}

ExpandedTree::Nearest ExpandedTree::nearest(const Vec3& query) const {
  Nearest best{std::numeric_limits<std::uint32_t>::max(), std::numeric_limits<float>::infinity()};
  Waiting stack[deepest + max_levels + 2];
  std::size_t size = 0;
  stack[size++] = {0, {}};
  while (size != 0) {
    Waiting at = stack[--size];
    if (at.bound() > best.distance_squared) continue;
    const Node* node = &nodes_[at.node];
    while (node->axis >= 0) {
      const auto axis = static_cast<std::size_t>(node->axis);
      const float beyond = query[axis] - node->offset;
      const std::uint32_t side = beyond <= 0 ? 0 : 1;
      Waiting far{node->first + 1 - side, at.offset};
      far.offset[axis] = beyond;  // a plane within the cell is farther than its faces
      stack[size++] = far;
      node = &nodes_[node->first + side];
    }
    for (std::uint32_t i = node->first; i < node->first + node->count; ++i) {
      const float d = distance_squared(query, points_[i]);
      if (d < best.distance_squared || (d == best.distance_squared && rows_[i] < best.row)) best = {rows_[i], d};
    }
  }
  return best;
}

std::size_t ExpandedTree::count_within(const Vec3& query, float radius) const {
  const float most = radius * radius;
  std::size_t found = 0;
  Waiting stack[deepest + max_levels + 2];
  std::size_t size = 0;
  stack[size++] = {0, {}};
  while (size != 0) {
    Waiting at = stack[--size];
    if (at.bound() > most) continue;
    const Node* node = &nodes_[at.node];
    while (node->axis >= 0) {
      const auto axis = static_cast<std::size_t>(node->axis);
      const float beyond = query[axis] - node->offset;
      const std::uint32_t side = beyond <= 0 ? 0 : 1;
      Waiting far{node->first + 1 - side, at.offset};
      far.offset[axis] = beyond;
      if (far.bound() <= most) stack[size++] = far;
      node = &nodes_[node->first + side];
    }
    for (std::uint32_t i = node->first; i < node->first + node->count; ++i)
      found += distance_squared(query, points_[i]) <= most ? 1 : 0;
  }
  return found;
}

}  // namespace coppice::neural_builder
