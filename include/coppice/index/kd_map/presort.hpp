// The presorting builder of a KdMap: tuples are sorted once along every axis, by their super-keys; every range is then
// split about its median in all of these orders, stably, so that none is ever sorted again. A tuple's side is marked
// once a level, in a byte, while the order of the level's axis is walked; so splitting compares no keys.
// Source: Brown, "Building a Balanced k-d Tree in O(kn log n) Time" (JCGT 2015).
// Cost: k sorts of n, then log2 n times n marks and (k − 1) n moves of 32-bit rows. Memory: 4 (k + 1) + 1 bytes a tuple
// beside the sorts'.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "coppice/geometry/point_view.hpp"
#include "coppice/geometry/super_key.hpp"
#include "coppice/parallel/executor.hpp"

namespace coppice::kd_map {

/// A tuple's row among those that a tree is built of.
using Row = std::uint32_t;

/// A subtree to be built: a range of positions in the order of the tree. Its median is at first + size / 2.
struct Part {
  std::size_t first;
  std::size_t size;
  int level;  ///< 0 for the whole
  int axis;

  /// What is left of the median (side 0) or right of it (side 1).
  [[nodiscard]] Part below(int side, int next_axis) const {
    const std::size_t middle = size / 2;
    return side == 0 ? Part{first, middle, level + 1, next_axis}
                     : Part{first + middle + 1, size - middle - 1, level + 1, next_axis};
  }
};

/// A tuple while it is sorted: its first number decides nearly always, without a look at the others.
template <class Key>
struct SortItem {
  Key first;
  Row row;
};

/// Sorts by halves on different threads, pieces of `grain` on one.
template <class Item, class Less>
void sort_by_halves(Item* first, Item* last, const Less& less, const Executor& executor, std::size_t grain) {
  const auto count = static_cast<std::size_t>(last - first);
  if (!executor.is_parallel() || count <= grain) {
    std::sort(first, last, less);
    return;
  }
  Item* const middle = first + count / 2;
  executor.invoke([&] { sort_by_halves(first, middle, less, executor, grain); },
                  [&] { sort_by_halves(middle, last, less, executor, grain); });
  std::inplace_merge(first, middle, last, less);
}

/// Tuples in the order of one axis, equal ones by row. O(n log n).
/// `cutoff`: fewer tuples are sorted on one thread.
template <int Dim, class Key>
[[nodiscard]] std::vector<SortItem<Key>> sorted_along(const PointView<Key>& tuples, int axis, const Executor& executor,
                                                      std::size_t cutoff) {
  std::vector<SortItem<Key>> items(tuples.size());
  for (std::size_t i = 0; i < items.size(); ++i) items[i] = {tuples.row(i)[axis], static_cast<Row>(i)};
  const auto less = [&](const SortItem<Key>& a, const SortItem<Key>& b) {
    if (a.first != b.first) return a.first < b.first;
    const int order = compare_super_keys<Dim>(tuples.row(a.row), tuples.row(b.row), axis, tuples.dimension());
    return order < 0 || (order == 0 && a.row < b.row);
  };
  // Four pieces a thread, so that none waits for long; merging more would only cost.
  const std::size_t pieces = 4 * static_cast<std::size_t>(executor.threads());
  const std::size_t grain = std::max({cutoff, items.size() / pieces, std::size_t{1}});
  sort_by_halves(items.data(), items.data() + items.size(), less, executor, grain);
  return items;
}

/// Writes the order of every axis, one column of tuples.size() rows after the other. Requires: tuples differ.
template <int Dim, class Key>
void sort_along_every_axis(const PointView<Key>& tuples, Row* columns, const Executor& executor, std::size_t cutoff) {
  const auto dimension = static_cast<std::size_t>(tuples.dimension());
  executor.for_each_chunk(dimension, 1, [&](std::size_t axis, std::size_t) {
    Row* column = columns + axis * tuples.size();
    for (const SortItem<Key>& item : sorted_along<Dim>(tuples, static_cast<int>(axis), executor, cutoff))
      *column++ = item.row;
  });
}

/// The orders of the tuples along all axes, and how they are split. One column more than there are axes: splitting goes
/// from one column to the free one, which makes the first the free one. Which column serves which axis is therefore the
/// same for all parts of a level. Several parts may be split at once.
class PresortedColumns {
 public:
  /// Tuples in the orders of all axes, for a tree whose root splits `root_axis`. `cutoff`: parts of fewer tuples are
  /// split on one thread. Requires: tuples differ.
  template <int Dim, class Key>
  static PresortedColumns of(const PointView<Key>& tuples, int root_axis, const Executor& executor,
                             std::size_t cutoff) {
    PresortedColumns result(tuples.size(), tuples.dimension(), root_axis, executor, cutoff);
    sort_along_every_axis<Dim>(tuples, result.columns_.get(), executor, cutoff);
    return result;
  }

