// Everything in a ball or a box, over any Hierarchy: what lies wholly inside is taken without tests. The same in other
// orders and by other bounds, counted. And the search for one point by its coordinates, which is a box of no extent.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "coppice/query/geometry_terms.hpp"
#include "coppice/query/hierarchy.hpp"
#include "coppice/query/kernels.hpp"
#include "coppice/query/strategy.hpp"

namespace coppice::query {

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
  /// By the boxes or by the balls around them; `nearest` becomes their lower bounds.
  template <class Boxes>
  [[nodiscard]] Overlap classify(const Boxes& boxes, Volume volume, Pack& nearest) const {
    if (volume == Volume::ball) {
      const auto bounds = query_.ball_bounds(boxes);
      nearest = bounds.lower;
      return {less_equal(bounds.lower, limit_), less_equal(bounds.upper, limit_)};
    }
    nearest = query_.lower_bounds(boxes);
    return {less_equal(nearest, limit_), less_equal(query_.upper_bounds(boxes), limit_)};
  }
  template <class Block>
  [[nodiscard]] Mask test(const Block& block, int first, Pack& keys) const {
    return query_.within(block, first, limit_, keys);
  }

 private:
  Query query_;
  Pack limit_;
};

/// A box as the shape of a range search. `D` is the compiled dimension; axes that only pad a record are not bounded.
template <class T, class S, int D>
class Region {
 public:
  using Scalar = S;
  using Pack = typename T::template Pack<S>;

  Region(const RegionQuery<S>& query, int dimension) : query_(query), dimension_(dimension) {
    if constexpr (D != 0)
      for (int axis = 0; axis < D; ++axis) {
        lower_[axis] = Pack::broadcast(axis < dimension ? query.lower[axis] : -std::numeric_limits<S>::infinity());
        upper_[axis] = Pack::broadcast(axis < dimension ? query.upper[axis] : std::numeric_limits<S>::infinity());
      }
  }

  /// The children whose box meets the region, and those that lie inside it.
  template <class Boxes>
  [[nodiscard]] Overlap classify(const Boxes& boxes) const {
    Overlap overlap{0xff, 0xff};
    each_axis([&](int axis, Pack low, Pack high) {
      const Pack lower = boxes.lower(axis);
      const Pack upper = boxes.upper(axis);
      overlap.meets &= less_equal(lower, high) & less_equal(low, upper);
      overlap.inside &= less_equal(low, lower) & less_equal(upper, high);
    });
    return overlap;
  }
  template <class Block>
  [[nodiscard]] Mask test(const Block& block, int first, Pack&) const {
    Mask inside = 0xff;
    each_axis([&](int axis, Pack low, Pack high) {
      const Pack x = Pack::load(block.eight(axis, first));
      inside &= less_equal(low, x) & less_equal(x, high);
    });
    return inside;
  }

 private:
  template <class Visit>
  [[gnu::always_inline]] void each_axis(Visit visit) const {
    if constexpr (D != 0) {
#pragma GCC unroll 16
      for (int axis = 0; axis < D; ++axis) visit(axis, lower_[axis], upper_[axis]);
    } else {
      for (int axis = 0; axis < dimension_; ++axis)
        visit(axis, Pack::broadcast(query_.lower[axis]), Pack::broadcast(query_.upper[axis]));
    }
  }

  RegionQuery<S> query_;
  int dimension_;
  Pack lower_[D != 0 ? D : 1];
  Pack upper_[D != 0 ? D : 1];
};

/// What a range search asks of its shape: `classify(boxes)` and, for eight points, `test(block, first, keys)`.
template <class T, class H, class Shape>
class RangeSearch {
 public:
  using S = typename H::Scalar;
  using Pack = typename T::template Pack<S>;

  RangeSearch(const H& hierarchy, const Shape& shape, const IdFilter* filter, HitSink<S>& sink, bool containment = true)
      : h_(hierarchy), shape_(shape), filter_(filter), sink_(sink), containment_(containment) {}

  /// False when the sink stopped it.
  bool run() { return go(h_.root(), false); }

  /// The same for a ball, by another order of nodes or other bounds. All nodes that wait are in one list: the next is
  /// its last, its first, or the nearest.
  bool run(Strategy strategy, SearchWork& work) {
    const Traversal traversal = strategy.traversal;
    std::vector<Waiting> waiting{{0, h_.root(), false}};
    for (std::size_t first = 0; first < waiting.size();) {
      if (traversal == Traversal::best_first) std::pop_heap(waiting.begin(), waiting.end());
      const Waiting next = traversal == Traversal::breadth_first ? waiting[first++] : waiting.back();
      if (traversal != Traversal::breadth_first) waiting.pop_back();
      if (next.child.is_leaf) {
        ++work.leaves;
        if (!next.inside || sink_.keys != nullptr) work.points += next.child.count;
        if (!take(h_.block(next.child), next.inside)) return false;
      } else {
        ++work.nodes;
        open(next, strategy, waiting);
      }
      if (work.cost() > work.limit) return true;
    }
    return true;
  }

 private:
  struct Waiting {
    S bound;
    Child child;
    bool inside;
    bool operator<(const Waiting& other) const { return bound > other.bound; }  // the heap's top is the smallest
  };

