// The ids beside points: 32 bits each while all ids of an index fit, which they nearly always do and
// which saves an eighth of its memory; else 64.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "coppice/geometry/point_view.hpp"
#include "coppice/storage/prefetch.hpp"

namespace coppice::storage {

/// The largest id of an array of 32-bit ids.
inline constexpr point_id largest_narrow_id = 0xffffffff;

/// A view of consecutive ids. Reads give point_id whatever is stored.
/// It is one machine word, the width in the lowest bit of the address: an object of two words would be copied through
/// memory as one wide read after two narrow writes, which makes the processor wait for everything before it.
class IdArray {
 public:
  /// Requires: `data` is aligned for the ids.
  IdArray(std::byte* data, bool wide)
      : tagged_(reinterpret_cast<std::uintptr_t>(data) | static_cast<std::uintptr_t>(wide)) {}
  static constexpr std::size_t bytes_each(bool wide) { return wide ? sizeof(point_id) : sizeof(std::uint32_t); }

  [[nodiscard, gnu::always_inline]] point_id operator[](std::size_t i) const {
    return is_wide() ? wide()[i] : narrow()[i];
  }
  /// Requires: a wide array, or an id up to largest_narrow_id.
  [[gnu::always_inline]] void set(std::size_t i, point_id id) const {
    if (is_wide())
      wide()[i] = id;
    else
      narrow()[i] = static_cast<std::uint32_t>(id);
  }
  /// Widens `count` ids into `to`, and up to 7 entries of whatever lies behind them: eight at a time.
  /// Requires: room for those, and an array that goes on to the next multiple of eight.
  [[gnu::always_inline]] void copy_eights_to(point_id* to, std::size_t count) const {
    for (std::size_t i = 0; i < count; i += 8) {
      if (is_wide())
        std::memcpy(to + i, wide() + i, 8 * sizeof(point_id));
      else
        for (std::size_t j = 0; j < 8; ++j) to[i + j] = narrow()[i + j];
    }
  }
  [[gnu::always_inline]] void copy_from(const point_id* from, std::size_t count) const {
    if (is_wide())
      std::memcpy(data(), from, count * sizeof(point_id));
    else
      for (std::size_t i = 0; i < count; ++i) narrow()[i] = static_cast<std::uint32_t>(from[i]);
  }
  /// Eight ids from entry i on, where they are or widened into `buffer`. Requires: the array goes on that far.
  [[nodiscard, gnu::always_inline]] const point_id* eight(std::size_t i, point_id (&buffer)[8]) const {
    if (is_wide()) return wide() + i;
    for (std::size_t j = 0; j < 8; ++j) buffer[j] = narrow()[i + j];
    return buffer;
  }
  /// Requires: an array of the same width.
  [[gnu::always_inline]] void copy_from(IdArray from, std::size_t count) const {
    std::memcpy(data(), from.data(), count * bytes_each(is_wide()));
  }
  /// The array from entry i on.
  [[nodiscard]] IdArray tail(std::size_t i) const { return {data() + i * bytes_each(is_wide()), is_wide()}; }
  [[nodiscard, gnu::always_inline]] std::byte* data() const {
    return reinterpret_cast<std::byte*>(tagged_ & ~std::uintptr_t{1});
  }
  [[nodiscard, gnu::always_inline]] bool is_wide() const { return (tagged_ & 1) != 0; }
  /// The ids as they are stored. Requires: is_wide().
  [[nodiscard, gnu::always_inline]] point_id* wide() const { return reinterpret_cast<point_id*>(data()); }
  /// The ids as they are stored. Requires: not is_wide().
  [[nodiscard, gnu::always_inline]] std::uint32_t* narrow() const { return reinterpret_cast<std::uint32_t*>(data()); }
  [[gnu::always_inline]] void prefetch(std::size_t i) const { storage::prefetch(data() + i * bytes_each(is_wide())); }

 private:
  std::uintptr_t tagged_;
};

}  // namespace coppice::storage
