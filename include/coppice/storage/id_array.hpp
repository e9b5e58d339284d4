// The ids beside points: 32 bits each while all ids of an index fit, which they nearly always do and
// which saves an eighth of its memory; else 64.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "coppice/geometry/point_view.hpp"

namespace coppice::storage {

/// The largest id of an array of 32-bit ids.
inline constexpr point_id largest_narrow_id = 0xffffffff;

/// A view of consecutive ids. Reads give point_id whatever is stored.
class IdArray {
 public:
  IdArray(std::byte* data, bool wide) : data_(data), wide_(wide) {}
  static constexpr std::size_t bytes_each(bool wide) { return wide ? sizeof(point_id) : sizeof(std::uint32_t); }

  [[nodiscard, gnu::always_inline]] point_id operator[](std::size_t i) const { return wide_ ? wide()[i] : narrow()[i]; }
  /// Requires: a wide array, or an id up to largest_narrow_id.
  [[gnu::always_inline]] void set(std::size_t i, point_id id) const {
    if (wide_)
      wide()[i] = id;
    else
      narrow()[i] = static_cast<std::uint32_t>(id);
  }
  [[gnu::always_inline]] void copy_to(point_id* to, std::size_t count) const {
    if (wide_)
      std::memcpy(to, data_, count * sizeof(point_id));
    else
      for (std::size_t i = 0; i < count; ++i) to[i] = narrow()[i];
  }
  [[gnu::always_inline]] void copy_from(const point_id* from, std::size_t count) const {
    if (wide_)
      std::memcpy(data_, from, count * sizeof(point_id));
    else
      for (std::size_t i = 0; i < count; ++i) narrow()[i] = static_cast<std::uint32_t>(from[i]);
  }
  /// Eight ids from entry i on, where they are or widened into `buffer`. Requires: the array goes on that far.
  [[nodiscard, gnu::always_inline]] const point_id* eight(std::size_t i, point_id (&buffer)[8]) const {
    if (wide_) return wide() + i;
    for (std::size_t j = 0; j < 8; ++j) buffer[j] = narrow()[i + j];
    return buffer;
  }
  /// Requires: an array of the same width.
  [[gnu::always_inline]] void copy_from(IdArray from, std::size_t count) const {
    std::memcpy(data_, from.data_, count * bytes_each(wide_));
  }
  /// The array from entry i on.
  [[nodiscard]] IdArray tail(std::size_t i) const { return {data_ + i * bytes_each(wide_), wide_}; }
  [[nodiscard]] std::byte* data() const { return data_; }
  [[nodiscard]] bool is_wide() const { return wide_; }
  [[gnu::always_inline]] void prefetch(std::size_t i) const { __builtin_prefetch(data_ + i * bytes_each(wide_)); }

 private:
  [[nodiscard, gnu::always_inline]] point_id* wide() const { return reinterpret_cast<point_id*>(data_); }
  [[nodiscard, gnu::always_inline]] std::uint32_t* narrow() const { return reinterpret_cast<std::uint32_t*>(data_); }

  std::byte* data_;
  bool wide_;
};

}  // namespace coppice::storage
