// NeuralBuilder: samples, scales, asks a method for the top, prices candidates, and scales back.
#include "coppice/index/neural_builder/neural_builder.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "coppice/errors.hpp"
#include "coppice/geometry/point_view.hpp"
#include "random.hpp"

namespace coppice {

using namespace neural_builder;

namespace {

constexpr int default_levels(Heuristic heuristic) {
  return heuristic == Heuristic::volume ? 4 : 5;
}

bool uses_network(TopMethod method) {
  return method != TopMethod::greedy && method != TopMethod::greedy_binned && method != TopMethod::search;
}

void check_number(const char* field, std::size_t found, std::size_t low, std::size_t high) {
  if (found < low || found > high)
    throw invalid_input(std::string(field) + " is " + std::to_string(found) + "; expected " + std::to_string(low) +
                        " to " + std::to_string(high));
}

void check_places(std::span<const Vec3> points) {
  check_points(PointView<float>(points.empty() ? nullptr : points.front().data(), points.size(), 3), 3);
}

constexpr std::array methods{TopMethod::neural_greedy, TopMethod::neural_recursive, TopMethod::neural_descent,
                             TopMethod::greedy,        TopMethod::greedy_binned,    TopMethod::search,
                             TopMethod::portfolio};

}  // namespace

std::string_view neural_builder::top_method_name(TopMethod method) noexcept {
  constexpr std::string_view names[] = {"neural-greedy", "neural-recursive", "neural-descent", "greedy",
                                        "greedy-binned", "search",           "portfolio"};
  return names[static_cast<std::size_t>(method)];
}

TopMethod neural_builder::top_method_named(std::string_view name) {
  std::string known;
  for (const TopMethod method : methods) {
    if (top_method_name(method) == name) return method;
    known += (known.empty() ? "" : ", ") + std::string(top_method_name(method));
  }
  throw invalid_input("found no way to build a top called " + std::string(name) + "; expected one of " + known);
}

std::span<const TopMethod> neural_builder::top_methods() noexcept {
  return methods;
}

/// Samples with the corner of all at 0 and the largest extent 1, and the way back.
struct NeuralBuilder::Sampled {
  Box3 root;
  float scale = 1;  // from the caller's unit
  Box3 scaled_root;
  std::vector<Vec3> points;
  std::vector<Vec3> judges;

