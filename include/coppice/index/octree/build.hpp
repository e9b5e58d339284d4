// Construction of a whole subtree: the points stand in columns, and every node parts them at its center, one axis after
// the other, with the boxes of the parts found on the way. Large parts go to threads; the tree is the same for any
// number of them.
// Cost: O(n · depth) for a depth that path compression bounds by the number of cells that divide points.
#pragma once

#include <algorithm>
#include <array>

#include "coppice/index/octree/records.hpp"

namespace coppice::octree {

template <class S, int Dim>
class Builder {
 public:
  using Tree = octree::Tree<S, Dim>;
  using Part = octree::Part<S, Dim>;
  using Extent = octree::Extent<S, Dim>;

  /// `count` ≥ 1 points stand in buffer 0 of `columns`.
  Builder(Tree& tree, storage::Columns<S>& columns, std::size_t count)
      : tree_(tree), columns_(columns), kernels_(storage::column_kernels<S>()), count_(count) {}

  /// Builds a subtree of leaves of up to K points. Requires: the ids are in the id map.
  [[nodiscard]] Part run() { return make(all()); }
  /// Puts the points in the place of the leaf in slot s of x, more than K of them, which `span` octants share. The sums
  /// of the node are left to the caller. Requires: they belong there.
  void refill(Handle x, int s, int span) {
    if (x == tree_.anchor_) {
      tree_.attach(x, s, run());
    } else {
      Ranges ranges{};
      split(tree_.node(x).cell, all(), Dim - 1, 0, ranges);
      place(x, ranges, s, span);
    }
  }

 private:
  using Leaf = octree::Leaf<S, Dim>;
  using Node = octree::Node<S, Dim>;
  using Cell = DyadicCell<S, Dim>;
  /// Points first … first + count − 1 of a buffer.
  struct Range {
    std::size_t first, count;
    int buffer;
    Extent extent;
  };
  using Ranges = std::array<Range, Node::octants>;

  [[nodiscard]] Range all() const {
    Range r{0, count_, 0, {}};
    for (int a = 0; a < Dim; ++a)
      kernels_.bounds(columns_.axis(0, a), count_, r.extent.lower[static_cast<std::size_t>(a)],
                      r.extent.upper[static_cast<std::size_t>(a)]);
    return r;
  }
  [[nodiscard]] bool fits(std::size_t count) const { return count <= static_cast<std::size_t>(tree_.config.capacity); }

  Part make(const Range& r) {
    if (fits(r.count)) return leaf(&r, 1);
    const Cell cell = smallest_cell<S, Dim>(r.extent.lower.data(), r.extent.upper.data());
    if (!tree_.divides(cell)) return leaf(&r, 1);
    const Handle x = tree_.new_node(cell);
    Ranges ranges{};
    split(cell, r, Dim - 1, 0, ranges);
    place(x, ranges, 0, Node::octants);
    tree_.recount(x);
    return {x, 0, 0, Tree::extent_of(tree_.node(x))};
  }

  /// Parts a range of a cell's points at the center on `axis` and the axes below it.
  void split(const Cell& cell, const Range& r, int axis, int octant, Ranges& ranges) {
    if (axis < 0) {
      ranges[static_cast<std::size_t>(octant)] = r;
      return;
    }
    const S center = cell.center[axis];
    const int upper_half = octant | 1 << axis;
    if (r.extent.lower[static_cast<std::size_t>(axis)] >= center) return split(cell, r, axis - 1, upper_half, ranges);
    if (r.extent.upper[static_cast<std::size_t>(axis)] < center) return split(cell, r, axis - 1, octant, ranges);
    Range low, high;
    S* lower[2] = {low.extent.lower.data(), high.extent.lower.data()};
    S* upper[2] = {low.extent.upper.data(), high.extent.upper.data()};
    S* from[Dim];
    S* to[Dim];
    for (int a = 0; a < Dim; ++a) {
      from[a] = columns_.axis(r.buffer, a) + r.first;
      to[a] = columns_.axis(1 - r.buffer, a) + r.first;
    }
    low.count =
        kernels_.partition({from, columns_.ids(r.buffer).tail(r.first)}, {to, columns_.ids(1 - r.buffer).tail(r.first)},
                           Dim, r.count, from[axis], center, lower, upper);
    low.first = r.first;
    high.first = r.first + low.count;
    high.count = r.count - low.count;
    low.buffer = high.buffer = 1 - r.buffer;
    side_by_side(
        r.count, [&] { split(cell, low, axis - 1, octant, ranges); },
        [&] { split(cell, high, axis - 1, upper_half, ranges); });
  }

