// Pivots that divide keys into equal parts: by exact selection, from a sample, or by counting in steps. The learned
// ones have a file of their own (cdf_model.hpp).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "coppice/query/plane_tree/node.hpp"

namespace coppice::multiway_tree {

/// Up to 7 ascending pivots; a key's part is the number of pivots that are not greater.
template <class S>
struct Pivots {
  alignas(plane_tree::fan_out * sizeof(S)) S value[plane_tree::fan_out];  // those behind `count` are infinite
  int count = 0;

  Pivots() { std::fill_n(value, plane_tree::fan_out, std::numeric_limits<S>::infinity()); }
  /// Adds one that is greater than the last.
  void add(S v) {
    if (count < plane_tree::planes && (count == 0 || v > value[count - 1])) value[count++] = v;
  }
  [[nodiscard, gnu::always_inline]] unsigned part_of(S key) const {
    unsigned part = 0;
    for (int j = 0; j < plane_tree::planes; ++j) part += key >= value[j];
    return part;
  }
};

/// The keys of rank n/k, 2n/k, …, each counted once and none equal to the least key, so that no part is empty; fewer
/// where equal keys forbid as many, and none where all are equal. Reorders the keys. O(n log k) expected.
template <class S>
Pivots<S> quantiles(S* keys, std::size_t n, int k) {
  Pivots<S> pivots;
  if (n == 0) return pivots;
  const auto rank = [&](int j) { return n * static_cast<std::size_t>(j) / static_cast<std::size_t>(k); };
  // A key that has found its rank stays out of the ranges that are selected from next.
  const auto select = [&](const auto& self, std::size_t first, std::size_t last, int a, int b) -> void {
    const int middle = (a + b) / 2;
    const std::size_t nth = rank(middle);
    if (b - a < 2 || nth < first || nth >= last) return;
    std::nth_element(keys + first, keys + nth, keys + last);
    self(self, first, nth, a, middle);
    self(self, nth + 1, last, middle, b);
  };
  select(select, 0, n, 0, k);
  const S least = *std::min_element(keys, keys + std::max<std::size_t>(rank(1), 1));
  for (int j = 1; j < k; ++j) {
    S v = keys[rank(j)];
    if (!(v > least)) {
      v = std::numeric_limits<S>::infinity();
      for (std::size_t i = 0; i < n; ++i)
        if (keys[i] > least && keys[i] < v) v = keys[i];
      if (v == std::numeric_limits<S>::infinity()) return pivots;
    }
    pivots.add(v);
  }
  return pivots;
}

/// A stream of numbers for samples: the same for the same seed, everywhere (splitmix64).
class SampleStream {
 public:
  explicit SampleStream(std::uint64_t seed) : state_(seed) {}
  /// Uniform in 0 … n − 1, n < 2^32.
  [[nodiscard]] std::size_t below(std::size_t n) {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return static_cast<std::size_t>(((z ^ z >> 31) >> 32) * n >> 32);
  }

 private:
  std::uint64_t state_;
};

}  // namespace coppice::multiway_tree
