// A batch of inserts. First its rows are sieved down node by node, so that each node is looked at once, and each leaf
// gets to know all its newcomers; then the leaves take them in, in the order of the tree, the memory of those to come
// on its way. A leaf that overflows is split on the spot; a subtree that would grow by more than a small part is built
// anew together with its newcomers, which is cheaper than one split after the other.
// Several threads share the work by subtrees: nothing above the top of its share is changed by a thread.
// Cost: O(m log n) for m rows, with a few cache misses a leaf that is met instead of a point.
#pragma once

#include <algorithm>
#include <cstring>
#include <numeric>

#include "coppice/index/kd_tree/update.hpp"

namespace coppice::kd_tree {

template <class S, int Width>
class Sieve {
 public:
  using Tree = kd_tree::Tree<S, Width>;
  using Node = typename Tree::Node;

  /// Requires: the tree is being written, and its routing kernels are chosen.
  Sieve(Tree& tree, PointView<S> points, std::span<const point_id> ids)
      : tree_(tree), points_(points), ids_(ids), scratch_(tree.scratch_) {}

  /// Inserts the rows but those it returns, in the order of the tree: they call for a rebuild, and go in singly.
  std::vector<std::uint32_t> run() {
    const std::size_t n = points_.size();
    scratch_.rows.resize(n);
    scratch_.sorted_rows.resize(n);
    scratch_.slots.resize(n);
    std::iota(scratch_.rows.begin(), scratch_.rows.end(), 0u);
    // The ids enter the map in their own order, which is kind to its pages; from then on threads may set locations.
    for (const point_id id : ids_) tree_.locations_.assign(id, 0);
    tree_.root_ = tree_.own_node(tree_.root_);

    constexpr std::size_t worth_sharing = 1000;
    const bool parallel = n >= worth_sharing && tree_.options_.executor.is_parallel() && !tree_.sharing_ && grows();
    std::vector<std::uint32_t> waiting = parallel ? together(n) : alone(n);
    if (parallel && !waiting.empty()) {  // for room above a share
      std::copy(waiting.begin(), waiting.end(), scratch_.rows.begin());
      waiting = alone(waiting.size());
    }
    return waiting;
  }

 private:
  /// Rows [first, first + count) of the sieve that belong to one leaf, or to a subtree that is to be built anew.
  struct Group {
    Handle target;
    std::uint32_t first;
    std::uint32_t count;
  };
  /// The part of the batch that belongs below `top` (none: the whole tree), and what became of it.
  struct Share {
    Handle top = none;
    std::size_t first = 0;
    std::size_t count = 0;
    std::uint32_t leaves = 0;  // below top, before
    std::vector<Group> groups{};
    std::vector<std::uint32_t> waiting{};
    std::vector<std::size_t> rebuilt{};
    std::size_t placed = 0;
  };

  /// Whether leaves may split and subtrees may be built while others hold handles into the tree. Under the other
  /// policies a split can end in a rebuild.
  [[nodiscard]] bool grows() const { return tree_.options_.balance.kind == BalanceKind::growth; }

  std::vector<std::uint32_t> alone(std::size_t n) {
    Share all{none, 0, n};
    descend(all, tree_.root_, 0, n);
    settle(all);
    finish(all);
    return std::move(all.waiting);
  }

  std::vector<std::uint32_t> together(std::size_t n) {
    std::vector<Share> shares;
    Share rest;
    const auto threads = static_cast<std::size_t>(tree_.options_.executor.threads());
    const std::size_t most = std::max<std::size_t>(n / (8 * threads), 32);
    open_up(n, most);
    divide_work(tree_.root_, 0, n, most, shares, rest);
    const std::size_t grain = shares.size() / (8 * threads) + 1;
    tree_.options_.executor.for_each_chunk(shares.size(), grain, [&](std::size_t i, std::size_t last) {
      for (; i < last; ++i) {
        descend(shares[i], shares[i].top, shares[i].first, shares[i].count);
        settle(shares[i]);
      }
    });
    for (Share& share : shares) {
      finish(share);
      rest.waiting.insert(rest.waiting.end(), share.waiting.begin(), share.waiting.end());
      tree_.refit_path(share.top, std::int64_t{tree_.cold(share.top).leaves} - share.leaves);
    }
    settle(rest);
    finish(rest);
    return std::move(rest.waiting);
  }

  void finish(const Share& share) {
    tree_.size_ += share.placed;
    for (const std::size_t points : share.rebuilt) tree_.rebuilder_.record(points);
  }

  /// Cuts the batch into shares of at most `most` rows; rows whose leaf lies above any share go to `rest`.
  void divide_work(Handle x, std::size_t first, std::size_t count, std::size_t most, std::vector<Share>& shares,
                   Share& rest) {
    if (count <= most && x != tree_.root_) {
      shares.push_back({x, first, count, tree_.cold(x).leaves});
      return;
    }
    each_child(x, first, count, [&](int s, std::size_t begin, std::size_t size) {
      const Handle child = tree_.node(x).child[s];
      if (tree_.node(x).is_leaf(s))
        add_group(rest, child, link_of(x, s), begin, size);
      else
        divide_work(child, begin, size, most, shares, rest);
    });
  }

