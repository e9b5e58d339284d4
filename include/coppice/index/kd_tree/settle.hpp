// How leaves take in the rows of a batch that belong to them, in the order of the tree and with the memory of those to
// come on its way. A leaf that overflows is split on the spot; a subtree that would grow by more than a small part is
// built anew together with its newcomers, which is cheaper than one split after the other.
#pragma once

#include <algorithm>
#include <bit>
#include <vector>

#include "coppice/index/kd_tree/update.hpp"
#include "coppice/storage/prefetch.hpp"

namespace coppice::kd_tree {

/// The part of a batch that belongs below `top` (none: the whole tree), and what became of it. A thread changes nothing
/// above the top of its share, but for the slot that points at it.
struct Share {
  Handle top = none;
  std::size_t first = 0;
  std::size_t count = 0;
  std::uint32_t leaves = 0;  // below top, before
  std::vector<std::uint32_t> waiting{};
  std::vector<std::size_t> rebuilt{};
  std::size_t placed = 0;
  bool raised = false;  // a node was put above the top, for want of room
};

/// Rows [first, first + count) of the scratch that belong to one leaf, or to a subtree that is to be built anew.
struct Group {
  Handle target;
  std::uint32_t first;
  std::uint32_t count;
  Share* share;
};

template <class S, int Width>
class Settler {
 public:
  using Tree = kd_tree::Tree<S, Width>;
  using Node = typename Tree::Node;

  Settler(Tree& tree, PointView<S> points, std::span<const point_id> ids)
      : tree_(tree), points_(points), ids_(ids), scratch_(tree.scratch_) {}

  /// Whether leaves may split and subtrees may be built while others hold handles into the tree. Under the other
  /// policies a split can end in a rebuild.
  [[nodiscard]] bool grows() const { return tree_.config_.balance.kind == BalanceKind::growth; }

  /// Lets the leaves take in their groups.
  void settle(const std::vector<Group>& groups) {
    for (std::size_t i = 0; i < groups.size(); ++i) {
      prepare(groups, i);
      const Group& g = groups[i];
      if ((g.target & leaf_bit) != 0)
        place(*g.share, tree_.own_leaf(g.target & ~leaf_bit), scratch_.rows.data() + g.first, g.count);
      else
        regrow(*g.share, g.target, scratch_.rows.data() + g.first, g.count);
    }
  }

  /// Widens the boxes from a slot up to the top of the share for rows to come. That is done before anything is split:
  /// a cut goes where no box is, and newcomers must count.
  void widen(const Share& share, std::uint32_t link, const std::uint32_t* rows, std::size_t count) {
    if (count == 0) return;
    AxisArray<float, Width> lower, upper;
    for (int a = 0; a < tree_.axes(); ++a) {
      S low = 0;
      S high = 0;
      if (a < tree_.dimension_) {
        low = high = points_.row(rows[0])[a];
        for (std::size_t i = 1; i < count; ++i) {
          low = std::min(low, points_.row(rows[i])[a]);
          high = std::max(high, points_.row(rows[i])[a]);
        }
      }
      lower[static_cast<std::size_t>(a)] = encode_lower(low, tree_.origin_data()[a]);
      upper[static_cast<std::size_t>(a)] = encode_upper(high, tree_.origin_data()[a]);
    }
    tree_.grow_path(link, lower.data(), upper.data(), share.top);
  }

 private:
  /// A leaf waits for memory four times in a row: its link upward, its parent, itself, and where a split puts its
  /// points in the id map. Each wait of a leaf to come is begun while an earlier one is at work.
  void prepare(const std::vector<Group>& groups, std::size_t i) const {
    constexpr std::size_t to_link = 24, to_parent = 16, to_leaf = 9, to_locations = 3;
    constexpr std::uint32_t most_rows = 8;
    const auto upcoming = [&](std::size_t distance, auto fetch) {
      if (i + distance >= groups.size()) return;
      const Group& g = groups[i + distance];
      if ((g.target & leaf_bit) != 0) fetch(g, g.target & ~leaf_bit);
    };
    upcoming(to_link, [&](const Group& g, Handle h) {
      storage::prefetch(&tree_.leaf_cold(h));
      for (std::uint32_t r = 0; r < std::min(g.count, most_rows); ++r) {
        storage::prefetch(points_.row(scratch_.rows[g.first + r]));
        storage::prefetch(&ids_[scratch_.rows[g.first + r]]);
      }
    });
    upcoming(to_parent, [&](const Group&, Handle h) { storage::prefetch(&tree_.taken_of(h)); });
    const auto overflows = [&](const Group& g, Handle h) {
      return static_cast<std::uint32_t>(std::popcount(tree_.taken_of(h))) + g.count > leaf_capacity;
    };
    upcoming(to_leaf, [&](const Group& g, Handle h) {
      if (overflows(g, h))
        storage::prefetch_lines(tree_.records_->leaves.hot(h),
                                Leaf<S>::bytes_for(tree_.axes(), tree_.records_->wide_ids));
      else
        tree_.fetch_slot(tree_.leaf(h), static_cast<std::size_t>(tree_.free_place(tree_.taken_of(h))));
    });
    upcoming(to_locations, [&](const Group& g, Handle h) {
      if (!overflows(g, h)) return;
      const Leaf<S> l = tree_.leaf(h);
      for (std::uint32_t left = tree_.taken_of(h); left != 0; left &= left - 1)
        tree_.locations_.prefetch(l.ids[static_cast<std::size_t>(std::countr_zero(left))]);
    });
  }

