// Numbers in bytes, independent of alignment: the files of this project are little-endian, some that it reads are not.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace coppice::persist {

static_assert(std::endian::native == std::endian::little, "arrays are copied to and from files as they lie in memory");

/// The number whose sizeof(T) bytes start at `bytes`.
template <class T>
[[nodiscard]] T load_little(const std::byte* bytes) noexcept {
  static_assert(std::is_arithmetic_v<T>);
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

template <class T>
[[nodiscard]] T load_big(const std::byte* bytes) noexcept {
  std::array<std::byte, sizeof(T)> reversed;
  std::reverse_copy(bytes, bytes + sizeof(T), reversed.begin());
  return load_little<T>(reversed.data());
}

/// Appends the bytes of a number; `value` must have exactly the type that the format asks for.
template <class T>
void append_little(std::string& bytes, std::type_identity_t<T> value) {
  static_assert(std::is_arithmetic_v<T>);
  std::array<char, sizeof(T)> raw;
  std::memcpy(raw.data(), &value, sizeof value);
  bytes.append(raw.data(), raw.size());
}

[[nodiscard]] inline std::span<const std::byte> as_bytes(std::string_view text) noexcept {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace coppice::persist
