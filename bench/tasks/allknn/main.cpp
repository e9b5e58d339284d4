// The task `allknn`: the k = 10 nearest neighbours of every point, the point itself left out, from the points in memory
// to ids and distances in the caller's order. Everything counts: index, orders, search. Each contestant works in a
// process of its own, in turns with the others; all ids and distances of all of them are compared.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <type_traits>
#include <vector>

#include "harness/checksum.hpp"
#include "harness/turns.hpp"
#include "tasks/allknn/contestants.hpp"
#include "tasks/allknn/sets.hpp"

namespace coppice::bench {
namespace {

constexpr std::size_t neighbors = 10;

/// As Checksum says of ids; a distance that is not that of its id, or out of order, spoils it.
std::string checked(const NearestTask& task) {
  Checksum sum(task.points);
  std::vector<point_id> row;
  constexpr double tolerance = sizeof(Real) == sizeof(double) ? 1e-12 : 1e-5;
  for (std::size_t i = 0; i < task.points.size(); ++i) {
    row.clear();
    double last = 0;
    for (std::size_t j = i * task.k; j < (i + 1) * task.k && task.ids[j] >= 0; ++j) {
      double key = 0;
      for (int axis = 0; axis < dimension; ++axis) {
        const Real* other = task.points.row(static_cast<std::size_t>(task.ids[j]));
        const double difference = double{task.points.row(i)[axis]} - double{other[axis]};
        key += difference * difference;
      }
      const double distance = task.distances[j];
      if (std::abs(distance - std::sqrt(key)) > tolerance * distance || distance < last)
        return "wrong distance in row " + std::to_string(i);
      if (task.ids[j] == static_cast<std::int32_t>(i)) return "itself in row " + std::to_string(i);
      last = distance;
      row.push_back(task.ids[j]);
    }
    sum.add_nearest(task.points.row(i), task.k, row);
  }
  return sum.text();
}

std::vector<NearestListerPtr> listers(const Options& options) {
  std::vector makers{nearest_coppice_graph,           nearest_coppice_kd, nearest_coppice_adjacency,
                     nearest_coppice_adjacency_root,  nearest_nanoflann,  nearest_nanoflann_sorted,
                     nearest_nanoflann_sorted_points, nearest_flann,      nearest_flann_sorted};
  if constexpr (std::is_same_v<Real, double>) {
    makers.push_back(nearest_ann_sorted);
    if constexpr (dimension == 3) makers.push_back(nearest_cgal_sorted);  // its kernel is for three dimensions
  }
  std::vector<NearestListerPtr> all;
  for (const auto make : makers)
    if (auto lister = make(); options.takes_part(lister->identity().name)) all.push_back(std::move(lister));
  return all;
}

/// What the child process does: a few points first, so that code and threads are there.
Outcome list_once(NearestLister& lister, NearestTask task, bool check) {
  std::vector<std::int32_t> ids(task.points.size() * task.k, -2);
  std::vector<Real> distances(ids.size(), -1);
  task.ids = ids.data();
  task.distances = distances.data();
  NearestTask few = task;
  few.points = task.points.slice(0, std::min<std::size_t>(task.points.size(), 5'000));
  lister.list(few);
  std::fill(ids.begin(), ids.end(), -2);
  Outcome outcome{{}, usage_numbers(usage_of([&] { lister.list(task); })), {}};
  outcome.numbers["input_bytes"] = static_cast<double>(task.points.size() * dimension * sizeof(Real));
  outcome.numbers["output_bytes"] = static_cast<double>(ids.size() * (sizeof(std::int32_t) + sizeof(Real)));
  if (check) outcome.texts["checksum"] = checked(task);
  return outcome;
}

int run(const Options& options) {
  Report report("allknn");
  const auto all = listers(options);
  bool any = false;
  std::vector<std::string> problems;
  for (const std::size_t n : options.sizes)
    for (const std::string& name : nearest_sets(n, options)) {
      any = true;
      const GraphSet set = make_graph_set(name, n, options);
      const std::size_t size = set.points.size();
      if (!options.share.empty() && std::is_same_v<Real, double>)
        leave_for_others(options.share, set,
                         R"({"dataset": ")" + name + R"(", "k": )" + std::to_string(neighbors) + "}");
      std::vector<Entrant> entrants;
      for (const auto& lister : all)
        if (!(options.quick && size > lister->most_points()))
          entrants.push_back({lister->identity(), lister->uses_threads() ? options.threads : 1, [&](bool check) {
                                const NearestTask task{set.points, neighbors, options.threads};
                                return list_once(*lister, task, check);
                              }});
      for (const std::string& problem : take_turns(entrants, "allknn", name, size, Clock::wall, options, report))
        problems.push_back(problem);
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
