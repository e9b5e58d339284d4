#include "coppice/parallel/executor.hpp"

#include <tbb/info.h>

#include <algorithm>
#include <string>

#include "coppice/errors.hpp"
#if defined(__SANITIZE_THREAD__)
#include <atomic>
#include <exception>
#include <thread>
#include <vector>
#else
#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_invoke.h>
#include <tbb/task_arena.h>

#include <optional>
#endif

namespace coppice {

Executor::Executor(int threads) : threads_(threads) {
  if (threads < 0) throw invalid_input("threads is " + std::to_string(threads) + "; expected 0 (all) or more");
  if (threads == 0) threads_ = std::max(1, tbb::info::default_concurrency());
}

#if defined(__SANITIZE_THREAD__)

// The thread sanitizer cannot see how oneTBB, which is not built with it, hands work over; so here threads are plain.

void Executor::run_chunks(std::size_t count, std::size_t grain, const void* context, Chunk chunk) const {
  const std::size_t chunks = (count + grain - 1) / grain;
  std::atomic<std::size_t> next = 0;
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(threads_));
  std::vector<std::thread> threads;
  for (std::exception_ptr& failure : failures)
    threads.emplace_back([&] {
      try {
        for (std::size_t i = next++; i < chunks; i = next++)
          chunk(context, i * grain, std::min(count, (i + 1) * grain));
      } catch (...) {
        failure = std::current_exception();
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& failure : failures)
    if (failure != nullptr) std::rethrow_exception(failure);
}

void Executor::run_both(const void* a, Task run_a, const void* b, Task run_b) const {
  const Task tasks[] = {run_a, run_b};
  const void* contexts[] = {a, b};
  for_each_chunk(2, 1, [&](std::size_t i, std::size_t) { tasks[i](contexts[i]); });
}

#else

namespace {

/// Runs `work` in an arena of that many threads, or right here when such an arena is already around us.
template <class Work>
void run_in_arena(int threads, Work&& work) {
  if (tbb::this_task_arena::current_thread_index() != tbb::task_arena::not_initialized &&
      tbb::this_task_arena::max_concurrency() == threads) {
    work();
    return;
  }
  // More threads than the machine has must be allowed first: oneTBB would print a warning and use fewer.
  std::optional<tbb::global_control> allowance;
  if (threads > tbb::info::default_concurrency())
    allowance.emplace(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads));
  tbb::task_arena arena(threads);
  arena.execute(work);
}

}  // namespace

void Executor::run_chunks(std::size_t count, std::size_t grain, const void* context, Chunk chunk) const {
  const std::size_t chunks = (count + grain - 1) / grain;
  run_in_arena(threads_, [&] {
    tbb::parallel_for(tbb::blocked_range<std::size_t>(0, chunks, 1), [&](const tbb::blocked_range<std::size_t>& range) {
      for (std::size_t i = range.begin(); i != range.end(); ++i)
        chunk(context, i * grain, std::min(count, (i + 1) * grain));
    });
  });
}

void Executor::run_both(const void* a, Task run_a, const void* b, Task run_b) const {
  run_in_arena(threads_, [&] { tbb::parallel_invoke([&] { run_a(a); }, [&] { run_b(b); }); });
}

#endif

}  // namespace coppice