  /// Where newcomers will cut most full nodes in two, this does it beforehand to those that may become the top of a
  /// share: a thread cannot, for want of room above.
  void open_up(std::size_t n, std::size_t most) {
    const std::uint32_t leaves = tree_.cold(tree_.root_).leaves;
    if (2 * n < leaves) return;
    const auto smallest_top = static_cast<std::uint32_t>(leaves * most / (fan_out * n));
    const auto divide_one = [&](const auto& self, Handle x) -> bool {
      if (tree_.node(x).children == fan_out && try_divide(x)) return true;
      for (int s = 0; s < tree_.node(x).children; ++s) {
        const Handle child = tree_.node(x).child[s];
        if (!tree_.node(x).is_leaf(s) && tree_.cold(child).leaves >= smallest_top && self(self, child)) return true;
      }
      return false;
    };
    while (divide_one(divide_one, tree_.root_)) {
    }
  }
  bool try_divide(Handle x) {
    const std::uint32_t parent = tree_.cold(x).parent;
    if (parent != none && tree_.node(parent >> 3).children == fan_out) return false;
    const typename Tree::CutChoice cut = tree_.best_cut(x);
    if (cut.balanced) tree_.divide(x, cut);
    return cut.balanced;
  }

  /// Sorts rows by the child of x that they belong to and calls visit(slot, first, count) for every child that gets
  /// any.
  template <class Visit>
  void each_child(Handle x, std::size_t first, std::size_t count, Visit visit) {
    const Node& n = tree_.node(x);
    std::uint32_t* rows = scratch_.rows.data() + first;
    std::uint32_t* sorted = scratch_.sorted_rows.data() + first;
    const std::uint8_t* slots = scratch_.slots.data() + first;
    std::uint32_t begin[fan_out + 1] = {};
    tree_.routing_->route_rows(n, points_, ids_.data(), rows, count, scratch_.slots.data() + first, begin + 1);
    for (int s = 0; s < n.children; ++s) {
      if (begin[s + 1] != 0 && !n.is_leaf(s)) prefetch_node(n.child[s]);
      begin[s + 1] += begin[s];
    }
    std::uint32_t next[fan_out];
    std::copy_n(begin, fan_out, next);
    for (std::size_t i = 0; i < count; ++i) sorted[next[slots[i]]++] = rows[i];
    std::copy_n(sorted, count, rows);
    const int children = n.children;
    for (int s = 0; s < children; ++s)
      if (begin[s + 1] != begin[s]) visit(s, first + begin[s], std::size_t{begin[s + 1]} - begin[s]);
  }

  /// Finds the groups of the rows below x, which the writer owns.
  void descend(Share& share, Handle x, std::size_t first, std::size_t count) {
    if (x != share.top && worth_rebuilding(x, count)) {
      add_group(share, x, tree_.cold(x).parent, first, count);
      return;
    }
    if (count == 1) {
      const std::uint32_t row = scratch_.rows[first];
      const RoutingKey<S, Width> key(points_.row(row), tree_.dimension_, ids_[row]);
      int s = tree_.routing_->route(tree_.node(x), key);
      while (!tree_.node(x).is_leaf(s)) {
        x = tree_.own_node(tree_.node(x).child[s]);
        s = tree_.routing_->route(tree_.node(x), key);
      }
      add_group(share, tree_.node(x).child[s], link_of(x, s), first, count);
      return;
    }
    each_child(x, first, count, [&](int s, std::size_t begin, std::size_t size) {
      const Node& n = tree_.node(x);
      if (n.is_leaf(s))
        add_group(share, n.child[s], link_of(x, s), begin, size);
      else
        descend(share, tree_.own_node(n.child[s]), begin, size);
    });
  }

  void add_group(Share& share, Handle target, std::uint32_t link, std::size_t first, std::size_t count) {
    widen(share, link, scratch_.rows.data() + first, count);
    share.groups.push_back({target, static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(count)});
  }

  /// From so many newcomers a leaf on. Measured: 8 and no such rule at all are both slower, on LiDAR and uniform data.
  [[nodiscard]] bool worth_rebuilding(Handle x, std::size_t count) const {
    constexpr std::size_t newcomers_a_leaf = 16;
    return grows() && x != tree_.root_ && count >= newcomers_a_leaf * tree_.cold(x).leaves;
  }

