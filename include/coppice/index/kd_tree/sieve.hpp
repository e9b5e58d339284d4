// A batch of inserts. First its rows are sieved down node by node, so that each node is looked at once, and each leaf
// gets to know all its newcomers; then the leaves take them in (settle.hpp).
// Several threads share the work by subtrees: nothing above the top of its share is changed by a thread.
// Cost: O(m log n) for m rows, with a few cache misses a leaf that is met instead of a point.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>

#include "coppice/index/kd_tree/settle.hpp"
#include "coppice/storage/prefetch.hpp"

namespace coppice::kd_tree {

template <class S, int Width>
class Sieve {
 public:
  using Tree = kd_tree::Tree<S, Width>;
  using Node = typename Tree::Node;

  /// Requires: the tree is being written, and its routing kernels are chosen.
  Sieve(Tree& tree, PointView<S> points, std::span<const point_id> ids)
      : tree_(tree), points_(points), ids_(ids), scratch_(tree.scratch_), settler_(tree, points, ids) {}

  /// Inserts the rows but those it returns, in the order of the tree: they call for a rebuild, and go in singly.
  std::vector<std::uint32_t> run() {
    const std::size_t n = points_.size();
    scratch_.rows.resize(n);
    scratch_.sorted_rows.resize(n);
    scratch_.slots.resize(n);
    std::iota(scratch_.rows.begin(), scratch_.rows.end(), 0u);
    // The ids enter the map in their own order, which is kind to its pages; from then on threads may set locations.
    tree_.locations_.assign(ids_, 0);
    tree_.root_ = tree_.own_node(tree_.root_);

    constexpr std::size_t worth_sharing = 1000;
    const bool parallel =
        n >= worth_sharing && tree_.config_.executor.is_parallel() && !tree_.sharing_ && settler_.grows();
    return parallel ? together(n) : alone(n);
  }

 private:
  using Groups = std::vector<Group>;

  std::vector<std::uint32_t> alone(std::size_t n) {
    Share all{none, 0, n};
    Groups groups;
    descend(all, groups, tree_.root_, 0, n);
    settler_.settle(groups);
    finish(all);
    return std::move(all.waiting);
  }

  std::vector<std::uint32_t> together(std::size_t n) {
    std::vector<Share> shares;
    Share rest;
    Groups rest_groups;
    const Executor& executor = tree_.config_.executor;
    const auto threads = static_cast<std::size_t>(executor.threads());
    divide_work(tree_.root_, 0, n, std::max<std::size_t>(n / (8 * threads), 32), shares, rest, rest_groups);
    // A thread takes several shares at a time: what it prepares for leaves to come pays only in long rows of groups.
    constexpr std::size_t rows_at_a_time = 250;
    const std::size_t grain = std::max(shares.size() / (8 * threads), shares.size() * rows_at_a_time / n) + 1;
    executor.for_each_chunk(shares.size(), grain, [&](std::size_t first, std::size_t last) {
      Groups groups;
      for (std::size_t i = first; i < last; ++i)
        descend(shares[i], groups, shares[i].top, shares[i].first, shares[i].count);
      settler_.settle(groups);
    });
    for (Share& share : shares) {
      finish(share);
      rest.waiting.insert(rest.waiting.end(), share.waiting.begin(), share.waiting.end());
      tree_.refit_path(share.top, std::int64_t{tree_.cold(share.top).leaves} - share.leaves);
    }
    for (const Share& share : shares)
      if (share.raised) lower(share.top);
    settler_.settle(rest_groups);
    finish(rest);
    return std::move(rest.waiting);
  }

  void finish(const Share& share) {
    tree_.size_ += share.placed;
    for (const std::size_t points : share.rebuilt) tree_.rebuilder_.record(points);
  }

  /// Takes out the node that a thread put above the top of its share, where the node above has room or can make it.
  void lower(Handle x) {
    const auto fits = [&] {
      return tree_.node(tree_.cold(x).parent >> 3).children + tree_.node(x).children - 1 <= fan_out;
    };
    if (fits() || (tree_.make_room(x, none, false) && fits())) tree_.dissolve(x);
  }

