// Points on their way into a MultiwayTree: rows of coordinates with the id behind them, so that a distribution over
// many children writes one stream a child. (A partition in two keeps columns instead: storage/columns.hpp.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "coppice/geometry/point_view.hpp"
#include "coppice/storage/memory.hpp"
#include "coppice/storage/prefetch.hpp"

namespace coppice::multiway_tree {

/// A buffer of rows; `Width` 0: of a dimension known at run time. Copies of it see the same rows.
template <class S, int Width>
class Rows {
 public:
  Rows() = default;
  Rows(std::byte* data, int dimension) : data_(data), dimension_(dimension) {}

  static constexpr std::size_t row_bytes(int dimension) {
    return static_cast<std::size_t>(Width != 0 ? Width : dimension) * sizeof(S) + sizeof(point_id);
  }
  [[nodiscard, gnu::always_inline]] const S* point(std::size_t i) const {
    return reinterpret_cast<const S*>(data_ + i * stride());
  }
  [[nodiscard, gnu::always_inline]] point_id id(std::size_t i) const {
    point_id id;  // floats leave it misaligned
    std::memcpy(&id, data_ + i * stride() + coordinate_bytes(), sizeof id);
    return id;
  }
  [[gnu::always_inline]] void set(std::size_t i, const S* point, point_id id) const {
    std::memcpy(data_ + i * stride(), point, coordinate_bytes());
    std::memcpy(data_ + i * stride() + coordinate_bytes(), &id, sizeof id);
  }
  [[gnu::always_inline]] void copy(std::size_t i, const Rows& from, std::size_t j) const {
    std::memcpy(data_ + i * stride(), from.data_ + j * stride(), stride());
  }
  void copy_all(std::size_t i, const Rows& from, std::size_t j, std::size_t count) const {
    std::memcpy(data_ + i * stride(), from.data_ + j * stride(), count * stride());
  }
  [[nodiscard]] std::size_t stride() const { return row_bytes(dimension_); }
  [[nodiscard]] Rows tail(std::size_t i) const { return {data_ + i * stride(), dimension_}; }
  void prefetch(std::size_t i) const { storage::prefetch(data_ + i * stride()); }

 private:
  [[nodiscard]] std::size_t coordinate_bytes() const { return stride() - sizeof(point_id); }

  std::byte* data_ = nullptr;
  int dimension_ = Width;
};

/// Owner of two buffers, since a distribution goes from one to the other; its memory serves again.
template <class S, int Width>
class RowBuffers {
 public:
  explicit RowBuffers(int dimension) : dimension_(dimension) {}
  void make(std::size_t rows) {
    for (storage::Buffer<std::byte>& b : buffers_) b.make(rows * Rows<S, Width>::row_bytes(dimension_));
  }
  /// The first buffer alone.
  void make_one(std::size_t rows) { buffers_[0].make(rows * Rows<S, Width>::row_bytes(dimension_)); }
  [[nodiscard]] Rows<S, Width> operator[](int b) const { return {buffers_[b].get(), dimension_}; }
  /// The memory of a buffer, for other uses.
  [[nodiscard]] std::span<std::byte> memory(int b) const { return {buffers_[b].get(), buffers_[b].bytes()}; }
  [[nodiscard]] std::size_t bytes() const { return buffers_[0].bytes() + buffers_[1].bytes(); }
  void release() {
    for (storage::Buffer<std::byte>& b : buffers_) b.clear();
  }

 private:
  int dimension_;
  storage::Buffer<std::byte> buffers_[2];
};

}  // namespace coppice::multiway_tree
