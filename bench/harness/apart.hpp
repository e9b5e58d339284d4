// Work in a process of its own, which ends with it: the memory that a library keeps, its threads and its crashes are
// nobody else's, and the peak of its memory is its own. The caller may not have run threads of its own.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>

namespace coppice::bench {

/// What some work took.
struct Usage {
  double seconds = 0;
  double cpu_seconds = 0;      ///< of all threads
  std::size_t peak_bytes = 0;  ///< resident memory at its highest, less that before
};

/// Runs the work here and now. Memory is handed back to the system first, so that what is taken anew is seen.
[[nodiscard]] Usage usage_of(const std::function<void()>& work);
/// Likewise, but where the first run took less than a second its time does not count: it pays for pages and threads
/// that are there afterwards. The time is then the median of three more runs, to which memory is left as it is.
[[nodiscard]] Usage settled_usage_of(const std::function<void()>& work);

/// What a process has to say: why there is nothing, or figures and texts by name.
struct Outcome {
  std::string failure{};
  std::map<std::string, double> numbers{};
  std::map<std::string, std::string> texts{};
};

/// Runs the work in a copy of this process and gives what it gave; an exception, a crash or more than `limit` seconds
/// is a failure.
[[nodiscard]] Outcome apart(const std::function<Outcome()>& work, double limit);

}  // namespace coppice::bench
