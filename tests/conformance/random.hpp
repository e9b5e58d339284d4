// The random numbers of the tests: a generator of our own, so that a seed gives the same run with every standard
// library, and a fixture that logs the seed of a failing test. COPPICE_TEST_SEED replays a run (a number, or `random`
// for a fresh one); COPPICE_TEST_SCALE=small makes every loop shorter, for sanitizers.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace coppice::test {

/// splitmix64: tiny, and good enough to choose inputs.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /// 0 … bound − 1.
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : static_cast<std::size_t>(next() % bound); }
  /// first … last, both included.
  int between(int first, int last) {
    return first + static_cast<int>(below(static_cast<std::size_t>(last - first + 1)));
  }
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  double uniform(double lower, double upper) { return lower + (upper - lower) * uniform(); }
  bool chance(double probability) { return uniform() < probability; }
  template <class Container>
  const auto& pick(const Container& container) {
    return container[below(container.size())];
  }

 private:
  std::uint64_t state_;
};

inline std::uint64_t base_seed() {
  static const std::uint64_t seed = [] {
    const char* given = std::getenv("COPPICE_TEST_SEED");
    if (given == nullptr || *given == '\0') return std::uint64_t{2509};
    if (std::string(given) == "random") return std::uint64_t{std::random_device{}()};
    return static_cast<std::uint64_t>(std::strtoull(given, nullptr, 10));
  }();
  return seed;
}

inline bool small_scale() {
  static const bool small = [] {
    const char* scale = std::getenv("COPPICE_TEST_SCALE");
    return scale != nullptr && std::string(scale) == "small";
  }();
  return small;
}

/// A loop count or a size: `full`, or about a fifth of it in the small scale.
inline int scaled(int full) {
  return small_scale() ? std::max(1, full / 5) : full;
}

/// Gives a test its generator, and every failure in it the seed.
class Seeded : public ::testing::Test {
 protected:
  Rng rng{base_seed()};

 private:
  ::testing::ScopedTrace trace_{__FILE__, __LINE__,
                                "replay with COPPICE_TEST_SEED=" + std::to_string(base_seed()) +
                                    (small_scale() ? " COPPICE_TEST_SCALE=small" : "")};
};

}  // namespace coppice::test
