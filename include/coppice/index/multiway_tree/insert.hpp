// Batches on their way down: a node divides its newcomers among its children by its pivots, sees whether a child would
// overflow or outgrow its share, has the run that must be built anew built together with its newcomers, and hands
// the others on. So a subtree is repaired at most once a batch, as high up as need be.
// Source: Ji et al., "Updatable Balanced Index for Fast On-device Search with Auto-selection Model", section V-B,
// algorithm 3; windows of leaves, and nodes that are built anew when they have doubled, are ours.
#pragma once

#include <algorithm>
#include <array>

#include "coppice/index/multiway_tree/repair.hpp"
#include "coppice/storage/prefetch.hpp"

namespace coppice::multiway_tree {

template <class S, int Width>
class Inserter {
 public:
  using Tree = multiway_tree::Tree<S, Width>;
  using Rows = multiway_tree::Rows<S, Width>;
  using Range = typename Builder<S, Width>::Range;

  Inserter(Tree& tree, const RowBuffers<S, Width>& buffers) : tree_(tree), rows_{buffers[0], buffers[1]} {}

  /// Takes in `count` ≥ 1 points, which stand in buffer 0 and in the id map.
  void run(std::size_t count) {
    const Handle root = tree_.own_node(tree_.root_);
    if (has_doubled(root, count)) tree_.choose_partitions(tree_.cold(root).points + count);
    take_in(root, {0, count, 0});
  }

 private:
  using Node = typename Tree::Node;
  using Arrivals = typename Tree::Arrivals;

  /// Whether a node holds twice as many points as it was built for, and so would have another shape by now.
  [[nodiscard]] bool has_doubled(Handle x, std::size_t more) const {
    const std::size_t built = tree_.cold(x).built;
    return tree_.cold(x).points + more > std::max<std::size_t>(2 * built, 2 * leaf_capacity);
  }

  /// Requires: x is the writer's own.
  void take_in(Handle x, const Range& r) {
    Arrivals arrivals{};
    if (has_doubled(x, r.count)) {
      arrivals[0] = {rows_[r.buffer], r.first, r.count};
      tree_.rebuild_all(x, arrivals);
      return;
    }
    deal(x, r, arrivals);
    fetch(x, arrivals);
    if (tree_.config_.pivots == PivotRule::learned) learn(x, r);
    const bool calm = is_calm(x, r.count, arrivals);
    if (!calm) {
      make_room(x, arrivals);
      tree_.balance(x, arrivals);
    }
    Node& n = tree_.node(x);
    std::array<std::uint32_t, fan_out> heights{};
    const auto enter = [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) {
        if (arrivals[i].count == 0) continue;
        const int s = static_cast<int>(i);
        if (n.is_leaf(s)) {
          append(x, s, arrivals[i].rows.tail(arrivals[i].first), arrivals[i].count);
          continue;
        }
        const Handle child = tree_.own_node(n.child[s]);
        heights[i] = tree_.cold(child).height;
        take_in(child, {arrivals[i].first, arrivals[i].count, 1 - r.buffer});
        tree_.union_box(tree_.node(child), n, s);
        tree_.lift_only_child(x, s);
      }
    };
    constexpr std::size_t worth_sharing = 2048;
    const bool share = r.count >= worth_sharing && !tree_.sharing_;
    (share ? tree_.config_.executor : Executor::sequential()).for_each_chunk(n.children, 1, enter);
    // A child that was built anew may have become lower; that is rare, and nothing else calls for a look at all
    // children.
    NodeCold& c = tree_.cold(x);
    bool lower = false;
    std::uint32_t height = 0;
    for (int s = 0; calm && s < n.children; ++s)
      if (arrivals[static_cast<std::size_t>(s)].count > 0) {
        height = std::max(height, tree_.height_of(n, s) + 1);
        lower |= heights[static_cast<std::size_t>(s)] + 1 == c.height && tree_.height_of(n, s) + 1 < c.height;
      }
    if (!calm || lower) return tree_.measure(x);
    c.points += static_cast<std::uint32_t>(r.count);
    c.height = std::max(c.height, height);
  }

  /// Asks for the memory of all children that newcomers come to, so that they wait for it together.
  void fetch(Handle x, const Arrivals& arrivals) const {
    const Node& n = tree_.node(x);
    constexpr int most_axes = 8;
    const int axes = std::min(tree_.axes(), most_axes);
    for (int s = 0; s < n.children; ++s) {
      if (arrivals[static_cast<std::size_t>(s)].count == 0) continue;
      if (n.is_leaf(s)) {
        const Leaf<S> l = tree_.leaf(n.child[s] & ~leaf_bit);
        for (int a = 0; a < axes; ++a) storage::prefetch_to_write(l.axis(a) + n.points(s));
        l.ids.prefetch(static_cast<std::size_t>(n.points(s)));
      } else {
        const Node& below = tree_.node(n.child[s]);
        storage::prefetch(&tree_.cold(n.child[s]));
        storage::prefetch_lines(&below, sizeof below);
        for (int a = 0; a < axes; ++a) storage::prefetch(below.bounds(a));
      }
    }
  }

