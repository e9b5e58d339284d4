// Contestants that each do one long piece of work in a process of its own take turns at it, round after round.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/apart.hpp"
#include "harness/options.hpp"
#include "harness/report.hpp"

namespace coppice::bench {

struct Entrant {
  Identity identity;
  int threads = 1;
  /// Gives the numbers of `usage_numbers` and others that become facts; of texts `checksum` and `problem`, if it is to
  /// `check` and there are such.
  std::function<Outcome(bool check)> work;
};

/// Which time is that of a row.
enum class Clock { wall, cpu };

/// The numbers by which `take_turns` knows what the work took.
[[nodiscard]] std::map<std::string, double> usage_numbers(const Usage& usage);

/// One round for each, then more as long as a contestant has not spent its time; answers are checked in the first. Adds
/// a row for each: the median time, and as facts the numbers of the first round, with `cpu_seconds` and `wall_seconds`;
/// `bytes_per_point` is the peak of its memory. Who fails or takes too long is left out, and stderr says why. Gives
/// what was wrong: the text `problem` of a first round.
std::vector<std::string> take_turns(const std::vector<Entrant>& entrants, const std::string& operation,
                                    const std::string& dataset, std::size_t n, Clock clock, const Options& options,
                                    Report& report);

}  // namespace coppice::bench
