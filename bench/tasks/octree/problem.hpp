// The points of the task `octree`: the series of the paper's Table 2, and uniform ones of many sizes for its Fig. 3.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "coppice/index/octree/octree.hpp"
#include "harness/datasets.hpp"
#include "harness/series.hpp"
#include "tasks/octree/nodes.hpp"

namespace coppice::bench {

struct Problem {
  std::string name;
  Real radius = 0;                   ///< about 50 others within it on average
  std::vector<Points<Real>> frames;  ///< what `build` and `update` get
  Points<Real> one_percent;          ///< after the frames: about 1 % of all points leave their leaf of a default Octree
  double crossing = 0;               ///< how many of all do
  Points<Real> moved;                ///< then: all move by 1 % of the radius
  Points<Real> jittered;             ///< then: so little that they stay in their leaves
  Points<Real> queries;              ///< in random order, distributed like the points of the last frame

  [[nodiscard]] std::size_t size() const { return jittered.size(); }
};

inline Problem make_problem(const std::string& name, std::size_t n) {
  constexpr double neighbors = 50;
  constexpr std::size_t steps = 10;
  const bool uniform = name == "uniform";
  Series series = uniform ? make_uniform(name, n, std::nullopt) : make_paper_series(name, n, steps);
  const double radius = radius_for(series, neighbors);
  if (uniform)
    for (std::size_t step = 1; step < 4; ++step)
      series.frames.push_back(all_moved(series.frames.back(), 0.01 * radius, 40 + step));
  Problem problem{name, static_cast<Real>(radius), std::move(series.frames), {}, 0, {}, {}, {}};
  const Points<Real>& last = problem.frames.back();
  Octree<Real, dimension> tree;
  tree.build(last);
  const LeafCells cells(tree.boxes(LeafCells::all_levels));
  double way = 0.005 * radius;
  for (int attempt = 0; attempt < 4; ++attempt) {  // the part that crosses grows in proportion to the way
    problem.one_percent = all_moved(last, way, 51);
    problem.crossing = cells.crossing(last, problem.one_percent);
    way *= 0.01 / std::max(problem.crossing, 1e-3);
  }
  problem.moved = all_moved(problem.one_percent, 0.01 * radius, 52);
  problem.jittered = all_moved(problem.moved, 1e-4 * radius, 53);
  Random random(54);
  problem.queries.dimension = dimension;
  for (std::size_t i = 0; i < std::clamp<std::size_t>(n / 5, 500, 20'000); ++i) {
    const Real* row = last.view().row(random.below(n));
    problem.queries.coordinates.insert(problem.queries.coordinates.end(), row, row + dimension);
  }
  problem.queries = all_moved(problem.queries, 0.1 * radius, 55);
  return problem;
}

}  // namespace coppice::bench
