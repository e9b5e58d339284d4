// Trees of triangles whose top comes from the neural builder, beside the same builders alone, and beside trees along a
// Morton curve whose treelets are put together again by agglomeration: build, duplication, rays.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "coppice/index/bvh/bvh.hpp"
#include "coppice/index/neural_builder/neural_builder.hpp"
#include "tasks/neural/tables.hpp"
#include "tasks/raytrace/sets.hpp"

namespace coppice::bench {

namespace {

using Clock = std::chrono::steady_clock;
using neural_builder::TopMethod;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

void measure_rays(const Options& options, Figures& figures) {
  const Executor executor(options.threads);
  const std::size_t triangles = options.sizes.front() / 2;
  for (const std::string& name : ray_scenes(options)) {
    const RayScene scene = make_ray_scene(name, triangles, options);
    const auto soup = scene.mesh.triangles();
    for (const BvhBuilder below : {BvhBuilder::binned, BvhBuilder::sbvh}) {
      const std::string base(bvh_builder_name(below));
      Bvh::Config config;
      config.builder = below;
      config.executor = executor;
      double alone[3] = {};  // build, and rays of both kinds
      const auto measure = [&](const std::string& contestant, const TopMethod* method) {
        const bool reference = contestant == base;
        Bvh tree(config);
        double duplication = 0;
        const auto start = Clock::now();
        if (method == nullptr) {
          tree.build(soup);
        } else {
          NeuralBuilder::Config top;
          top.method = *method;
          top.executor = executor;
          const bvh::Top made = NeuralBuilder(top).bvh_top(soup);
          duplication = static_cast<double>(made.references.size()) / static_cast<double>(soup.size());
          tree.build(soup, made);
        }
        const double build = seconds_since(start);
        if (reference) alone[0] = build;
        figures.add("rays", name, contestant, "build", build / alone[0]);
        figures.add("rays", name, contestant, "references", method == nullptr ? 1 : duplication);
        std::size_t kind = 1;
        for (const RaySet& set : scene.sets) {
          std::vector<RayHit> hits(set.rays.size());
          double best = 1e30;
          for (int round = 0; round < options.rounds(); ++round) {
            const auto begin = Clock::now();
            tree.closest(set.rays, hits, {false, {}, executor});
            best = std::min(best, seconds_since(begin));
          }
          if (hits != set.hits) {
            std::fprintf(stderr, "%s over %s: hits differ from the reference\n", contestant.c_str(), name.c_str());
            std::exit(1);
          }
          if (reference) alone[kind] = best;
          figures.add("rays", name, contestant, set.operation, best / alone[kind]);
          ++kind;
        }
      };
      measure(base, nullptr);
      for (const TopMethod method : {TopMethod::neural_greedy, TopMethod::neural_recursive, TopMethod::search})
        measure(base + " below " + std::string(top_method_name(method)), &method);
      if (below == BvhBuilder::binned) {  // what a top competes with that is put together from below
        config.builder = BvhBuilder::lbvh;
        measure("lbvh beside binned", nullptr);
      }
    }
    std::fprintf(stderr, "%s\n", name.c_str());
  }
  figures.print_means(
      "rays", "Rays (Figure 5, section 6.4): times over those of the builder alone, 1 is equal, less is faster");
}

}  // namespace coppice::bench
