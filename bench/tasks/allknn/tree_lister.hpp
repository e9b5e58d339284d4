// A peer's tree as a contestant of the task `allknn`: every point is asked by itself for k + 1 neighbours, and drops
// itself.
#pragma once

#include <cmath>
#include <limits>
#include <vector>

#include "harness/workload.hpp"
#include "peers/point_order.hpp"
#include "peers/slices.hpp"
#include "tasks/allknn/contestants.hpp"

namespace coppice::bench {

template <class Tree, Given given, std::size_t most>
class TreeLister final : public NearestLister {
 public:
  [[nodiscard]] Identity identity() const override {
    Identity identity = Tree::identity();
    identity.name += suffix_of(given);
    return identity;
  }
  [[nodiscard]] bool uses_threads() const override { return Tree::concurrent_searches; }
  [[nodiscard]] std::size_t most_points() const override { return most; }

  void list(const NearestTask& task) override {
    std::vector<std::uint32_t> order;
    if (given != Given::as_they_come) order = curve_order(task.points);
    Points<Real> sorted;
    if (given == Given::points_sorted) sorted = rows_in_order(task.points, order);
    const PointView<Real> points = given == Given::points_sorted ? sorted.view() : task.points;
    Tree tree(points);
    in_slices(uses_threads() ? task.threads : 1, points.size(), [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) {
        const std::size_t row = given == Given::as_they_come ? i : order[i];
        const std::size_t own = given == Given::points_sorted ? i : row;
        std::int32_t* ids = task.ids + row * task.k;
        Real* distances = task.distances + row * task.k;
        std::size_t found = 0;
        tree.nearest(points.row(own), task.k + 1, [&](auto id, auto key) {
          const auto at = static_cast<std::size_t>(id);
          if (at == own || found == task.k) return;
          ids[found] = static_cast<std::int32_t>(given == Given::points_sorted ? order[at] : at);
          distances[found++] = std::sqrt(static_cast<Real>(key));
        });
        for (; found < task.k; ++found) {
          ids[found] = -1;
          distances[found] = std::numeric_limits<Real>::infinity();
        }
      }
    });
  }
};

}  // namespace coppice::bench
