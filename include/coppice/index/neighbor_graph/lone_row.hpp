// The k nearest of one point by a descent of its own, nearer boxes first: for points that lie so far from the others
// that what lies within their reach would fill the memory of a tile. Only the kernel units in src/ instantiate this.
#pragma once

#include "coppice/index/neighbor_graph/exact_rows.hpp"

namespace coppice::neighbor_graph {

template <class Target, class S, int Axes, MetricKind Kind>
class LoneRow {
  using Exact = ExactRows<Target, S, Axes, Kind>;
  using Smallest = typename Exact::Smallest;
  static_assert(Kind == MetricKind::l2);

 public:
  /// Offers to `best` the points that may be among the first of all within `limit`, but for the point at slot `own`. Of
  /// equal points in many leaves those are left out that come after `enough`. `underflow`: what keys may be off by.
  LoneRow(const LeafSetView<S>& leaves, const S* point, std::uint32_t own_slot, S most, std::size_t enough,
          float underflow, Smallest& best)
      : set(leaves),
        x(point),
        own(own_slot),
        limit(most),
        skip(enough),
        slip(static_cast<double>(underflow)),
        smallest(best) {
    for (int a = 0; a < Axes; ++a) at[a] = (static_cast<double>(x[a]) - set.origin[a]) * set.inverse_unit;
    const int top = set.level_count - 1;
    for (std::size_t first = 0; first < set.levels[top].count; first += group_leaves) descend(top, first);
  }

 private:
  const LeafSetView<S>& set;
  const S* x;
  std::uint32_t own;
  S limit;
  std::size_t skip;
  double slip;
  Smallest& smallest;
  double at[Axes];

  /// No box that begins farther, as a square in units, holds a neighbour.
  [[nodiscard]] double farthest() const {
    const S last = smallest.size == smallest.k && smallest.keys[0] < limit ? smallest.keys[0] : limit;
    return static_cast<double>(last) * set.inverse_unit * set.inverse_unit * (1 + 1e-5) + slip;
  }

  /// The boxes first … first + 15 of a level.
  void descend(int depth, std::size_t first) {
    const BoxColumns& level = set.levels[depth];
    const std::size_t count = level.count - first < group_leaves ? level.count - first : group_leaves;
    double lower[group_leaves];
    std::size_t order[group_leaves];
    for (std::size_t i = 0; i < count; ++i) {
      double sum = 0;
      for (int a = 0; a < Axes; ++a) {
        const double before = static_cast<double>(level.lower[a][level.place_of(first + i)]) - at[a];
        const double behind = at[a] - static_cast<double>(level.upper[a][level.place_of(first + i)]);
        const double apart = before > behind ? before : behind;
        sum += apart > 0 ? apart * apart : 0;
      }
      std::size_t to = i;
      for (; to > 0 && lower[to - 1] > sum; --to) {
        lower[to] = lower[to - 1];
        order[to] = order[to - 1];
      }
      lower[to] = sum;
      order[to] = first + i;
    }
    for (std::size_t i = 0; i < count && !(lower[i] > farthest()); ++i) {
      if (depth > 0)
        descend(depth - 1, order[i] * group_leaves);
      else if (set.earlier == nullptr || set.earlier[order[i]] < skip)
        scan(order[i]);
    }
  }

  void scan(std::size_t leaf) {
    for (std::uint32_t slot = set.begin[leaf]; slot < set.begin[leaf + 1]; ++slot) {
      if (slot == own) continue;
      const S key = Exact::key(set.rows + static_cast<std::ptrdiff_t>(slot) * set.stride, x, set.dimension);
      if (key <= limit) smallest.offer(key, set.id_of(slot));
    }
  }
};

}  // namespace coppice::neighbor_graph
