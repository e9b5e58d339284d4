// A batch of inserts on its way down: every node is looked at once, and hands each child the points that belong to it.
// Large shares go to threads, which touch different subtrees. A leaf that cannot take its share in is built anew with
// it. Points outside a compressed path's cell are few; they follow one by one.
#pragma once

#include <algorithm>
#include <array>
#include <mutex>

#include "coppice/index/octree/update.hpp"

namespace coppice::octree {

template <class S, int Dim>
class Sieve {
 public:
  using Tree = octree::Tree<S, Dim>;

  /// Requires: the ids are in the id map, and their width has been seen to.
  Sieve(Tree& tree, PointView<S> points, std::span<const point_id> ids)
      : tree_(tree), points_(points), ids_(ids), rows_(points.size()), sorted_(points.size()) {
    for (std::size_t i = 0; i < rows_.size(); ++i) rows_[i] = static_cast<std::uint32_t>(i);
  }

  void run() {
    tree_.anchor_ = tree_.own_node(tree_.anchor_);
    sink(tree_.anchor_, 0, 0, rows_.size());
    std::sort(outside_.begin(), outside_.end());  // threads have put them together
    for (const std::uint32_t row : outside_) tree_.insert_below(tree_.anchor_, 0, points_.row(row), ids_[row]);
  }

 private:
  using Node = octree::Node<S, Dim>;
  using Leaf = octree::Leaf<S, Dim>;

  /// Takes rows_[first, last) into slot s of x. Requires: x is the writer's own.
  void sink(Handle x, int s, std::size_t first, std::size_t last) {
    if (first == last) return;
    if (tree_.node(x).is_leaf(s)) {
      settle(x, s, tree_.node(x).span(s), first, last);
      tree_.recount(x);
      return;
    }
    const Handle below = tree_.own_node(tree_.node(x).child[s]);
    std::array<std::size_t, fan_out + 1> begin;
    deal(tree_.node(below), first, last, begin);
    // Threads that fill one node touch nothing of it but their slots, so what else they ask is asked before.
    std::array<int, fan_out> spans;
    for (int b = 0; b < fan_out; ++b) spans[static_cast<std::size_t>(b)] = tree_.node(below).span(b);
    const auto go = [&](std::size_t from, std::size_t to) {
      for (std::size_t b = from; b < to; ++b) sink_child(below, static_cast<int>(b), spans[b], begin[b], begin[b + 1]);
    };
    if (last - first > parallel_share && tree_.config.executor.is_parallel() && !tree_.sharing_)
      tree_.config.executor.for_each_chunk(fan_out, 1, go);
    else
      go(0, fan_out);
    tree_.recount(below);
    Node& n = tree_.node(x);
    const auto extent = Tree::extent_of(tree_.node(below));
    (void)Tree::grow_box(n, s, extent.lower.data(), extent.upper.data());
  }

  void sink_child(Handle x, int s, int span, std::size_t first, std::size_t last) {
    if (first == last) return;
    if (tree_.node(x).is_leaf(s))
      settle(x, s, span, first, last);
    else
      sink(x, s, first, last);
  }

  /// Sorts rows by slot; those outside the cell leave.
  void deal(const Node& n, std::size_t first, std::size_t last, std::array<std::size_t, fan_out + 1>& begin) {
    constexpr std::size_t out = fan_out;
    std::array<std::size_t, fan_out + 2> at{};
    const auto slot = [&](std::uint32_t row) {
      const S* point = points_.row(row);
      return n.cell.holds(point) ? static_cast<std::size_t>(n.slot_of(point)) : out;
    };
    for (std::size_t i = first; i < last; ++i) ++at[slot(rows_[i]) + 1];
    at[0] = first;
    for (std::size_t o = 0; o <= out; ++o) at[o + 1] += at[o];
    std::copy_n(at.begin(), begin.size(), begin.begin());
    for (std::size_t i = first; i < last; ++i) sorted_[at[slot(rows_[i])]++] = rows_[i];
    std::copy(sorted_.begin() + static_cast<std::ptrdiff_t>(first), sorted_.begin() + static_cast<std::ptrdiff_t>(last),
              rows_.begin() + static_cast<std::ptrdiff_t>(first));
    if (begin[out] < last) {
      const std::lock_guard lock(mutex_);
      outside_.insert(outside_.end(), rows_.begin() + static_cast<std::ptrdiff_t>(begin[out]),
                      rows_.begin() + static_cast<std::ptrdiff_t>(last));
    }
  }

  /// Whether rows lie in the one cell of the smallest size that an overfull leaf is.
  [[nodiscard]] bool all_in_one_cell(const Node& n, int s, std::size_t first, std::size_t last) const {
    for (std::size_t i = first; i < last; ++i)
      if (!tree_.is_one_cell(n, s, points_.row(rows_[i]))) return false;
    return true;
  }

  /// Takes rows into a leaf that `span` octants share. The sums of the node are left to the caller.
  void settle(Handle x, int s, int span, std::size_t first, std::size_t last) {
    Node& n = tree_.node(x);
    const std::uint32_t before = n.count[s];
    const auto count = before + static_cast<std::uint32_t>(last - first);
    if (count > tree_.most_ && !(before > tree_.most_ && all_in_one_cell(n, s, first, last))) {
      build_anew(x, s, span, first, last);
      return;
    }
    if (count > units_of(n.room[s]) * storage::unit_points)
      tree_.move_leaf(x, s, room_for(count));
    else
      tree_.own_leaf(x, s);
    const Leaf l = tree_.leaf(n, s);
    for (std::uint32_t i = before; i < count; ++i) {
      const std::uint32_t row = rows_[first + i - before];
      l.set(i, points_.row(row));
      l.ids.set(i, ids_[row]);
      tree_.locations_.relocate(ids_[row], location_of(n.child[s] & ~leaf_bit, i));
      (void)Tree::grow_box(n, s, points_.row(row), points_.row(row));
    }
    n.count[s] = count;
  }

  void build_anew(Handle x, int s, int span, std::size_t first, std::size_t last) {
    Node& n = tree_.node(x);
    const std::size_t before = n.count[s];
    const std::size_t count = before + last - first;
    storage::Columns<S> columns(count, Dim, tree_.records_->leaves.has_wide_ids());
    const Leaf l = tree_.leaf(n, s);
    for (int a = 0; a < Dim; ++a) {
      S* to = columns.axis(0, a);
      for (std::size_t i = 0; i < before; ++i) to[i] = l.at(i, a);
      for (std::size_t i = before; i < count; ++i) to[i] = points_.row(rows_[first + i - before])[a];
    }
    const storage::IdArray ids = columns.ids(0);
    if (before != 0) ids.copy_from(l.ids, before);
    for (std::size_t i = before; i < count; ++i) ids.set(i, ids_[rows_[first + i - before]]);
    tree_.release_leaf(n.child[s] & ~leaf_bit, n.room[s]);
    Builder<S, Dim>(tree_, columns, count).refill(x, s, span);
    const std::lock_guard lock(mutex_);
    tree_.repairs_.record(count);
  }

  static constexpr std::size_t parallel_share = 1000;
  Tree& tree_;
  PointView<S> points_;
  std::span<const point_id> ids_;
  std::vector<std::uint32_t> rows_, sorted_;
  std::vector<std::uint32_t> outside_;
  std::mutex mutex_;  // of the list of those outside, and of the record of repairs
};

}  // namespace coppice::octree
