// One cloud, forward and backward.
#include "cloud_pass.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace coppice::neural_builder {

namespace {

constexpr double least_share = 1e-4;  // of a softmax, that is still followed backward

/// Huber's loss with parameter 0.1 of how far λ′ lies outside [0, 1], and its derivative (equations 9 and 10).
struct Outside {
  double loss = 0;
  double slope = 0;
};
Outside outside(float lambda) {
  constexpr double knee = 0.1;
  const double past = lambda < 0 ? static_cast<double>(lambda) : lambda > 1 ? static_cast<double>(lambda) - 1 : 0;
  const double size = std::abs(past);
  if (size <= knee) return {past * past / 2, past};
  return {knee * (size - knee / 2), past < 0 ? -knee : knee};
}

/// How many cuts lie at and below one of this level: the weight of its penalty.
double gamma(int level, int levels) {
  return static_cast<double>((1 << (levels - level)) - 1);
}

}  // namespace

CloudPass::CloudPass(int levels, const CostModel& cost, TrainingPaths paths, TrainingGradient gradient, float window)
    : level_count_(levels),
      model_(cost),
      paths_(paths),
      gradient_(gradient),
      window_(window),
      levels_(static_cast<std::size_t>(levels)) {}

void CloudPass::forward(const OffsetSource& offsets, const Box3& root, std::span<const Vec3> points) {
  inverse_root_ = 1 / static_cast<double>(model_.measure(root));
  for (Level& level : levels_) {
    level.nodes.clear();
    level.points.clear();
  }
  levels_[0].points.assign(points.begin(), points.end());
  Node& top = levels_[0].nodes.emplace_back();
  top.box = root;
  top.count = static_cast<std::uint32_t>(points.size());
  for (int level = 0; level < level_count_; ++level) {
    propose(level, offsets);
    for (std::size_t i = 0; i < levels_[static_cast<std::size_t>(level)].nodes.size(); ++i) follow(level, i);
  }
  settle_costs();
  cost_ = levels_[0].nodes[0].cost / model_.leaf(points.size());
  penalize();
}

void CloudPass::propose(int level, const OffsetSource& offsets) {
  constexpr std::size_t block = 64;  // nodes
  std::vector<Node>& nodes = levels_[static_cast<std::size_t>(level)].nodes;
  lambdas_.resize(3 * block);
  for (std::size_t first = 0; first < nodes.size(); first += block) {
    const std::size_t count = std::min(block, nodes.size() - first);
    histograms_.assign(3 * count * NetworkTable::places, 0.f);
    for (std::size_t i = 0; i < count; ++i) {
      Node& node = nodes[first + i];
      const auto points = points_of(level, node);
      node.tight = points.empty() ? node.box : bounds_of(points);
      add_histograms(points, node.tight, histograms_.data() + 3 * i * NetworkTable::places);
    }
    offsets(level, histograms_.data(), 3 * count, lambdas_.data());
    for (std::size_t i = 0; i < count; ++i) {
      Node& node = nodes[first + i];
      for (std::size_t a = 0; a < 3; ++a) {
        node.lambda[a] = lambdas_[3 * i + a];
        const float raw = node.tight.lower[a] + node.lambda[a] * extent(node.tight, a);
        node.offset[a] = std::min(std::max(raw, node.box.lower[a]), node.box.upper[a]);
      }
      node.gradient = {};
    }
  }
}

void CloudPass::follow(int level, std::size_t index) {
  Level& here = levels_[static_cast<std::size_t>(level)];
  Node& node = here.nodes[index];
  const auto points = points_of(level, node);
  node.left = {};
  for (const Vec3& p : points)
    for (std::size_t a = 0; a < 3; ++a) node.left[a] += p[a] <= node.offset[a] ? 1u : 0u;
  node.best = 0;
  node.child = {-1, -1, -1};
  for (std::size_t a = 0; a < 3; ++a) {
    const Halves halves = cut(node.box, a, node.offset[a]);
    node.axis_cost[a] = (static_cast<double>(model_.measure(halves.left)) * model_.leaf(node.left[a]) +
                         static_cast<double>(model_.measure(halves.right)) * model_.leaf(node.count - node.left[a])) *
                        inverse_root_;
    if (node.axis_cost[a] < node.axis_cost[node.best]) node.best = a;
  }
  if (level + 1 == level_count_) return;
  Level& next = levels_[static_cast<std::size_t>(level) + 1];
  for (std::size_t a = 0; a < 3; ++a) {
    if (paths_ == TrainingPaths::greedy && a != node.best) continue;
    const Halves halves = cut(node.box, a, node.offset[a]);
    node.child[a] = static_cast<std::int32_t>(next.nodes.size());
    const std::size_t first = next.points.size();
    next.points.resize(first + node.count);
    std::size_t left = first;
    std::size_t right = first + node.count;
    for (const Vec3& p : points) next.points[p[a] <= node.offset[a] ? left++ : --right] = p;
    for (const bool is_left : {true, false}) {
      Node& child = next.nodes.emplace_back();
      child.box = is_left ? halves.left : halves.right;
      child.first = static_cast<std::uint32_t>(is_left ? first : left);
      child.count = is_left ? node.left[a] : node.count - node.left[a];
    }
  }
}

