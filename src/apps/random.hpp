// Counter-based random numbers: a value is a hash of a seed and of what it is for, so it does not depend on the order
// in which it is asked for. The generator is splitmix64 (Steele, Lea, Flood 2014); the same on every platform.
#pragma once

#include <cstdint>

namespace coppice::lidar {

/// One step of splitmix64's output function: every bit of `x` reaches every bit of the result.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t x) noexcept {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  return mix(mix(a) ^ b);
}

/// The upper 53 bits as a number in [0, 1).
[[nodiscard]] constexpr double unit(std::uint64_t bits) noexcept {
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

/// Mean 0, variance 1, |value| ≤ 2√3: the sum of the four 16-bit parts of `bits`. Bounded on purpose, so that the error
/// of a simulated range has a firm limit.
[[nodiscard]] constexpr double bell(std::uint64_t bits) noexcept {
  const std::uint64_t sum = (bits & 0xffff) + ((bits >> 16) & 0xffff) + ((bits >> 32) & 0xffff) + (bits >> 48);
  return (static_cast<double>(sum) / 65535.0 - 2.0) * 1.7320508075688772;
}

/// A sequence of numbers from one seed, for things that are made one after the other.
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : state_(mix(seed)) {}

  std::uint64_t bits() noexcept { return mix(state_ += 0x9e3779b97f4a7c15u); }
  /// Uniform in [lower, upper).
  double between(double lower, double upper) noexcept { return lower + (upper - lower) * unit(bits()); }
  bool chance(double probability) noexcept { return unit(bits()) < probability; }

 private:
  std::uint64_t state_;
};

}  // namespace coppice::lidar