  /// Puts rows into a leaf, which splits as often as it takes; those that would take a rebuild elsewhere wait.
  void place(Share& share, Handle h, std::uint32_t* rows, std::size_t count) {
    if (count == 0) return;
    const std::size_t stored = tree_.count_points(h | leaf_bit);
    const std::size_t room = leaf_capacity - stored;
    if (count <= room || !grows()) {
      const std::size_t fits = std::min(count, room);
      write(h, rows, fits);
      share.placed += fits;
      share.waiting.insert(share.waiting.end(), rows + fits, rows + count);
      return;
    }
    constexpr std::size_t worth_building = 3 * leaf_capacity;
    if (stored + count > worth_building) {
      regrow(share, h | leaf_bit, rows, count);
      return;
    }
    if (stored < 2 || !make_room(share, h)) {
      share.waiting.insert(share.waiting.end(), rows, rows + count);
      return;
    }
    const typename Tree::LeafSplit split = tree_.split_leaf(h, share.top);
    std::uint32_t* middle = std::partition(
        rows, rows + count, [&](std::uint32_t row) { return coordinate(row, split.axis) < split.value; });
    const auto left = static_cast<std::size_t>(middle - rows);
    widen(share, tree_.leaf_cold(h).parent, rows, left);
    widen(share, tree_.leaf_cold(split.right).parent, middle, count - left);
    place(share, h, rows, left);
    place(share, split.right, middle, count - left);
  }

  /// A full top cannot be cut, for want of room above that is not this thread's: it gets a node above it, which gives
  /// way to its children when all threads are done (Sieve::together).
  [[nodiscard]] bool make_room(Share& share, Handle h) {
    if (tree_.make_room(h | leaf_bit, share.top, false)) return true;
    if (share.top == none || tree_.node(share.top).children < fan_out) return false;
    const std::uint32_t link = tree_.cold(share.top).parent;
    const Handle above = tree_.new_node();
    Node& n = tree_.node(above);
    n.children = 1;
    n.right[0] = 0;
    tree_.union_box(tree_.node(share.top), n, 0);  // the one above does not count the newcomers yet
    tree_.cold(above).leaves = tree_.cold(share.top).leaves;
    tree_.set_child(above, 0, share.top, 0);
    tree_.set_child(link >> 3, static_cast<int>(link & 7), above, 0);
    share.top = above;
    share.raised = true;
    return tree_.make_room(h | leaf_bit, share.top, false);
  }

  /// What planes along `axis` look at.
  [[nodiscard]] S coordinate(std::uint32_t row, int axis) const {
    if (axis < tree_.dimension_) return points_.row(row)[axis];
    return axis < tree_.axes() ? S(0) : RoutingKey<S, Width>::id_part(ids_[row], axis - tree_.axes());
  }

  /// Writes rows into a leaf that has room for them.
  void write(Handle h, const std::uint32_t* rows, std::size_t count) {
    std::uint32_t& taken = tree_.taken_of(h);
    for (std::size_t i = 0; i < count; ++i) {
      const point_id id = ids_[rows[i]];
      const int place = tree_.free_place(taken);
      taken |= 1u << place;
      tree_.write_point(tree_.leaf(h), place, points_.row(rows[i]), id);
      tree_.locations_.relocate(id, location_of(h, place));
    }
  }

  /// Builds a subtree, a node or a leaf, anew together with the rows that come to it.
  void regrow(Share& share, Handle target, const std::uint32_t* rows, std::size_t count) {
    const std::size_t stored = tree_.count_points(target);
    typename Tree::Gathered all = tree_.gather(target, stored, count);
    for (std::size_t i = 0; i < count; ++i) {
      for (int a = 0; a < tree_.axes(); ++a)
        all.columns.axis(0, a)[stored + i] = a < tree_.dimension_ ? points_.row(rows[i])[a] : S(0);
      all.columns.ids(0).set(stored + i, ids_[rows[i]]);
    }
    const Handle fresh = tree_.construct(all, tree_.config_.executor);
    tree_.replace(target, fresh, share.top);
    tree_.release_subtree(target);
    share.placed += count;
    share.rebuilt.push_back(stored + count);
  }

  Tree& tree_;
  PointView<S> points_;
  std::span<const point_id> ids_;
  BatchScratch& scratch_;
};

}  // namespace coppice::kd_tree
