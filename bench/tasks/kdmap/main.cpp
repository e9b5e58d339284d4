// The task `kdmap`: the workload of Brown's paper (arXiv 2509.08148, tables of insertion, deletion and search) on
// KdMap under every balance, and on KdTree. A set is built, or grows one by one, is asked for every tuple, one by one
// and in one call, and shrinks one by one. Contestants take turns; the latencies of single operations are taken in a
// round of their own. All must find what they hold.
#include <cstdio>
#include <functional>
#include <map>
#include <stdexcept>

#include "harness/options.hpp"
#include "harness/report.hpp"
#include "harness/timing.hpp"
#include "tasks/kdmap/contestants.hpp"

namespace coppice::bench {
namespace {

/// Somebody who takes part, and the operations that are measured on them.
struct Entrant {
  std::string name;
  std::function<std::unique_ptr<TupleSet>()> make;
  bool builds_only = false;  ///< variants of building: insertions and what follows would repeat the others'
  std::map<std::string, std::vector<double>> seconds{};  // operation → a figure a round
  std::map<std::string, std::vector<double>> latencies{};
  Shape built{};
  Shape grown{};
};

struct Workload {
  std::string name;
  Tuples arrival;                    // in the order of insertion
  Tuples leaving;                    // in the order of erasure
  std::vector<std::size_t> numbers;  // of `leaving` in `arrival`
};

Workload make_workload(const std::string& name, std::size_t n) {
  const Tuples random = random_tuples(n, 1);
  Workload work{name, name == "sorted" ? in_tree_order(random) : random, {}, std::vector<std::size_t>(n)};
  for (std::size_t i = 0; i < n; ++i) work.numbers[i] = i;
  if (name == "random") std::shuffle(work.numbers.begin(), work.numbers.end(), std::mt19937_64(2));
  for (const std::size_t number : work.numbers) work.leaving.push_back(work.arrival[number]);
  return work;
}

void require(std::size_t found, std::size_t expected, const Entrant& entrant, const char* operation) {
  if (found != expected)
    throw std::runtime_error(entrant.name + ": " + operation + " found " + std::to_string(found) + " of " +
                             std::to_string(expected) + " tuples");
}

/// One by one, as one figure or, where `latencies` is given, with a look at the clock around each.
template <class Operation>
double one_by_one(std::size_t n, std::vector<double>* latencies, Operation operation) {
  const double start = now();
  if (latencies == nullptr) {
    for (std::size_t i = 0; i < n; ++i) operation(i);
  } else {
    latencies->resize(n);
    for (std::size_t i = 0; i < n; ++i) (*latencies)[i] = seconds_of([&] { operation(i); }) * 1e6;
  }
  return now() - start;
}

/// One round of one contestant. The round that takes latencies gives no other figures.
void run_round(Entrant& entrant, const Workload& work, bool take_latencies) {
  const std::size_t n = work.arrival.size();
  const std::unique_ptr<TupleSet> set = entrant.make();
  const auto figure = [&](const char* operation, double seconds) {
    if (!take_latencies) entrant.seconds[operation].push_back(seconds);
  };
  const auto latencies = [&](const char* operation) {
    return take_latencies ? &entrant.latencies[operation] : nullptr;
  };
  const auto search = [&](const char* operation) {
    std::size_t found = 0;
    figure(operation,
           one_by_one(n, latencies(operation), [&](std::size_t i) { found += set->contains(work.arrival[i]); }));
    require(found, n, entrant, operation);
  };
  std::size_t done = 0;
  if (!take_latencies) {
    (void)set->build(work.arrival);  // the memory is there, now
    set->clear();
    figure("build", seconds_of([&] { done = set->build(work.arrival); }));
    require(done, n, entrant, "build");
    entrant.built = set->shape();
    if (entrant.builds_only) return;
    search("search_built");
  } else if (entrant.builds_only) {
    return;
  }
  set->clear();
  done = 0;
  figure("insert", one_by_one(n, latencies("insert"), [&](std::size_t i) { done += set->insert(work.arrival[i]); }));
  require(done, n, entrant, "insert");
  entrant.grown = set->shape();
  search("search");
  if (!take_latencies) {
    figure("search_all", seconds_of([&] { done = set->contains_all(work.arrival); }));
    require(done, n, entrant, "search_all");
  }
  done = 0;
  figure("erase", one_by_one(n, latencies("erase"),
                             [&](std::size_t i) { done += set->erase(work.leaving[i], work.numbers[i]); }));
  require(done, n, entrant, "erase");
}

/// Whether another round would take more than its share of a quick run's time: one has to do, without latencies.
bool is_slow(const Entrant& entrant, const Options& options) {
  const auto insert = entrant.seconds.find("insert");
  constexpr double share = 3;  // seconds
  return options.quick && insert != entrant.seconds.end() && insert->second.front() > share;
}

std::string described(const Shape& shape) {
  std::string text = "height " + std::to_string(shape.statistics.height);
  if (shape.mean_height > 0) text += ", mean " + shown(shape.mean_height);
  return text;
}

std::map<std::string, double> facts_of(const Shape& shape) {
  const SizeHistogram& rebuilds = shape.statistics.rebuilds;
  return {{"height", static_cast<double>(shape.statistics.height)},
          {"mean_height", shape.mean_height},
          {"rebuilds", static_cast<double>(rebuilds.events)},
          {"rebuilt", static_cast<double>(rebuilds.total)},
          {"largest_rebuild", static_cast<double>(rebuilds.largest)}};
}

void report_entrant(const Entrant& entrant, const Workload& work, const Options& options, Report& report) {
  const std::size_t n = work.arrival.size();
  for (const char* operation : {"build", "insert", "erase", "search_built", "search", "search_all"}) {
    const auto found = entrant.seconds.find(operation);
    if (found == entrant.seconds.end()) continue;
    const bool is_built = operation == std::string("build") || operation == std::string("search_built");
    const Shape& shape = is_built ? entrant.built : entrant.grown;
    Row row{entrant.name, COPPICE_BENCH_VERSION, operation, work.name, n, options.threads};
    row.seconds = median(found->second);
    row.per_op_us = row.seconds * 1e6 / static_cast<double>(n);
    row.bytes_per_point = shape.statistics.bytes_per_point;
    row.note = described(shape);
    row.facts = facts_of(shape);
    for (std::size_t bucket = 0; bucket < shape.statistics.rebuilds.buckets.size(); ++bucket)
      if (const auto events = shape.statistics.rebuilds.buckets[bucket]; events != 0)
        row.facts["rebuilds_below_" + std::to_string(std::size_t{2} << bucket)] = static_cast<double>(events);
    if (const auto single = entrant.latencies.find(operation); single != entrant.latencies.end())
      row.latencies = single->second;
    report.add(std::move(row));
  }
}

std::vector<Entrant> entrants(const Options& options) {
  using Config = MapSet::Map::Config;
  std::vector<Entrant> all;
  const auto map = [&](const std::string& name, Config config, bool builds_only = false) {
    config.executor = Executor(options.threads);
    if (options.takes_part(name))
      all.push_back({name, [config] { return std::make_unique<MapSet>(config); }, builds_only});
  };
  for (const int delta : {1, 2, 3, 4})
    map("coppice/kdmap-avl" + std::to_string(delta), {.balance = Balance::avl(delta)});
  map("coppice/kdmap-rb", {});
  map("coppice/kdmap-rb presort", {.builder = kd_map::Builder::presort}, true);
  map("coppice/kdmap-rb yu-cao", {.builder = kd_map::Builder::yu_cao}, true);
  // Where threads come in, on the balance that rebuilds most.
  if (options.threads > 1)
    for (const std::size_t cutoff : {1u << 10, 1u << 12, 1u << 14, 1u << 16, 1u << 18})
      map("coppice/kdmap-avl1 cut-off " + std::to_string(cutoff),
          {.balance = Balance::avl(1), .parallel_cutoff = cutoff});
  if (const std::string name = "coppice/kd"; options.takes_part(name))
    all.push_back({name, [threads = options.threads] { return std::make_unique<TreeSet>(threads); }});
  return all;
}

int run(const Options& options) {
  Report report("kdmap");
  for (const std::size_t n : options.sizes)
    for (const std::string name : {"random", "sorted"}) {
      if (!options.uses(name)) continue;
      const Workload work = make_workload(name, n);
      std::vector<Entrant> all = entrants(options);
      for (int round = 0; round < (options.quick ? 2 : 3); ++round)
        for (Entrant& entrant : all)
          if (round == 0 || !is_slow(entrant, options)) run_round(entrant, work, false);
      for (Entrant& entrant : all)
        if (!is_slow(entrant, options)) run_round(entrant, work, true);
      for (const Entrant& entrant : all) report_entrant(entrant, work, options, report);
    }
  return finish(report, options.json);
}

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) {
  constexpr std::size_t smallest = 1'003'201;  // of the paper: n log2 n is 2e7
  constexpr std::size_t largest = 4'523'071;   // and here 1e8
  return coppice::bench::run_bench(argc, argv, coppice::bench::run, {{smallest}, {smallest, largest}});
}