  /// Lets the leaves take in their groups.
  void settle(Share& share) {
    const std::vector<Group>& groups = share.groups;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      prepare(groups, i);
      const Group& g = groups[i];
      if ((g.target & leaf_bit) != 0)
        place(share, tree_.own_leaf(g.target & ~leaf_bit), scratch_.rows.data() + g.first, g.count);
      else
        regrow(share, g.target, scratch_.rows.data() + g.first, g.count);
    }
  }

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
    const auto count_of = [&](Handle h) -> const std::uint8_t& {
      const std::uint32_t link = tree_.leaf_cold(h).parent;
      return tree_.node(link >> 3).count[link & 7];
    };
    upcoming(to_link, [&](const Group& g, Handle h) {
      __builtin_prefetch(&tree_.leaf_cold(h));
      for (std::uint32_t r = 0; r < std::min(g.count, most_rows); ++r) {
        __builtin_prefetch(points_.row(scratch_.rows[g.first + r]));
        __builtin_prefetch(&ids_[scratch_.rows[g.first + r]]);
      }
    });
    upcoming(to_parent, [&](const Group&, Handle h) { __builtin_prefetch(&count_of(h)); });
    upcoming(to_leaf, [&](const Group& g, Handle h) {
      const std::size_t count = count_of(h);
      const Leaf<S> l = tree_.leaf(h);
      if (count + g.count <= leaf_capacity) {
        tree_.fetch_slot(l, count);
        return;
      }
      const std::byte* record = tree_.records_->leaves.hot(h);
      constexpr std::size_t most = 16 * storage::cache_line;
      for (std::size_t b = 0; b < std::min(Leaf<S>::bytes_for(tree_.axes(), tree_.records_->wide_ids), most);
           b += storage::cache_line)
        __builtin_prefetch(record + b);
    });
    upcoming(to_locations, [&](const Group& g, Handle h) {
      const std::size_t count = count_of(h);
      if (count + g.count <= leaf_capacity) return;
      const Leaf<S> l = tree_.leaf(h);
      for (std::size_t slot = 0; slot < count; ++slot) tree_.locations_.prefetch(l.ids[slot]);
    });
  }

  /// Puts rows into a leaf, which splits as often as it takes; those that would take a rebuild elsewhere wait.
  void place(Share& share, Handle h, std::uint32_t* rows, std::size_t count) {
    if (count == 0) return;
    const std::uint32_t link = tree_.leaf_cold(h).parent;
    const std::size_t stored = tree_.node(link >> 3).count[link & 7];
    const std::size_t room = leaf_capacity - stored;
    if (count <= room || !grows()) {
      const std::size_t fits = std::min(count, room);
      write(h, link, rows, fits);
      share.placed += fits;
      share.waiting.insert(share.waiting.end(), rows + fits, rows + count);
      return;
    }
    constexpr std::size_t worth_building = 3 * leaf_capacity;
    if (stored + count > worth_building) {
      regrow(share, h | leaf_bit, rows, count);
      return;
    }
    if (stored < 2 || !tree_.make_room(h, share.top, false)) {
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

  /// What planes along `axis` look at.
  [[nodiscard]] S coordinate(std::uint32_t row, int axis) const {
    if (axis < tree_.dimension_) return points_.row(row)[axis];
    return axis < tree_.axes() ? S(0) : RoutingKey<S, Width>::id_part(ids_[row], axis - tree_.axes());
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

  /// Writes rows behind the points of a leaf that has room for them.
  void write(Handle h, std::uint32_t link, const std::uint32_t* rows, std::size_t count) {
    std::uint8_t& stored = tree_.node(link >> 3).count[link & 7];
    for (std::size_t i = 0; i < count; ++i) {
      const point_id id = ids_[rows[i]];
      tree_.write_point(h, stored, points_.row(rows[i]), id);
      tree_.locations_.relocate(id, location_of(h, stored));
      ++stored;
    }
  }

  /// Builds a subtree, a node or a leaf, anew together with the rows that come to it.
  void regrow(Share& share, Handle target, const std::uint32_t* rows, std::size_t count) {
    const std::uint32_t link = tree_.parent_of(target);
    const std::size_t stored =
        (target & leaf_bit) != 0 ? tree_.node(link >> 3).count[link & 7] : tree_.count_points(target);
    typename Tree::Gathered all = tree_.gather(target, stored, count);
    for (std::size_t i = 0; i < count; ++i) {
      for (int a = 0; a < tree_.axes(); ++a)
        all.columns.axis(0, a)[stored + i] = a < tree_.dimension_ ? points_.row(rows[i])[a] : S(0);
      all.columns.ids(0)[stored + i] = ids_[rows[i]];
    }
    const Handle fresh = tree_.construct(all, tree_.options_.executor);
    tree_.replace(target, fresh, share.top);
    tree_.release_subtree(target);
    share.placed += count;
    share.rebuilt.push_back(stored + count);
  }

  void prefetch_node(Handle h) const {
    const std::byte* record = tree_.records_->nodes.hot(h);
    constexpr std::size_t most = 8 * storage::cache_line;
    for (std::size_t b = 0; b < std::min(Node::bytes_for(tree_.axes()), most); b += storage::cache_line)
      __builtin_prefetch(record + b);
  }

  Tree& tree_;
  PointView<S> points_;
  std::span<const point_id> ids_;
  BatchScratch& scratch_;
};

}  // namespace coppice::kd_tree
