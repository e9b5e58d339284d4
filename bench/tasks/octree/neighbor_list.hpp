// The neighbour list in the task `octree`: what the library offers for a list a step, beside searches in an index. Its
// `update` is the placing of the particles, its `neighbors` the list.
#pragma once

#include <string>

#include "coppice/index/octree/neighbor_list.hpp"
#include "harness/report.hpp"
#include "harness/timing.hpp"
#include "tasks/octree/problem.hpp"

namespace coppice::bench {

inline void report_neighbor_list(const std::string& name, const Problem& problem, const Options& options,
                                 Report& report) {
  NeighborListConfig config;
  config.cutoff = static_cast<double>(problem.radius);
  config.kind = PairKind::full;
  config.executor = Executor(options.threads);
  NeighborList<Real> list(config);
  const auto n = static_cast<double>(problem.size());
  std::vector<double> placing, finding;
  double pairs = 0;
  for (int round = 0; round < options.rounds(); ++round) {
    double place = 0, find = 0;
    list.update(problem.frames.front());
    pairs = 0;
    for (std::size_t step = 1; step < problem.frames.size(); ++step) {
      list.update(problem.frames[step]);
      const NeighborListStatistics last = list.statistics();
      place += last.sort_seconds;
      find += last.list_seconds;
      pairs += static_cast<double>(list.pairs());
    }
    const auto steps = static_cast<double>(problem.frames.size() - 1);
    placing.push_back(place / steps);
    finding.push_back(find / steps);
    pairs /= steps;
  }
  for (const auto& [operation, rounds] : {std::pair{"update", placing}, {"neighbors", finding}}) {
    Row row{name, COPPICE_BENCH_VERSION, operation, problem.name, problem.size(), options.threads};
    row.seconds = median(rounds);
    row.per_op_us = row.seconds * 1e6 / n;
    row.bytes_per_point = static_cast<double>(list.statistics().bytes) / n;
    row.note = "min " + shown(smallest(rounds) * 1e6 / n) + " of " + std::to_string(rounds.size()) + " rounds";
    row.facts = {{"radius", double{problem.radius}}, {"mean_neighbors", pairs / n}};
    report.add(std::move(row));
  }
}

}  // namespace coppice::bench
