// Several radii in one pass: the largest is searched once, and the answers to the smaller ones are its beginnings.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "coppice/errors.hpp"
#include "coppice/query/hit_list.hpp"
#include "coppice/query/queries.hpp"

namespace coppice {

/// What every row of queries has within each of several radii.
template <class Scalar>
struct NestedNeighbors {
  Neighbors<Scalar> widest;        ///< the answers to the largest radius, by distance
  std::size_t radii = 0;           ///< how many
  std::vector<std::int64_t> ends;  ///< rows × radii: where in `widest` the answer to a radius ends

  /// How many points lie within the j-th radius of row i.
  [[nodiscard]] std::int64_t count(std::size_t i, std::size_t j) const {
    return ends[i * radii + j] - widest.offsets[i];
  }
  /// Their ids, by (distance, id).
  [[nodiscard]] std::span<const point_id> ids(std::size_t i, std::size_t j) const {
    return {widest.ids.data() + widest.offsets[i], static_cast<std::size_t>(count(i, j))};
  }
};

/// Every point within each of `radii`, ascending, of every row of `queries`: for each radius what `index.within` gives,
/// `query.radius` aside. Errors: invalid_input when there is no radius or they do not ascend, and those of `within` for
/// one row. Complexity: one search of the largest radius a row.
template <class Index, class Scalar>
[[nodiscard]] NestedNeighbors<Scalar> within_radii(const Index& index, PointView<Scalar> queries,
                                                   std::span<const Scalar> radii, Within<Scalar> query = {}) {
  if (radii.empty()) throw invalid_input("there are no radii; expected at least one");
  for (std::size_t j = 1; j < radii.size(); ++j)
    if (!(radii[j - 1] <= radii[j]))
      throw invalid_input("radius " + std::to_string(j) + " is " + std::to_string(radii[j]) +
                          "; expected at least the one before, " + std::to_string(radii[j - 1]));
  query.radius = radii.back();
  query.order = Order::by_distance;
  NestedNeighbors<Scalar> found{{}, radii.size(), {}};
  if (queries.empty()) found.widest = index.within(queries, query);  // which refuses what it would refuse
  constexpr std::size_t grain = 256;
  std::vector<NestedNeighbors<Scalar>> parts((queries.size() + grain - 1) / grain);
  const Executor executor = query.executor;
  query.executor = {};
  executor.for_each_chunk(queries.size(), grain, [&](std::size_t first, std::size_t last) {
    NestedNeighbors<Scalar>& part = parts[first / grain];
    HitList<Scalar> hits;
    for (std::size_t i = first; i < last; ++i) {
      index.within(queries[i], query, hits);
      const auto keys = hits.distances_squared();
      for (const Scalar radius : radii)
        part.ends.push_back(part.widest.offsets.back() +
                            (std::upper_bound(keys.begin(), keys.end(), query.metric.key_of(radius)) - keys.begin()));
      part.widest.ids.insert(part.widest.ids.end(), hits.ids().begin(), hits.ids().end());
      part.widest.distances.insert(part.widest.distances.end(), keys.begin(), keys.end());
      part.widest.offsets.push_back(static_cast<std::int64_t>(part.widest.ids.size()));
    }
    query.metric.distances_of(part.widest.distances);
  });
  for (const NestedNeighbors<Scalar>& part : parts) {
    const auto before = static_cast<std::int64_t>(found.widest.ids.size());
    for (const std::int64_t end : part.ends) found.ends.push_back(before + end);
    for (std::size_t i = 1; i < part.widest.offsets.size(); ++i)
      found.widest.offsets.push_back(before + part.widest.offsets[i]);
    found.widest.ids.insert(found.widest.ids.end(), part.widest.ids.begin(), part.widest.ids.end());
    found.widest.distances.insert(found.widest.distances.end(), part.widest.distances.begin(),
                                  part.widest.distances.end());
  }
  return found;
}

}  // namespace coppice
