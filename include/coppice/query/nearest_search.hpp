// The k nearest points of a query, over any Hierarchy: depth-first from the query's home leaf back up, best-first or
// breadth-first, or what suits. A node is pruned only when its bound is greater than the current k-th key: an equal one
// may hold a smaller id. Searches by a general metric count their work.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/query/geometry_terms.hpp"
#include "coppice/query/hierarchy.hpp"
#include "coppice/query/kernels.hpp"
#include "coppice/query/strategy.hpp"

namespace coppice::query {

template <class T, class H, class Query, class Best>
class NearestSearch {
 public:
  using S = typename H::Scalar;
  using Pack = typename T::template Pack<S>;

  /// `alone`: no search before this one was near it, so what it needs is probably in no cache.
  NearestSearch(const H& hierarchy, const Query& query, Best& best, const IdFilter* filter, Volume volume,
                bool alone = false)
      : h_(hierarchy), query_(query), best_(best), filter_(filter), volume_(volume), alone_(alone) {}

  /// Depth-first or best-first; `automatic` goes by k, and in the middle by how far the home leaf is.
  void run(Traversal traversal, std::size_t k) {
    const bool may_choose = narrow && traversal == Traversal::automatic;
    if (traversal == Traversal::best_first || (may_choose && k > many))
      best_first();
    else
      depth_first<narrow>(may_choose && k > few);
  }

  /// Home leaf first, then back up its path: the k-th key is tight before any sibling is looked at. `unless_far`: where
  /// the home leaf lies farther away than it is wide, its points say little about the nearest ones: then the search is
  /// best-first.
  template <bool may_leave = false>
  void depth_first([[maybe_unused]] bool unless_far = false) {
    constexpr int longest = 64;
    const typename H::Node* path[longest];
    Home<S> taken[longest];
    int depth = 0;
    const auto key = h_.key(query_.point());
    Child c = h_.root();
    while (!c.is_leaf && depth < longest) {
      const typename H::Node& node = h_.node(c);
      path[depth] = &node;
      taken[depth] = h_.template home<T>(node, key);
      c = h_.child(node, taken[depth++].child);
      fetch(c);
    }
    if constexpr (may_leave)
      if (unless_far && depth > 0 && is_far(*path[depth - 1], taken[depth - 1].child)) return best_first();
    if (alone_ && depth > 0) fetch_beside(*path[depth - 1], taken[depth - 1].child);
    go(c);
    while (depth-- > 0) {
      if (Query::is_euclidean && !within_threshold(taken[depth].others_squared)) continue;
      const Mask home = 1u << taken[depth].child;
      if constexpr (by_level)
        level_by_level(*path[depth], home);
      else
        descend(*path[depth], home);
    }
  }

  /// Nodes in the order of their bounds, whatever their depth; the leaves of a node, which lie together, nearest first
  /// as soon as it is opened. The nearest child is mostly the nearest of all that wait, and need not wait with them.
  void best_first() {
    std::vector<Entry> waiting;
    waiting.reserve(128);
    Entry at{0, h_.root()};
    if (at.child.is_leaf) return scan(h_.block(at.child));
    for (;;) {
      if (spent()) return;
      Entry nearest{0, {no_child, 0, false}};
      each_nearest_first(h_.node(at.child), 0, [&](Entry e) {
        if (e.child.is_leaf) {
          scan(h_.block(e.child));
        } else if (nearest.child.handle == no_child) {
          nearest = e;
        } else {
          waiting.push_back(e);
          std::push_heap(waiting.begin(), waiting.end());
        }
      });
      if (nearest.child.handle != no_child) {
        if (waiting.empty() || !(nearest < waiting.front())) {
          at = nearest;
          if (!within_threshold(at.bound)) return;
          continue;
        }
        waiting.push_back(nearest);
        std::push_heap(waiting.begin(), waiting.end());
      }
      if (waiting.empty()) return;
      std::pop_heap(waiting.begin(), waiting.end());
      at = waiting.back();
      waiting.pop_back();
      if (!within_threshold(at.bound)) return;
    }
  }

