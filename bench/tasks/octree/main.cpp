// The task `octree`: after the paper of the (K, α)-admissible octree, points that move. `build` takes the first frame
// of a series, `update` moves all points to the next one in a batch, `neighbors` finds everything within a radius of
// every point, after every third update. Then `knn10`, `update_1pct` (a batch that takes 1 % of the points out of their
// leaves), and one by one `move` (by 1 % of the radius), `move_inside` (hardly), `erase` (half of the points) and
// `insert` (all, into an empty index). Contestants take turns; single latencies come from a round of their own. Answers
// must agree after every operation.
#include <algorithm>
#include <map>

#include "harness/checksum.hpp"
#include "harness/options.hpp"
#include "harness/report.hpp"
#include "tasks/octree/contestants.hpp"
#include "tasks/octree/neighbor_list.hpp"
#include "tasks/octree/problem.hpp"

namespace coppice::bench {
namespace {

constexpr std::size_t k = 10;
constexpr std::size_t checked = 300;  // queries that all answer
constexpr std::array operations{"build", "update",      "neighbors", "knn10", "update_1pct",
                                "move",  "move_inside", "erase",     "insert"};

/// The figures of one operation of one contestant.
struct Figures {
  std::vector<double> per_op_us{};  // a round
  std::vector<double> latencies{};
  std::size_t count = 0;  // operations of a round
  double bytes_per_point = 0;
  std::string checksum{};
  std::map<std::string, double> facts{};
};

struct Entrant {
  std::string name;
  std::unique_ptr<MovingIndex> index;
  std::map<std::string, Figures> figures{};
};

std::vector<Entrant> entrants(bool scaling, const Options& options) {
  std::vector<Entrant> all;
  const auto add = [&](const std::string& name, std::unique_ptr<MovingIndex> index) {
    if (options.takes_part(name)) all.push_back({name, std::move(index)});
  };
  add("coppice/octree", make_octree(0, options.threads));
  if (!scaling)
    for (const int capacity : {10, 32, 100, 1000})
      add("coppice/octree-k" + std::to_string(capacity), make_octree(capacity, options.threads));
  add("coppice/kd", make_kd_tree(options.threads));
  return all;
}

/// One contestant's round over a problem. The first round also compares and counts; the last takes latencies only.
class Round {
 public:
  enum class Kind { first, further, latencies };

  Round(Entrant& entrant, const Problem& problem, Kind kind, bool skips_neighbors)
      : entrant_(entrant), index_(*entrant.index), problem_(problem), kind_(kind), skips_neighbors_(skips_neighbors) {}

  void run() {
    const std::size_t n = problem_.size();
    if (kind_ == Kind::latencies) {
      index_.build(problem_.one_percent);
    } else {
      follow_frames();
      const PointView<Real> queries = problem_.queries;
      index_.nearest(queries.slice(0, queries.size() / 4), k);  // the caches hold what its own work leaves there
      figure("knn10", queries.size(), seconds_of([&] { index_.nearest(queries, k); }));
      if (kind_ == Kind::first) count_nodes_of_queries();
      agree("knn10", problem_.frames.back());
      figure("update_1pct", n, seconds_of([&] { index_.update(problem_.one_percent); }));
      if (kind_ == Kind::first) entrant_.figures["update_1pct"].facts["crossing"] = problem_.crossing;
      agree("update_1pct", problem_.one_percent);
    }
    const std::vector<point_id> moving = shuffled_ids(n, 61), leaving = shuffled_ids(n, 62);
    one_by_one("move", n, [&](auto* latencies) { index_.move(problem_.moved, moving, latencies); });
    agree("move", problem_.moved);
    one_by_one("move_inside", n, [&](auto* latencies) { index_.move(problem_.jittered, moving, latencies); });
    agree("move_inside", problem_.jittered);
    const auto half = std::span<const point_id>(leaving).first(n / 2);
    one_by_one("erase", half.size(), [&](auto* latencies) { index_.erase(half, latencies); });
    agree("erase", problem_.jittered);
    index_.clear();
    const double repaired = repairs();
    one_by_one("insert", n, [&](auto* latencies) { index_.insert(problem_.jittered, leaving, latencies); });
    if (kind_ == Kind::first) {
      entrant_.figures["insert"].facts["repaired_points"] = (repairs() - repaired) / static_cast<double>(n);
      entrant_.figures["insert"].facts["nodes_touched"] = nodes_on_path(index_.boxes());
    }
    agree("insert", problem_.jittered);
  }