  explicit Sampled(const Box3& box) : root(box) {
    const float largest = extent(root, widest_axis(root));
    scale = largest > 0 && std::isfinite(1 / largest) ? 1 / largest : 1;
    scaled_root = {scaled(root.lower), scaled(root.upper)};
  }
  [[nodiscard]] Vec3 scaled(const Vec3& p) const noexcept {
    return {(p[0] - root.lower[0]) * scale, (p[1] - root.lower[1]) * scale, (p[2] - root.lower[2]) * scale};
  }
  void restore(TopTree& tree) const noexcept {
    for (TopSplit& split : tree.splits)
      if (split.axis >= 0) split.offset = root.lower[static_cast<std::size_t>(split.axis)] + split.offset / scale;
  }
};

void neural_builder::BuilderConfig::check() const {
  check_number("samples", samples, 16, std::size_t{1} << 20);
  check_number("judge_samples", judge_samples, 16, std::size_t{1} << 24);
  if (levels < 0 || levels > 8) throw invalid_input("levels is " + std::to_string(levels) + "; expected 0 to 8");
  CostModel model;
  model.radius = radius;
  model.check();
  if (network == nullptr) return;
  if (network->heuristic != heuristic)
    throw invalid_input("network was trained for the other heuristic than the one that is asked for");
  if (network->levels.empty()) throw invalid_input("network has no level; expected one at least");
}

NeuralBuilder::NeuralBuilder(Config config) : config_(std::move(config)) {
  config_.check();
  if (!uses_network(config_.method)) return;
  if (config_.network == nullptr)
    config_.network =
        std::shared_ptr<const SplitNetwork>(std::shared_ptr<const void>{}, &SplitNetwork::shipped(config_.heuristic));
  const auto known = static_cast<int>(config_.network->levels.size());
  if (config_.levels > known)
    throw invalid_input("levels is " + std::to_string(config_.levels) + "; the network knows " + std::to_string(known));
}

int NeuralBuilder::levels() const noexcept {
  if (config_.levels != 0) return config_.levels;
  return config_.network != nullptr ? static_cast<int>(config_.network->levels.size())
                                    : default_levels(config_.heuristic);
}

CostModel NeuralBuilder::cost() const noexcept {
  CostModel model;
  model.heuristic = config_.heuristic;
  model.radius = config_.radius;
  return model;
}

BuiltTop NeuralBuilder::make(TopMethod method, LeafCost leaves, const Sampled& sampled) const {
  BuiltTop built;
  built.root = sampled.root;
  built.method = method;
  built.leaves = leaves;
  CostModel model = cost();
  model.leaves = leaves;
  const int count = levels();
  const Box3& root = sampled.scaled_root;
  switch (method) {
    case TopMethod::greedy:
      built.tree = greedy_exact(count, model, root, sampled.points);
      break;
    case TopMethod::greedy_binned:
      built.tree = greedy_binned(count, model, root, sampled.points);
      break;
    case TopMethod::search:
      built.tree = search_top(count, model, root, sampled.points);
      descend_offsets(built.tree, model, root, sampled.points);
      break;
    default: {
      TableModel network(*config_.network);
      built.tree = method == TopMethod::neural_greedy ? greedy_top(network, count, model, root, sampled.points)
                                                      : recursive_top(network, count, model, root, sampled.points);
      if (method == TopMethod::neural_descent) descend_offsets(built.tree, model, root, sampled.points);
    }
  }
  built.sample_cost = top_cost(built.tree, cost(), root, sampled.points);
  return built;
}

std::vector<BuiltTop> NeuralBuilder::weigh(const Sampled& sampled) const {
  std::vector<BuiltTop> all;
  for (const TopMethod method :
       {TopMethod::greedy_binned, TopMethod::neural_recursive, TopMethod::neural_descent, TopMethod::search})
    for (const LeafCost leaves : {LeafCost::linear, LeafCost::power}) all.push_back(make(method, leaves, sampled));
  ExpandOptions options;
  options.executor = config_.executor;
  for (BuiltTop& one : all)
    one.full_cost = ExpandedTree(one.tree, cost(), sampled.scaled_root, sampled.judges, options).cost();
  std::stable_sort(all.begin(), all.end(),
                   [](const BuiltTop& a, const BuiltTop& b) { return a.full_cost < b.full_cost; });
  for (BuiltTop& one : all) sampled.restore(one.tree);
  return all;
}

BuiltTop NeuralBuilder::finish(const Sampled& sampled) const {
  if (config_.method == TopMethod::portfolio) return weigh(sampled).front();
  BuiltTop built = make(config_.method, LeafCost::linear, sampled);
  sampled.restore(built.tree);
  return built;
}

BuiltTop NeuralBuilder::top(std::span<const Vec3> points) const {
  if (config_.method == TopMethod::portfolio) return candidates(points).front();
  check_places(points);
  BuiltTop none;
  none.tree = TopTree(levels());
  none.root = bounds_of(points);
  none.method = config_.method;
  if (points.empty()) return none;
  Sampled sampled(none.root);
  Random random(config_.seed);
  for (std::size_t i = 0; i < config_.samples; ++i)
    sampled.points.push_back(sampled.scaled(points[random.below(points.size())]));
  return finish(sampled);
}

std::vector<BuiltTop> NeuralBuilder::candidates(std::span<const Vec3> points) const {
  check_places(points);
  Sampled sampled(bounds_of(points));
  if (points.empty()) {
    BuiltTop none;
    none.tree = TopTree(levels());
    none.root = sampled.root;
    return {none};
  }
  Random random(config_.seed);
  for (std::size_t i = 0; i < config_.samples; ++i)
    sampled.points.push_back(sampled.scaled(points[random.below(points.size())]));
  for (std::size_t i = 0; i < config_.judge_samples; ++i)
    sampled.judges.push_back(sampled.scaled(points[random.below(points.size())]));
  return weigh(sampled);
}

BuiltTop NeuralBuilder::top(std::span<const Triangle> triangles) const {
  check_triangles(triangles);
  Box3 root;
  for (const Triangle& t : triangles) root.extend(box_of(t));
  if (triangles.empty()) root = {Vec3{}, Vec3{}};
  Sampled sampled(root);
  if (triangles.empty()) {
    BuiltTop none;
    none.tree = TopTree(levels());
    none.root = root;
    none.method = config_.method;
    return none;
  }
  Random random(config_.seed);
  const auto place = [&] {
    const Triangle& t = triangles[random.below(triangles.size())];
    const float side = std::sqrt(random.uniform());
    const float b = random.uniform() * side;
    const float c = side - b;
    Vec3 p;
    for (std::size_t a = 0; a < 3; ++a) p[a] = t.a[a] + b * (t.b[a] - t.a[a]) + c * (t.c[a] - t.a[a]);
    return sampled.scaled(p);
  };
  for (std::size_t i = 0; i < config_.samples; ++i) sampled.points.push_back(place());
  if (config_.method == TopMethod::portfolio)
    for (std::size_t i = 0; i < config_.judge_samples; ++i) sampled.judges.push_back(place());
  return finish(sampled);
}

std::vector<bvh::Plane> NeuralBuilder::planes(const TopTree& tree) {
  std::vector<bvh::Plane> planes;
  std::int32_t groups = 0;
  const auto add = [&](const auto& self, std::size_t node) -> std::int32_t {
    if (node >= tree.splits.size() || tree.splits[node].axis < 0) return ~groups++;
    const std::size_t at = planes.size();
    planes.push_back({tree.splits[node].axis, tree.splits[node].offset, 0, 0});
    planes[at].left = self(self, 2 * node + 1);
    planes[at].right = self(self, 2 * node + 2);
    return static_cast<std::int32_t>(at);
  };
  (void)add(add, 0);
  return planes;
}

bvh::Top NeuralBuilder::bvh_top(std::span<const Triangle> triangles, bvh::Population population) const {
  const BuiltTop built = top(triangles);
  const std::vector<bvh::Plane> cuts = planes(built.tree);
  return bvh::populate(triangles, cuts, cuts.size() + 1, population, config_.executor);
}

}  // namespace coppice
