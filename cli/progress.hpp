// How far a long run has come, on stderr: a bar on a terminal, a line every ten seconds elsewhere, nothing at all for
// work that ends within a second.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace coppice::cli {

/// A counter from 0 to `total`, shown while it lives. For one thread; `update` is cheap enough for a tight loop of
/// thousands of calls a second.
class Progress {
 public:
  Progress(std::string label, std::uint64_t total);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// Takes the bar off the terminal.
  ~Progress();

  /// `done` of `total` are done; `note` may add a few words, such as the current latency.
  void update(std::uint64_t done, const std::string& note = {});

 private:
  using Clock = std::chrono::steady_clock;
  void draw_bar(std::uint64_t done, const std::string& note);
  void print_line(std::uint64_t done, const std::string& note) const;

  std::string label_;
  std::uint64_t total_;
  bool terminal_;
  bool visible_ = false;
  Clock::time_point next_;
};

}  // namespace coppice::cli
