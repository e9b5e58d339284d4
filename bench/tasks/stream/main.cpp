// The task `stream`: a window of sweeps of a simulated LiDAR drive. For every new sweep the map is asked for the five
// nearest of some of its points; then the oldest sweep leaves and the new one enters. Contestants without both updates
// build the window anew. They take turns, sweep by sweep.
#include <algorithm>
#include <numeric>

#include "coppice/apps/lidar_simulator.hpp"
#include "coppice/geometry/morton.hpp"
#include "harness/datasets.hpp"
#include "harness/options.hpp"
#include "harness/report.hpp"
#include "harness/workload.hpp"
#include "tasks/stream/contestants.hpp"

namespace coppice::bench {
namespace {

constexpr std::size_t k = 5;
constexpr std::size_t checked_steps = 3;

struct Entrant {
  std::unique_ptr<ChangingContestant> contestant;
  std::vector<double> update_ms{};
  std::vector<double> query_us{}, batch_us{};  // a query; of each step
  std::string checksum{};
  double spent = 0;
  double bytes_per_point = 0;
};

/// Sweeps of the same number of points each, so that a sweep takes the place of another in the window.
std::vector<Points<Real>> drive(std::size_t sweeps, std::size_t points_a_sweep) {
  LidarSimulator::Config sensor;
  // A tenth more rays than points are wanted; most of them return.
  sensor.columns = std::max(16, static_cast<int>(static_cast<double>(points_a_sweep) * 1.25 / sensor.beams));
  sensor.sweeps_per_second = 10;
  const LidarSimulator lidar(sensor);
  std::vector<Points<Real>> all;
  std::size_t least = points_a_sweep;
  for (std::size_t i = 0; i < sweeps; ++i) {
    const Points<float> sweep = lidar.sweep(static_cast<int>(i));
    all.push_back({{sweep.coordinates.begin(), sweep.coordinates.end()}, dimension});
    least = std::min(least, sweep.size());
  }
  for (std::size_t i = 0; i < sweeps; ++i) {
    std::vector<std::uint32_t> rows(least);
    for (std::size_t j = 0; j < least; ++j) rows[j] = static_cast<std::uint32_t>(j * all[i].size() / least);
    all[i] = rows_in_order(all[i], rows);
  }
  return all;
}

bool rebuilds(const ChangingContestant& contestant) {
  return !contestant.can(Update::insert) || !contestant.can(Update::erase);
}

void step(Entrant& entrant, std::size_t number, const Points<Real>& queries, const Points<Real>& sorted,
          const Points<Real>& before, const Points<Real>& after, std::size_t first, std::size_t count) {
  ChangingContestant& contestant = *entrant.contestant;
  const auto per_query = [&](double seconds) { return 1e6 * seconds / static_cast<double>(queries.size()); };
  if (number < checked_steps)  // also brings its nodes into the caches
    entrant.checksum +=
        contestant.checksum(queries.view().slice(0, std::min<std::size_t>(queries.size(), 200)), k, before);
  entrant.query_us.push_back(per_query(contestant.nearest(queries, k)));
  entrant.batch_us.push_back(per_query(contestant.nearest_batch(queries, sorted, k)));
  double seconds = 0;
  if (rebuilds(contestant)) {
    seconds = contestant.build(after);
  } else {
    std::vector<point_id> ids(count);
    std::iota(ids.begin(), ids.end(), static_cast<point_id>(first));
    seconds = contestant.erase_batch(before.view().slice(first, count), ids);
    seconds += contestant.insert_batch(after.view().slice(first, count), ids);
  }
  entrant.update_ms.push_back(1e3 * seconds);
  entrant.spent += seconds;
}

void report_entrant(const Entrant& entrant, std::size_t n, std::size_t count, std::size_t queries, Report& report) {
  const Identity identity = entrant.contestant->identity();
  const double steps = static_cast<double>(entrant.update_ms.size());
  const std::string how = rebuilds(*entrant.contestant) ? "builds anew"
                                                        : joined(entrant.contestant->note_on(Update::insert),
                                                                 entrant.contestant->note_on(Update::erase));
  Row row{identity.name, identity.version, "update_p95", "drive", n};
  row.bytes_per_point = entrant.bytes_per_point;
  row.threads = entrant.contestant->threads();
  row.per_op_us = 1e3 * quantile(entrant.update_ms, 0.95);
  row.seconds = std::accumulate(entrant.update_ms.begin(), entrant.update_ms.end(), 0.0) / 1e3;
  row.checksum = entrant.checksum;
  row.note = joined(joined(identity.note, how), "of " + shown(steps) + " updates, " + std::to_string(count) +
                                                    " points out and in: p50 " + shown(median(entrant.update_ms)) +
                                                    ", max " + shown(quantile(entrant.update_ms, 1)) + " ms");
  report.add(row);
  for (const bool batch : {false, true}) {
    Row search{identity.name, identity.version, "query", batch ? "drive/batch" : "drive", n};
    search.bytes_per_point = entrant.bytes_per_point;
    search.threads = batch ? entrant.contestant->threads() : 1;
    search.per_op_us = median(batch ? entrant.batch_us : entrant.query_us);
    search.seconds = search.per_op_us * steps * static_cast<double>(queries) / 1e6;
    search.checksum = batch ? "" : entrant.checksum;
    search.note = joined(identity.note, "k = 5; " + std::to_string(queries) + " queries a sweep");
    report.add(search);
  }
}

void run_window(std::size_t n, const Options& options, Report& report) {
  const std::size_t steps = options.quick ? 10 : 40;
  const std::size_t wanted = std::clamp<std::size_t>(n / 10, 10, 100'000);
  const std::size_t window = std::max<std::size_t>(n / wanted, 1);
  const auto sweeps = drive(window + steps, wanted);
  const std::size_t count = sweeps.front().size();

  // The window is a ring: sweep s lies in the rows of slot s % window, and rows are the ids.
  Points<Real> live{{}, dimension};
  for (std::size_t s = 0; s < window; ++s)
    live.coordinates.insert(live.coordinates.end(), sweeps[s].coordinates.begin(), sweeps[s].coordinates.end());
  Points<Real> next;  // contestants refer to what they were built over until they are built again: two buffers swap

  std::vector<Entrant> all;
  for (const MakeChanging make : stream_contestants) {
    auto contestant = make(options.threads);
    if (!options.takes_part(contestant->identity().name)) continue;
    all.push_back({std::move(contestant)});
    all.back().contestant->build(live);
  }
  const std::size_t queries = std::min<std::size_t>(count, 10'000);
  for (std::size_t number = 0; number < steps; ++number) {
    const Points<Real>& sweep = sweeps[window + number];
    const auto order = shuffled_ids(count, number);
    const Points<Real> asked =
        rows_in_order(sweep, {order.begin(), order.begin() + static_cast<std::ptrdiff_t>(queries)});
    const Points<Real> sorted = rows_in_order(asked, morton_order(asked.view()));
    const std::size_t first = number % window * count;
    next = live;
    std::copy(sweep.coordinates.begin(), sweep.coordinates.end(),
              next.coordinates.begin() + static_cast<std::ptrdiff_t>(first * dimension));
    for (Entrant& entrant : all)
      if (number < checked_steps || entrant.spent < 2 * options.seconds_of_updates())
        step(entrant, number, asked, sorted, live, next, first, count);
    std::swap(live, next);
  }
  for (Entrant& entrant : all) {
    entrant.bytes_per_point = static_cast<double>(entrant.contestant->bytes()) / static_cast<double>(live.size());
    report_entrant(entrant, live.size(), count, queries, report);
  }
}

int run(const Options& options) {
  Report report("stream");
  for (const std::size_t n : options.sizes) run_window(n, options, report);
  return finish(report, options.json);
}

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) {
  return coppice::bench::run_bench(argc, argv, coppice::bench::run);
}