 private:
  void follow_frames() {
    const std::size_t n = problem_.size();
    const auto& frames = problem_.frames;
    if (kind_ == Kind::first) index_.build(frames.front());  // the memory is there, now
    figure("build", n, seconds_of([&] { index_.build(frames.front()); }));
    agree("build", frames.front());
    double updating = 0, finding = 0, found = 0, slowest = 0, finds = 0;
    for (std::size_t step = 1; step < frames.size(); ++step) {
      const double seconds = seconds_of([&] { index_.update(frames[step]); });
      updating += seconds;
      slowest = std::max(slowest, seconds);
      if (step % 3 != 0 || skips_neighbors_) continue;
      finding += seconds_of([&] { found += static_cast<double>(index_.neighbors(frames[step], problem_.radius)); });
      ++finds;
    }
    figure("update", n, updating / static_cast<double>(frames.size() - 1));
    agree("update", frames.back());
    if (finds > 0) figure("neighbors", n, finding / finds);
    if (kind_ != Kind::first) return;
    Figures& neighbors = entrant_.figures["neighbors"];
    neighbors.facts["mean_neighbors"] = found / finds / static_cast<double>(n);
    Checksum checksum(frames.back());
    const auto answers = index_.all_within(problem_.queries.view().slice(0, checked), problem_.radius);
    for (std::size_t i = 0; i < answers.size(); ++i) checksum.add_set(ids_of(answers, i));
    neighbors.checksum = checksum.text();
    entrant_.figures["update"].facts["slowest_us"] = slowest * 1e6;
  }

  void count_nodes_of_queries() {
    const auto boxes = index_.boxes();
    const PointView<Real> sample = problem_.queries.view().slice(0, checked);
    const Neighbors<Real> answers = index_.all_nearest(sample, k);
    double nodes = 0;
    for (std::size_t i = 0; i < sample.size(); ++i)
      nodes += static_cast<double>(nodes_near(boxes, sample.row(i), double{answers.distances[(i + 1) * k - 1]}));
    entrant_.figures["knn10"].facts["nodes_touched"] = nodes / static_cast<double>(sample.size());
  }

  static std::span<const point_id> ids_of(const Neighbors<Real>& answers, std::size_t i) {
    const auto first = static_cast<std::size_t>(answers.offsets[i]);
    return std::span(answers.ids).subspan(first, static_cast<std::size_t>(answers.offsets[i + 1]) - first);
  }
  [[nodiscard]] double repairs() const { return static_cast<double>(index_.statistics().rebuilds.total); }

