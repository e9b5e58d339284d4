// The tasks `allrnn` (ids in rows of any order) and `allrnn_sorted` (ids and distances, rows by distance): all
// neighbours of every point within a radius, the point itself left out, as rows (CSR) in the caller's order. Everything
// counts: index, orders, search, rows. Each contestant works in a process of its own, in turns with the others, and all
// pairs are compared.
#include <algorithm>
#include <cstdio>
#include <numeric>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "coppice/index/kd_tree/kd_tree.hpp"
#include "harness/turns.hpp"
#include "tasks/allknn/sets.hpp"
#include "tasks/allrnn/contestants.hpp"
#include "tasks/allrnn/rows_checksum.hpp"

namespace coppice::bench {
namespace {

/// Of a point, on average over a sample.
constexpr double neighbors = 30;

/// The radius at which the points of a sample have about `neighbors` neighbours on average.
Outcome find_radius(PointView<Real> points) {
  KdTree<Real> tree(dimension);
  tree.build(points);
  const std::size_t count = std::min<std::size_t>(points.size(), 4'000);
  Points<Real> sample{{}, dimension};
  for (std::size_t i = 0; i < count; ++i) {
    const Real* row = points.row(i * points.size() / count);
    sample.coordinates.insert(sample.coordinates.end(), row, row + dimension);
  }
  const auto width = static_cast<std::size_t>(8 * neighbors);
  const auto nearest = tree.nearest(sample, {.k = std::min(width, points.size())});
  double lower = 0, upper = 0;
  for (const Real distance : nearest.distances) upper = std::max<double>(upper, distance);
  for (int step = 0; step < 40; ++step) {
    const double middle = (lower + upper) / 2;
    const auto counts = tree.count(sample, Within<Real>{.radius = static_cast<Real>(middle)});
    const double mean = std::accumulate(counts.begin(), counts.end(), 0.0) / static_cast<double>(count);
    (mean < neighbors + 1 ? lower : upper) = middle;  // each counts itself
  }
  return {{}, {{"radius", static_cast<double>(static_cast<Real>(upper))}}, {}};
}

std::vector<WithinListerPtr> listers(const Options& options) {
  std::vector<WithinListerPtr> all;
  for (const auto make : {within_coppice_graph, within_coppice_kd, within_coppice_adjacency, within_nanoflann,
                          within_nanoflann_sorted, within_nanoflann_sorted_points, within_flann, within_flann_sorted})
    if (auto lister = make(); options.takes_part(lister->identity().name)) all.push_back(std::move(lister));
  return all;
}

/// What the child process does: a few points first, so that code and threads are there.
Outcome list_once(WithinLister& lister, const WithinTask& task, bool check) {
  WithinTask few = task;
  few.points = task.points.slice(0, std::min<std::size_t>(task.points.size(), 2'000));
  lister.list(few);
  Outcome outcome{{}, usage_numbers(usage_of([&] { lister.list(task); })), {}};
  const auto n = static_cast<double>(task.points.size());
  const auto edges = static_cast<double>(lister.ids().size());
  const double output = (n + 1) * sizeof(std::int64_t) + edges * sizeof(std::int32_t) +
                        static_cast<double>(lister.distances().size() * sizeof(Real));
  outcome.numbers["peak_bytes"] = std::max(outcome.numbers["peak_bytes"] - output, 0.0);
  outcome.numbers["input_bytes"] = n * dimension * sizeof(Real);
  outcome.numbers["output_bytes"] = output;
  outcome.numbers["radius"] = task.radius;
  outcome.numbers["mean_neighbors"] = edges / n;
  if (check) outcome.texts["checksum"] = checksum_of(lister, task);
  return outcome;
}

int run(const Options& options) {
  Report report("allrnn");
  const auto all = listers(options);
  bool any = false;
  std::vector<std::string> problems;
  for (const std::size_t n : options.sizes)
    for (const std::string& name : within_sets(n, options)) {
      any = true;
      const GraphSet set = make_graph_set(name, n, options);
      const std::size_t size = set.points.size();
      const Outcome found = apart([&] { return find_radius(set.points); }, 60);
      if (!found.failure.empty()) throw std::runtime_error(name + ": no radius: " + found.failure);
      const auto radius = static_cast<Real>(found.numbers.at("radius"));
      if (!options.share.empty() && std::is_same_v<Real, double>) {
        char notes[200];
        std::snprintf(notes, sizeof notes, R"({"dataset": "%s", "radius": %.17g, "band": %g})", name.c_str(),
                      double{radius}, radius_band);
        leave_for_others(options.share, set, notes);
      }
      for (const bool sorted : {false, true}) {
        std::vector<Entrant> entrants;
        for (const auto& lister : all)
          if (!(options.quick && size > lister->most_points()))
            entrants.push_back({lister->identity(), lister->uses_threads() ? options.threads : 1, [&](bool check) {
                                  return list_once(*lister, {set.points, radius, options.threads, sorted}, check);
                                }});
        for (const std::string& problem :
             take_turns(entrants, sorted ? "allrnn_sorted" : "allrnn", name, size, Clock::wall, options, report))
          problems.push_back(problem);
      }
    }
  if (!any) return 2;
  for (const std::string& problem : problems) std::fprintf(stderr, "disagreement: %s\n", problem.c_str());
  if (!report.empty() || options.share.empty()) return std::max(finish(report, options.json), problems.empty() ? 0 : 1);
  report.write(options.json);  // packages in other processes may still take part
  return problems.empty() ? 0 : 1;
}

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) {
  return coppice::bench::run_bench(argc, argv, coppice::bench::run, {{100'000, 1'000'000}, {1'000'000, 10'000'000}});
}
