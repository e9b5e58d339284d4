// The checksum by which contestants of the task `neighbor-list` agree: a sum over all pairs in any order, of a half
// list whichever end comes first. A pair so near to the cutoff that rounding decides about it counts for nobody; one
// that is clearly too far, or whose image shift is wrong, spoils the sum. peers/neighbor_lists.py computes the same.
#pragma once

#include <algorithm>
#include <cstdio>
#include <string>

#include "tasks/neighbor_list/contestants.hpp"

namespace coppice::bench {

class PairChecksum {
 public:
  /// How much of the squared cutoff counts as near to it: contestants may compute in the scalar of the positions, which
  /// are wrapped into a cell that is many cutoffs long.
  static constexpr double band = sizeof(Real) == sizeof(double) ? 1e-9 : 1e-4;

  PairChecksum(const Setting& setting, PointView<Real> positions) : setting_(setting), positions_(positions) {}

  void add(std::int32_t i, std::int32_t j, const Shift& shift) {
    const Real* from = positions_.row(static_cast<std::size_t>(i));
    const Real* to = positions_.row(static_cast<std::size_t>(j));
    double squared = 0;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      double x = double{to[axis]} - double{from[axis]};
      if (setting_.cell)
        for (std::size_t vector = 0; vector < 3; ++vector) x += shift[vector] * (*setting_.cell)[3 * vector + axis];
      squared += x * x;
    }
    const double limit = setting_.cutoff * setting_.cutoff;
    if (squared > limit * (1 + band)) {
      sum_ += spoiled;
    } else if (squared > limit * (1 - band)) {
      ++near_cutoff_;
    } else {
      if (setting_.pairs == Pairs::half && j < i) std::swap(i, j);
      sum_ += mix(static_cast<std::uint64_t>(i) << 32 | static_cast<std::uint64_t>(j));
    }
  }

  /// 16 hexadecimal digits.
  [[nodiscard]] std::string text() const {
    char digits[17];
    std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(sum_));
    return digits;
  }
  [[nodiscard]] std::int64_t near_cutoff() const { return near_cutoff_; }

 private:
  static constexpr std::uint64_t spoiled = 0x5bd1e995c6a4a793u;

  /// The finaliser of splitmix64 (Steele, Lea, Flood 2014).
  static std::uint64_t mix(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  }

  const Setting& setting_;
  PointView<Real> positions_;
  std::uint64_t sum_ = 0;
  std::int64_t near_cutoff_ = 0;
};

}  // namespace coppice::bench
