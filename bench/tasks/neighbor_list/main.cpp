// The task `neighbor-list`: all pairs of particles within a cutoff, again and again as the particles move. `list_half`
// and `list_full` make the list of particles that have nothing to do with those before; a step is the update to new
// positions and the full list. Contestants take turns; the last list of every operation must be the same for all.
#include <cstdio>

#include "harness/options.hpp"
#include "harness/report.hpp"
#include "harness/timing.hpp"
#include "tasks/neighbor_list/contestants.hpp"
#include "tasks/neighbor_list/pair_checksum.hpp"
#include "tasks/neighbor_list/problem.hpp"

namespace coppice::bench {
namespace {

using Makers = std::vector<std::unique_ptr<PairLister> (*)()>;

struct Entrant {
  std::unique_ptr<PairLister> lister;
  std::vector<double> seconds{};  // a list; of steps, the mean of a round
  double slowest = 0;             // step
  double pairs = 0;               // a list, on average
};

/// The same particles under other names, so that nothing of one list serves the other.
Points<Real> renamed(const Points<Real>& points) {
  Points<Real> reversed{{}, dimension};
  reversed.coordinates.reserve(points.coordinates.size());
  for (std::size_t i = points.size(); i-- > 0;)
    reversed.coordinates.insert(reversed.coordinates.end(), points.view().row(i), points.view().row(i) + dimension);
  return reversed;
}

void report_entrant(const Entrant& entrant, const std::string& operation, const Problem& problem,
                    const Setting& setting, PointView<Real> last, Report& report) {
  const Identity identity = entrant.lister->identity();
  PairChecksum checksum(setting, last);
  entrant.lister->each_pair([&](std::int32_t i, std::int32_t j, const Shift& shift) { checksum.add(i, j, shift); });
  const auto n = static_cast<double>(problem.start.size());
  Row row{identity.name, identity.version, operation, problem.name, problem.start.size(), setting.threads};
  row.seconds = median(entrant.seconds);
  row.per_op_us = row.seconds * 1e6;
  row.checksum = checksum.text();
  row.bytes_per_point = static_cast<double>(entrant.lister->bytes()) / n;
  const double neighbors = (setting.pairs == Pairs::half ? 2 : 1) * entrant.pairs / n;
  row.note = joined(identity.note,
                    "min " + shown(smallest(entrant.seconds) * 1e6) + " of " + std::to_string(entrant.seconds.size()) +
                        " rounds; r = " + shown(setting.cutoff) + ", " + shown(neighbors) + " neighbours");
  row.facts = {{"cutoff", setting.cutoff},
               {"pairs", entrant.pairs},
               {"mean_neighbors", neighbors},
               {"near_cutoff", static_cast<double>(checksum.near_cutoff())}};
  if (entrant.slowest > 0) row.facts["slowest_step_us"] = entrant.slowest * 1e6;
  report.add(std::move(row));
}

std::vector<Entrant> entrants(const Makers& makers, const Setting& setting, const Options& options) {
  std::vector<Entrant> all;
  for (const auto make : makers)
    if (auto lister = make(); options.takes_part(lister->identity().name) && lister->can(setting)) {
      lister->start(setting);
      all.push_back({std::move(lister)});
    }
  return all;
}

void run_lists(const Makers& makers, Pairs pairs, const Problem& problem, const Options& options, Report& report) {
  const Setting setting{pairs, problem.cutoff, problem.cell, options.threads};
  std::vector<Entrant> all = entrants(makers, setting, options);
  const Points<Real> others = renamed(problem.start);
  for (int round = 0; round < options.rounds(); ++round)
    for (Entrant& entrant : all) {
      entrant.lister->list(others);  // the memory is there, now, and what the caches hold is its own
      entrant.seconds.push_back(seconds_of([&] { entrant.lister->list(problem.start); }));
      entrant.pairs = static_cast<double>(entrant.lister->pairs());
    }
  for (const Entrant& entrant : all)
    report_entrant(entrant, pairs == Pairs::half ? "list_half" : "list_full", problem, setting, problem.start, report);
}

void run_steps(const Makers& makers, const std::string& operation, const std::vector<Points<Real>>& steps,
               const Problem& problem, const Options& options, Report& report) {
  if (steps.empty()) return;
  const Setting setting{Pairs::full, problem.cutoff, problem.cell, options.threads, true};
  std::vector<Entrant> all = entrants(makers, setting, options);
  for (int round = 0; round < options.rounds(); ++round)
    for (Entrant& entrant : all) {
      entrant.lister->list(problem.start);
      double sum = 0;
      entrant.pairs = 0;
      for (const Points<Real>& step : steps) {
        const double seconds = seconds_of([&] { entrant.lister->list(step); });
        sum += seconds;
        entrant.pairs += static_cast<double>(entrant.lister->pairs()) / static_cast<double>(steps.size());
        if (round > 0) entrant.slowest = std::max(entrant.slowest, seconds);
      }
      entrant.seconds.push_back(sum / static_cast<double>(steps.size()));
    }
  for (const Entrant& entrant : all) report_entrant(entrant, operation, problem, setting, steps.back(), report);
}

int run(const Options& options) {
  Report report("neighbor-list");
  const Makers makers{make_coppice_octree, make_coppice_sorted, make_coppice_skin, make_cell_list};
  for (const std::size_t n : options.sizes)
    for (const std::string& name : problem_names(n == options.sizes.front(), options)) {
      const std::optional<Problem> problem = make_problem(name, n, options);
      if (!problem) continue;
      if (!options.share.empty()) leave_for_others(options.share, *problem);
      for (const Pairs pairs : {Pairs::half, Pairs::full}) run_lists(makers, pairs, *problem, options, report);
      run_steps(makers, "step_all_move", problem->all_move, *problem, options, report);
      run_steps(makers, "step_5pct_jump", problem->some_jump, *problem, options, report);
      run_steps(makers, "step_frame", problem->frames, *problem, options, report);
    }
  return finish(report, options.json);
}

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) {
  return coppice::bench::run_bench(argc, argv, coppice::bench::run, {{100'000}, {100'000, 1'000'000}});
}
