// The task `highdim`: the k = 10 nearest neighbours of every point in 784 dimensions, the point itself left out, from
// floats in memory to ids and distances: CPU seconds of all threads, for a stated recall (`cpu_at_recall_95`, `_98`,
// `_99`), exactly (`exact`), and by evaluating every pair (`brute`; `brute_bytes` where coordinates are bytes). Recall
// is counted against the exact graph, which a scan in doubles checks on a sample. `insert_1pct` and `erase_1pct` change
// a hundredth of the points of a graph of recall 0.98, `…_exact` of an exact one. Packages come after, in
// peers/high_dimension.py.
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <new>
#include <stdexcept>

#include "coppice/io/npz.hpp"
#include "harness/checksum.hpp"
#include "harness/turns.hpp"
#include "tasks/highdim/changes.hpp"
#include "tasks/highdim/contestants.hpp"
#include "tasks/highdim/fma_peak.hpp"
#include "tasks/highdim/recall.hpp"
#include "tasks/highdim/sets.hpp"

namespace coppice::bench {
namespace {

constexpr std::size_t neighbors = 10;

struct Operation {
  const char* name;
  Effort effort;
  double recall;
};
constexpr std::array operations{Operation{"cpu_at_recall_95", Effort::recall, 0.95},
                                Operation{"cpu_at_recall_98", Effort::recall, 0.98},
                                Operation{"cpu_at_recall_99", Effort::recall, 0.99},
                                Operation{"exact", Effort::exact, 1},
                                Operation{"brute", Effort::brute, 1},
                                Operation{"brute_bytes", Effort::brute_bytes, 1}};

struct Change {
  const char* name;
  bool insert;
  Effort effort;
  double recall;
};
constexpr std::array changes{
    Change{"insert_1pct", true, Effort::recall, 0.98}, Change{"erase_1pct", false, Effort::recall, 0.98},
    Change{"insert_1pct_exact", true, Effort::exact, 1}, Change{"erase_1pct_exact", false, Effort::exact, 1}};

/// An array that processes which come later share with this one.
template <class T>
class SharedArray {
 public:
  explicit SharedArray(std::size_t size) : size_(size) {
    void* memory = mmap(nullptr, size * sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    data_ = static_cast<T*>(memory);
  }
  SharedArray(const SharedArray&) = delete;
  SharedArray& operator=(const SharedArray&) = delete;
  ~SharedArray() { munmap(data_, size_ * sizeof(T)); }
  [[nodiscard]] T* data() const { return data_; }
  [[nodiscard]] std::span<const T> numbers() const { return {data_, size_}; }

 private:
  T* data_;
  std::size_t size_;
};

/// The exact graph of one set.
struct Truth {
  explicit Truth(std::size_t n) : ids(n * neighbors), distances(n * neighbors) {}
  [[nodiscard]] GraphRows rows() const { return {ids.data(), distances.data(), neighbors}; }
  SharedArray<std::int32_t> ids;
  SharedArray<Real> distances;
};

void find_truth(HighLister& lister, HighTask task, const Truth& truth, const std::string& name,
                const Options& options) {
  task.ids = truth.ids.data();
  task.distances = truth.distances.data();
  const Outcome outcome = apart(
      [&] {
        lister.list(task);
        Outcome found;
        found.failure = check_sample(truth.rows(), options.quick ? 50 : 200, task.points);
        return found;
      },
      600);
  if (!outcome.failure.empty()) throw std::runtime_error(name + ": no exact graph: " + outcome.failure);
}

/// What the child process does: a few points first, so that code and threads are there.
Outcome list_once(HighLister& lister, HighTask task, const Truth& truth, bool check) {
  const std::size_t n = task.points.size();
  const PointView<Real> given = task.points;
  std::vector<std::int32_t> ids(n * task.k, -2);
  std::vector<Real> distances(ids.size(), -1);
  task.ids = ids.data();
  task.distances = distances.data();
  // Bytes are found by the points being whole numbers. Half of each is as exact, and is no whole number.
  Points<Real> halves;
  const bool halved = task.effort == Effort::brute && lister.can(Effort::brute_bytes, task.points);
  if (halved) {
    halves = {{task.points.row(0), task.points.row(0) + n * dimension}, dimension};
    for (Real& x : halves.coordinates) x /= 2;
    task.points = halves;
  }
  HighTask few = task;
  few.points = task.points.slice(0, std::min<std::size_t>(n, 500));
  lister.list(few);
  std::fill(ids.begin(), ids.end(), -2);
  const double peak = task.effort == Effort::brute ? fma_peak() : 0;
  Outcome outcome{{}, usage_numbers(usage_of([&] { lister.list(task); })), {}};
  if (halved)
    for (Real& x : distances) x *= 2;
  for (const auto& [name, value] : lister.facts()) outcome.numbers[name] = value;
  outcome.numbers["input_bytes"] = static_cast<double>(n * dimension * sizeof(Real));
  outcome.numbers["output_bytes"] = static_cast<double>(ids.size() * (sizeof(std::int32_t) + sizeof(Real)));
  if (task.effort == Effort::brute) {  // each pair once, and it serves both ends
    const double pairs = static_cast<double>(n) * static_cast<double>(n - 1) / 2;
    const double speed = 2e-9 * pairs * dimension / outcome.numbers["cpu_seconds"];
    outcome.numbers["gflops"] = speed;
    outcome.numbers["fma_peak_gflops"] = std::max(peak, fma_peak());
    outcome.numbers["share_of_peak"] = speed / outcome.numbers["fma_peak_gflops"];
  }
  if (!check) return outcome;
  const double recall = recall_of({ids.data(), distances.data(), task.k}, truth.rows(), given);
  outcome.numbers["recall"] = recall;
  const bool same =
      std::ranges::equal(ids, truth.ids.numbers()) && std::ranges::equal(distances, truth.distances.numbers());
  char text[80];
  if (recall < task.recall) {
    std::snprintf(text, sizeof text, "recall %.4f is less than %.2f", recall, task.recall);
    outcome.texts["problem"] = text;
  } else if (task.effort != Effort::recall && !same) {
    outcome.texts["problem"] = "differs from the exact graph";
  }
  outcome.texts["checksum"] = outcome.texts.contains("problem") ? outcome.texts["problem"] : "recall reached";
  return outcome;
}

void leave_for_others(const std::filesystem::path& folder, const std::string& name, const Points<Real>& points,
                      const Truth& truth) {
  const auto place = folder / (name + "-" + std::to_string(points.size()));
  std::filesystem::create_directories(place);
  io::write_npy(place / "points.npy", {points.coordinates, {points.size(), dimension}});
  io::write_npy(place / "ids.npy", {truth.ids.numbers(), {points.size(), neighbors}});
  std::ofstream(place / "workload.json") << R"({"dataset": ")" << name << R"(", "k": )" << neighbors << "}\n";
}

int run(const Options& options) {
  Report report("highdim");
  const auto lister = high_coppice_graph();
  const Identity identity = lister->identity();
  std::vector<std::string> problems;
  bool any = false;
  for (const std::size_t n : options.sizes)
    for (const std::string& name : high_sets(options)) {
      any = true;
      const Points<Real> points = make_high_set(name, n, options);
      HighTask task{points, neighbors, options.threads};
      const Truth truth(points.size());
      find_truth(*lister, task, truth, name, options);
      if (!options.share.empty()) leave_for_others(options.share, name, points, truth);
      if (!options.takes_part(identity.name)) continue;
      for (const Operation& operation : operations) {
        if (!lister->can(operation.effort, points)) continue;
        task.effort = operation.effort;
        task.recall = operation.recall;
        const std::vector<Entrant> ours{
            {identity, options.threads, [&](bool check) { return list_once(*lister, task, truth, check); }}};
        for (const std::string& problem :
             take_turns(ours, operation.name, name, points.size(), Clock::cpu, options, report))
          problems.push_back(problem);
      }
      for (const Change& change : changes) {
        task.effort = change.effort;
        task.recall = change.recall;
        const std::vector<Entrant> ours{
            {identity, options.threads, [&](bool check) { return change_once(task, change.insert, check); }}};
        for (const std::string& problem :
             take_turns(ours, change.name, name, points.size(), Clock::cpu, options, report))
          problems.push_back(problem);
      }
    }
  for (const std::string& problem : problems) std::fprintf(stderr, "disagreement: %s\n", problem.c_str());
  if (!any || (report.empty() && options.share.empty())) return 2;
  if (!options.json.empty()) report.write(options.json);  // even without rows: packages in other processes may come
  return problems.empty() ? 0 : 1;
}

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) {
  return coppice::bench::run_bench(argc, argv, coppice::bench::run, {{10'000}, {60'000}});
}
