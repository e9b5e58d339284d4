// The searches of a bench over one dataset: queries in random order and along the Morton curve, a radius and boxes that
// give a known number of answers, and points to look up.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "coppice/geometry/point_view.hpp"
#include "harness/datasets.hpp"

namespace coppice::bench {

enum class Search { knn1, knn10, knn100, radius, box, lookup };
inline constexpr Search all_searches[] = {Search::knn1,   Search::knn10, Search::knn100,
                                          Search::radius, Search::box,   Search::lookup};

[[nodiscard]] std::string name_of(Search search);
/// k of the nearest-neighbour searches, 0 of the others.
[[nodiscard]] std::size_t k_of(Search search);

/// One order of the queries; row i of each array belongs to query i.
struct Queries {
  Points<Real> points;
  Points<Real> lower, upper;  ///< boxes around the first of `points` with about 1,000 points each
  Points<Real> sought;        ///< points of the dataset
};

struct Workload {
  Queries shuffled;
  Queries sorted;           ///< the same, along the Morton curve
  Real radius = 0;          ///< about 100 points within it on average
  std::size_t checked = 0;  ///< how many of the shuffled queries every contestant's answers are compared on

  /// The most queries of one round: fewer of the searches that give more.
  [[nodiscard]] std::size_t limit(Search search) const;
};

/// How many queries a dataset of n points is asked.
[[nodiscard]] std::size_t query_count(std::size_t n);
[[nodiscard]] Workload make_workload(const Dataset& dataset);

[[nodiscard]] Points<Real> rows_in_order(PointView<Real> points, const std::vector<std::uint32_t>& order);

}  // namespace coppice::bench