  /// Whether no leaf overflows and no child that newcomers come to holds too many of the node's points. The others hold
  /// a smaller part than before, so that nobody need look at them, which would be a miss of the caches each.
  [[nodiscard]] bool is_calm(Handle x, std::size_t more, const Arrivals& arrivals) const {
    const Node& n = tree_.node(x);
    const std::uint64_t total = tree_.cold(x).points + more;
    const double share = 2 * tree_.config_.omega * static_cast<double>(total) / n.children;
    const bool balances = tree_.watches(x, total);
    for (int s = 0; s < n.children; ++s) {
      const std::size_t count = arrivals[static_cast<std::size_t>(s)].count;
      if (count == 0) continue;
      const std::size_t points = tree_.points_below(n, s) + count;
      if ((n.is_leaf(s) && points > leaf_capacity) || (balances && static_cast<double>(points) > share)) return false;
    }
    return true;
  }

  /// Moves the newcomers to the other buffer, child by child.
  void deal(Handle x, const Range& r, Arrivals& arrivals) {
    const Node& n = tree_.node(x);
    Pivots<S> pivots;
    for (int j = 0; j + 1 < n.children; ++j) pivots.add(n.split[j]);
    std::array<Range, fan_out> ranges;
    Builder<S, Width>(tree_, rows_[0], rows_[1]).distribute(r, n.axis[0], pivots, ranges);
    for (std::size_t s = 0; s < fan_out; ++s) arrivals[s] = {rows_[1 - r.buffer], ranges[s].first, ranges[s].count};
  }

  /// Leaves that would overflow are divided among free slots, share with siblings, or become nodes.
  void make_room(Handle x, Arrivals& arrivals) {
    for (;;) {
      const Node& n = tree_.node(x);
      int full = 0;
      while (full < n.children &&
             !(n.is_leaf(full) &&
               tree_.points_below(n, full) + arrivals[static_cast<std::size_t>(full)].count > leaf_capacity))
        ++full;
      if (full == n.children) return;
      const typename Tree::Sizes sizes = tree_.sizes(x, arrivals);
      const std::uint64_t points = sizes[static_cast<std::size_t>(full)];
      // Leaves that share little room are soon full again.
      constexpr std::uint64_t divided = 3 * leaf_capacity / 4, shared = leaf_capacity * 11 / 16;
      const std::uint64_t parts = std::max<std::uint64_t>((points + divided - 1) / divided, 2);
      const balance::SiblingWindow window = balance::roomy_window({sizes.data(), n.children}, full, shared);
      if (tree_.config_.repair == RepairRule::subtree)
        (void)tree_.rebuild(x, full, full, 1, arrivals);
      else if (n.children > 1 && parts + n.children - 1 <= static_cast<std::uint64_t>(tree_.partitions_))
        (void)tree_.rebuild(x, full, full, static_cast<int>(parts), arrivals);
      else if (window.width() > 1 && window.width() < n.children)
        (void)tree_.rebuild(x, window.first, window.last, window.width(), arrivals);
      else
        (void)tree_.rebuild(x, full, full, 1, arrivals);
    }
  }

  /// (15): the model of a node hears of a part of its newcomers.
  void learn(Handle x, const Range& r) {
    CdfSums sums = tree_.recalled(x);
    const int axis = tree_.node(x).axis[0];
    if (sums.keys() < 2 || axis >= tree_.axes()) return;
    const CdfLine line = sums.line();
    const auto every = static_cast<std::size_t>(std::max(1.0, 1 / tree_.config_.sample_rate));
    for (std::size_t i = every / 2; i < r.count; i += every) {
      const auto key = static_cast<double>(rows_[r.buffer].point(r.first + i)[axis]);
      sums.add(key, std::clamp(line(key), 0.0, 1.0));
    }
    tree_.remember(x, sums);
  }

  void append(Handle x, int s, const Rows& rows, std::size_t count) {
    Node& n = tree_.node(x);
    const Handle h = tree_.own_leaf(n.child[s] & ~leaf_bit);
    const Leaf<S> l = tree_.leaf(h);
    for (std::size_t i = 0; i < count; ++i) {
      const int slot = n.points(s);
      n.taken[s] |= 1u << slot;
      const S* point = rows.point(i);
      for (int a = 0; a < tree_.axes(); ++a) l.axis(a)[slot] = point[a];
      l.ids.set(static_cast<std::size_t>(slot), rows.id(i));
      tree_.locations_.relocate(rows.id(i), location_of(h, slot));
      (void)tree_.grow_box(n, s, point);
    }
  }

  Tree& tree_;
  Rows rows_[2];
};

template <class S, int Width>
void Tree<S, Width>::insert(PointView<S> points, std::span<const point_id> ids) {
  const std::size_t n = points.size();
  if (n == 0) return;
  if (this->rivals(n)) return this->build_with(points, ids);
  admit(ids);
  begin_write();
  Buffers buffers(dimension_);
  buffers.make(n);
  for (std::size_t i = 0; i < n; ++i) buffers[0].set(i, points.row(i), ids[i]);
  size_ += n;
  Inserter<S, Width>(*this, buffers).run(n);
  end_write();
}

}  // namespace coppice::multiway_tree
