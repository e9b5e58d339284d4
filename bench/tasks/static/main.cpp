// The task `static`: every contestant builds an index over the same points and answers the same searches, one at a time
// in random order and as batches. Contestants take turns, round after round; the median round counts.
#include <algorithm>
#include <memory>
#include <type_traits>
#include <vector>

#include "harness/options.hpp"
#include "harness/report.hpp"
#include "harness/share.hpp"
#include "tasks/static/task.hpp"

namespace coppice::bench {
namespace {

/// The contestant before has left its own data in the caches. An index at work finds those that itself has left there:
/// this much of its work fills them.
constexpr double warm_up_seconds = 0.04;

struct Entrant {
  std::unique_ptr<StaticContestant> contestant;
  std::vector<double> seconds;  // a round
  std::size_t queries = 0;      // of each
  std::size_t warm_up = 0;      // queries before each, not timed
  std::string checksum;
};

std::vector<Entrant> entrants(const Options& options) {
  std::vector<Entrant> all;
#if defined(COPPICE_BENCH_OURS_ALONE)
  const std::vector makers{static_coppice_kd};
#else
  std::vector makers{static_coppice_kd, static_nanoflann, static_boost_rtree, static_flann};
  if constexpr (std::is_same_v<Real, double>) {
    if constexpr (dimension == 3) makers.push_back(static_cgal);  // its kernel is for three dimensions
    makers.insert(makers.end(), {static_ann, static_spatialindex});
  }
#endif
  for (const auto make : makers) {
    auto contestant = make(options.threads);
    if (options.takes_part(contestant->identity().name)) all.push_back({std::move(contestant), {}, 0, 0, {}});
  }
  return all;
}

Row row_of(const Entrant& entrant, const std::string& operation, const std::string& dataset, std::size_t n) {
  const Identity identity = entrant.contestant->identity();
  std::vector<double> per_op;
  for (const double s : entrant.seconds) per_op.push_back(s / static_cast<double>(entrant.queries) * 1e6);
  Row row{identity.name, identity.version, operation, dataset, n};
  row.per_op_us = median(per_op);
  row.seconds = row.per_op_us * static_cast<double>(entrant.queries) / 1e6;
  row.bytes_per_point = entrant.contestant->bytes_per_point();
  row.checksum = entrant.checksum;
  row.note = joined(identity.note, "min " + shown(smallest(per_op)) + " of " + std::to_string(per_op.size()) +
                                       " rounds of " + std::to_string(entrant.queries));
  return row;
}

void run_builds(std::vector<Entrant>& all, const Dataset& dataset, const Options& options, Report& report) {
  const std::size_t n = dataset.points.size();
  for (Entrant& entrant : all) {
    entrant.seconds.clear();
    entrant.queries = n;
    entrant.checksum.clear();
  }
  for (int round = 0; round <= options.rounds(); ++round)
    for (Entrant& entrant : all) {
      // The first build touches its memory for the first time and does not count, unless it is slow.
      const bool slow = !entrant.seconds.empty() && entrant.seconds.front() > (options.quick ? 1 : 20);
      if (slow) continue;
      const double seconds = entrant.contestant->build(dataset.points);
      if (round == 1) entrant.seconds.clear();
      entrant.seconds.push_back(seconds);
    }
  for (Entrant& entrant : all) {
    Row row = row_of(entrant, "build", dataset.name, n);
    row.threads = entrant.contestant->identity().name.starts_with("coppice/") ? options.threads : 1;
    report.add(row);
  }
}

void run_searches(std::vector<Entrant>& all, const Dataset& dataset, const Workload& work, Search search, bool batch,
                  const Options& options, Report& report) {
  std::vector<Entrant*> taking_part;
  for (Entrant& entrant : all)
    if (entrant.contestant->can(search)) taking_part.push_back(&entrant);
  const std::size_t limit = work.limit(search);
  const std::size_t trial = std::min<std::size_t>(limit, 100);
  for (Entrant* entrant : taking_part) {
    if (!batch) entrant->checksum = entrant->contestant->checksum(search, work, dataset.points);
    const double estimate = entrant->contestant->one_by_one(search, work, 0, trial) / static_cast<double>(trial);
    const double affordable = options.seconds_a_round() / estimate;
    entrant->queries =
        affordable < static_cast<double>(limit) ? std::max(trial, static_cast<std::size_t>(affordable)) : limit;
    entrant->warm_up = std::clamp(static_cast<std::size_t>(warm_up_seconds / estimate), trial, limit);
    entrant->seconds.clear();
  }
  for (int round = 0; round < options.rounds(); ++round)
    for (Entrant* entrant : taking_part) {
      StaticContestant& contestant = *entrant->contestant;
      const std::size_t count = entrant->queries;
      const std::size_t first =  // other queries in every round, and the same ones for all who answer as many
          (limit - count) * static_cast<std::size_t>(round) / static_cast<std::size_t>(options.rounds());
      contestant.one_by_one(search, work, 0, entrant->warm_up);
      entrant->seconds.push_back(batch ? contestant.batch(search, work, count)
                                       : contestant.one_by_one(search, work, first, count));
    }
  for (Entrant* entrant : taking_part) {
    Row row = row_of(*entrant, name_of(search), batch ? dataset.name + "/batch" : dataset.name, dataset.points.size());
    row.threads = batch ? entrant->contestant->threads() : 1;
    if (batch) row.checksum.clear();
    report.add(row);
  }
}

int run(const Options& options) {
  Report report("static");
  std::vector<Entrant> all = entrants(options);
  for (const std::size_t n : options.sizes)
    for (const std::string& name : dataset_names(options)) {
      const Dataset dataset = make_dataset(name, n, query_count(n), options);
      const Workload work = make_workload(dataset);
      if (!options.share.empty()) leave_for_others(options.share, dataset, work);
      run_builds(all, dataset, options, report);
      for (const bool batch : {false, true}) {
        if (batch && options.quick && name != "uniform") continue;
        for (const Search search : all_searches) run_searches(all, dataset, work, search, batch, options, report);
      }
    }
  return finish(report, options.json);
}

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) {
  return coppice::bench::run_bench(argc, argv, coppice::bench::run);
}
