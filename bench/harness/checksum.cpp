// Sums over answers, each mixed with its place, so that neither a wrong id nor a swapped query goes unnoticed.
#include "harness/checksum.hpp"

#include <algorithm>
#include <cstdio>

namespace coppice::bench {
namespace {

/// The finaliser of splitmix64 (Steele, Lea, Flood 2014).
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace

void Checksum::add(std::uint64_t answer) {
  sum_ += mix(answer + answers_++);
}

void Checksum::add_nearest(const Real* query, std::size_t k, std::span<const point_id> ids) {
  keys_.clear();
  for (const point_id id : ids) {
    const Real* p = points_.row(static_cast<std::size_t>(id));
    double key = 0;
    for (int axis = 0; axis < points_.dimension(); ++axis) {
      const double difference = double{query[axis]} - double{p[axis]};
      key += difference * difference;
    }
    keys_.push_back(key);
  }
  if (keys_.empty()) return add(0);
  sorted_ = keys_;
  const std::size_t last = std::min(k, sorted_.size()) - 1;
  std::nth_element(sorted_.begin(), sorted_.begin() + static_cast<std::ptrdiff_t>(last), sorted_.end());
  const double farthest = sorted_[last];
  // Distances that only rounding tells apart count as equal.
  const double nearer = farthest * (1 - (sizeof(Real) == sizeof(double) ? 1e-12 : 1e-5));
  constexpr int unsure_bits = sizeof(Real) == sizeof(double) ? 0 : 8;
  std::uint64_t answer = mix(std::bit_cast<std::uint32_t>(static_cast<float>(farthest)) >> unsure_bits);
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (keys_[i] < nearer) answer += mix(static_cast<std::uint64_t>(ids[i]));
  add(answer);
}

void Checksum::add_set(std::span<const point_id> ids) {
  std::uint64_t answer = 0;
  for (const point_id id : ids) answer += mix(static_cast<std::uint64_t>(id));
  add(answer);
}

void Checksum::add_lookup(const Real* sought, point_id found) {
  bool same = found >= 0 && static_cast<std::size_t>(found) < points_.size();
  for (int axis = 0; same && axis < points_.dimension(); ++axis)
    same = points_.row(static_cast<std::size_t>(found))[axis] == sought[axis];
  add(same ? 1 : 0);
}

std::string Checksum::text() const {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(sum_));
  return digits;
}

}  // namespace coppice::bench
