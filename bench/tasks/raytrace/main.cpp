// The task `raytrace`: hierarchies over triangle meshes (`build_fast`, `build_high`: by builders that are meant to be
// fast, and by those that are meant to make rays fast), rays of a picture (`primary`) and diffuse bounces of what they
// hit (`incoherent`). With one thread, and where --threads says more also with these. Every hit is stored and compared:
// ours to the last bit with the reference, Embree's by t within 1e-5 of it and what coordinates round.
#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "coppice/parallel/executor.hpp"
#include "harness/apart.hpp"
#include "harness/options.hpp"
#include "harness/timing.hpp"
#include "tasks/raytrace/contestants.hpp"
#include "tasks/raytrace/sets.hpp"

namespace coppice::bench {
namespace {

/// Shares of a batch that threads take one after another: a few hundred µs each.
constexpr std::size_t share = 4096;
/// Rays through an edge may be counted to either side, or to none, by another arithmetic, and so may needles seen
/// edge-on: so many of any set, and this share of a large one. The table has what it is.
constexpr std::size_t few_differing = 10;
constexpr double most_differing = 1e-4;

void trace_all(const RayTracer& tracer, const RaySet& set, std::vector<RayHit>& hits, const Executor& executor) {
  executor.for_each_chunk(set.rays.size(), share, [&](std::size_t first, std::size_t last) {
    tracer.trace(std::span(set.rays).subspan(first, last - first), std::span(hits).subspan(first, last - first));
  });
}

/// "same hits", or what was wrong.
std::string verdict(const Identity& identity, const RaySet& set, const std::vector<RayHit>& hits, double& differing) {
  if (identity.name.starts_with("coppice/")) {
    const auto [expected, found] = std::mismatch(set.hits.begin(), set.hits.end(), hits.begin());
    differing = 0;
    return expected == set.hits.end() ? "same hits"
                                      : "ray " + std::to_string(found - hits.begin()) + " differs from the reference";
  }
  const std::size_t count = count_differing(set, hits);
  const auto rays = static_cast<double>(hits.size());
  differing = static_cast<double>(count) / rays;
  return count <= few_differing + static_cast<std::size_t>(most_differing * rays)
             ? "same hits"
             : std::to_string(count) + " of " + std::to_string(hits.size()) + " hits differ";
}

class SceneRun {
 public:
  SceneRun(const RayScene& scene, int threads, const Options& options)
      : scene_(scene), threads_(threads), options_(options) {
    dataset_ = scene.name;
    if (threads != 1) dataset_.append("/").append(std::to_string(threads)).append(" threads");
  }

  void run() {
    std::vector<std::unique_ptr<RayTracer>> tracers = coppice_tracers();
    for (auto& tracer : embree_tracers()) tracers.push_back(std::move(tracer));
    std::vector<RayTracer*> all;
    for (const auto& tracer : tracers)
      if (options_.takes_part(tracer->identity().name)) all.push_back(tracer.get());
    measure_builds(all);
    for (const RaySet& set : scene_.sets)
      if (!set.rays.empty()) measure_rays(all, set);
  }

  [[nodiscard]] const std::vector<Row>& rows() const noexcept { return rows_; }

 private:
  Row row_of(const RayTracer& tracer, const std::string& operation, const std::vector<double>& seconds,
             std::size_t count) const {
    const Identity identity = tracer.identity();
    Row row{identity.name, identity.version, operation, dataset_, scene_.mesh.size(), threads_};
    row.seconds = median(seconds);
    row.per_op_us = 1e6 * row.seconds / static_cast<double>(std::max<std::size_t>(1, count));
    row.bytes_per_point = static_cast<double>(tracer.bytes()) / static_cast<double>(scene_.mesh.size());
    return row;
  }