  /// Cuts the batch into shares of at most `most` rows; rows whose leaf lies above any share go to `rest`.
  void divide_work(Handle x, std::size_t first, std::size_t count, std::size_t most, std::vector<Share>& shares,
                   Share& rest, Groups& rest_groups) {
    if (count <= most && x != tree_.root_) {
      shares.push_back({x, first, count, tree_.cold(x).leaves});
      return;
    }
    each_child(x, first, count, tree_.config_.executor, [&](int s, std::size_t begin, std::size_t size) {
      const Handle child = tree_.node(x).child[s];
      if (tree_.node(x).is_leaf(s))
        add_group(rest, rest_groups, child, link_of(x, s), begin, size);
      else
        divide_work(child, begin, size, most, shares, rest, rest_groups);
    });
  }

  /// Sorts rows by the child of x that they belong to and calls visit(slot, first, count) for every child that gets
  /// any. Many rows are shared by the threads.
  template <class Visit>
  void each_child(Handle x, std::size_t first, std::size_t count, const Executor& executor, Visit visit) {
    using Begins = std::array<std::uint32_t, fan_out + 1>;
    const Node& n = tree_.node(x);
    std::uint32_t* rows = scratch_.rows.data() + first;
    std::uint32_t* sorted = scratch_.sorted_rows.data() + first;
    std::uint8_t* slots = scratch_.slots.data() + first;
    constexpr std::size_t a_chunk = 1 << 13;
    const std::size_t grain = executor.is_parallel() ? a_chunk : count;
    Begins one[1];
    std::vector<Begins> many(count > grain ? (count - 1) / grain : 0);
    const auto counts_of = [&](std::size_t from) -> Begins& { return from == 0 ? one[0] : many[from / grain - 1]; };
    executor.for_each_chunk(count, grain, [&](std::size_t from, std::size_t to) {
      Begins& counts = counts_of(from);
      counts.fill(0);
      tree_.routing_->route_rows(n, points_, ids_.data(), rows + from, to - from, slots + from, counts.data() + 1);
    });
    Begins begin{};
    for (int s = 0; s < n.children; ++s) {
      begin[s + 1] = begin[s];
      for (std::size_t from = 0; from < count; from += grain) {
        Begins& counts = counts_of(from);
        counts[s] = std::exchange(begin[s + 1], begin[s + 1] + counts[s + 1]);
      }
      if (begin[s + 1] != begin[s] && !n.is_leaf(s)) prefetch_node(n.child[s]);
    }
    executor.for_each_chunk(count, grain, [&](std::size_t from, std::size_t to) {
      Begins next = counts_of(from);
      for (std::size_t i = from; i < to; ++i) sorted[next[slots[i]]++] = rows[i];
    });
    std::copy_n(sorted, count, rows);
    const int children = n.children;
    for (int s = 0; s < children; ++s)
      if (begin[s + 1] != begin[s]) visit(s, first + begin[s], std::size_t{begin[s + 1]} - begin[s]);
  }

  /// Finds the groups of the rows below x, which the writer owns.
  void descend(Share& share, Groups& groups, Handle x, std::size_t first, std::size_t count) {
    if (x != share.top && worth_rebuilding(x, count)) {
      add_group(share, groups, x, tree_.cold(x).parent, first, count);
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
      add_group(share, groups, tree_.node(x).child[s], link_of(x, s), first, count);
      return;
    }
    each_child(x, first, count, Executor::sequential(), [&](int s, std::size_t begin, std::size_t size) {
      const Node& n = tree_.node(x);
      if (n.is_leaf(s))
        add_group(share, groups, n.child[s], link_of(x, s), begin, size);
      else
        descend(share, groups, tree_.own_node(n.child[s]), begin, size);
    });
  }

  void add_group(Share& share, Groups& groups, Handle target, std::uint32_t link, std::size_t first,
                 std::size_t count) {
    settler_.widen(share, link, scratch_.rows.data() + first, count);
    groups.push_back({target, static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(count), &share});
  }

  /// From so many newcomers a leaf on. Measured: 8 and no such rule at all are both slower, on LiDAR and uniform data.
  [[nodiscard]] bool worth_rebuilding(Handle x, std::size_t count) const {
    constexpr std::size_t newcomers_a_leaf = 16;
    return settler_.grows() && x != tree_.root_ && count >= newcomers_a_leaf * tree_.cold(x).leaves;
  }

  void prefetch_node(Handle h) const {
    storage::prefetch_lines(tree_.records_->nodes.hot(h), Node::bytes_for(tree_.axes()));
  }

  Tree& tree_;
  PointView<S> points_;
  std::span<const point_id> ids_;
  BatchScratch& scratch_;
  Settler<S, Width> settler_;
};

}  // namespace coppice::kd_tree
