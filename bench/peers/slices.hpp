// A peer's searches in pieces, on several threads as its user would write it: each takes pieces until none is left.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace coppice::bench {

inline constexpr std::size_t piece = 4096;

/// Calls work(first, last) for all of [0, count) in pieces of `piece`.
template <class Work>
void in_slices(int threads, std::size_t count, Work work) {
  std::atomic<std::size_t> next = 0;
  const auto run = [&] {
    for (std::size_t first; (first = next.fetch_add(piece)) < count;) work(first, std::min(first + piece, count));
  };
  std::vector<std::jthread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back(run);
  run();
}

}  // namespace coppice::bench
