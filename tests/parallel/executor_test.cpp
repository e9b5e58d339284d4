// The executor: chunks are cut the same way for any number of threads, cover everything once, nest, and hand on the
// first exception.

#include "coppice/parallel/executor.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <vector>

#include "coppice/errors.hpp"

namespace coppice {
namespace {

TEST(ExecutorTest, Threads) {
  EXPECT_EQ(Executor().threads(), 1);
  EXPECT_EQ(Executor(1).threads(), 1);
  EXPECT_EQ(Executor(3).threads(), 3);
  EXPECT_GE(Executor::all_threads().threads(), 1);
  EXPECT_FALSE(Executor::sequential().is_parallel());
  EXPECT_TRUE(Executor(2).is_parallel());
  EXPECT_THROW(Executor(-1), invalid_input);
}

TEST(ExecutorTest, TheSameChunksForAnyNumberOfThreads) {
  for (const std::size_t count : {0u, 1u, 9u, 10u, 11u, 1000u, 1003u}) {
    std::set<std::pair<std::size_t, std::size_t>> expected;
    for (std::size_t first = 0; first < count; first += 10) expected.emplace(first, std::min(count, first + 10));
    for (const int threads : {1, 2, 4}) {
      std::mutex mutex;
      std::multiset<std::pair<std::size_t, std::size_t>> chunks;
      Executor(threads).for_each_chunk(count, 10, [&](std::size_t first, std::size_t last) {
        const std::lock_guard lock(mutex);
        chunks.emplace(first, last);
      });
      EXPECT_TRUE(std::equal(chunks.begin(), chunks.end(), expected.begin(), expected.end()))
          << count << " on " << threads;
    }
  }
}

TEST(ExecutorTest, InvokeRunsBothAndNests) {
  for (const int threads : {1, 2, 4}) {
    const Executor executor(threads);
    std::atomic<int> sum = 0;
    executor.invoke([&] { executor.invoke([&] { sum += 1; }, [&] { sum += 10; }); },
                    [&] {
                      executor.for_each_chunk(100, 7, [&](std::size_t first, std::size_t last) {
                        sum += static_cast<int>(last - first) * 100;
                      });
                    });
    EXPECT_EQ(sum, 10011);
  }
}

TEST(ExecutorTest, ExceptionsArrive) {
  for (const int threads : {1, 2, 4}) {
    const Executor executor(threads);
    EXPECT_THROW(executor.for_each_chunk(100, 1,
                                         [](std::size_t first, std::size_t) {
                                           if (first == 40) throw std::out_of_range("chunk 40");
                                         }),
                 std::out_of_range);
    EXPECT_THROW(executor.invoke([] {}, [] { throw std::out_of_range("right"); }), std::out_of_range);
    EXPECT_THROW(executor.invoke([] { throw std::out_of_range("left"); }, [] {}), std::out_of_range);
  }
}

}  // namespace
}  // namespace coppice