  /// Nodes level by level.
  void breadth_first() {
    std::vector<Entry> level{{0, h_.root()}};
    std::vector<Entry> next;
    while (!level.empty()) {
      next.clear();
      for (const Entry& e : level) {
        if (spent()) return;
        if (within_threshold(e.bound)) expand(e.child, [&](Entry below) { next.push_back(below); });
      }
      level.swap(next);
    }
  }

  /// So much may be done from now on.
  void limit_work(std::uint64_t cost) { work_.limit = cost; }
  [[nodiscard]] const SearchWork& work() const { return work_; }

 private:
  struct Nothing {};
  // Where `automatic` changes its mind: measured in two to four dimensions.
  static constexpr bool narrow = H::compiled_dimension >= 2 && H::compiled_dimension <= 4;
  // A search that counts its work goes node by node, so that it stops soon where that is limited.
  static constexpr bool by_level = many_axes<H> && Query::is_euclidean;
  static constexpr std::size_t few = 128;
  static constexpr std::size_t many = 600;
  static constexpr std::uint32_t no_child = 0xffffffff;
  static constexpr bool counts = !Query::is_euclidean;
  struct Entry {
    S bound;
    Child child;
    bool operator<(const Entry& other) const { return bound > other.bound; }  // the heap's top is the smallest
  };

  [[nodiscard]] bool within_threshold(S bound) const {
    return (less_equal(Pack::broadcast(bound), best_.threshold()) & 1) != 0;
  }

  [[nodiscard]] bool spent() const {
    if constexpr (counts) return work_.cost() > work_.limit;
    return false;
  }

  /// Asks for all that a search reads of a child.
  void fetch(Child c) const {
    h_.prefetch(c);
    if (c.is_leaf) h_.prefetch_ids(c);
  }

  /// While the home leaf is on its way from memory: asks for those beside it that will probably be searched, too. They
  /// are nearer than a third of the home leaf's far end, as the nearest of some thirty points mostly are.
  void fetch_beside(const typename H::Node& node, int home) const {
    if constexpr (Query::is_euclidean) {
      const auto bounds = query_.bounds(h_.template boxes<T>(node));
      const Pack likely = Pack::broadcast(bounds.upper.lane(home) * S(0.1));
      Mask m = less_equal(bounds.lower, likely) & live_lanes(h_.children(node), 0) & ~(1u << home);
      for (; m != 0; m &= m - 1) fetch(h_.child(node, __builtin_ctz(m)));
    }
  }

  /// Whether a child's box is farther away than its own extent, about.
  [[nodiscard]] bool is_far(const typename H::Node& node, int child) const {
    const Reach<S> reach = reach_of(h_.template boxes<T>(node), child, query_.point(), h_.dimension());
    return 4 * reach.nearest_squared >= reach.farthest_squared;
  }

  template <class Block>
  void scan(const Block& block) {
    if constexpr (counts) {
      ++work_.leaves;
      work_.points += static_cast<std::uint64_t>(block.count());
    }
    for (int i = 0; i < block.count(); i += simd::lanes) {
      Pack keys{};
      Mask m = query_.within(block, i, best_.threshold(), keys) & block.live(i);
      if (m == 0) continue;
      point_id eight[simd::lanes];
      const point_id* ids = block.ids.eight(static_cast<std::size_t>(i), eight);
      if (filter_ != nullptr) m = accepted(filter_, m, ids);
      if (m != 0) best_.take(keys, m, ids);
    }
  }

  void go(Child c) {
    if (spent()) return;
    if (c.is_leaf)
      scan(h_.block(c));
    else
      descend(h_.node(c), 0);
  }

  void descend(const typename H::Node& node, Mask skip) {
    each_nearest_first(node, skip, [&](Entry e) { go(e.child); });
  }