  void measure_builds(const std::vector<RayTracer*>& all) {
    std::vector<std::vector<double>> seconds(all.size());
    std::vector<double> spent(all.size(), 0);
    for (int round = 0; round < options_.rounds(); ++round)
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (spent[i] > options_.seconds_of_updates()) continue;  // slow builders are not asked as often
        seconds[i].push_back(seconds_of([&] { all[i]->build(scene_.mesh, threads_); }));
        spent[i] += seconds[i].back();
      }
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i]->coherent_only()) continue;  // the same build as another's
      Row row = row_of(*all[i], all[i]->builds_fast() ? "build_fast" : "build_high", seconds[i], scene_.mesh.size());
      row.facts = all[i]->facts();
      row.facts["fastest_seconds"] = smallest(seconds[i]);
      rows_.push_back(std::move(row));
    }
  }

  void measure_rays(const std::vector<RayTracer*>& all, const RaySet& set) {
    const Executor executor(threads_);
    std::vector<std::vector<double>> seconds(all.size());
    std::vector<std::string> verdicts(all.size());
    std::vector<double> differing(all.size());
    std::vector<RayHit> hits(set.rays.size());
    const auto takes_part = [&](const RayTracer& tracer) {
      return !tracer.coherent_only() || set.operation == "primary";
    };
    // Contestants take turns, so that a slow moment of the machine is nobody's alone; the first round only checks.
    for (int round = 0; round <= options_.rounds(); ++round)
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (!takes_part(*all[i])) continue;
        std::fill(hits.begin(), hits.end(), RayHit{-1, -1, -1, -2, -2});
        const double taken = seconds_of([&] { trace_all(*all[i], set, hits, executor); });
        if (round == 0)
          verdicts[i] = verdict(all[i]->identity(), set, hits, differing[i]);
        else
          seconds[i].push_back(taken);
        consume(hits.data());
      }
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!takes_part(*all[i])) continue;
      Row row = row_of(*all[i], set.operation, seconds[i], set.rays.size());
      row.checksum = verdicts[i];
      row.facts = {{"rays", static_cast<double>(set.rays.size())},
                   {"mrays_per_second", static_cast<double>(set.rays.size()) / row.seconds / 1e6},
                   {"best_mrays_per_second", static_cast<double>(set.rays.size()) / smallest(seconds[i]) / 1e6},
                   {"differing", differing[i]}};
      rows_.push_back(std::move(row));
    }
  }

  const RayScene& scene_;
  int threads_;
  const Options& options_;
  std::vector<Row> rows_;
  std::string dataset_;
};

constexpr std::string_view fact = "fact ";

/// Rows on their way out of a process: every field under the row's number and its name.
Outcome packed(const std::vector<Row>& rows) {
  Outcome outcome;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    const std::string at = std::to_string(i) + " ";
    outcome.texts[at + "contestant"] = row.contestant;
    outcome.texts[at + "version"] = row.version;
    outcome.texts[at + "operation"] = row.operation;
    outcome.texts[at + "dataset"] = row.dataset;
    outcome.texts[at + "checksum"] = row.checksum;
    outcome.numbers[at + "per_op_us"] = row.per_op_us;
    outcome.numbers[at + "seconds"] = row.seconds;
    outcome.numbers[at + "bytes_per_point"] = row.bytes_per_point;
    for (const auto& [name, value] : row.facts) outcome.numbers[at + std::string(fact) + name] = value;
  }
  return outcome;
}

void add_rows(const Outcome& outcome, std::size_t n, int threads, Report& report) {
  for (std::size_t i = 0;; ++i) {
    const std::string at = std::to_string(i) + " ";
    if (!outcome.texts.contains(at + "contestant")) return;
    const auto text = [&](const char* name) { return outcome.texts.at(at + name); };
    const auto number = [&](const char* name) { return outcome.numbers.at(at + name); };
    Row row{text("contestant"), text("version"), text("operation"), text("dataset"), n, threads};
    row.checksum = text("checksum");
    row.per_op_us = number("per_op_us");
    row.seconds = number("seconds");
    row.bytes_per_point = number("bytes_per_point");
    const std::string facts = at + std::string(fact);
    for (const auto& [name, value] : outcome.numbers)
      if (name.starts_with(facts)) row.facts[name.substr(facts.size())] = value;
    report.add(std::move(row));
  }
}

/// In a process of its own, since Embree holds the threads of a whole process down to what its first device asks for.
void run_scene(const RayScene& scene, int threads, const Options& options, Report& report) {
  const Outcome outcome = apart(
      [&] {
        SceneRun pass(scene, threads, options);
        pass.run();
        return packed(pass.rows());
      },
      3600);
  if (!outcome.failure.empty()) throw std::runtime_error(scene.name + ": " + outcome.failure);
  add_rows(outcome, scene.mesh.size(), threads, report);
}

int run(const Options& options) {
  Report report("raytrace");
  for (const std::size_t n : options.sizes)
    for (const std::string& name : ray_scenes(options)) {
      const RayScene scene = make_ray_scene(name, n, options);
      run_scene(scene, 1, options, report);
      if (options.threads > 1) run_scene(scene, options.threads, options, report);
    }
  return finish(report, options.json);
}

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) {
  return coppice::bench::run_bench(argc, argv, coppice::bench::run, {{100'000}, {500'000}});
}
