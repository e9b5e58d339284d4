// The searches, written once over the Hierarchy view and compiled once an instruction set:
//   NearestSearch  k nearest, depth-first from the query's home leaf back up (the default), best-first or breadth-first
//   RangeSearch    everything in a ball or a box; what lies wholly inside is taken without tests
//   ascend         neighbours in ascending order, one at a time, without knowing k
// A node is pruned only when its bound is greater than the current k-th key: an equal one may hold a smaller id.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "coppice/query/geometry_terms.hpp"
#include "coppice/query/hierarchy.hpp"
#include "coppice/query/kernels.hpp"

namespace coppice::query {

/// The lanes of a block that hold points, from entry `first` on.
[[gnu::always_inline]] inline Mask live_lanes(int count, int first) {
  return count - first >= simd::lanes ? 0xffu : (1u << (count - first)) - 1;
}

/// The candidates that an id filter accepts.
[[gnu::always_inline]] inline Mask accepted(const IdFilter* filter, Mask m, const point_id* ids) {
  Mask kept = 0;
  for (; m != 0; m &= m - 1)
    if ((*filter)(ids[__builtin_ctz(m)])) kept |= m & -m;
  return kept;
}

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
    int taken[longest];
    int depth = 0;
    const auto key = h_.key(query_.point());
    Child c = h_.root();
    while (!c.is_leaf && depth < longest) {
      const typename H::Node& node = h_.node(c);
      path[depth] = &node;
      taken[depth] = h_.template home<T>(node, key);
      c = h_.child(node, taken[depth++]);
      h_.prefetch(c);
    }
    go(c);
    while (depth-- > 0) descend(*path[depth], 1u << taken[depth]);
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

  void scan(const LeafBlock<S>& block) {
    for (int i = 0; i < block.count; i += simd::lanes) {
      const Pack keys = query_.keys(block, i);
      Mask m = less_equal(keys, best_.threshold()) & live_lanes(block.count, i);
      if (m != 0 && filter_ != nullptr) m = accepted(filter_, m, block.ids + i);
      if (m != 0) best_.take(keys, m, block.ids + i);
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

/// What a range search asks of its shape: `classify(boxes)` and, for eight points, `test(block, first, keys)`.
template <class T, class H, class Shape>
class RangeSearch {
 public:
  using S = typename H::Scalar;
  using Pack = typename T::template Pack<S>;

  RangeSearch(const H& hierarchy, const Shape& shape, const IdFilter* filter, HitSink<S>& sink)
      : h_(hierarchy), shape_(shape), filter_(filter), sink_(sink) {}

  /// False when the sink stopped it.
  bool run() { return go(h_.root(), false); }

 private:
  bool go(Child c, bool inside) {
    if (c.is_leaf) return take(h_.block(c), inside);
    const typename H::Node& node = h_.node(c);
    const Mask live = live_lanes(h_.children(node), 0);
    Overlap overlap{live, live};
    if (!inside) {
      overlap = shape_.classify(h_.template boxes<T>(node));
      overlap.meets &= live;
    }
    for (Mask m = overlap.meets; m != 0; m &= m - 1) h_.prefetch(h_.child(node, __builtin_ctz(m)));
    for (Mask m = overlap.meets; m != 0; m &= m - 1) {
      const int s = __builtin_ctz(m);
      if (!go(h_.child(node, s), (overlap.inside >> s & 1) != 0)) return false;
    }
    return true;
  }

  bool take(const LeafBlock<S>& block, bool inside) {
    if (sink_.counting && inside && filter_ == nullptr) {
      sink_.size += static_cast<std::size_t>(block.count);
      return true;
    }
    if (!sink_.counting) sink_.reserve(static_cast<std::size_t>(block.count));
    for (int i = 0; i < block.count; i += simd::lanes) {
      Mask m = live_lanes(block.count, i);
      Pack keys{};
      if (!inside || sink_.keys != nullptr) m &= shape_.test(block, i, keys);
      if (filter_ != nullptr) m = accepted(filter_, m, block.ids + i);
      if (!sink_.counting) {
        if (sink_.keys != nullptr) compress_store(sink_.keys + sink_.size, m, keys);
        T::compress_ids(sink_.ids + sink_.size, m, block.ids + i);
      }
      sink_.size += static_cast<std::size_t>(__builtin_popcount(m));
    }
    return sink_.drain == nullptr || sink_.drain(sink_);
  }

  const H& h_;
  const Shape& shape_;
  const IdFilter* filter_;
  HitSink<S>& sink_;
};

/// The ball of a range search.
template <class T, class Query>
class BallShape {
 public:
  using S = typename Query::Scalar;
  using Pack = typename T::template Pack<S>;
  BallShape(const Query& query, S limit) : query_(query), limit_(Pack::broadcast(limit)) {}

  template <class Boxes>
  [[nodiscard]] Overlap classify(const Boxes& boxes) const {
    return {less_equal(query_.lower_bounds(boxes), limit_), less_equal(query_.upper_bounds(boxes), limit_)};
  }
  [[nodiscard]] Mask test(const LeafBlock<S>& block, int first, Pack& keys) const {
    keys = query_.keys(block, first);
    return less_equal(keys, limit_);
  }

 private:
  const Query& query_;
  Pack limit_;
};

/// Hands out neighbours in ascending (key, id) order up to `limit`, until `visitor` says stop. A point leaves the queue
/// only when no waiting node's bound is as small as its key, since that node might hold an equal key and a smaller id.
template <class T, class H, class Query>
bool ascend(const H& h, const Query& query, typename H::Scalar limit, const IdFilter* filter,
            const AscendingVisitor<typename H::Scalar>& visitor) {
  using S = typename H::Scalar;
  using Pack = typename T::template Pack<S>;
  struct Entry {
    S key;
    bool is_point;
    point_id id;
    Child child;
    bool operator<(const Entry& other) const {  // the heap's top: smallest key, nodes before points, then smallest id
      if (key != other.key) return key > other.key;
      if (is_point != other.is_point) return is_point;
      return id > other.id;
    }
  };
  std::vector<Entry> heap{{0, false, no_point, h.root()}};
  const auto push = [&](const Entry& e) {
    heap.push_back(e);
    std::push_heap(heap.begin(), heap.end());
  };
  const Pack bound = Pack::broadcast(limit);
  S lane[simd::lanes];
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end());
    const Entry next = heap.back();
    heap.pop_back();
    if (next.is_point) {
      if (!visitor.visit(visitor.context, {next.key, next.id})) return false;
    } else if (next.child.is_leaf) {
      const LeafBlock<S> block = h.block(next.child);
      for (int i = 0; i < block.count; i += simd::lanes) {
        const Pack keys = query.keys(block, i);
        Mask m = less_equal(keys, bound) & live_lanes(block.count, i);
        if (filter != nullptr) m = accepted(filter, m, block.ids + i);
        keys.store(lane);
        for (; m != 0; m &= m - 1) {
          const int s = __builtin_ctz(m);
          push({lane[s], true, block.ids[i + s], {}});
        }
      }
    } else {
      const typename H::Node& node = h.node(next.child);
      const Pack bounds = query.lower_bounds(h.template boxes<T>(node));
      bounds.store(lane);
      for (Mask m = less_equal(bounds, bound) & live_lanes(h.children(node), 0); m != 0; m &= m - 1) {
        const int s = __builtin_ctz(m);
        push({lane[s], false, no_point, h.child(node, s)});
      }
    }
  }
  return true;
}

}  // namespace coppice::query
