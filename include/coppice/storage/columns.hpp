// Points on their way into a structure: one array an axis and one of ids, twice, so that a partition moves a range from
// one buffer to the other in a single sweep. The sweeps are compiled kernels, one copy an instruction set, and all of
// them leave the same order behind.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "coppice/geometry/instruction_set.hpp"
#include "coppice/geometry/point_view.hpp"
#include "coppice/storage/id_array.hpp"
#include "coppice/storage/memory.hpp"

namespace coppice::storage {

/// One range of points seen as columns.
template <class S>
struct ColumnRange {
  S* const* axis;  ///< one array an axis, all starting at the range's first point
  IdArray ids;
};

/// Sweeps over columns, compiled for one instruction set.
template <class S>
struct ColumnKernels {
  /// columns[a][i] = rows[i · stride + a], for the first `axes` numbers of n rows.
  void (*transpose)(const S* rows, std::ptrdiff_t stride, std::size_t n, int axes, S* const* columns);
  /// How many of the n keys are less than `value`.
  std::size_t (*count_less)(const S* keys, std::size_t n, S value);
  /// The smallest and largest of n ≥ 1 values.
  void (*bounds)(const S* values, std::size_t n, S& lower, S& upper);
  /// Moves n points from `from` to `to`: those with keys[i] < value to the front, in order; the others to the back,
  /// eights of the input from back to front. Writes the boxes of both sides, [side][axis]. Returns how many are less.
  std::size_t (*partition)(ColumnRange<S> from, ColumnRange<S> to, int axes, std::size_t n, const S* keys, S value,
                           S* lower[2], S* upper[2]);
  // The steps of a partition, for those who share them among threads.
  /// Notes for every eight which of its keys are less than `value`, a bit each; returns how many are less in all.
  std::size_t (*classify)(const S* keys, std::size_t n, S value, std::uint8_t* sides);
  /// Moves one axis by these notes; `bounds`: lower and upper of the front, lower and upper of the back.
  void (*move_axis)(const S* from, S* to, std::size_t n, const std::uint8_t* sides, S bounds[4]);
  void (*move_ids)(IdArray from, IdArray to, std::size_t n, const std::uint8_t* sides);
};

/// The kernels of the instruction set in use.
template <class S>
[[nodiscard]] const ColumnKernels<S>& column_kernels();

/// A value v such that the number of keys less than v lies in [lowest, highest], or as near to it as the keys allow.
template <class S>
struct Cut {
  S value{};
  std::size_t less = 0;  ///< keys < value; 0 when no value separates them
};

/// Finds a cut of n keys that lie in [lower, upper]. Requires: 0 < lowest ≤ highest < n.
/// Samples, then narrows the bracket with counting sweeps, then selects exactly if that did not suffice: O(n) expected.
template <class S>
[[nodiscard]] Cut<S> find_cut(const S* keys, std::size_t n, std::size_t lowest, std::size_t highest, S lower, S upper,
                              const ColumnKernels<S>& kernels);

/// Owner of both buffers for `size` points of `axes` axes. Where they are too large to be kept for others in the end, what
/// nobody needs any more can go back to the system at once.
template <class S>
class Columns {
 public:
  Columns(std::size_t size, int axes, bool wide_ids)
      : axes_(axes), wide_ids_(wide_ids), capacity_((size + slack + 15) / 16 * 16) {
    const auto width = static_cast<std::size_t>(axes);
    for (std::size_t b = 0; b < 2; ++b) {
      coordinates_[b] = RawArray<S>(width * capacity_);
      ids_[b] = RawArray<std::byte>(capacity_ * IdArray::bytes_each(wide_ids));
    }
    discards_ = width * capacity_ * sizeof(S) > most_spare_bytes();
  }

  [[nodiscard]] int axes() const noexcept { return axes_; }
  [[nodiscard]] S* axis(int buffer, int a) const noexcept {
    return coordinates_[static_cast<std::size_t>(buffer)].get() + static_cast<std::size_t>(a) * capacity_;
  }
  [[nodiscard]] IdArray ids(int buffer) const noexcept {
    return {ids_[static_cast<std::size_t>(buffer)].get(), wide_ids_};
  }
  /// Points [first, first + count) are needed no more, in either buffer.
  void discard(std::size_t first, std::size_t count) const noexcept {
    if (!discards_ || count * sizeof(S) < 2 * huge_page) return;
    const std::size_t id_bytes = IdArray::bytes_each(wide_ids_);
    for (int b = 0; b < 2; ++b) {
      for (int a = 0; a < axes_; ++a) storage::discard(axis(b, a) + first, count * sizeof(S));
      storage::discard(ids_[static_cast<std::size_t>(b)].get() + first * id_bytes, count * id_bytes);
    }
  }
  /// The memory of the coordinates of a buffer, for other uses.
  [[nodiscard]] std::span<std::byte> memory(int buffer) const noexcept {
    S* const begin = coordinates_[static_cast<std::size_t>(buffer)].get();
    return {reinterpret_cast<std::byte*>(begin), static_cast<std::size_t>(axes_) * capacity_ * sizeof(S)};
  }

 private:
  static constexpr std::size_t slack = 16;  // kernels read up to the next multiple of eight
  int axes_;
  bool wide_ids_;
  std::size_t capacity_;
  bool discards_ = false;
  std::array<RawArray<S>, 2> coordinates_;
  std::array<RawArray<std::byte>, 2> ids_;
};

}  // namespace coppice::storage
