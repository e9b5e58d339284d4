// How a subtree that went out of balance is repaired: its points are gathered, its records given back, and a balanced
// subtree is built in its place, on several threads where it is large enough to pay. When to do so is the business of
// criterion.hpp; this engine serves any structure that can take a subtree apart and build one.
// Cost: O(m log m) for m points, and nothing outside the subtree is touched but the path above it.
#pragma once

#include <concepts>
#include <cstddef>

#include "coppice/parallel/executor.hpp"
#include "coppice/query/statistics.hpp"

namespace coppice::balance {

/// What the engine needs of a structure. `Gathered` holds a subtree's points outside of it.
template <class T>
concept Rebuildable = requires(T& structure, typename T::Subtree subtree, typename T::Gathered& points,
                               const Executor& executor) {
  { structure.count_points(subtree) } -> std::convertible_to<std::size_t>;
  { structure.gather(subtree, std::size_t{}) } -> std::same_as<typename T::Gathered>;
  { structure.construct(points, executor) } -> std::same_as<typename T::Subtree>;
  structure.release_subtree(subtree);
  structure.replace(subtree, subtree);
};

/// Rebuilds subtrees and keeps the record of it.
class RebuildEngine {
 public:
  /// `cutoff`: subtrees of fewer points are rebuilt on one thread.
  RebuildEngine(Executor executor, std::size_t cutoff) : executor_(executor), cutoff_(cutoff) {}

  /// Puts a balanced subtree in the place of `subtree`; returns it, or `subtree` itself where it holds no points.
  template <Rebuildable Structure>
  typename Structure::Subtree rebuild(Structure& structure, typename Structure::Subtree subtree) {
    const std::size_t points = structure.count_points(subtree);
    if (points == 0) return subtree;
    typename Structure::Gathered gathered = structure.gather(subtree, points);
    const typename Structure::Subtree fresh =
        structure.construct(gathered, points < cutoff_ ? Executor::sequential() : executor_);
    structure.replace(subtree, fresh);
    structure.release_subtree(subtree);
    rebuilds_.record(points);
    return fresh;
  }

  /// Counts a repair that the structure did in another way.
  void record(std::size_t points) noexcept { rebuilds_.record(points); }
  [[nodiscard]] const SizeHistogram& rebuilds() const noexcept { return rebuilds_; }

 private:
  Executor executor_;
  std::size_t cutoff_;
  SizeHistogram rebuilds_{};
};

}  // namespace coppice::balance
