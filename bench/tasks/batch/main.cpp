// The task `batch`: to an index over nine tenths of the points the last tenth comes in batches of 1,000 or of 100,000
// points, and leaves in the same batches. Every round starts from a fresh build; contestants take turns.
#include <algorithm>
#include <numeric>

#include "harness/datasets.hpp"
#include "harness/options.hpp"
#include "harness/report.hpp"
#include "harness/workload.hpp"
#include "tasks/batch/contestants.hpp"

namespace coppice::bench {
namespace {

struct Entrant {
  std::unique_ptr<ChangingContestant> contestant;
  std::vector<double> per_point_us[2]{};  // a round; of inserts and of erases
  std::vector<double> batch_ms[2]{};
  std::size_t points[2]{};
  std::string checksum[2]{};
  double bytes_per_point = 0;
};

constexpr const char* verbs[] = {"insert_", "erase_"};

/// All batches of one round, as many as the time allows. Returns whether that was all of them.
bool run_batches(Entrant& entrant, int verb, PointView<Real> points, std::size_t base, std::size_t size,
                 const Options& options) {
  std::vector<point_id> ids(size);
  double seconds = 0;
  std::size_t first = base;
  while (first < points.size() && seconds < options.seconds_of_updates() / 2) {
    const std::size_t count = std::min(size, points.size() - first);
    ids.resize(count);
    std::iota(ids.begin(), ids.end(), static_cast<point_id>(first));
    const PointView<Real> rows = points.slice(first, count);
    const double took =
        verb == 0 ? entrant.contestant->insert_batch(rows, ids) : entrant.contestant->erase_batch(rows, ids);
    seconds += took;
    entrant.batch_ms[verb].push_back(1e3 * took);
    first += count;
  }
  entrant.points[verb] = first - base;
  entrant.per_point_us[verb].push_back(1e6 * seconds / static_cast<double>(first - base));
  return first == points.size();
}

void run_size(std::vector<Entrant>& all, const char* label, std::size_t size, const Dataset& dataset,
              const Options& options, Report& report) {
  const PointView<Real> points = dataset.points;
  const std::size_t n = points.size();
  const std::size_t base = n - n / 10;
  const PointView<Real> checks = dataset.queries.view().slice(0, std::min<std::size_t>(dataset.queries.size(), 500));
  for (Entrant& entrant : all)
    for (int verb = 0; verb < 2; ++verb) {
      entrant.per_point_us[verb].clear();
      entrant.batch_ms[verb].clear();
    }
  for (int round = 0; round < options.rounds(); ++round)
    for (Entrant& entrant : all) {
      ChangingContestant& contestant = *entrant.contestant;
      const bool last = round + 1 == options.rounds();
      contestant.build(points.slice(0, base));
      for (int verb = 0; verb < 2; ++verb) {
        const bool complete = run_batches(entrant, verb, points, base, size, options);
        if (last) {
          entrant.checksum[verb] = complete ? contestant.checksum(checks, 10, points) : "";
          if (verb == 0) entrant.bytes_per_point = static_cast<double>(contestant.bytes()) / static_cast<double>(n);
        }
        if (!complete && verb == 0) contestant.build(points);
      }
    }
  for (Entrant& entrant : all)
    for (int verb = 0; verb < 2; ++verb) {
      const Identity identity = entrant.contestant->identity();
      Row row{identity.name, identity.version, std::string(verbs[verb]) + label, dataset.name, n};
      row.threads = entrant.contestant->threads();
      row.per_op_us = median(entrant.per_point_us[verb]);
      row.seconds = row.per_op_us * static_cast<double>(entrant.points[verb]) / 1e6;
      row.bytes_per_point = entrant.bytes_per_point;
      row.checksum = entrant.checksum[verb];
      row.note = joined(identity.note, entrant.contestant->note_on(verb == 0 ? Update::insert : Update::erase));
      if (entrant.points[verb] < n - base)
        row.note = joined(
            row.note, std::to_string(entrant.points[verb]) + " of " + std::to_string(n - base) + " points, unchecked");
      row.note =
          joined(row.note, "a batch of " + std::to_string(size) + ": p50 " + shown(median(entrant.batch_ms[verb])) +
                               ", max " + shown(quantile(entrant.batch_ms[verb], 1)) + " ms");
      report.add(row);
    }
}

int run(const Options& options) {
  Report report("batch");
  std::vector<Entrant> all;
  for (const MakeChanging make : batch_contestants()) {
    Entrant entrant;
    entrant.contestant = make(options.threads);
    if (options.takes_part(entrant.contestant->identity().name)) all.push_back(std::move(entrant));
  }
  for (const std::size_t n : options.sizes)
    for (const std::string& name : dataset_names(options)) {
      const Dataset dataset = make_dataset(name, n, 1000, options);
      const std::size_t tenth = std::max<std::size_t>(dataset.points.size() / 10, 1);
      run_size(all, "1k", std::min<std::size_t>(1000, tenth), dataset, options, report);
      run_size(all, "100k", std::min<std::size_t>(100'000, tenth), dataset, options, report);
      for (Entrant& entrant : all) entrant.contestant->build(dataset.points.view().slice(0, 10));
    }
  return finish(report, options.json);
}

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) {
  return coppice::bench::run_bench(argc, argv, coppice::bench::run);
}
