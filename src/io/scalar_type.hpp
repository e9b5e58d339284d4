// The number types that binary files name in their headers, and the one place where such a number is read: PLY
// properties, PCD fields and npy arrays share it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "coppice/persist/byte_order.hpp"

namespace coppice::io {

enum class ScalarType { int8, uint8, int16, uint16, int32, uint32, float32, float64 };

/// Its bytes.
[[nodiscard]] constexpr std::size_t size_of(ScalarType type) noexcept {
  constexpr std::array<std::size_t, 8> sizes{1, 1, 2, 2, 4, 4, 4, 8};
  return sizes[static_cast<std::size_t>(type)];
}

/// Whether every number of the type is a float32, too.
[[nodiscard]] constexpr bool fits_float(ScalarType type) noexcept {
  return size_of(type) < 4 || type == ScalarType::float32;
}

/// The number of type `type` whose bytes start at `bytes`, as a T.
template <class T>
[[nodiscard]] T load_number(ScalarType type, const std::byte* bytes, bool big_endian = false) noexcept {
  const auto load = [&]<class Stored>(Stored) {
    return static_cast<T>(big_endian ? persist::load_big<Stored>(bytes) : persist::load_little<Stored>(bytes));
  };
  switch (type) {
    case ScalarType::int8:
      return load(std::int8_t{});
    case ScalarType::uint8:
      return load(std::uint8_t{});
    case ScalarType::int16:
      return load(std::int16_t{});
    case ScalarType::uint16:
      return load(std::uint16_t{});
    case ScalarType::int32:
      return load(std::int32_t{});
    case ScalarType::uint32:
      return load(std::uint32_t{});
    case ScalarType::float32:
      return load(float{});
    case ScalarType::float64:
      return load(double{});
  }
  return T{};
}

}  // namespace coppice::io
