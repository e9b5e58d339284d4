// The rounds, and a row from what they gave.
#include "harness/turns.hpp"

#include <algorithm>
#include <cstdio>

#include "harness/timing.hpp"

namespace coppice::bench {
namespace {

struct Rounds {
  std::vector<double> seconds, cpu_seconds;
  double spent = 0;
  bool out = false;
  Outcome first;
};

}  // namespace

std::map<std::string, double> usage_numbers(const Usage& usage) {
  return {{"seconds", usage.seconds},
          {"cpu_seconds", usage.cpu_seconds},
          {"peak_bytes", static_cast<double>(usage.peak_bytes)}};
}

std::vector<std::string> take_turns(const std::vector<Entrant>& entrants, const std::string& operation,
                                    const std::string& dataset, std::size_t n, Clock clock, const Options& options,
                                    Report& report) {
  std::vector<std::string> problems;
  const double budget = options.quick ? 0.6 : 10, limit = options.quick ? 20 : 300;
  std::vector<Rounds> all(entrants.size());
  for (int round = 0; round < options.rounds(); ++round)
    for (std::size_t i = 0; i < entrants.size(); ++i) {
      Rounds& rounds = all[i];
      if (rounds.out || rounds.spent > budget) continue;
      const Outcome outcome = apart([&] { return entrants[i].work(round == 0); }, limit);
      if (!outcome.failure.empty()) {
        std::fprintf(stderr, "%s: %s of %s, n = %zu, left out: %s\n", entrants[i].identity.name.c_str(),
                     operation.c_str(), dataset.c_str(), n, outcome.failure.c_str());
        if (entrants[i].identity.name == "coppice/graph")  // it has to be in every table
          problems.push_back(operation + " on " + dataset + ", n = " + std::to_string(n) +
                             ": coppice/graph: " + outcome.failure);
        rounds.out = true;
        continue;
      }
      if (round == 0) rounds.first = outcome;
      rounds.seconds.push_back(outcome.numbers.at("seconds"));
      rounds.cpu_seconds.push_back(outcome.numbers.at("cpu_seconds"));
      rounds.spent += rounds.seconds.back();
    }
  for (std::size_t i = 0; i < entrants.size(); ++i) {
    Rounds& rounds = all[i];
    if (rounds.out || rounds.seconds.empty()) continue;
    const Identity& identity = entrants[i].identity;
    Row row{identity.name, identity.version, operation, dataset, n, entrants[i].threads};
    const auto& times = clock == Clock::wall ? rounds.seconds : rounds.cpu_seconds;
    row.seconds = median(times);
    row.per_op_us = row.seconds * 1e6 / static_cast<double>(n);
    row.facts = rounds.first.numbers;
    row.facts.erase("seconds");
    row.facts["wall_seconds"] = median(rounds.seconds);
    row.facts["cpu_seconds"] = median(rounds.cpu_seconds);
    row.bytes_per_point = row.facts["peak_bytes"] / static_cast<double>(n);
    if (rounds.first.texts.contains("checksum")) row.checksum = rounds.first.texts.at("checksum");
    row.note = joined(identity.note, shown(row.seconds) + " s, min " + shown(smallest(times)) + " of " +
                                         std::to_string(times.size()) + " rounds");
    if (rounds.first.texts.contains("problem")) {
      row.note = joined(row.note, rounds.first.texts.at("problem"));
      problems.push_back(operation + " on " + dataset + ", n = " + std::to_string(n) + ": " + identity.name + ": " +
                         rounds.first.texts.at("problem"));
    }
    report.add(std::move(row));
  }
  return problems;
}

}  // namespace coppice::bench