  void figure(const std::string& operation, std::size_t count, double seconds) {
    Figures& figures = entrant_.figures[operation];
    figures.count = count;
    figures.per_op_us.push_back(seconds * 1e6 / static_cast<double>(count));
  }
  template <class Work>
  void one_by_one(const std::string& operation, std::size_t count, Work work) {
    if (kind_ == Kind::latencies) {
      auto& latencies = entrant_.figures[operation].latencies;
      latencies.reserve(count);
      work(&latencies);
    } else {
      figure(operation, count, seconds_of([&] { work(static_cast<std::vector<double>*>(nullptr)); }));
    }
  }
  /// Checks that the points are where they should be, and notes the shape that the operation left.
  void agree(const std::string& operation, PointView<Real> points) {
    if (kind_ != Kind::first) return;
    Figures& figures = entrant_.figures[operation];
    Checksum checksum(points);
    const PointView<Real> queries = problem_.queries.view().slice(0, checked);
    const Neighbors<Real> answers = index_.all_nearest(queries, k);
    for (std::size_t i = 0; i < answers.size(); ++i) checksum.add_nearest(queries.row(i), k, ids_of(answers, i));
    figures.checksum = checksum.text();
    const Statistics shape = index_.statistics();
    figures.bytes_per_point = shape.bytes_per_point;
    figures.facts["height"] = static_cast<double>(shape.height);
    figures.facts["nodes"] = static_cast<double>(shape.nodes);
    figures.facts["leaves"] = static_cast<double>(shape.leaves);
  }

  Entrant& entrant_;
  MovingIndex& index_;
  const Problem& problem_;
  Kind kind_;
  bool skips_neighbors_;
};

/// Whether finding all neighbours again would take more than its share of a quick run's time.
bool is_slow(Entrant& entrant, const Problem& problem, const Options& options) {
  const auto& rounds = entrant.figures["neighbors"].per_op_us;
  constexpr double share = 0.5;  // seconds
  return options.quick && !rounds.empty() && rounds.front() * static_cast<double>(problem.size()) > share * 1e6;
}

void report_entrant(const Entrant& entrant, const Problem& problem, const Options& options, Report& report) {
  for (const char* operation : operations) {
    const Figures& figures = entrant.figures.at(operation);
    constexpr std::array one_by_one{"knn10", "move", "move_inside", "erase", "insert"};
    const bool is_batch = std::find(one_by_one.begin(), one_by_one.end(), std::string(operation)) == one_by_one.end();
    Row row{entrant.name, COPPICE_BENCH_VERSION, operation,
            problem.name, problem.size(),        is_batch ? options.threads : 1};
    row.per_op_us = median(figures.per_op_us);
    row.seconds = row.per_op_us * static_cast<double>(figures.count) / 1e6;
    row.bytes_per_point = figures.bytes_per_point;
    row.checksum = figures.checksum;
    row.note = "min " + shown(smallest(figures.per_op_us)) + " of " + std::to_string(figures.per_op_us.size()) +
               " rounds of " + std::to_string(figures.count);
    row.latencies = figures.latencies;
    row.facts = figures.facts;
    row.facts["radius"] = problem.radius;
    report.add(std::move(row));
  }
}

void run_problem(const Problem& problem, bool scaling, const Options& options, Report& report) {
  std::vector<Entrant> all = entrants(scaling, options);
  for (int round = 0; round < options.rounds(); ++round)
    for (Entrant& entrant : all)
      Round(entrant, problem, round == 0 ? Round::Kind::first : Round::Kind::further,
            is_slow(entrant, problem, options))
          .run();
  for (Entrant& entrant : all) Round(entrant, problem, Round::Kind::latencies, true).run();
  for (const Entrant& entrant : all) report_entrant(entrant, problem, options, report);
  if (const std::string name = "coppice/neighbor-list"; options.takes_part(name))
    report_neighbor_list(name, problem, options, report);
}

int run(const Options& options) {
  Report report("octree");
  const std::size_t largest = options.sizes.back();
  constexpr std::size_t published = 100'000;
  for (const char* name : paper_series)
    if (options.uses(name)) run_problem(make_problem(name, std::min(published, largest)), false, options, report);
  if (options.uses("uniform"))
    for (const std::size_t n : options.sizes) run_problem(make_problem("uniform", n), true, options, report);
  return finish(report, options.json);
}

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) {
  return coppice::bench::run_bench(
      argc, argv, coppice::bench::run,
      {{10'000, 30'000, 100'000, 300'000}, {10'000, 20'000, 50'000, 100'000, 200'000, 500'000, 1'000'000}});
}