  /// What is near enough below a node, apart from the children in `skip`: its nodes level by level, and then its
  /// leaves, nearest first. Going down to the nearest leaf at once would wait for every node on the way; here whatever
  /// is read has been asked for a while before.
  void level_by_level(const typename H::Node& top, Mask skip) {
    constexpr std::size_t room = 256;
    Entry levels[2][room];
    Entry leaves[room];
    Entry* level = levels[0];
    Entry* below = levels[1];
    std::size_t in_level = 0, in_below = 0, leaf_count = 0;
    const auto open = [&](const typename H::Node& node, Mask without) {
      const Pack bounds = bounds_of(node);
      S bound[simd::lanes];
      bounds.store(bound);
      Mask m = less_equal(bounds, best_.threshold()) & live_lanes(h_.children(node), 0) & ~without;
      for (; m != 0; m &= m - 1) {
        const int s = __builtin_ctz(m);
        const Entry e{bound[s], h_.child(node, s)};
        if (e.child.is_leaf) {
          leaves[leaf_count++] = e;
        } else {
          h_.prefetch(e.child);
          below[in_below++] = e;
        }
      }
    };
    for (open(top, skip); in_below > 0;) {
      std::swap(level, below);
      in_level = std::exchange(in_below, 0);
      for (std::size_t i = 0; i < in_level; ++i) {
        if (std::max(in_below, leaf_count) + simd::lanes <= room)
          open(h_.node(level[i].child), 0);
        else
          go(level[i].child);
      }
    }
    std::sort(leaves, leaves + leaf_count, [](const Entry& a, const Entry& b) { return a.bound < b.bound; });
    for (std::size_t i = 0; i < std::min(leaf_count, leaves_ahead); ++i) fetch(leaves[i].child);
    for (std::size_t i = 0; i < leaf_count && within_threshold(leaves[i].bound); ++i) {
      const std::size_t next = i + leaves_ahead;
      if (next < leaf_count && within_threshold(leaves[next].bound)) fetch(leaves[next].child);
      scan(h_.block(leaves[i].child));
    }
  }

  /// The children of a node, nearest first, as long as they are near enough; `skip` are the ones already searched.
  template <class Visit>
  void each_nearest_first(const typename H::Node& node, Mask skip, Visit visit) {
    const Pack bounds = bounds_of(node);
    Mask m = less_equal(bounds, best_.threshold()) & live_lanes(h_.children(node), 0) & ~skip;
    if (m == 0) return;
    S bound[simd::lanes];
    bounds.store(bound);
    if ((m & (m - 1)) == 0) {
      const int s = __builtin_ctz(m);
      visit(Entry{bound[s], h_.child(node, s)});
      return;
    }
    int order[simd::lanes];
    int n = 0;
    for (; m != 0; m &= m - 1) {
      const int s = __builtin_ctz(m);
      fetch(h_.child(node, s));
      int at = n++;
      for (; at > 0 && bound[order[at - 1]] > bound[s]; --at) order[at] = order[at - 1];
      order[at] = s;
    }
    for (int i = 0; i < n; ++i) {
      if (!within_threshold(bound[order[i]])) return;
      visit(Entry{bound[order[i]], h_.child(node, order[i])});
    }
  }

  [[nodiscard]] Pack bounds_of(const typename H::Node& node) const {
    const auto boxes = h_.template boxes<T>(node);
    if constexpr (counts) {
      ++work_.nodes;
      if (volume_ == Volume::ball) return query_.ball_bounds(boxes).lower;
    }
    return query_.lower_bounds(boxes);
  }

  /// One node of the two orders that keep nodes waiting: its points are taken, its children handed to `push`.
  template <class Push>
  void expand(Child c, Push push) {
    if (c.is_leaf) {
      scan(h_.block(c));
      return;
    }
    const typename H::Node& node = h_.node(c);
    const Pack bounds = bounds_of(node);
    S bound[simd::lanes];
    bounds.store(bound);
    for (Mask m = less_equal(bounds, best_.threshold()) & live_lanes(h_.children(node), 0); m != 0; m &= m - 1) {
      const int s = __builtin_ctz(m);
      push({bound[s], h_.child(node, s)});
    }
  }

  const H& h_;
  const Query& query_;
  Best& best_;
  const IdFilter* filter_;
  Volume volume_;
  bool alone_;
  [[no_unique_address]] mutable std::conditional_t<counts, SearchWork, Nothing> work_{};
};

}  // namespace coppice::query