void CloudPass::settle_costs() {
  for (int level = level_count_ - 1; level >= 0; --level)
    for (Node& node : levels_[static_cast<std::size_t>(level)].nodes) {
      if (level + 1 < level_count_) {
        const std::vector<Node>& below = levels_[static_cast<std::size_t>(level) + 1].nodes;
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t a = 0; a < 3; ++a) {
          if (node.child[a] < 0) continue;
          const auto child = static_cast<std::size_t>(node.child[a]);
          node.axis_cost[a] = below[child].cost + below[child + 1].cost;
          if (node.axis_cost[a] < least) {
            least = node.axis_cost[a];
            node.best = a;
          }
        }
      }
      node.cost =
          static_cast<double>(model_.traversal) * static_cast<double>(model_.measure(node.box)) * inverse_root_ +
          node.axis_cost[node.best];
    }
}

void CloudPass::penalize() {
  penalty_ = 0;
  for (int level = 0; level < level_count_; ++level)
    for (const Node& node : levels_[static_cast<std::size_t>(level)].nodes)
      for (const float lambda : node.lambda) penalty_ += gamma(level, level_count_) * outside(lambda).loss;
}

void CloudPass::backward(double slope, double penalty_slope, std::span<ActiveRows> rows) {
  (void)descend(0, 0, slope / model_.leaf(levels_[0].nodes[0].count));
  for (int level = 0; level < level_count_; ++level) {
    ActiveRows& active = rows[static_cast<std::size_t>(level)];
    for (Node& node : levels_[static_cast<std::size_t>(level)].nodes) {
      bool any = false;
      for (std::size_t a = 0; a < 3; ++a) {
        node.gradient[a] +=
            static_cast<float>(penalty_slope * gamma(level, level_count_) * outside(node.lambda[a]).slope);
        any = any || node.gradient[a] != 0;
      }
      if (!any) continue;
      histograms_.assign(3 * NetworkTable::places, 0.f);
      add_histograms(points_of(level, node), node.tight, histograms_.data());
      for (std::size_t a = 0; a < 3; ++a) {
        if (node.gradient[a] == 0) continue;
        const auto from = histograms_.begin() + static_cast<std::ptrdiff_t>(a * NetworkTable::places);
        active.histograms.insert(active.histograms.end(), from, from + NetworkTable::places);
        active.gradients.push_back(node.gradient[a]);
      }
    }
  }
}

CloudPass::FaceSlopes CloudPass::descend(int level, std::size_t index, double slope) {
  Node& node = levels_[static_cast<std::size_t>(level)].nodes[index];
  FaceSlopes faces;
  add_measure(node.box, slope * static_cast<double>(model_.traversal), faces);
  const bool last = level + 1 == level_count_;
  // The softmax of −C (t = 1, C in counts) over the axes that were followed (equation 14).
  std::array<double, 3> share{};
  double sum = 0;
  for (std::size_t a = 0; a < 3; ++a)
    if (last || node.child[a] >= 0) sum += share[a] = std::exp(node.axis_cost[node.best] - node.axis_cost[a]);
  for (std::size_t a = 0; a < 3; ++a) {
    if (share[a] < least_share * sum) continue;
    const double part = slope * share[a] / sum;
    FaceSlopes left;
    FaceSlopes right;
    if (last) {
      const Halves halves = cut(node.box, a, node.offset[a]);
      add_measure(halves.left, part * model_.leaf(node.left[a]), left);
      add_measure(halves.right, part * model_.leaf(node.count - node.left[a]), right);
    } else {
      left = descend(level + 1, static_cast<std::size_t>(node.child[a]), part);
      right = descend(level + 1, static_cast<std::size_t>(node.child[a]) + 1, part);
    }
    double by_offset = left.upper[a] + right.lower[a];
    faces.lower[a] += left.lower[a];
    faces.upper[a] += right.upper[a];
    for (std::size_t b = 0; b < 3; ++b) {
      if (b == a) continue;
      faces.lower[b] += left.lower[b] + right.lower[b];
      faces.upper[b] += left.upper[b] + right.upper[b];
    }
    by_offset += part * count_slope(level, node, a);
    const float raw = node.tight.lower[a] + node.lambda[a] * extent(node.tight, a);
    const bool below = raw < node.box.lower[a];
    const bool above = raw > node.box.upper[a];
    if (gradient_ == TrainingGradient::next_point) {
      if (below || above) continue;  // only the penalty brings it back
      const float size = extent(node.box, a);
      const double along = size > 0 ? static_cast<double>((node.offset[a] - node.box.lower[a]) / size) : 0;
      faces.lower[a] += by_offset * (1 - along);
      faces.upper[a] += by_offset * along;
    } else if (below || above) {
      (below ? faces.lower : faces.upper)[a] += by_offset;  // the plane lies on this face, and moves with it
      continue;
    }
    node.gradient[a] += static_cast<float>(by_offset * static_cast<double>(extent(node.tight, a)));
  }
  return faces;
}

