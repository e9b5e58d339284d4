// The one place that names threads: an executor runs chunks of work either here, one after the other, or on oneTBB.
// Work is cut the same way whatever the number of threads, so that results cannot depend on it.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

namespace coppice {

/// Where work runs: sequentially (the default) or on up to `threads` threads. A value; cheap to copy.
class Executor {
 public:
  Executor() = default;
  /// Errors: invalid_input when `threads` < 0. 0 means every hardware thread, 1 means sequential.
  explicit Executor(int threads);

  [[nodiscard]] static Executor sequential() noexcept { return {}; }
  [[nodiscard]] static Executor all_threads() { return Executor(0); }

  [[nodiscard]] int threads() const noexcept { return threads_; }
  [[nodiscard]] bool is_parallel() const noexcept { return threads_ > 1; }

  /// Calls body(first, last) for the consecutive chunks of [0, count), each `grain` long but the last.
  /// The first exception thrown by a chunk is rethrown here.
  template <class Body>
  void for_each_chunk(std::size_t count, std::size_t grain, Body&& body) const {
    if (!is_parallel() || count <= grain) {
      for (std::size_t first = 0; first < count; first += grain)
        body(first, first + grain < count ? first + grain : count);
      return;
    }
    using Function = std::remove_reference_t<Body>;
    run_chunks(count, grain, &body, [](const void* context, std::size_t first, std::size_t last) {
      (*const_cast<Function*>(static_cast<const Function*>(context)))(first, last);
    });
  }

  /// Runs both, side by side where there are threads. May be nested.
  template <class A, class B>
  void invoke(A&& a, B&& b) const {
    if (!is_parallel()) {
      a();
      b();
      return;
    }
    using First = std::remove_reference_t<A>;
    using Second = std::remove_reference_t<B>;
    run_both(
        &a, [](const void* f) { (*const_cast<First*>(static_cast<const First*>(f)))(); }, &b,
        [](const void* f) { (*const_cast<Second*>(static_cast<const Second*>(f)))(); });
  }

 private:
  using Chunk = void (*)(const void* context, std::size_t first, std::size_t last);
  using Task = void (*)(const void* context);
  void run_chunks(std::size_t count, std::size_t grain, const void* context, Chunk chunk) const;
  void run_both(const void* a, Task run_a, const void* b, Task run_b) const;

  int threads_ = 1;
};

}  // namespace coppice