  /// The median of a part; makes both sides of it ready for theirs. Requires: the part above has given its own.
  [[nodiscard]] Row median(const Part& part) {
    const Row* sorted = column(part.level, part.axis);
    const std::size_t middle = part.first + part.size / 2;
    const Row result = sorted[middle];
    const int after = part.axis + 1 == dimension_ ? 0 : part.axis + 1;
    if (part.size <= 3) {
      // A tuple alone is in the same position in every order; only the next level's is looked at.
      if (part.size > 1) column(part.level + 1, after)[part.first] = sorted[part.first];
      if (part.size > 2) column(part.level + 1, after)[part.first + 2] = sorted[part.first + 2];
      return result;
    }
    if (dimension_ == 1) return result;
    run_both(
        part, [&] { mark(sorted + part.first, sorted + middle, 0); },
        [&] { mark(sorted + middle + 1, sorted + part.first + part.size, 1); });
    for (int axis = after; axis != part.axis; axis = axis + 1 == dimension_ ? 0 : axis + 1)
      split(part, result, column(part.level, axis), column(part.level + 1, axis));
    return result;
  }

 private:
  PresortedColumns(std::size_t size, int dimension, int root_axis, const Executor& executor, std::size_t cutoff)
      : size_(size),
        dimension_(dimension),
        executor_(executor),
        cutoff_(cutoff),
        columns_(std::make_unique_for_overwrite<Row[]>(size * (static_cast<std::size_t>(dimension) + 1))),
        after_(std::make_unique_for_overwrite<std::uint8_t[]>(size)) {
    const std::size_t width = static_cast<std::size_t>(dimension) + 1;
    const auto levels = static_cast<std::size_t>(std::bit_width(size)) + 1;
    for (std::size_t i = 0; i < width; ++i) roles_.push_back(i);
    roles_.reserve(width * levels);
    for (std::size_t level = 1; level < levels; ++level) {
      for (std::size_t i = 0; i < width; ++i) roles_.push_back(roles_[roles_.size() - width]);
      std::size_t* const roles = roles_.data() + level * width;
      const auto split_axis = (static_cast<std::size_t>(root_axis) + level - 1) % (width - 1);
      for (std::size_t i = 1; i < width - 1; ++i)
        std::swap(roles[(split_axis + i) % (width - 1)], roles[width - 1]);  // as median() goes through them
    }
  }

  [[nodiscard]] Row* column(int level, int axis) const {
    const std::size_t width = static_cast<std::size_t>(dimension_) + 1;
    return columns_.get() + size_ * roles_[static_cast<std::size_t>(level) * width + static_cast<std::size_t>(axis)];
  }
  void mark(const Row* first, const Row* last, std::uint8_t after) {
    for (; first != last; ++first) after_[*first] = after;
  }
  template <class A, class B>
  void run_both(const Part& part, A&& a, B&& b) const {
    (part.size >= cutoff_ ? executor_ : Executor::sequential()).invoke(a, b);
  }

  /// Both sides of a part in the order of another axis. Their sizes are known, so two threads can begin at both ends.
  void split(const Part& part, Row median, const Row* from, Row* to) const {
    const std::size_t middle = part.first + part.size / 2;
    const std::size_t last = part.first + part.size;
    run_both(
        part,
        [&] {
          std::size_t next[2] = {part.first, middle + 1};
          for (std::size_t i = part.first; i < middle; ++i) {
            const Row tuple = from[i];
            if (tuple != median) to[next[after_[tuple]]++] = tuple;
          }
        },
        [&] {
          std::size_t end[2] = {middle, last};
          for (std::size_t i = last; i-- > middle;) {
            const Row tuple = from[i];
            if (tuple != median) to[--end[after_[tuple]]] = tuple;
          }
        });
  }

  std::size_t size_;
  int dimension_;
  Executor executor_;
  std::size_t cutoff_;
  std::unique_ptr<Row[]> columns_;
  std::unique_ptr<std::uint8_t[]> after_;  // 1 for a tuple behind the median of its part
  std::vector<std::size_t> roles_;         // a level: the column of every axis, and the free one
};

}  // namespace coppice::kd_map