  /// Lets the children of a node wait that the shape meets; depth-first, where the last is the next, from behind.
  void open(const Waiting& parent, Strategy strategy, std::vector<Waiting>& waiting) {
    const Traversal traversal = strategy.traversal;
    const typename H::Node& node = h_.node(parent.child);
    const Mask live = live_lanes(h_.children(node), 0);
    Pack nearest = Pack::broadcast(0);
    Overlap overlap{live, live};
    if (!parent.inside) {
      overlap = shape_.classify(h_.template boxes<T>(node), strategy.volume, nearest);
      if (!containment_) overlap.inside = 0;
    }
    S bound[simd::lanes];
    nearest.store(bound);
    const bool in_order = traversal == Traversal::best_first || traversal == Traversal::breadth_first;
    for (Mask m = overlap.meets & live; m != 0;) {
      const int s = in_order ? __builtin_ctz(m) : 31 - __builtin_clz(m);
      m &= ~(1u << s);
      waiting.push_back({bound[s], h_.child(node, s), (overlap.inside >> s & 1) != 0});
      if (traversal == Traversal::best_first) std::push_heap(waiting.begin(), waiting.end());
    }
  }

  bool go(Child c, bool inside) {
    if (c.is_leaf) return take(h_.block(c), inside);
    const typename H::Node& node = h_.node(c);
    const Mask live = live_lanes(h_.children(node), 0);
    Overlap overlap{live, live};
    if (!inside) {
      overlap = shape_.classify(h_.template boxes<T>(node));
      overlap.meets &= live;
      if (!containment_) overlap.inside = 0;
    }
    for (Mask m = overlap.meets; m != 0; m &= m - 1) {
      const int s = __builtin_ctz(m);
      prefetch(h_.child(node, s), (overlap.inside >> s & 1) != 0);
    }
    for (Mask m = overlap.meets; m != 0; m &= m - 1) {
      const int s = __builtin_ctz(m);
      if (!go(h_.child(node, s), (overlap.inside >> s & 1) != 0)) return false;
    }
    return true;
  }

  /// All that `take` is going to read.
  void prefetch(Child c, bool inside) const {
    if (!c.is_leaf) {
      h_.prefetch(c);
      return;
    }
    if (!inside || sink_.keys != nullptr) h_.prefetch(c);
    if (!sink_.counting || filter_ != nullptr) h_.prefetch_ids(c);
  }

  template <class Block>
  bool take(const Block& block, bool inside) {
    if (inside && filter_ == nullptr && sink_.keys == nullptr) return take_all(block);
    if (sink_.counting)
      count(block, inside);
    else if (sink_.keys != nullptr)
      collect<true>(block, inside);
    else
      collect<false>(block, inside);
    return sink_.drain == nullptr || sink_.drain(sink_);
  }

  template <class Block>
  void count(const Block block, bool inside) {
    const Shape shape = shape_;
    for (int i = 0; i < block.count; i += simd::lanes) {
      Mask m = live_lanes(block.count, i);
      Pack keys{};
      if (!inside) m &= shape.test(block, i, keys);
      if (filter_ != nullptr) {
        point_id eight[simd::lanes];
        m = accepted(filter_, m, block.ids.eight(static_cast<std::size_t>(i), eight));
      }
      sink_.size += static_cast<std::size_t>(__builtin_popcount(m));
    }
  }

  /// Whatever a block needs is held in registers: a store of hits could otherwise be a store to any of it, and what
  /// waits for the stores waits for the memory that decides what they store.
  template <bool with_keys, class Block>
  void collect(const Block block, bool inside) {
    sink_.reserve(static_cast<std::size_t>(block.count));
    const Shape shape = shape_;
    const IdFilter* const filter = filter_;
    point_id* ids = sink_.ids + sink_.size;
    S* keys = with_keys ? sink_.keys + sink_.size : nullptr;
    for (int i = 0; i < block.count; i += simd::lanes) {
      Mask m = live_lanes(block.count, i);
      Pack eight_keys{};
      if (with_keys || !inside) m &= shape.test(block, i, eight_keys);
      point_id buffer[simd::lanes];
      const point_id* eight = block.ids.eight(static_cast<std::size_t>(i), buffer);
      if (filter != nullptr) m = accepted(filter, m, eight);
      const int hits = __builtin_popcount(m);
      if constexpr (with_keys) {
        compress_store(keys, m, eight_keys);
        keys += hits;
      }
      T::compress_ids(ids, m, eight);
      ids += hits;
    }
    sink_.size = static_cast<std::size_t>(ids - sink_.ids);
  }

  template <class Block>
  bool take_all(const Block& block) {
    const auto count = static_cast<std::size_t>(block.count);
    if (!sink_.counting) {
      sink_.reserve(count);
      block.ids.copy_to(sink_.ids + sink_.size, count);
    }
    sink_.size += count;
    return sink_.drain == nullptr || sink_.drain(sink_);
  }

  const H& h_;
  const Shape& shape_;
  const IdFilter* filter_;
  HitSink<S>& sink_;
  bool containment_;
};

/// The smallest id below `c` of a point that lies in the shape; `best` where there is none smaller.
template <class T, class H, class Shape>
point_id smallest_id(const H& h, const Shape& shape, Child c, point_id best) {
  // As unsigned numbers, so that no_point is greater than every id.
  const auto smaller = [](point_id a, point_id b) {
    return static_cast<std::uint64_t>(a) < static_cast<std::uint64_t>(b) ? a : b;
  };
  if (c.is_leaf) {
    const auto block = h.block(c);
    typename T::template Pack<typename H::Scalar> unused{};
    for (int i = 0; i < block.count; i += simd::lanes)
      for (Mask m = shape.test(block, i, unused) & live_lanes(block.count, i); m != 0; m &= m - 1)
        best = smaller(best, block.ids[static_cast<std::size_t>(i + __builtin_ctz(m))]);
    return best;
  }
  const typename H::Node& node = h.node(c);
  for (Mask m = shape.classify(h.template boxes<T>(node)).meets & live_lanes(h.children(node), 0); m != 0; m &= m - 1) {
    const Child below = h.child(node, __builtin_ctz(m));
    h.prefetch(below);
    best = smallest_id<T>(h, shape, below, best);
  }
  return best;
}

}  // namespace coppice::query
