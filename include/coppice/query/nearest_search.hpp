// The k nearest points of a query, over any Hierarchy: depth-first from the query's home leaf back up (the default),
// best-first or breadth-first. A node is pruned only when its bound is greater than the current k-th key: an equal one
// may hold a smaller id.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "coppice/query/geometry_terms.hpp"
#include "coppice/query/hierarchy.hpp"
#include "coppice/query/kernels.hpp"

namespace coppice::query {

template <class T, class H, class Query, class Best>
class NearestSearch {
 public:
  using S = typename H::Scalar;
  using Pack = typename T::template Pack<S>;

  NearestSearch(const H& hierarchy, const Query& query, Best& best, const IdFilter* filter, Volume volume)
      : h_(hierarchy), query_(query), best_(best), filter_(filter), volume_(volume) {}

  /// Home leaf first, then back up its path: the k-th key is tight before any sibling is looked at.
  void depth_first() {
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
      h_.prefetch(c);
    }
    go(c);
    while (depth-- > 0)
      if (!Query::is_euclidean || within_threshold(taken[depth].others_squared))
        descend(*path[depth], 1u << taken[depth].child);
  }

  /// Nodes in the order of their bounds, whatever their depth.
  void best_first() {
    std::vector<Entry> heap{{0, h_.root()}};
    while (!heap.empty()) {
      std::pop_heap(heap.begin(), heap.end());
      const Entry next = heap.back();
      heap.pop_back();
      if (!within_threshold(next.bound)) return;
      expand(next.child, [&](Entry e) {
        heap.push_back(e);
        std::push_heap(heap.begin(), heap.end());
      });
    }
  }

  /// Nodes level by level.
  void breadth_first() {
    std::vector<Entry> level{{0, h_.root()}};
    std::vector<Entry> next;
    while (!level.empty()) {
      next.clear();
      for (const Entry& e : level)
        if (within_threshold(e.bound)) expand(e.child, [&](Entry below) { next.push_back(below); });
      level.swap(next);
    }
  }

 private:
  struct Entry {
    S bound;
    Child child;
    bool operator<(const Entry& other) const { return bound > other.bound; }  // the heap's top is the smallest
  };

  [[nodiscard]] bool within_threshold(S bound) const {
    return (less_equal(Pack::broadcast(bound), best_.threshold()) & 1) != 0;
  }

  template <class Block>
  void scan(const Block& block) {
    for (int i = 0; i < block.count; i += simd::lanes) {
      Pack keys{};
      Mask m = query_.within(block, i, best_.threshold(), keys) & live_lanes(block.count, i);
      if (m == 0) continue;
      point_id eight[simd::lanes];
      const point_id* ids = block.ids.eight(static_cast<std::size_t>(i), eight);
      if (filter_ != nullptr) m = accepted(filter_, m, ids);
      if (m != 0) best_.take(keys, m, ids);
    }
  }

  void go(Child c) {
    if (c.is_leaf)
      scan(h_.block(c));
    else
      descend(h_.node(c), 0);
  }

  /// The children of a node, nearest first; `skip` are the ones already searched.
  void descend(const typename H::Node& node, Mask skip) {
    const Pack bounds = bounds_of(node);
    Mask m = less_equal(bounds, best_.threshold()) & live_lanes(h_.children(node), 0) & ~skip;
    if (m == 0) return;
    if ((m & (m - 1)) == 0) {
      go(h_.child(node, __builtin_ctz(m)));
      return;
    }
    S bound[simd::lanes];
    bounds.store(bound);
    int order[simd::lanes];
    int n = 0;
    for (; m != 0; m &= m - 1) {
      const int s = __builtin_ctz(m);
      h_.prefetch(h_.child(node, s));
      int at = n++;
      for (; at > 0 && bound[order[at - 1]] > bound[s]; --at) order[at] = order[at - 1];
      order[at] = s;
    }
    for (int i = 0; i < n; ++i) {
      if (!within_threshold(bound[order[i]])) return;
      go(h_.child(node, order[i]));
    }
  }

  [[nodiscard]] Pack bounds_of(const typename H::Node& node) const {
    const auto boxes = h_.template boxes<T>(node);
    if constexpr (requires { query_.ball_bound(boxes, 0); }) {
      if (volume_ == Volume::ball) {
        S bound[simd::lanes];
        for (int s = 0; s < simd::lanes; ++s) bound[s] = query_.ball_bound(boxes, s);
        return Pack::load(bound);
      }
    }
    return query_.lower_bounds(boxes);
  }

  /// One node of the two queue-driven orders: its points are taken, its children handed to `push`.
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
};

}  // namespace coppice::query
