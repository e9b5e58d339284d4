// The task `kmeans`: 20 moves of k centers and the labels after them, from the same random points for all, for k from
// 10 to 10,000. Whoever evaluates every pair is measured over fewer moves where all would take too long, and its time
// is that of all at the same speed; then its answer is not compared. scikit-learn comes after, in peers/k_means.py.
#include <bit>
#include <cstdio>
#include <fstream>

#include "coppice/io/npz.hpp"
#include "harness/timing.hpp"
#include "harness/turns.hpp"
#include "tasks/kmeans/contestants.hpp"
#include "tasks/kmeans/sets.hpp"

namespace coppice::bench {
namespace {

constexpr int moves = 20;
constexpr std::size_t all_k[] = {10, 20, 50, 80, 100, 1000, 10000};

std::uint64_t mixed(std::uint64_t h, std::uint64_t x) {
  return (std::rotl(h, 23) ^ x) * 0x9e3779b97f4a7c15u;
}

/// All bits of the centers and the labels.
std::string checksum_of(const KMeansAnswer& answer) {
  std::uint64_t h = 1;
  for (const Real x : answer.centers) h = mixed(h, std::bit_cast<std::uint64_t>(static_cast<double>(x)));
  for (const std::int32_t label : answer.labels) h = mixed(h, static_cast<std::uint64_t>(label));
  char text[20];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(h));
  return text;
}

Outcome cluster_once(Clusterer& clusterer, KMeansTask task, const Options& options) {
  const double pairs = static_cast<double>(task.points.size()) * static_cast<double>(task.centers.size());
  const double most = options.quick ? 4e9 : 5e11;
  if (clusterer.brute()) task.iterations = std::clamp(static_cast<int>(most / pairs) - 1, 1, moves);
  KMeansAnswer answer;
  const Usage usage = settled_usage_of([&] { answer = clusterer.cluster(task); });
  Outcome outcome{{}, usage_numbers(usage), {}};
  const double share = static_cast<double>(task.iterations + 1) / (moves + 1);
  for (const char* name : {"seconds", "cpu_seconds"}) outcome.numbers[name] /= share;
  outcome.numbers["sse"] = answer.sse;
  outcome.numbers["passes"] = task.iterations + 1;
  outcome.numbers["input_bytes"] = static_cast<double>(task.points.size() * dimension * sizeof(Real));
  if (task.iterations == moves && clusterer.exact()) outcome.texts["checksum"] = checksum_of(answer);
  return outcome;
}

void leave_for_others(const std::filesystem::path& folder, const std::string& name, const KMeansTask& task) {
  const std::size_t n = task.points.size(), k = task.centers.size();
  const auto place = folder / (name + "-" + std::to_string(n) + "-" + std::to_string(k));
  std::filesystem::create_directories(place);
  io::write_npy(place / "points.npy",
                {std::span<const Real>(task.points.row(0), n * dimension), {n, std::size_t{dimension}}});
  io::write_npy(place / "centers.npy", {task.centers.coordinates, {k, std::size_t{dimension}}});
  std::ofstream(place / "workload.json") << R"({"dataset": ")" << name << R"(", "operation": "k)" << k
                                         << R"(", "moves": )" << moves << "}\n";
}

int run(const Options& options) {
  Report report("kmeans");
  std::vector<std::unique_ptr<Clusterer>> clusterers;
  for (const char* method : {"automatic", "filtering", "two-trees", "hamerly", "elkan", "lloyd"})
    clusterers.push_back(coppice_kmeans(method));
  clusterers.push_back(lloyd_simd());
  clusterers.push_back(lloyd_fused());
  clusterers.push_back(lloyd_scalar());
  std::vector<std::string> problems;
  bool any = false;
  for (const std::size_t n : options.sizes)
    for (const std::string& name : kmeans_sets(options)) {
      const Points<Real> points = make_kmeans_set(name, n, options);
      const auto order = shuffled_ids(points.size(), 42);
      for (const std::size_t k : all_k) {
        if (k * 10 > points.size()) continue;
        any = true;
        KMeansTask task{points, {{}, dimension}, moves, 1};
        for (std::size_t j = 0; j < k; ++j)
          for (const Real x : points.view()[static_cast<std::size_t>(order[j])]) task.centers.coordinates.push_back(x);
        if (!options.share.empty()) leave_for_others(options.share, name, task);
        std::string operation("k");
        operation += std::to_string(k);
        std::vector<Entrant> entrants;
        for (const auto& clusterer : clusterers) {
          const Identity identity = clusterer->identity();
          if (!options.takes_part(identity.name)) continue;
          // Bounds on every pair, and the gaps between all centers, are for few.
          const bool bounds = identity.name.ends_with("elkan") || identity.name.ends_with("hamerly");
          if (bounds && k > (options.quick ? 100 : 1000)) continue;
          const bool ours = identity.name.starts_with("coppice/");
          KMeansTask own = task;
          own.threads = ours ? options.threads : 1;
          entrants.push_back({identity, own.threads,
                              [&clusterer, own, &options](bool) { return cluster_once(*clusterer, own, options); }});
        }
        for (const std::string& problem :
             take_turns(entrants, operation, name, points.size(), Clock::wall, options, report))
          problems.push_back(problem);
      }
    }
  for (const std::string& problem : problems) std::fprintf(stderr, "disagreement: %s\n", problem.c_str());
  if (!any || (report.empty() && options.share.empty())) return 2;
  if (!options.share.empty()) {  // packages in other processes may come, even where there are no rows yet
    if (!options.json.empty()) report.write(options.json);
    return problems.empty() && report.agree() ? 0 : 1;
  }
  return std::max(finish(report, options.json), problems.empty() ? 0 : 1);
}

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) {
  return coppice::bench::run_bench(argc, argv, coppice::bench::run, {{1'000'000}, {1'000'000}});
}
