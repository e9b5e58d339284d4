// How far a long run has come, on stderr: a bar on a terminal, a line every ten seconds elsewhere, nothing at all for
// work that ends within a second.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

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

/// Work that is one call and cannot count its steps, such as reading a file: what it is and the seconds so far, shown
/// by a thread of its own while this lives. Nothing else may write to stderr meanwhile.
class Activity {
 public:
  explicit Activity(std::string label);
  Activity(const Activity&) = delete;
  Activity& operator=(const Activity&) = delete;
  /// Takes the bar off the terminal.
  ~Activity();

 private:
  void show_until_done(bool terminal);

  std::string label_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false;
  std::thread shower_;
};

}  // namespace coppice::cli
