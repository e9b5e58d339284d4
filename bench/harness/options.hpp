// What a bench is asked to do, from its command line, and how much time it may spend on each figure.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace coppice::bench {

struct Options {
  bool quick = false;
  int threads = 1;                    ///< of contestants that can use more than one
  std::vector<std::size_t> sizes;     ///< n of each pass over the datasets
  std::filesystem::path json;         ///< where the report goes; empty for none
  std::filesystem::path share;        ///< where data and queries are left for contestants in other processes; or empty
  std::filesystem::path data;         ///< real data sets; those that are absent are left out
  std::vector<std::string> only;      ///< contestants that take part; empty for all
  std::vector<std::string> datasets;  ///< that are used; empty for all

  [[nodiscard]] int rounds() const { return quick ? 3 : 5; }
  /// What one contestant may spend on one operation in one round, by which the number of queries is cut.
  [[nodiscard]] double seconds_a_round() const { return quick ? 0.12 : 0.5; }
  /// What one contestant may spend on all updates of one operation.
  [[nodiscard]] double seconds_of_updates() const { return quick ? 1.2 : 20; }

  [[nodiscard]] bool takes_part(const std::string& contestant) const;
  [[nodiscard]] bool uses(const std::string& dataset) const;
  /// Whether the user named it: for those that are not there by default.
  [[nodiscard]] bool asks_for(const std::string& dataset) const;
};

/// What a task runs where no n is given.
struct DefaultSizes {
  std::vector<std::size_t> quick{1'000'000};
  std::vector<std::size_t> full{1'000'000, 10'000'000};
};

/// Reads the command line; prints help and exits 0, or one line about a mistake and exits 2.
[[nodiscard]] Options read_options(int argc, char** argv, const DefaultSizes& sizes);

/// The whole of a bench's main: reads the command line, runs, and turns an exception into one line and the status 1.
[[nodiscard]] int run_bench(int argc, char** argv, int (*run)(const Options& options), const DefaultSizes& sizes = {});

}  // namespace coppice::bench
