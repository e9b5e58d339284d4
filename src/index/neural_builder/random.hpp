// Random numbers that are the same on every machine and cheap to start anew anywhere: SplitMix64 on a counter, whose
// start is a hash of up to three numbers, such as seed, step and item.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace coppice::neural_builder {

class Random {
 public:
  explicit Random(std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0) : state_(mix(mix(mix(a) + b) + c)) {}

  std::uint64_t next() noexcept {
    state_ += 0x9e3779b97f4a7c15u;
    return mix(state_);
  }
  /// In [0, 1).
  float uniform() noexcept { return static_cast<float>(next() >> 40) * 0x1p-24f; }
  float uniform(float low, float high) noexcept { return low + (high - low) * uniform(); }
  /// In 0 … count − 1. Requires: count < 2^32.
  std::size_t below(std::size_t count) noexcept { return static_cast<std::size_t>((next() >> 32) * count >> 32); }
  /// Whole numbers low … high.
  int between(int low, int high) noexcept {
    return low + static_cast<int>(below(static_cast<std::size_t>(high - low + 1)));
  }
  /// About normal: twelve uniform numbers, which need no library function that differs between machines.
  float normal() noexcept {
    float sum = -6;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return sum;
  }

 private:
  static std::uint64_t mix(std::uint64_t z) noexcept {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

}  // namespace coppice::neural_builder