  /// Gives octants first … first + span − 1 of x their children: one leaf if they fit, else two halves.
  void place(Handle x, const Ranges& ranges, int first, int span) {
    const Range* octants = &ranges[static_cast<std::size_t>(first)];
    std::size_t count = 0;
    for (int o = 0; o < span; ++o) count += octants[o].count;
    if (span > 1 && !fits(count)) {
      side_by_side(
          count, [&] { place(x, ranges, first, span / 2); }, [&] { place(x, ranges, first + span / 2, span / 2); });
      return;
    }
    Node& n = tree_.node(x);
    std::fill_n(n.slot + first, span, static_cast<std::uint8_t>(first));
    if (count == 0)
      tree_.set_empty(n, first);
    else
      tree_.attach(x, first, span == 1 ? make(*octants) : leaf(octants, span));
  }

  template <class A, class B>
  void side_by_side(std::size_t count, A&& a, B&& b) {
    if (count > tree_.config.parallel_cutoff) {
      tree_.config.executor.invoke(a, b);
    } else {
      a();
      b();
    }
  }

  /// One leaf of several ranges.
  Part leaf(const Range* ranges, int n) {
    std::uint32_t count = 0;
    for (int i = 0; i < n; ++i) count += static_cast<std::uint32_t>(ranges[i].count);
    const int room = room_for(count);
    const Handle first = tree_.new_leaf(room, none);
    const Leaf l = tree_.leaf(first);
    Part part{first | leaf_bit, count, room, {}};
    std::uint32_t at = 0;
    for (int i = 0; i < n; ++i) {
      const Range& r = ranges[i];
      if (r.count == 0) continue;
      for (std::size_t a = 0; a < Dim; ++a) {
        const S* from = columns_.axis(r.buffer, static_cast<int>(a)) + r.first;
        for (std::uint32_t j = 0; j < r.count; ++j) l.at(at + j, static_cast<int>(a)) = from[j];
        part.extent.lower[a] = at == 0 ? r.extent.lower[a] : std::min(part.extent.lower[a], r.extent.lower[a]);
        part.extent.upper[a] = at == 0 ? r.extent.upper[a] : std::max(part.extent.upper[a], r.extent.upper[a]);
      }
      const storage::IdArray ids = columns_.ids(r.buffer).tail(r.first);
      l.ids.tail(at).copy_from(ids, r.count);
      for (std::uint32_t j = 0; j < r.count; ++j) tree_.locations_.relocate(ids[j], location_of(first, at + j));
      at += static_cast<std::uint32_t>(r.count);
    }
    return part;
  }

  Tree& tree_;
  storage::Columns<S>& columns_;
  const storage::ColumnKernels<S>& kernels_;
  std::size_t count_;
};

/// Enters ids into the id map; all of them as 64 bits when one is the first that 32 do not hold.
template <class S, int Dim>
void Tree<S, Dim>::admit(std::span<const point_id> ids) {
  if (!records_->leaves.has_wide_ids() &&
      std::any_of(ids.begin(), ids.end(), [](point_id id) { return id > storage::largest_narrow_id; }))
    widen_ids();
  locations_.assign(ids, 0);
}

/// Builds the tree anew with ids of 64 bits.
template <class S, int Dim>
void Tree<S, Dim>::widen_ids() {
  std::vector<point_id> ids;
  Points<S> points;
  copy_points(ids, points);
  clear(true);
  if (!ids.empty()) build_from(points, ids);
}

template <class S, int Dim>
void Tree<S, Dim>::build(PointView<S> points, std::span<const point_id> ids) {
  clear(std::any_of(ids.begin(), ids.end(), [](point_id id) { return id > storage::largest_narrow_id; }));
  if (!points.empty()) build_from(points, ids);
}

/// Requires: an empty tree whose ids are wide enough, and n ≥ 1.
template <class S, int Dim>
void Tree<S, Dim>::build_from(PointView<S> points, std::span<const point_id> ids) {
  const std::size_t n = points.size();
  begin_write();
  locations_.expect(n);
  locations_.assign(ids, 0);
  records_->leaves.expect(n / storage::unit_points * 3 / 2);
  storage::Columns<S> columns(n, Dim, records_->leaves.has_wide_ids());
  constexpr std::size_t grain = 1 << 15;
  config.executor.for_each_chunk(n, grain, [&](std::size_t first, std::size_t last) {
    S* to[Dim];
    for (int a = 0; a < Dim; ++a) to[a] = columns.axis(0, a) + first;
    storage::column_kernels<S>().transpose(points.row(first), points.stride(), last - first, Dim, to);
    columns.ids(0).tail(first).copy_from(ids.data() + first, last - first);
  });
  attach(anchor_, 0, Builder<S, Dim>(*this, columns, n).run());
  recount(anchor_);
  size_ = n;
  end_write();
}

}  // namespace coppice::octree
