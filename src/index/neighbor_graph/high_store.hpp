// The points of a search in high dimension, as they are needed again and again: row after row for exact keys, one byte
// a coordinate where all coordinates are integers of a small range, and as floats of one frame for filters.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "coppice/geometry/point_view.hpp"
#include "coppice/index/neighbor_graph/tile_kernels.hpp"
#include "coppice/parallel/executor.hpp"
#include "coppice/storage/memory.hpp"

namespace coppice::high {

/// How coordinates become floats: (x − center) · scale, in double and rounded once. The scale is a power of two that
/// brings points of the usual distance from the center near 1; the center is a median, which far outliers do not move.
struct Frame {
  std::vector<double> center;
  double scale = 1;
};

/// Rows in memory of its own. Rows of more than 16 coordinates are padded with zeros to a multiple of 16.
template <class Scalar>
class Store {
 public:
  Store() = default;
  /// Copies. Bytes are used where `bytes` allows and the coordinates do: integers within 255 of the least. There is
  /// memory for `room` rows in all.
  Store(PointView<Scalar> points, bool bytes, const Executor& executor, std::size_t room = 0);

  /// Other points, as bytes with the same origin if they can be. Requires: this store has bytes.
  [[nodiscard]] Store like(PointView<Scalar> points, const Executor& executor) const;
  /// The same points without bytes.
  [[nodiscard]] Store widened(const Executor& executor) const;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t dimension() const noexcept { return dimension_; }
  [[nodiscard]] std::size_t stride() const noexcept { return stride_; }
  [[nodiscard]] bool has_bytes() const noexcept { return has_bytes_; }
  /// What was subtracted to make bytes.
  [[nodiscard]] Scalar least() const noexcept { return least_; }
  [[nodiscard]] const Scalar* row(std::size_t i) const noexcept { return rows_.get() + i * stride_; }
  [[nodiscard]] const std::uint8_t* bytes(std::size_t i) const noexcept { return bytes_.get() + i * stride_; }
  [[nodiscard]] std::size_t memory() const noexcept { return room_ * stride_ * (has_bytes_ ? 1 : sizeof(Scalar)); }
  [[nodiscard]] double coordinate(std::size_t i, std::size_t axis) const noexcept {
    return has_bytes_ ? static_cast<double>(bytes(i)[axis]) + static_cast<double>(least_)
                      : static_cast<double>(row(i)[axis]);
  }

  /// Whether these points can be kept beside the others, and seen in their frame.
  [[nodiscard]] bool admits(PointView<Scalar> points, const Frame& frame, const Executor& executor) const;
  /// Adds rows, which hold nothing before they are set. Complexity: O(1) amortised a row.
  void grow(std::size_t size);
  /// Requires: a point that is admitted.
  void set(std::size_t i, const Scalar* x) noexcept;
  /// The point in row i.
  void copy_row(std::size_t i, Scalar* to) const noexcept;

  /// Exact keys of row i of `queries` and rows `ids` of this store. Requires: both have bytes of one origin, or
  /// neither.
  void keys(const Store& queries, std::size_t i, const std::int32_t* ids, std::size_t count, Scalar* keys) const;

  /// A frame in which neither these points nor `others` overflow.
  [[nodiscard]] Frame frame(const Store& others) const;
  /// Row i in that frame: `dimension` floats.
  void frame_row(const Frame& frame, std::size_t i, float* to) const;

 private:
  /// The one constructor that copies: bytes above `least` where there is one.
  Store(PointView<Scalar> points, const Scalar* least, const Executor& executor, std::size_t room);

  std::size_t size_ = 0;
  std::size_t room_ = 0;  ///< rows that there is memory for
  std::size_t dimension_ = 0;
  std::size_t stride_ = 0;
  bool has_bytes_ = false;
  Scalar least_ = 0;
  double largest_ = 0;  ///< of the magnitudes of all coordinates
  storage::RawArray<Scalar> rows_;
  storage::RawArray<std::uint8_t> bytes_;
};

}  // namespace coppice::high
