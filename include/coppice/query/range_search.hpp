// Everything in a ball or a box, over any Hierarchy: what lies wholly inside is taken without tests. The same in other
// orders and by other bounds, counted. And the search for one point by its coordinates, which is a box of no extent.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "coppice/query/hierarchy.hpp"
#include "coppice/query/kernels.hpp"
#include "coppice/query/range_shapes.hpp"
#include "coppice/query/strategy.hpp"

namespace coppice::query {

template <class T, class H, class Shape>
class RangeSearch {
 public:
  using S = typename H::Scalar;
  using Pack = typename T::template Pack<S>;

  RangeSearch(const H& hierarchy, const Shape& shape, const IdFilter* filter, HitSink<S>& sink, bool containment = true)
      : h_(hierarchy), shape_(shape), filter_(filter), sink_(sink), containment_(containment) {}

  /// False when the sink stopped it.
  bool run() {
    if (sink_.counting) return depth_first<Harvest::count>(h_.root(), false);
    return sink_.keys != nullptr ? depth_first<Harvest::keys>(h_.root(), false)
                                 : depth_first<Harvest::ids>(h_.root(), false);
  }

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
        if (!take(next.child, next.inside)) return false;
      } else {
        ++work.nodes;
        open(next, strategy, waiting);
      }
      if (work.cost() > work.limit) return true;
    }
    return true;
  }

 private:
  /// What is wanted of the points.
  enum class Harvest { count, ids, keys };

  /// Leaves between the one that is being fetched and the one that is read.
  static constexpr std::size_t ahead = 16;
  /// Nodes that may wait; where there are more, the search begins anew with a child.
  static constexpr std::size_t most_waiting = 120;

  /// A child and whether it lies wholly inside, as one number: several that were stored apart and are read as one a
  /// moment later would make the processor wait.
  class Entry {
   public:
    Entry() = default;
    Entry(Child c, bool inside)
        : word_(c.handle | std::uint64_t{c.count} << 32 | static_cast<std::uint64_t>(inside) << 63) {}
    [[nodiscard]] Child node() const { return {static_cast<std::uint32_t>(word_), 0, false}; }
    [[nodiscard]] Child leaf() const {
      return {static_cast<std::uint32_t>(word_), static_cast<std::uint32_t>(word_ >> 32) & 0x7fffffff, true};
    }
    [[nodiscard]] bool inside() const { return word_ >> 63 != 0; }

   private:
    std::uint64_t word_;
  };

  /// Leaves that are being fetched.
  class LeafQueue {
   public:
    void push(Entry leaf) { leaves_[last_++ % room] = leaf; }
    Entry pop() { return leaves_[first_++ % room]; }
    [[nodiscard]] std::size_t size() const { return last_ - first_; }

   private:
    static constexpr std::size_t room = 32;
    static_assert(room >= ahead + simd::lanes);
    Entry leaves_[room];
    std::size_t first_ = 0;
    std::size_t last_ = 0;
  };

  struct Waiting {
    S bound;
    Child child;
    bool inside;
    bool operator<(const Waiting& other) const { return bound > other.bound; }  // the heap's top is the smallest
  };

  /// Memory decides how long a search takes, so leaves are fetched as soon as they are known and read `ahead` leaves
  /// later.
  template <Harvest harvest>
  bool depth_first(Child root, bool root_inside) {
    if (root.is_leaf) return take<harvest>(shape_, root, root_inside);
    const Shape shape = shape_;  // a store of hits cannot be a store to it
    Entry waiting[most_waiting];
    std::size_t top = 0;
    LeafQueue leaves;
    for (Entry at(root, root_inside);; at = waiting[--top]) {
      const typename H::Node& node = h_.node(at.node());
      const Overlap overlap = overlap_of(shape, node, at.inside());
      for (Mask m = overlap.meets; m != 0; m &= m - 1) {
        const int s = __builtin_ctz(m);
        const Child child = h_.child(node, s);
        const bool inside = (overlap.inside >> s & 1) != 0;
        prefetch<harvest>(child, inside);
        if (child.is_leaf)
          leaves.push({child, inside});
        else if (top < most_waiting)
          waiting[top++] = {child, inside};
        else if (!depth_first<harvest>(child, inside))
          return false;
      }
      while (leaves.size() > (top != 0 ? ahead : 0)) {
        const Entry leaf = leaves.pop();
        if (!take<harvest>(shape, leaf.leaf(), leaf.inside())) return false;
      }
      if (top == 0) return true;
    }
  }

  [[gnu::always_inline]] Overlap overlap_of(const Shape& shape, const typename H::Node& node, bool inside) const {
    const Mask live = live_lanes(h_.children(node), 0);
    if (inside) return {live, live};
    Overlap overlap = shape.classify(h_.template boxes<T>(node));
    overlap.meets &= live;
    if (!containment_) overlap.inside = 0;
    return overlap;
  }

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

  /// All that `take` is going to read.
  template <Harvest harvest>
  [[gnu::always_inline]] void prefetch(Child c, bool inside) const {
    if (!c.is_leaf) {
      h_.prefetch(c);
      return;
    }
    if (harvest == Harvest::keys || !inside) h_.prefetch(c);
    if (harvest != Harvest::count || filter_ != nullptr) h_.prefetch_ids(c);
  }

  bool take(Child leaf, bool inside) {
    if (sink_.counting) return take<Harvest::count>(shape_, leaf, inside);
    return sink_.keys != nullptr ? take<Harvest::keys>(shape_, leaf, inside) : take<Harvest::ids>(shape_, leaf, inside);
  }

  /// The points of a leaf.
  template <Harvest harvest>
  [[gnu::always_inline]] bool take(const Shape& shape, Child leaf, bool inside) {
    const auto block = h_.block(leaf);
    if constexpr (harvest != Harvest::count) sink_.reserve(leaf.count);
    if (harvest != Harvest::keys && inside && filter_ == nullptr) {
      if constexpr (harvest == Harvest::ids) block.ids.copy_eights_to(sink_.ids + sink_.size, leaf.count);
      sink_.size += leaf.count;
    } else {
      test<harvest>(shape, block, inside);
    }
    return sink_.drain == nullptr || sink_.drain(sink_);
  }

  /// What a block needs is held in registers: a store of hits could otherwise be a store to any of it, and what waits
  /// for the stores waits for the memory that decides what they store.
  template <Harvest harvest, class Block>
  [[gnu::always_inline]] void test(const Shape& shape, const Block& block, bool inside) {
    const IdFilter* const filter = filter_;
    point_id* const ids = sink_.ids;
    S* const keys = sink_.keys;
    std::size_t size = sink_.size;
    for (int i = 0; i < block.count; i += simd::lanes) {
      Mask m = live_lanes(block.count, i);
      Pack eight_keys{};
      if (harvest == Harvest::keys || !inside) m &= shape.test(block, i, eight_keys);
      if (filter != nullptr) {
        point_id eight[simd::lanes];
        m = accepted(filter, m, block.ids.eight(static_cast<std::size_t>(i), eight));
      }
      if constexpr (harvest == Harvest::keys) compress_store(keys + size, m, eight_keys);
      if constexpr (harvest != Harvest::count) {
        if (block.ids.is_wide())
          T::compress_ids(ids + size, m, block.ids.wide() + i);
        else
          T::compress_ids(ids + size, m, block.ids.narrow() + i);
      }
      size += static_cast<std::size_t>(__builtin_popcount(m));
    }
    sink_.size = size;
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