void CloudPass::add_measure(const Box3& box, double slope, FaceSlopes& faces) const {
  const Vec3 by_extent = model_.measure_slopes(box);
  for (std::size_t a = 0; a < 3; ++a) {
    const double change = slope * inverse_root_ * static_cast<double>(by_extent[a]);
    faces.lower[a] -= change;
    faces.upper[a] += change;
  }
}

/// The derivative of the axis's cost by its offset through the points that change sides.
double CloudPass::count_slope(int level, const Node& node, std::size_t axis) const {
  const auto points = points_of(level, node);
  const bool last = level + 1 == level_count_;
  const float at = node.offset[axis];
  if (gradient_ == TrainingGradient::next_point) {
    if (!last) return 0;
    constexpr float steepest = 1e4f;
    float next = std::numeric_limits<float>::infinity();
    std::uint32_t count = 0;
    for (const Vec3& p : points) {
      if (p[axis] <= at || p[axis] > next) continue;
      count = p[axis] < next ? 1 : count + 1;
      next = p[axis];
    }
    if (count == 0) return 0;
    const float density = std::min(static_cast<float>(count) / std::max(next - at, 1e-12f), steepest);
    const Halves halves = cut(node.box, axis, at);
    return static_cast<double>(density * (model_.measure(halves.left) - model_.measure(halves.right))) * inverse_root_ *
           static_cast<double>(model_.intersection);
  }
  const float half = window_ * extent(node.tight, axis);
  if (!(half > 0)) return 0;
  double sum = 0;
  if (last) {
    std::size_t count = 0;
    for (const Vec3& p : points) count += p[axis] > at - half && p[axis] <= at + half ? 1u : 0u;
    const Halves halves = cut(node.box, axis, at);
    sum = static_cast<double>(count) *
          (static_cast<double>(model_.measure(halves.left)) * model_.leaf_slope(node.left[axis]) -
           static_cast<double>(model_.measure(halves.right)) * model_.leaf_slope(node.count - node.left[axis])) *
          inverse_root_;
  } else {
    const std::vector<Node>& below = levels_[static_cast<std::size_t>(level) + 1].nodes;
    const Node& left = below[static_cast<std::size_t>(node.child[axis])];
    const Node& right = below[static_cast<std::size_t>(node.child[axis]) + 1];
    for (const Vec3& p : points)
      if (p[axis] > at - half && p[axis] <= at + half)
        sum += point_cost(level + 1, left, p) - point_cost(level + 1, right, p);
  }
  return sum / (2 * static_cast<double>(half));
}

/// What one more point costs in a node's cheapest subtree.
double CloudPass::point_cost(int level, const Node& start, const Vec3& point) const {
  const Node* node = &start;
  for (;; ++level) {
    const std::size_t a = node->best;
    const bool left = point[a] <= node->offset[a];
    if (level + 1 == level_count_) {
      const Halves halves = cut(node->box, a, node->offset[a]);
      return static_cast<double>(model_.measure(left ? halves.left : halves.right)) *
             model_.leaf_slope(left ? node->left[a] : node->count - node->left[a]) * inverse_root_;
    }
    node =
        &levels_[static_cast<std::size_t>(level) + 1].nodes[static_cast<std::size_t>(node->child[a]) + (left ? 0 : 1)];
  }
}

}  // namespace coppice::neural_builder
