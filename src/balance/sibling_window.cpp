#include "coppice/balance/sibling_window.hpp"

#include <cstddef>
#include <numeric>

namespace coppice::balance {

SiblingBalance::SiblingBalance(std::span<const std::uint64_t> points, double omega)
    : points_(points),
      all_(std::accumulate(points.begin(), points.end(), std::uint64_t{0})),
      share_(2 * omega * static_cast<double>(all_) / static_cast<double>(points.size())) {}

int SiblingBalance::heaviest_unbalanced() const {
  std::size_t heaviest = 0;
  for (std::size_t i = 1; i < points_.size(); ++i)
    if (points_[i] > points_[heaviest]) heaviest = i;
  return static_cast<double>(points_[heaviest]) > share_ ? static_cast<int>(heaviest) : -1;
}

SiblingWindow SiblingBalance::smallest_window(int i) const {
  const int t = static_cast<int>(points_.size());
  SiblingWindow smallest{0, t - 1};
  std::uint64_t fewest = all_;
  for (int first = 0; first <= i; ++first) {
    std::uint64_t sum = 0;
    for (int last = first; last < t; ++last) {
      sum += points_[static_cast<std::size_t>(last)];
      if (last < i) continue;
      const SiblingWindow window{first, last};
      if (static_cast<double>(sum) > ease * share_ * window.width() || sum >= fewest) continue;
      fewest = sum;
      smallest = window;
    }
  }
  return smallest;
}

SiblingWindow roomy_window(std::span<const std::uint64_t> points, int i, std::uint64_t capacity) {
  const int t = static_cast<int>(points.size());
  SiblingWindow best{0, -1};
  std::uint64_t fewest = 0;
  for (int first = 0; first <= i; ++first) {
    std::uint64_t sum = 0;
    for (int last = first; last < t; ++last) {
      sum += points[static_cast<std::size_t>(last)];
      if (last < i) continue;
      const SiblingWindow window{first, last};
      if (sum > capacity * static_cast<std::uint64_t>(window.width())) continue;
      if (best.width() != 0 && (window.width() > best.width() || (window.width() == best.width() && sum >= fewest)))
        continue;
      fewest = sum;
      best = window;
    }
  }
  return best;
}

}  // namespace coppice::balance
