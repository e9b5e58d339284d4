// What every subcommand is built from: the options that all of them share, the exit codes, the one exception for a
// chosen exit code, and the list of registrations. One file a subcommand: it adds its options and a callback to `app`;
// the callback runs once everything is parsed, writes data to stdout and throws on failure; main.cpp maps exceptions.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include "coppice/parallel/executor.hpp"

namespace CLI {
class App;
}

namespace coppice::cli {

enum class ExitCode : int {
  ok = 0,
  runtime = 1,       ///< a failure of this machine, a refused capability, or a verification that found mismatches
  usage = 2,         ///< the command line
  bad_input = 3,     ///< a file or a point that breaks its contract
  corrupt_store = 4  ///< a file of our own whose checksum or fields contradict it
};

/// Options that every subcommand takes, before or after its name.
struct GlobalOptions {
  bool json = false;       ///< data on stdout is JSON
  int threads = 0;         ///< 0: every hardware thread
  std::uint64_t seed = 1;  ///< where all randomness of a run comes from
  bool color = false;      ///< stderr is a terminal and NO_COLOR is unset

  [[nodiscard]] Executor executor() const { return Executor(threads); }
};

/// Ends a subcommand with a code of its choice; the message becomes the one line on stderr.
class Failure : public std::runtime_error {
 public:
  Failure(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  [[nodiscard]] ExitCode code() const noexcept { return code_; }

 private:
  ExitCode code_;
};

/// A mistake on the command line that only shows once the data is known.
[[nodiscard]] inline Failure usage_error(const std::string& message) {
  return {ExitCode::usage, message};
}

void add_info(CLI::App& app, const GlobalOptions& global);
void add_convert(CLI::App& app, const GlobalOptions& global);
void add_knn(CLI::App& app, const GlobalOptions& global);
void add_within(CLI::App& app, const GlobalOptions& global);
void add_box(CLI::App& app, const GlobalOptions& global);
void add_neighbors(CLI::App& app, const GlobalOptions& global);
void add_graph(CLI::App& app, const GlobalOptions& global);
void add_normals(CLI::App& app, const GlobalOptions& global);
void add_kmeans(CLI::App& app, const GlobalOptions& global);
void add_downsample(CLI::App& app, const GlobalOptions& global);
void add_view(CLI::App& app, const GlobalOptions& global);
void add_stream(CLI::App& app, const GlobalOptions& global);
void add_churn(CLI::App& app, const GlobalOptions& global);
void add_trace(CLI::App& app, const GlobalOptions& global);
void add_build_report(CLI::App& app, const GlobalOptions& global);
void add_train_builder(CLI::App& app, const GlobalOptions& global);

}  // namespace coppice::cli
