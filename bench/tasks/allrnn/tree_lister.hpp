// A peer's tree as a contestant of the task `allrnn`: every point is asked by itself and drops itself. What is found is
// kept by pieces of the work, whose vectors are small enough to grow in the cache, and at the end copied into rows in
// the caller's order.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "harness/workload.hpp"
#include "peers/point_order.hpp"
#include "peers/slices.hpp"
#include "tasks/allrnn/rows.hpp"

namespace coppice::bench {

template <class Tree, Given given, std::size_t most>
class TreeRows final : public RowsLister {
 public:
  [[nodiscard]] Identity identity() const override {
    Identity identity = Tree::identity();
    identity.name += suffix_of(given);
    return identity;
  }
  [[nodiscard]] bool uses_threads() const override { return Tree::concurrent_searches; }
  [[nodiscard]] std::size_t most_points() const override { return most; }

  void list(const WithinTask& task) override {
    std::vector<std::uint32_t> order;
    if (given != Given::as_they_come) order = curve_order(task.points);
    Points<Real> sorted;
    if (given == Given::points_sorted) sorted = rows_in_order(task.points, order);
    const PointView<Real> points = given == Given::points_sorted ? sorted.view() : task.points;
    const Tree tree(points);
    const std::size_t n = points.size();
    std::vector<Piece> pieces((n + piece - 1) / piece);
    offsets_.assign(n + 1, 0);
    const int threads = uses_threads() ? task.threads : 1;
    in_slices(threads, n, [&](std::size_t first, std::size_t last) {
      Piece& own = pieces[first / piece];
      std::vector<std::pair<Real, std::int32_t>> row;
      for (std::size_t i = first; i < last; ++i) {
        const std::size_t at = given == Given::as_they_come ? i : order[i];
        const std::size_t self = given == Given::points_sorted ? i : at;
        const auto name = [&](auto id) {
          return static_cast<std::int32_t>(given == Given::points_sorted ? order[static_cast<std::size_t>(id)] : id);
        };
        const std::size_t before = own.ids.size();
        if (task.sorted) {
          row.clear();
          tree.within(points.row(self), task.radius, [&](auto id, auto key) {
            if (static_cast<std::size_t>(id) != self) row.emplace_back(static_cast<Real>(key), name(id));
          });
          std::sort(row.begin(), row.end());
          for (const auto& [key, id] : row) {
            own.ids.push_back(id);
            own.distances.push_back(std::sqrt(key));
          }
        } else {
          tree.within(points.row(self), task.radius, [&](auto id, auto) {
            if (static_cast<std::size_t>(id) != self) own.ids.push_back(name(id));
          });
        }
        offsets_[at + 1] = static_cast<std::int64_t>(own.ids.size() - before);
      }
    });
    for (std::size_t i = 0; i < n; ++i) offsets_[i + 1] += offsets_[i];
    const auto edges = static_cast<std::size_t>(offsets_[n]);
    ids_.resize(edges);
    distances_.resize(task.sorted ? edges : 0);
    in_slices(threads, n, [&](std::size_t first, std::size_t last) {
      const Piece& own = pieces[first / piece];
      std::ptrdiff_t from = 0;
      for (std::size_t i = first; i < last; ++i) {
        const std::size_t at = given == Given::as_they_come ? i : order[i];
        const std::ptrdiff_t length = offsets_[at + 1] - offsets_[at];
        std::copy_n(own.ids.begin() + from, length, ids_.begin() + offsets_[at]);
        if (task.sorted) std::copy_n(own.distances.begin() + from, length, distances_.begin() + offsets_[at]);
        from += length;
      }
    });
  }

 private:
  struct Piece {
    std::vector<std::int32_t> ids;
    std::vector<Real> distances;
  };
};

}  // namespace coppice::bench
