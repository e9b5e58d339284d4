// Well-spread random numbers by counter: points of Sobol's sequence in pairs of dimensions, shuffled and scrambled anew
// for each pair (B. Burley, "Practical Hash-based Owen Scrambling", JCGT 2020). A number depends on the seed, the path
// and what it is for, and on nothing else.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "random.hpp"

namespace coppice::paths {

[[nodiscard]] constexpr std::uint32_t reversed_bits(std::uint32_t x) noexcept {
  x = ((x & 0x55555555u) << 1) | ((x >> 1) & 0x55555555u);
  x = ((x & 0x33333333u) << 2) | ((x >> 2) & 0x33333333u);
  x = ((x & 0x0f0f0f0fu) << 4) | ((x >> 4) & 0x0f0f0f0fu);
  x = ((x & 0x00ff00ffu) << 8) | ((x >> 8) & 0x00ff00ffu);
  return (x << 16) | (x >> 16);
}

/// Owen's nested scrambling: every bit is flipped or not, by what the higher bits are.
[[nodiscard]] constexpr std::uint32_t scrambled(std::uint32_t x, std::uint32_t seed) noexcept {
  x = reversed_bits(x);
  x += seed;
  x ^= x * 0x6c50b47cu;
  x ^= x * 0xb82f1e52u;
  x ^= x * 0xc7afe638u;
  x ^= x * 0x8d22f6e6u;
  return reversed_bits(x);
}

/// The second dimension of Sobol's sequence; the first is the index with its bits reversed.
[[nodiscard]] constexpr std::uint32_t second_sobol(std::uint32_t index) noexcept {
  std::uint32_t result = 0;
  for (std::uint32_t direction = 1u << 31; index != 0; index >>= 1, direction ^= direction >> 1)
    if ((index & 1) != 0) result ^= direction;
  return result;
}

/// Two numbers in [0, 1) for path `sample` of a pixel; `pixel` and `purpose` choose the shuffle.
[[nodiscard]] inline std::array<double, 2> pair_of(std::uint64_t pixel, std::uint32_t sample,
                                                   std::uint64_t purpose) noexcept {
  const std::uint64_t bits = lidar::mix(pixel, purpose);
  const std::uint64_t more = lidar::mix(bits, 1);
  const std::uint32_t index = scrambled(sample, static_cast<std::uint32_t>(bits));
  const std::uint32_t a = scrambled(reversed_bits(index), static_cast<std::uint32_t>(bits >> 32));
  const std::uint32_t b = scrambled(second_sobol(index), static_cast<std::uint32_t>(more));
  return {a * 0x1p-32, b * 0x1p-32};
}

/// A place on the unit disk for two numbers in [0, 1), without folds (Shirley and Chiu 1997).
[[nodiscard]] inline std::array<double, 2> on_disk(const std::array<double, 2>& numbers) noexcept {
  const double x = 2 * numbers[0] - 1;
  const double y = 2 * numbers[1] - 1;
  if (x == 0 && y == 0) return {0, 0};
  const double quarter = std::acos(0.0) / 2;
  const bool wide = std::abs(x) > std::abs(y);
  const double radius = wide ? x : y;
  const double angle = wide ? quarter * (y / x) : 2 * quarter - quarter * (x / y);
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

}  // namespace coppice::paths
