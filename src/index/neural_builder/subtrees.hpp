// The step that the two exhaustive builders share: of several cuts of a node the one whose subtrees cost least.
#pragma once

#include <limits>
#include <span>
#include <vector>

#include "coppice/index/neural_builder/top_tree.hpp"

namespace coppice::neural_builder {

/// Level by level: the left subtree's cuts, then the right one's, behind the root's.
inline void join(const std::vector<TopSplit>& left, const std::vector<TopSplit>& right, std::vector<TopSplit>& whole) {
  std::size_t to = 1;
  std::size_t from = 0;
  for (std::size_t count = 1; from < left.size(); from += count, count *= 2) {
    for (std::size_t i = 0; i < count; ++i) whole[to++] = left[from + i];
    for (std::size_t i = 0; i < count; ++i) whole[to++] = right[from + i];
  }
}

/// The least cost of both sides over `cuts`, whose cuts go to `splits` in heap order. `build` gives the least cost of a
/// side and its cuts; `room` is for points, and kept while it works.
template <class Cuts, class Build>
double cheapest_halves(const Cuts& cuts, const Box3& box, std::span<const Vec3> points, std::vector<Vec3>& room,
                       std::vector<TopSplit>& splits, Build&& build) {
  double least = std::numeric_limits<double>::infinity();
  std::vector<TopSplit> left_splits;
  std::vector<TopSplit> right_splits;
  for (const auto& one : cuts) {
    const auto axis = static_cast<std::size_t>(one.axis);
    room.resize(points.size());
    std::size_t left = 0;
    std::size_t right = points.size();
    for (const Vec3& p : points) room[p[axis] <= one.offset ? left++ : --right] = p;
    const Halves halves = cut(box, axis, one.offset);
    const std::span<const Vec3> all(room);
    double cost = build(halves.left, all.first(left), left_splits);
    if (cost >= least) continue;
    cost += build(halves.right, all.subspan(left), right_splits);
    if (cost >= least) continue;
    least = cost;
    splits[0] = {one.axis, one.offset};
    join(left_splits, right_splits, splits);
  }
  return least;
}

}  // namespace coppice::neural_builder
