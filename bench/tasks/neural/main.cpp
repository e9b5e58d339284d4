// The task `neural`: tops of trees by the network, by greedy cuts and by search, on scenes that no network has seen:
// what they cost (`top_cost`), how long they take (`inference_ms`), and trees built out below them: `build`, the
// nearest neighbour (`knn1`), places and radii. The figures of the paper that the builder comes from.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "coppice/index/neural_builder/neural_builder.hpp"
#include "coppice/index/neural_builder/scenes.hpp"
#include "tasks/neural/tables.hpp"

namespace coppice::bench {
namespace {

using namespace neural_builder;
using Clock = std::chrono::steady_clock;

constexpr std::size_t samples = 2048;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Points of a scene with the corner at 0 and the largest extent 1.
std::vector<Vec3> scaled_points(const NeuralScene& scene, Heuristic heuristic, std::size_t count, std::uint64_t seed) {
  auto points = sample_surface(scene.triangles, heuristic, count, seed);
  const Box3 box = bounds_of(points);
  const float largest = extent(box, widest_axis(box));
  for (Vec3& p : points)
    for (std::size_t a = 0; a < 3; ++a) p[a] = (p[a] - box.lower[a]) / largest;
  return points;
}

struct Method {
  std::string name;
  std::function<TopTree(int levels, const CostModel&, const Box3&, std::span<const Vec3>)> make;
};

std::vector<Method> methods_of(Heuristic heuristic) {
  const SplitNetwork& network = SplitNetwork::shipped(heuristic);
  const auto table = std::make_shared<TableModel>(network);
  const auto full = std::make_shared<NetworkModel>(network);
  const InferOptions paper{false, 0};
  const auto descended = [](TopTree tree, const CostModel& cost, const Box3& root, std::span<const Vec3> points) {
    descend_offsets(tree, cost, root, points);
    return tree;
  };
  using Points = std::span<const Vec3>;
  return {
      {"greedy", [](int k, const CostModel& c, const Box3& r, Points p) { return greedy_exact(k, c, r, p); }},
      {"greedy-binned", [](int k, const CostModel& c, const Box3& r, Points p) { return greedy_binned(k, c, r, p); }},
      {"network, greedy, point by point",
       [=](int k, const CostModel& c, const Box3& r, Points p) { return greedy_top(*full, k, c, r, p, paper); }},
      {"network, greedy",
       [=](int k, const CostModel& c, const Box3& r, Points p) { return greedy_top(*table, k, c, r, p, paper); }},
      {"network, recursive",
       [=](int k, const CostModel& c, const Box3& r, Points p) { return recursive_top(*table, k, c, r, p, paper); }},
      {"neural-greedy",
       [=](int k, const CostModel& c, const Box3& r, Points p) { return greedy_top(*table, k, c, r, p); }},
      {"neural-recursive",
       [=](int k, const CostModel& c, const Box3& r, Points p) { return recursive_top(*table, k, c, r, p); }},
      {"neural-descent", [=](int k, const CostModel& c, const Box3& r,
                             Points p) { return descended(recursive_top(*table, k, c, r, p), c, r, p); }},
      {"search",
       [=](int k, const CostModel& c, const Box3& r, Points p) { return descended(search_top(k, c, r, p), c, r, p); }},
      {"grid of 12, descent", [=](int k, const CostModel& c, const Box3& r,
                                  Points p) { return descended(grid_optimum(k, c, r, p), c, r, p); }},
  };
}

CostModel cost_of(Heuristic heuristic) {
  CostModel cost;
  cost.heuristic = heuristic;
  return cost;
}
std::string task_name(Heuristic heuristic) {
  return heuristic == Heuristic::volume ? "volume" : "area";
}
int levels_of(Heuristic heuristic) {
  return static_cast<int>(SplitNetwork::shipped(heuristic).levels.size());
}

/// Tops from samples, priced on the whole population.
void measure_tops(const std::vector<NeuralScene>& scenes, const Options& options, Heuristic heuristic,
                  Figures& figures) {
  const std::string table = "tops " + task_name(heuristic);
  const int levels = levels_of(heuristic);
  const CostModel cost = cost_of(heuristic);
  const auto methods = methods_of(heuristic);
  for (const NeuralScene& scene : scenes) {
    const auto all = scaled_points(scene, heuristic, options.sizes.front(), 1);
    const Box3 root = bounds_of(all);
    const auto some = std::span<const Vec3>(all).first(std::min(samples, all.size()));  // drawn at random, as all are
    double greedy = 0;
    for (const Method& method : methods) {
      TopTree tree;
      double best = 1e30;
      const bool slow = method.name.starts_with("grid") || method.name.ends_with("by point");
      for (int round = 0; round < (slow ? 1 : 5); ++round) {
        const auto start = Clock::now();
        tree = method.make(levels, cost, root, some);
        best = std::min(best, seconds_since(start));
      }
      const double price = top_cost(tree, cost, root, all);
      if (greedy == 0) greedy = price;
      figures.add(table, scene.name, method.name, "top_cost", price / greedy);
      figures.add(table, scene.name, method.name, "inference_ms", 1e3 * best);
    }
  }
  figures.print_scenes(
      table, "top_cost",
      "Tops by " + task_name(heuristic) + ": cost on the whole population over that of exact greedy cuts");
  figures.print_means(table, "Tops by " + task_name(heuristic) + ": means over the scenes");
}

/// Figure 3: what a tree of a sample costs on the population, over a tree of the population.
void measure_samples(const std::vector<NeuralScene>& scenes, const Options& options, Heuristic heuristic,
                     Figures& figures) {
  const std::string table = "samples " + task_name(heuristic);
  const CostModel cost = cost_of(heuristic);
  for (const NeuralScene& scene : scenes) {
    const auto all = scaled_points(scene, heuristic, std::min<std::size_t>(options.sizes.front(), 200'000), 2);
    const Box3 root = bounds_of(all);
    for (const int levels : {3, 4, 5, 6, 7, 8}) {
      const double whole = top_cost(greedy_exact(levels, cost, root, all), cost, root, all);
      for (const std::size_t count : {256u, 512u, 1024u, 2048u, 4096u, 8192u})
        figures.add(
            table, scene.name, std::to_string(count) + " samples", std::to_string(levels) + " levels of cuts",
            top_cost(greedy_exact(levels, cost, root, std::span(all).first(std::min<std::size_t>(count, all.size()))),
                     cost, root, all) /
                whole);
    }
  }
  figures.print_means(table, "Samples by " + task_name(heuristic) +
                                 " (Figure 3): cost of exact greedy tops of a sample over those of all points");
}

/// Figure 4 and section 6.3: trees built out, all in one layout; times over those of the greedy tree.
void measure_queries(const std::vector<NeuralScene>& scenes, const Options& options, Figures& figures) {
  const std::size_t n = std::min<std::size_t>(options.sizes.front(), options.quick ? 200'000 : 1'000'000);
  const std::size_t asked = n / 4;
  const CostModel cost = cost_of(Heuristic::volume);
  const auto methods = methods_of(Heuristic::volume);
  const Executor executor(options.threads);
  double sink = 0;
  for (const NeuralScene& scene : scenes) {
    const auto points = scaled_points(scene, Heuristic::volume, n, 3);
    const auto queries = scaled_points(scene, Heuristic::volume, asked, 4);
    const Box3 root = bounds_of(points);
    const auto some = std::span<const Vec3>(points).first(std::min(samples, points.size()));
    double first[4] = {};
    const auto measure = [&](const std::string& name, const std::function<TopTree()>& top, bool medians) {
      const auto start = Clock::now();
      ExpandOptions below;
      below.medians = medians;
      below.executor = executor;
      const ExpandedTree tree(top(), cost, root, points, below);
      double figure[4] = {seconds_since(start), 1e30, 1e30, 1e30};
      for (int round = 0; round < options.rounds(); ++round) {
        auto begin = Clock::now();
        for (const Vec3& q : queries) sink += static_cast<double>(tree.leaf_population(q));
        figure[1] = std::min(figure[1], seconds_since(begin));
        begin = Clock::now();
        for (const Vec3& q : queries) sink += static_cast<double>(tree.nearest(q).distance_squared);
        figure[2] = std::min(figure[2], seconds_since(begin));
        begin = Clock::now();
        for (const Vec3& q : queries) sink += static_cast<double>(tree.count_within(q, 1e-4f));
        figure[3] = std::min(figure[3], seconds_since(begin));
      }
      const char* operations[] = {"build", "place", "knn1", "radius"};
      for (std::size_t i = 0; i < 4; ++i) {
        if (first[i] == 0) first[i] = figure[i];
        figures.add("queries", scene.name, name, operations[i], figure[i] / first[i]);
      }
      figures.add("queries", scene.name, name, "full_cost", tree.cost());
    };
    measure(
        "greedy", [] { return TopTree(); }, false);
    for (const Method& method : methods)
      if (method.name == "network, greedy" || method.name == "neural-recursive" || method.name == "search")
        measure(
            method.name + ", greedy below", [&] { return method.make(4, cost, root, some); }, false);
    measure(
        "medians", [] { return TopTree(); }, true);
  }
  figures.print_means("queries",
                      "Neighbours (Figure 4, section 6.3): times over those of the greedy tree; full_cost as it is");
  figures.print_scenes("queries", "knn1", "knn1 by scene, over the greedy tree");
  if (sink < 0) std::printf("%g\n", sink);
}

/// Section 6.3: radii that the network was not trained for, in shares of the diagonal.
void measure_radii(const std::vector<NeuralScene>& scenes, const Options& options, Figures& figures) {
  TableModel table(SplitNetwork::shipped(Heuristic::volume));
  for (const NeuralScene& scene : scenes) {
    const auto all = scaled_points(scene, Heuristic::volume, std::min<std::size_t>(options.sizes.front(), 200'000), 5);
    const Box3 root = bounds_of(all);
    const auto some = std::span<const Vec3>(all).first(std::min(samples, all.size()));
    const float diagonal = std::sqrt(extent(root, 0) * extent(root, 0) + extent(root, 1) * extent(root, 1) +
                                     extent(root, 2) * extent(root, 2));
    for (const float share : {0.f, 0.005f, 0.01f, 0.02f, 0.04f}) {
      CostModel cost = cost_of(Heuristic::volume);
      if (share > 0) cost.radius = share * diagonal;
      const double greedy = top_cost(greedy_exact(4, cost, root, some), cost, root, all);
      const auto add = [&](const std::string& name, const TopTree& tree) {
        char column[32];
        std::snprintf(column, sizeof column, share > 0 ? "%g %%" : "1e-4", static_cast<double>(100 * share));
        figures.add("radii", scene.name, name, column, top_cost(tree, cost, root, all) / greedy);
      };
      add("network, greedy", greedy_top(table, 4, cost, root, some, {false, 0}));
      add("neural-recursive", recursive_top(table, 4, cost, root, some));
    }
  }
  figures.print_means("radii", "Radii, in shares of the diagonal: cost over exact greedy cuts for the same radius");
}

int run(const Options& options) {
  const auto scenes = neural_scenes(options);
  Figures figures;
  for (const Heuristic heuristic : {Heuristic::volume, Heuristic::surface_area}) {
    measure_tops(scenes, options, heuristic, figures);
    measure_samples(scenes, options, heuristic, figures);
  }
  measure_queries(scenes, options, figures);
  measure_radii(scenes, options, figures);
  measure_rays(options, figures);
  figures.write(options);
  return 0;
}

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) {
  return coppice::bench::run_bench(argc, argv, coppice::bench::run, {{200'000}, {1'000'000}});
}
