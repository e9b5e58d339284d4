// All pairs of an octree's points within a cutoff, by their ids.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "coppice/index/octree/neighbor_list.hpp"
#include "coppice/index/octree/octree.hpp"

namespace coppice {

/// The pairs of a tree's points as a NeighborList of this Config finds them, with ids in the place of rows: sorted by
/// (i, j, shift), i < j in a half list. What the Config says one a particle (radii, types) goes by ascending id, as do
/// the particles that exclusions name. Errors: those of NeighborList. Complexity: O(n log n + pairs).
template <class Scalar>
[[nodiscard]] PairList<point_id> pairs_of(const Octree<Scalar, 3>& tree, NeighborListConfig config,
                                          PairFields fields = {}) {
  std::vector<point_id> ids;
  Points<Scalar> points;
  tree.copy_points(ids, points);
  std::vector<std::size_t> order(ids.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return ids[a] < ids[b]; });
  Points<Scalar> by_id{{}, 3};
  by_id.coordinates.reserve(points.coordinates.size());
  for (const std::size_t row : order)
    by_id.coordinates.insert(by_id.coordinates.end(), points.view().row(row), points.view().row(row) + 3);
  NeighborList<Scalar> list(std::move(config));
  list.update(by_id);
  PairList<point_id> pairs = list.template list<point_id>(fields);
  for (std::vector<point_id>* side : {&pairs.i, &pairs.j})
    for (point_id& row : *side) row = ids[order[static_cast<std::size_t>(row)]];
  return pairs;
}

}  // namespace coppice
