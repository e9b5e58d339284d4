// The checksum by which contestants of the task `allrnn` agree: a sum over all pairs, a neighbour so near to the radius
// that rounding decides about it counting for nobody. peers/all_neighbors.py computes the same.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "tasks/allrnn/contestants.hpp"

namespace coppice::bench {

/// How much of the squared radius counts as near to it.
inline constexpr double radius_band = sizeof(Real) == sizeof(double) ? 1e-9 : 1e-4;

[[nodiscard]] inline std::string checksum_of(const WithinLister& lister, const WithinTask& task) {
  const auto mixed = [](std::uint64_t x) {  // the finaliser of splitmix64 (Steele, Lea, Flood 2014)
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  };
  constexpr double tolerance = sizeof(Real) == sizeof(double) ? 1e-12 : 1e-5;
  const double limit = double{task.radius} * double{task.radius};
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < task.points.size(); ++i) {
    double last = 0;
    for (auto j = static_cast<std::size_t>(lister.offsets()[i]); j < static_cast<std::size_t>(lister.offsets()[i + 1]);
         ++j) {
      const auto id = static_cast<std::size_t>(lister.ids()[j]);
      double key = 0;
      for (int axis = 0; axis < dimension; ++axis) {
        const double difference = double{task.points.row(i)[axis]} - double{task.points.row(id)[axis]};
        key += difference * difference;
      }
      if (id == i || key > limit * (1 + radius_band)) return "a pair too many in row " + std::to_string(i);
      if (key <= limit * (1 - radius_band)) sum += mixed(i << 32 | id);
      if (!task.sorted) continue;
      const double distance = lister.distances()[j];
      if (std::abs(distance - std::sqrt(key)) > tolerance * distance || distance < last)
        return "wrong distance in row " + std::to_string(i);
      last = distance;
    }
  }
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(sum));
  return digits;
}

}  // namespace coppice::bench
