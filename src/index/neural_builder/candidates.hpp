// The cuts that a node may take: the edges of bins where its cost has a local minimum.
#pragma once

#include <cstddef>
#include <span>

#include "coppice/index/neural_builder/top_tree.hpp"

namespace coppice::neural_builder {

inline constexpr std::size_t max_bins = 256;

struct Candidate {
  double cost;  // of both sides as leaves
  int axis;
  float offset;
};
inline bool by_cost(const Candidate& a, const Candidate& b) noexcept {
  return a.cost < b.cost;
}

/// The middle of the widest axis, where points tell nothing.
[[nodiscard]] Candidate middle_of(const Box3& box) noexcept;

/// Up to `per_axis` local minima of every axis, cheapest first on each; returns how many.
/// Requires: room for 3 · per_axis; bins checked.
std::size_t binned_candidates(const CostModel& cost, const Box3& box, std::span<const Vec3> points, int bins,
                              int per_axis, Candidate* out);

/// Errors: invalid_input outside 2 … max_bins.
void check_bins(int bins);

}  // namespace coppice::neural_builder
