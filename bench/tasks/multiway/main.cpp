// The task `multiway`: MultiwayTree on the workload of the paper that it comes from (Ji et al., Figures 8 to 11, Table
// VIII): a set is built, a tenth of it comes in ten batches, from all over and then from one moving place, and is asked
// for the k nearest, k ~ U(1, 1000), and for all within a radius, about 1,000 points. Each contestant does all of it in
// a process of its own, so that the peak of its memory is its own, too.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <numeric>
#include <stdexcept>

#include "harness/apart.hpp"
#include "harness/checksum.hpp"
#include "harness/datasets.hpp"
#include "harness/options.hpp"
#include "harness/report.hpp"
#include "harness/timing.hpp"
#include "tasks/kmeans/sets.hpp"
#include "tasks/multiway/contestants.hpp"

namespace coppice::bench {
namespace {

constexpr int batches = 10;

struct Workload {
  std::string name;
  Points<Real> points;          // in an order of their own
  Points<Real> everywhere;      // newcomers that lie as the points do
  Points<Real> drifting;        // newcomers of one place that moves
  std::vector<Real> queries;    // some of the points
  std::vector<std::size_t> ks;  // of each query
  Real radius = 0;
  [[nodiscard]] std::size_t size() const { return points.size(); }
};

/// A radius within which the queries have about this many points on average, by the k-th nearest of some of them.
Real radius_of(PointView<Real> points, const std::vector<Real>& queries, std::size_t k) {
  std::vector<Real> keys(points.size());
  std::vector<double> radii;
  for (std::size_t q = 0; q < 15; ++q) {
    for (std::size_t i = 0; i < points.size(); ++i) {
      keys[i] = 0;
      for (int a = 0; a < dimension; ++a) {
        const Real gap = points.row(i)[a] - queries[q * dimension + static_cast<std::size_t>(a)];
        keys[i] += gap * gap;
      }
    }
    std::nth_element(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(k), keys.end());
    radii.push_back(std::sqrt(keys[k]));
  }
  return static_cast<Real>(static_cast<float>(median(radii)));  // no point lies at just this distance
}

Workload make_workload(const std::string& name, std::size_t n, const Options& options) {
  Workload work;
  work.name = name;
  Random random(1);
  work.points = name == "uniform" ? make_dataset(name, n, 1, options).points : make_kmeans_set(name, n, options);
  const std::size_t size = work.points.size();
  std::vector<point_id> rows(size / 10);
  for (point_id& row : rows) row = static_cast<point_id>(random.below(size));
  work.everywhere = places_beside(work.points, rows, random);
  // A batch is a hundredth of the points, beside a four-hundredth of them that is near together.
  std::vector<point_id> sorted(size);
  std::iota(sorted.begin(), sorted.end(), point_id{0});
  const PointView<Real> view = work.points;
  std::sort(sorted.begin(), sorted.end(), [&](point_id a, point_id b) {
    return view.row(static_cast<std::size_t>(a))[0] < view.row(static_cast<std::size_t>(b))[0];
  });
  const std::size_t place = std::max<std::size_t>(size / 400, 1);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::size_t batch = i * batches / rows.size();
    rows[i] = sorted[size / 3 + batch * place / 2 + random.below(place)];
  }
  work.drifting = places_beside(work.points, rows, random);
  const std::size_t queries = options.quick ? 2000 : 10000;
  for (std::size_t q = 0; q < queries; ++q) {
    const Real* row = view.row(random.below(size));
    work.queries.insert(work.queries.end(), row, row + dimension);
    work.ks.push_back(1 + random.below(1000));
  }
  work.radius = radius_of(work.points, work.queries, std::min<std::size_t>(1000, size - 1));
  return work;
}

/// A short measurement is repeated at least until it has taken this many seconds altogether.
constexpr double enough_seconds = 0.25;

/// Ten batches; the seconds that they take, or none where the contestant cannot.
double insert_all(MultiwayContestant& contestant, PointView<Real> points, std::size_t size) {
  double seconds = 0;
  for (int b = 0; b < batches; ++b) {
    const std::size_t first = points.size() * static_cast<std::size_t>(b) / batches;
    const std::size_t last = points.size() * (static_cast<std::size_t>(b) + 1) / batches;
    bool can = true;
    seconds += seconds_of(
        [&] { can = contestant.insert(points.slice(first, last - first), static_cast<point_id>(size + first)); });
    if (!can) return 0;
  }
  return seconds;
}

/// The same to the tree that was just built, and then to more of them, `at_least` in all; the median. `after` is told
/// the round.
double insert_to_new(MultiwayContestant& contestant, const Workload& work, PointView<Real> newcomers, int at_least,
                     const std::function<void(int round)>& after) {
  std::vector<double> rounds{insert_all(contestant, newcomers, work.size())};
  if (rounds.front() == 0) return 0;
  after(0);
  double total = rounds.front();
  for (int round = 1; round < at_least || (total < enough_seconds && round < 9); ++round, total += rounds.back()) {
    contestant.build(work.points);
    rounds.push_back(insert_all(contestant, newcomers, work.size()));
    after(round);
  }
  return median(rounds);
}

/// Searches of ten neighbours where newcomers came last; the median of the rounds but the first.
double search_among_newcomers(MultiwayContestant& contestant, PointView<Real> newcomers, std::size_t queries,
                              const Options& options) {
  std::vector<double> rounds;
  std::vector<point_id> ids;
  const auto ask_all = [&] {
    for (std::size_t q = 0; q < queries; ++q) {
      ids.clear();
      contestant.nearest(newcomers.row(newcomers.size() - 1 - q * 7 % newcomers.size()), 10, ids);
      if (ids.size() != 10) throw std::logic_error("a search of ten neighbours found fewer");
    }
  };
  ask_all();
  for (double total = 0; static_cast<int>(rounds.size()) < options.rounds() || total < enough_seconds;
       total += rounds.back())
    rounds.push_back(seconds_of(ask_all));
  return median(rounds);
}

/// One way to answer query q.
struct Answerer {
  std::string operation;
  std::function<void(std::size_t q, std::vector<point_id>& ids)> answer;
};

/// Asks every query of all in turns, round by round: the medians of the rounds but the first, in which answers are
/// checked.
void ask(const Workload& work, const Options& options, const std::vector<Answerer>& all, Outcome& outcome) {
  std::vector<std::vector<double>> rounds(all.size());
  std::vector<point_id> ids;
  double total = 0;
  for (int round = 0; round <= options.rounds() || total < enough_seconds; ++round)
    for (std::size_t a = 0; a < all.size(); ++a) {
      const auto& [operation, answer] = all[a];
      Checksum sum(work.points);
      std::size_t found = 0;
      const double start = now();
      for (std::size_t q = 0; q < work.ks.size(); ++q) {
        ids.clear();
        answer(q, ids);
        found += ids.size();
        if (round > 0) continue;
        if (operation == "knn_mixed_k")
          sum.add_nearest(&work.queries[q * dimension], work.ks[q], ids);
        else
          sum.add_set(ids);
      }
      const double seconds = now() - start;
      total += seconds;
      outcome.numbers[operation + ".results"] = static_cast<double>(found) / static_cast<double>(work.ks.size());
      if (round == 0)
        outcome.texts[operation] = sum.text();
      else
        rounds[a].push_back(seconds);
    }
  for (std::size_t a = 0; a < all.size(); ++a) outcome.numbers[all[a].operation] = median(rounds[a]);
}

Outcome run(const MultiwayEntry& entry, const Workload& work, const Options& options) {
  Outcome outcome;
  const auto contestant = entry.make(options.threads);
  const auto note_facts = [&](const std::string& prefix) {
    for (const auto& [name, value] : contestant->facts()) outcome.numbers[prefix + name] = value;
  };
  const PointView<Real> points = work.points;
  const Usage first = usage_of([&] { contestant->build(points); });
  outcome.numbers["peak_bytes"] = static_cast<double>(first.peak_bytes);
  outcome.numbers["first_build"] = first.seconds;
  std::vector<double> builds;  // once the memory is there
  const int rounds = first.seconds > 3 ? 1 : options.rounds();
  for (double total = 0; static_cast<int>(builds.size()) < rounds || (total < 8 * enough_seconds && builds.size() < 9);
       total += builds.back())
    builds.push_back(seconds_of([&] { contestant->build(points); }));
  outcome.numbers["build"] = median(builds);
  note_facts("build.");

  const int trees = first.seconds > 3 ? 1 : 5;  // where a tree lies in memory moves searches by a third
  if (entry.identity.name != "nanoflann/forest") {
    const auto query = [&](std::size_t q) { return &work.queries[q * dimension]; };
    ask(work, options,
        {{"knn_mixed_k", [&](std::size_t q, auto& ids) { contestant->nearest(query(q), work.ks[q], ids); }}}, outcome);
    std::vector<Answerer> radius{
        {"radius", [&](std::size_t q, auto& ids) { contestant->within(query(q), work.radius, ids); }}};
    std::vector<point_id> none;
    if (contestant->within_tested(query(0), work.radius, none))
      radius.push_back(
          {"radius_tested", [&](std::size_t q, auto& ids) { contestant->within_tested(query(q), work.radius, ids); }});
    std::map<std::string, std::vector<double>> seconds;
    for (int tree = 0; tree < trees; ++tree) {
      if (tree > 0) contestant->build(points);
      ask(work, options, radius, outcome);
      for (const Answerer& one : radius) seconds[one.operation].push_back(outcome.numbers[one.operation]);
    }
    for (const auto& [operation, of_trees] : seconds) outcome.numbers[operation] = median(of_trees);
  }
  // Repairs are counted on and on: what earlier insertions took is not this one's.
  std::map<std::string, double> earlier = contestant->facts();
  const auto note_repairs = [&](const std::string& prefix) {
    note_facts(prefix);
    for (const char* count : {"rebuilds", "rebuilt_points"})
      if (earlier.contains(count)) outcome.numbers[prefix + count] -= earlier.at(count);
  };
  outcome.numbers["insert_10pct"] = insert_to_new(*contestant, work, work.everywhere, trees, [&](int round) {
    if (round == 0) note_repairs("insert_10pct.");
  });
  if (outcome.numbers["insert_10pct"] == 0) return outcome;
  contestant->build(points);
  earlier = contestant->facts();
  std::vector<double> searches;
  outcome.numbers["insert_drift"] = insert_to_new(*contestant, work, work.drifting, trees, [&](int round) {
    if (round == 0) note_repairs("insert_drift.");
    searches.push_back(search_among_newcomers(*contestant, work.drifting, work.ks.size(), options));
  });
  outcome.numbers["knn_grown"] = median(searches);
  // What has grown answers as all others.
  Points<Real> all = work.points;
  all.coordinates.insert(all.coordinates.end(), work.drifting.coordinates.begin(), work.drifting.coordinates.end());
  Checksum grown(all);
  std::vector<point_id> ids;
  for (std::size_t q = 0; q < std::min<std::size_t>(work.ks.size(), 500); ++q) {
    ids.clear();
    contestant->nearest(&work.queries[q * dimension], 10, ids);
    grown.add_nearest(&work.queries[q * dimension], 10, ids);
  }
  outcome.texts["insert_drift"] = grown.text();
  return outcome;
}

void add_rows(const MultiwayEntry& entry, const Workload& work, const Outcome& outcome, const Options& options,
              Report& report) {
  const auto n = static_cast<double>(work.size());
  const std::map<std::string, double> operations{{"build", n},
                                                 {"insert_10pct", n / 10},
                                                 {"insert_drift", n / 10},
                                                 {"knn_grown", static_cast<double>(work.ks.size())},
                                                 {"knn_mixed_k", static_cast<double>(work.ks.size())},
                                                 {"radius", static_cast<double>(work.ks.size())},
                                                 {"radius_tested", static_cast<double>(work.ks.size())}};
  for (const auto& [operation, times] : operations) {
    const auto seconds = outcome.numbers.find(operation);
    if (seconds == outcome.numbers.end() || seconds->second == 0) continue;
    Row row;
    row.contestant = entry.identity.name;
    row.version = entry.identity.version;
    row.note = entry.identity.note;
    row.operation = operation;
    row.dataset = work.name;
    row.n = work.size();
    row.threads = options.threads;
    row.seconds = seconds->second;
    row.per_op_us = seconds->second / times * 1e6;
    if (const auto sum = outcome.texts.find(operation); sum != outcome.texts.end()) row.checksum = sum->second;
    for (const auto& [name, value] : outcome.numbers)
      if (name.starts_with(operation + ".")) row.facts[name.substr(operation.size() + 1)] = value;
    row.facts["peak_bytes_per_point"] = outcome.numbers.at("peak_bytes") / n;
    row.bytes_per_point = row.facts["peak_bytes_per_point"];
    report.add(std::move(row));
  }
}

int run_task(const Options& options) {
  std::vector<MultiwayEntry> entries;
  add_coppice_trees(entries);
  add_sorted_levels(entries);
  add_nanoflann(entries);
  std::erase_if(entries, [&](const MultiwayEntry& entry) { return !options.takes_part(entry.identity.name); });
  std::vector<std::string> names;
  if (options.uses("uniform")) names.emplace_back("uniform");
  for (const std::string& name : kmeans_sets(options)) names.push_back(name);
  Report report("multiway");
  for (const std::size_t n : options.sizes)
    for (const std::string& name : names) {
      const Workload work = make_workload(name, n, options);
      if (work.size() < 2000) continue;
      for (const MultiwayEntry& entry : entries) {
        std::fprintf(stderr, "%s, n = %zu: %s\n", name.c_str(), work.size(), entry.identity.name.c_str());
        constexpr double limit = 300;
        const Outcome outcome = apart([&] { return run(entry, work, options); }, limit);
        if (!outcome.failure.empty()) {
          std::fprintf(stderr, "%s is left out: %s\n", entry.identity.name.c_str(), outcome.failure.c_str());
          continue;
        }
        add_rows(entry, work, outcome, options, report);
      }
    }
  return finish(report, options.json);
}

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) {
  return coppice::bench::run_bench(argc, argv, coppice::bench::run_task, {{1'000'000}, {1'000'000, 5'000'000}});
}
