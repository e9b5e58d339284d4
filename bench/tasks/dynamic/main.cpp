// The task `dynamic`: an index grows from nothing to n points one by one, is searched, has a quarter of its points
// moved and half of them erased, all one by one in random order. Contestants take turns; single latencies are taken in
// a stretch of their own. After every stage the contestants must agree on the same neighbours.
#include <algorithm>
#include <numeric>

#include "harness/datasets.hpp"
#include "harness/options.hpp"
#include "harness/report.hpp"
#include "harness/workload.hpp"
#include "tasks/dynamic/contestants.hpp"

namespace coppice::bench {
namespace {

constexpr std::size_t k = 10;
constexpr std::size_t stretch = 1000;  // updates between two looks at the clock

struct Entrant {
  std::unique_ptr<ChangingContestant> contestant;
  std::vector<double> per_op_us{};  // a round
  std::vector<double> latencies{};
  std::size_t operations = 0;
  double bytes_per_point = 0;
  std::string remark{};
  bool complete = true;  // its updates were all made, so that its answers can be compared

  void start_stage() {
    per_op_us.clear();
    latencies.clear();
    operations = 0;
    remark.clear();
    complete = true;
  }
};

struct Stage {
  const Dataset& dataset;
  const Options& options;
  PointView<Real> checks;  // queries that all must agree on
  Report& report;
};

void report_stage(Entrant& entrant, const std::string& operation, const std::string& note, const std::string& checksum,
                  const Stage& stage) {
  const Identity identity = entrant.contestant->identity();
  Row row{identity.name, identity.version, operation, stage.dataset.name, stage.dataset.points.size()};
  row.per_op_us = median(entrant.per_op_us);
  row.seconds = row.per_op_us * static_cast<double>(entrant.operations) / 1e6;
  row.bytes_per_point = entrant.bytes_per_point;
  row.checksum = checksum;
  row.note = joined(identity.note, joined(note, entrant.remark));
  row.latencies = entrant.latencies;
  stage.report.add(std::move(row));
}

/// Grows every contestant that can; the others are built.
void grow(std::vector<Entrant>& all, const Stage& stage) {
  const PointView<Real> points = stage.dataset.points;
  const std::size_t n = points.size();
  std::vector<point_id> order(n);
  std::iota(order.begin(), order.end(), 0);
  const std::span<const point_id> ids(order);
  const int rounds = stage.options.rounds() + 1;  // the last one takes latencies
  for (Entrant& entrant : all) entrant.start_stage();
  for (int round = 0; round < rounds; ++round)
    for (Entrant& entrant : all) {
      ChangingContestant& contestant = *entrant.contestant;
      if (!contestant.can(Update::insert)) {
        if (round == 0) contestant.build(points);
        continue;
      }
      if (!entrant.complete) continue;
      std::size_t first = 0;
      if (round == 0) {
        const std::size_t trial = std::min<std::size_t>(n, 2 * stretch);
        double seconds = 0;
        for (int attempt = 0; attempt < 2; ++attempt) {  // the first meets code and memory that nobody has used yet
          contestant.build(points.slice(0, 0));
          seconds = contestant.update(Update::insert, points, points, ids.first(trial), nullptr);
        }
        const double affordable = 2 * stage.options.seconds_of_updates() * static_cast<double>(trial) / seconds;
        if (affordable < static_cast<double>(n)) {
          first = n - static_cast<std::size_t>(affordable) / 2;
          entrant.complete = false;  // one round of one stretch, half of it with latencies
          entrant.remark = "only the last " + std::to_string(n - first) + " inserted, the rest built";
        }
      }
      contestant.build(points.slice(0, first));
      const std::size_t heap = heap_bytes();
      if (!entrant.complete) {
        const std::size_t middle = (first + n) / 2;
        const double seconds =
            contestant.update(Update::insert, points, points, ids.subspan(first, middle - first), nullptr);
        entrant.per_op_us = {seconds * 1e6 / static_cast<double>(middle - first)};
        contestant.update(Update::insert, points, points, ids.subspan(middle), &entrant.latencies);
        entrant.operations = middle - first;
        continue;
      }
      const bool last = round + 1 == rounds;
      if (last) entrant.latencies.reserve(n);
      const double seconds =
          contestant.update(Update::insert, points, points, ids, last ? &entrant.latencies : nullptr);
      if (!last) entrant.per_op_us.push_back(seconds * 1e6 / static_cast<double>(n));
      entrant.operations = n;
      if (last)
        entrant.bytes_per_point =
            contestant.bytes() > 0
                ? static_cast<double>(contestant.bytes()) / static_cast<double>(n)
                : (static_cast<double>(heap_bytes()) - static_cast<double>(heap)) / static_cast<double>(n);
    }
  for (Entrant& entrant : all)
    if (entrant.contestant->can(Update::insert))
      report_stage(entrant, "insert", entrant.contestant->note_on(Update::insert),
                   entrant.contestant->checksum(stage.checks, k, points), stage);
}

void search(std::vector<Entrant>& all, const Stage& stage) {
  const PointView<Real> queries = stage.dataset.queries;
  const std::size_t trial = std::min<std::size_t>(queries.size(), 100);
  for (Entrant& entrant : all) {
    const std::string remark = entrant.remark;
    entrant.start_stage();
    entrant.remark = remark;
    const double estimate = entrant.contestant->nearest(queries.slice(0, trial), k) / static_cast<double>(trial);
    entrant.operations = std::max(trial, static_cast<std::size_t>(std::min(stage.options.seconds_a_round() / estimate,
                                                                           static_cast<double>(queries.size()))));
  }
  for (int round = 0; round < stage.options.rounds(); ++round)
    for (Entrant& entrant : all) {
      if (!entrant.contestant->can(Update::insert)) continue;
      entrant.contestant->nearest(queries.slice(0, trial), k);
      const double seconds = entrant.contestant->nearest(queries.slice(0, entrant.operations), k);
      entrant.per_op_us.push_back(seconds * 1e6 / static_cast<double>(entrant.operations));
    }
  for (Entrant& entrant : all)
    if (entrant.contestant->can(Update::insert))
      report_stage(entrant, "knn10_grown", "", entrant.contestant->checksum(stage.checks, k, stage.dataset.points),
                   stage);
}

/// Updates the points `ids`, a part a round and the last part with latencies. Contestants that cannot, or that run out
/// of time, are built anew over what is left.
void change(std::vector<Entrant>& all, Update update, std::span<const point_id> ids, PointView<Real> before,
            PointView<Real> after, const Stage& stage) {
  const std::size_t parts = static_cast<std::size_t>(stage.options.rounds()) + 1;
  for (Entrant& entrant : all) {
    entrant.start_stage();
    entrant.latencies.reserve(ids.size() / parts + 1);
  }
  for (std::size_t part = 0; part < parts; ++part)
    for (Entrant& entrant : all) {
      if (!entrant.contestant->can(update)) continue;
      const auto share =
          ids.subspan(ids.size() * part / parts, ids.size() * (part + 1) / parts - ids.size() * part / parts);
      const bool last = part + 1 == parts;
      const double allowed = stage.options.seconds_of_updates() / static_cast<double>(parts);
      double seconds = 0;
      std::size_t done = 0;
      for (; done < share.size() && seconds < allowed; done += std::min(stretch, share.size() - done))
        seconds += entrant.contestant->update(update, before, after,
                                              share.subspan(done, std::min(stretch, share.size() - done)),
                                              last ? &entrant.latencies : nullptr);
      entrant.complete = entrant.complete && done == share.size();
      entrant.operations += done;
      if (!last && done > 0) entrant.per_op_us.push_back(seconds * 1e6 / static_cast<double>(done));
    }

  for (Entrant& entrant : all) {
    if (!entrant.contestant->can(update)) continue;
    if (!entrant.complete)
      entrant.remark = std::to_string(entrant.operations) + " of " + std::to_string(ids.size()) + ", unchecked";
    report_stage(entrant, update == Update::erase ? "erase" : "move", entrant.contestant->note_on(update),
                 entrant.complete ? entrant.contestant->checksum(stage.checks, k, after) : "", stage);
  }
  if (update == Update::move)
    for (Entrant& entrant : all)
      if (!entrant.complete || !entrant.contestant->can(update)) entrant.contestant->build(after);
}

int run(const Options& options) {
  Report report("dynamic");
  std::vector<Entrant> all;
  for (const MakeChanging make : dynamic_contestants()) {
    auto contestant = make(options.threads);
    if (options.takes_part(contestant->identity().name)) all.push_back({std::move(contestant)});
  }
  for (const std::size_t n : options.sizes)
    for (const std::string& name : dataset_names(options)) {
      const Dataset dataset = make_dataset(name, n, query_count(n) / 2, options);
      const std::size_t checked = std::min<std::size_t>(dataset.queries.size(), 500);
      const Stage stage{dataset, options, dataset.queries.view().slice(0, checked), report};
      grow(all, stage);
      search(all, stage);

      const std::size_t size = dataset.points.size();
      const auto ids = shuffled_ids(size, 7);
      const auto moving = std::span<const point_id>(ids).first(size / 4);
      Random random(8);
      const Points<Real> places = places_beside(dataset.points, moving, random);
      Points<Real> moved = dataset.points;
      for (std::size_t i = 0; i < moving.size(); ++i)
        std::copy_n(places.view().row(i), dimension,
                    moved.coordinates.begin() + static_cast<std::ptrdiff_t>(moving[i]) * dimension);
      change(all, Update::move, moving, dataset.points, moved, stage);

      const auto leaving = shuffled_ids(size, 9);
      change(all, Update::erase, std::span<const point_id>(leaving).first(size / 2), moved, moved, stage);
      for (Entrant& entrant : all) entrant.contestant->build(moved.view().slice(0, std::min<std::size_t>(size, 10)));
    }
  return finish(report, options.json);
}

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) {
  return coppice::bench::run_bench(argc, argv, coppice::bench::run);
}
