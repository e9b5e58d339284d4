// The task `subspaces`: chapter 6 of Iliopoulos's dissertation measured in 784 dimensions. The 10 nearest of every
// point through subspaces of each kind under caps on points, CPU seconds of building and of searching, and recall
// against exact rows; the same with few candidates evaluated, and with a round of neighbours' neighbours; and beside
// each what HighNeighbors takes for at least that recall. bench/subspaces_table.py prints the figures.
#include <ctime>

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "coppice/index/neighbor_graph/high_dimension.hpp"
#include "coppice/index/neighbor_graph/subspace_search.hpp"
#include "harness/options.hpp"
#include "harness/report.hpp"
#include "tasks/highdim/sets.hpp"

namespace coppice::bench {
namespace {

constexpr std::size_t neighbors = 10;
constexpr std::size_t most_for_exact = 5'000;

struct Kind {
  const char* name;
  SubspaceConfig config;
};
/// Random rotations and coordinates say less than principal axes, so these get twice as many subspaces.
const Kind kinds[] = {
    {"principal axes", {.kind = SubspaceKind::principal_axes, .subspaces = 4, .axes = 6}},
    {"random rotations", {.kind = SubspaceKind::random_rotations, .subspaces = 8, .axes = 6}},
    {"dimension partition", {.kind = SubspaceKind::dimension_partition, .subspaces = 8, .axes = 6}},
};

struct Effort {
  const char* name;
  std::size_t most_points;
  std::size_t most_evaluated = 0;
  PartialDistances partial_distances = PartialDistances::all;
  int refinements = 0;
};
constexpr Effort efforts[] = {
    {"64 points", 64},
    {"64 points, refined", 64, 0, PartialDistances::all, 1},
    {"256 points", 256},
    {"256 points, bounds where met", 256, 0, PartialDistances::met},
    {"256 points, no bounds", 256, 0, PartialDistances::none},
    {"256 points, 64 evaluated", 256, 64},
    {"256 points, 64 evaluated, refined", 256, 64, PartialDistances::all, 1},
    {"1024 points", 1024},
    {"none: exact", 0},
};

double cpu_now() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}
double cpu_seconds(const std::function<void()>& work) {
  const double start = cpu_now();
  work();
  return cpu_now() - start;
}

DenseGraph<Real> high_rows(PointView<Real> points, double recall, const Executor& executor) {
  HighNearest<Real> query;
  query.k = neighbors;
  query.recall = recall;
  query.executor = executor;
  return HighNeighbors<Real>(points, executor).nearest(query);
}

void run_set(const std::string& name, PointView<Real> points, const Options& options, Report& report) {
  const Executor executor(options.threads);
  DenseGraph<Real> exact;
  const auto add = [&](const std::string& contestant, const std::string& operation, double seconds,
                       std::map<std::string, double> facts) {
    Row row{contestant, COPPICE_BENCH_VERSION, operation, name, points.size(), options.threads};
    row.seconds = seconds;
    row.per_op_us = seconds * 1e6 / static_cast<double>(points.size());
    row.facts = std::move(facts);
    report.add(std::move(row));
  };
  const double seconds = cpu_seconds([&] { exact = high_rows(points, 1, executor); });
  if (options.takes_part("coppice/graph")) add("coppice/graph", "exact", seconds, {{"recall", 1}});
  for (const double recall : {0.5, 0.8, 0.9, 0.95, 0.99}) {
    if (!options.takes_part("coppice/graph")) break;
    DenseGraph<Real> found;
    const double taken = cpu_seconds([&] { found = high_rows(points, recall, executor); });
    add("coppice/graph", "recall " + std::to_string(recall).substr(0, 4), taken,
        {{"recall", recall_of<Real>(found, exact)}});
  }
  for (const Kind& kind : kinds) {
    if (!options.takes_part(kind.name)) continue;
    SubspaceConfig config = kind.config;
    config.executor = executor;
    std::unique_ptr<SubspaceSearch<Real>> search;
    const double build = cpu_seconds([&] { search = std::make_unique<SubspaceSearch<Real>>(points, config); });
    for (const Effort& effort : efforts) {
      if (effort.most_points == 0 && points.size() > most_for_exact) continue;  // it grows with the square
      const SubspaceNearest query{.k = neighbors,
                                  .most_points = effort.most_points,
                                  .most_evaluated = effort.most_evaluated,
                                  .partial_distances = effort.partial_distances,
                                  .refinements = effort.refinements,
                                  .executor = executor};
      DenseGraph<Real> found;
      SubspaceStatistics done;
      const double taken = cpu_seconds([&] { found = search->nearest(query, &done); });
      add(kind.name, effort.name, build + taken,
          {{"recall", recall_of<Real>(found, exact)},
           {"build_seconds", build},
           {"boxes", static_cast<double>(done.boxes)},
           {"candidates", static_cast<double>(done.candidates)},
           {"pairs", static_cast<double>(done.pairs)},
           {"certified_rows", static_cast<double>(done.certified_rows)},
           {"leaves", static_cast<double>(search->leaves())},
           {"edges", static_cast<double>(search->edges())},
           {"bytes", static_cast<double>(search->bytes())}});
    }
  }
}

int run(const Options& options) {
  Report report("subspaces");
  for (const std::size_t n : options.sizes)
    for (const std::string& name : high_sets(options)) run_set(name, make_high_set(name, n, options), options, report);
  return finish(report, options.json);
}

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) {
  return coppice::bench::run_bench(argc, argv, coppice::bench::run, {{4'000}, {60'000}});
}
