// What a range search has met and not yet read, while it is on its way from memory: nodes, and leaves in lists. A child
// is one number: what is stored as several and read as one a moment later makes the processor wait.
//
// `T` is the instruction set that the search is compiled for. Nothing here depends on it, but what a compiler does not
// put in line must not be shared with other sets.
#pragma once

#include <cstddef>
#include <cstdint>

#include "coppice/query/hierarchy.hpp"

namespace coppice::query {

/// Nodes. The first is the next, so that its boxes have had time to come; the last, once so many wait that more would
/// only take room.
template <class T>
class WaitingNodes {
 public:
  struct Node {
    Child child;
    bool inside;  ///< the shape
  };
  /// Requires: not is_full().
  void push(Child c, bool inside) { words_[last_++ % room] = c.handle | static_cast<std::uint64_t>(inside) << 63; }
  /// Requires: not is_empty().
  Node pop() {
    const std::uint64_t word = words_[(size() <= many ? first_++ : --last_) % room];
    return {{static_cast<std::uint32_t>(word), 0, false}, word >> 63 != 0};
  }
  [[nodiscard]] bool is_empty() const { return first_ == last_; }
  [[nodiscard]] bool is_full() const { return size() == room; }

 private:
  static constexpr std::uint32_t many = 32;
  static constexpr std::uint32_t room = 128;
  [[nodiscard]] std::uint32_t size() const { return last_ - first_; }

  std::uint64_t words_[room];
  std::uint32_t first_ = 0;
  std::uint32_t last_ = 0;
};

/// Leaves of one kind.
template <class T>
class LeafList {
 public:
  /// `points`: of the leaf; `axes`: on which it reaches beyond the shape, a bit each of at most 8.
  void push(Child c, std::uint32_t points, unsigned axes) {
    words_[size_] = c.handle | std::uint64_t{c.filling} << 32;
    axes_[size_++] = static_cast<std::uint8_t>(axes);
    points_ += points;
  }
  void clear() { size_ = points_ = 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t points() const { return points_; }
  /// Whether the children of one more node may not find room.
  [[nodiscard]] bool is_full() const { return size_ + simd::lanes > room; }
  [[nodiscard]] Child leaf(std::size_t i) const {
    return {static_cast<std::uint32_t>(words_[i]), static_cast<std::uint32_t>(words_[i] >> 32), true};
  }
  [[nodiscard]] unsigned axes(std::size_t i) const { return axes_[i]; }

 private:
  static constexpr std::size_t room = 64;
  std::uint64_t words_[room];
  std::uint8_t axes_[room];
  std::size_t size_ = 0;
  std::size_t points_ = 0;
};

/// Leaves in a list for each number of axes on which they are to be tested, none to `most`, so that the loop over a
/// list need not ask.
template <class T, int most>
struct LeafLists {
  LeafList<T> by_axes[most + 1];

  [[nodiscard]] bool is_full() const {
    bool full = false;
    for (const LeafList<T>& list : by_axes) full |= list.is_full();
    return full;
  }
  [[nodiscard]] std::size_t points() const {
    std::size_t sum = 0;
    for (const LeafList<T>& list : by_axes) sum += list.points();
    return sum;
  }
  void clear() {
    for (LeafList<T>& list : by_axes) list.clear();
  }
};

}  // namespace coppice::query
