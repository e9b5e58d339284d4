// Questions to an index, and what each strategy costs on them: by counted work, which is the same on every machine, or
// by the clock. The ground truth that a selector learns from, after Ji et al. (UnIS, section VI-B).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "coppice/query/searchable.hpp"

namespace coppice::selector {

/// The k nearest points, or everything within a radius.
enum class Task { nearest, within };

/// The strategies to choose from: all for the nearest; without best-first within a radius, where it visits the same
/// nodes as any other order.
[[nodiscard]] std::span<const Strategy> candidates(Task task) noexcept;

template <class Scalar>
struct Questions {
  Task task = Task::nearest;
  Points<Scalar> points;
  std::vector<Scalar> extents;  ///< k of each question, or its radius
  [[nodiscard]] std::size_t size() const noexcept { return extents.size(); }
};

/// Rows of `points` drawn at random, each with a k of 1 … `largest`, or a radius of 0 … `largest`, all equally likely.
/// Errors: invalid_input for no points, or a `largest` that is not finite or below 1 (a radius: not positive).
template <class Scalar>
[[nodiscard]] Questions<Scalar> draw_questions(PointView<Scalar> points, Task task, std::size_t count, Scalar largest,
                                               std::uint64_t seed);

/// Asks an index one question after another, into the same memory. Requires: the index stays alive and unchanged.
template <class Scalar>
class Asker {
 public:
  explicit Asker(const SearchTarget<Scalar>& target) : target_(target) {}

  /// How many points were found.
  std::size_t ask(std::span<const Scalar> point, Task task, Scalar extent, Strategy strategy);
  /// How long that takes, once.
  [[nodiscard]] double seconds(std::span<const Scalar> point, Task task, Scalar extent, Strategy strategy);
  /// SearchWork::cost; of a search that gives up, more than `limit`. Errors: unsupported for an index without nodes.
  [[nodiscard]] std::uint64_t cost(std::span<const Scalar> point, Task task, Scalar extent, Strategy strategy,
                                   std::uint64_t limit = SearchWork{}.limit) const;

 private:
  SearchTarget<Scalar> target_;
  std::vector<Hit<Scalar>> hits_;
  HitList<Scalar> list_;
};

/// By which costs a strategy is the best.
enum class Label { work, time };

/// For every question the best of `candidates(task)`. By work, a strategy gives up as soon as it has done more than the
/// best so far. By time, those that do more than twice the least work are not run, and the others in turns, five times;
/// their medians count. Errors: unsupported for an index without nodes.
template <class Scalar>
[[nodiscard]] std::vector<std::uint8_t> best_strategies(const SearchTarget<Scalar>& target,
                                                        const Questions<Scalar>& questions, Label label);

}  // namespace coppice::selector
