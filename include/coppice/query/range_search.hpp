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
#include "coppice/query/waiting.hpp"

namespace coppice::query {

template <class T, class H, class Shape>
class RangeSearch {
 public:
  using S = typename H::Scalar;
  using Pack = typename T::template Pack<S>;

  using Question = typename Shape::Question;

  /// `containment`: what lies wholly inside need not be tested.
  RangeSearch(const H& hierarchy, const Question& question, HitSink<S>& sink, bool containment = true)
      : h_(hierarchy), question_(question), filter_(question.filter), sink_(sink), containment_(containment) {}

  /// False when the sink stopped it.
  bool run() {
    if (sink_.counting) return collect<Harvest::count>(h_.root(), false);
    if constexpr (Shape::has_keys)
      if (sink_.keys != nullptr) return collect<Harvest::keys>(h_.root(), false);
    return collect<Harvest::ids>(h_.root(), false);
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
        if (!next.inside || sink_.keys != nullptr) work.points += h_.points(next.child);
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

  /// Leaves by how many axes are to be looked at: where the shape bounds every axis by itself, one or two; and all.
  static constexpr int all_axes = Shape::by_axis ? 3 : 1;
  using Leaves = LeafLists<T, all_axes>;

  struct Waiting {
    S bound;
    Child child;
    bool inside;
    bool operator<(const Waiting& other) const { return bound > other.bound; }  // the heap's top is the smallest
  };

  /// First the leaves, as far as their lists go, and then their points: so all of them are fetched at once, and hardly
  /// a branch that is hard to predict stands between them. Hits that somebody waits for are handed over node by node.
  template <Harvest harvest>
  bool collect(Child root, bool root_inside) {
    Leaves leaves;
    if (root.is_leaf) {
      leaves.by_axes[root_inside ? 0 : all_axes].push(root, h_.points(root), 0);
      return take<harvest>(leaves);
    }
    const Shape shape = this->shape();
    const bool somebody_waits = sink_.drain != nullptr;
    WaitingNodes<T> nodes;
    nodes.push(root, root_inside);
    do {
      const auto [parent, parent_inside] = nodes.pop();
      const typename H::Node& node = h_.node(parent);
      const auto overlap = overlap_of<harvest>(shape, node, parent_inside);
      for (Mask m = overlap.meets; m != 0; m &= m - 1) {
        const int s = __builtin_ctz(m);
        const Child child = h_.child(node, s);
        const bool inside = (overlap.inside >> s & 1) != 0;
        if (child.is_leaf) {
          wait<harvest>(child, inside, overlap, s, leaves);
          continue;
        }
        h_.prefetch(child);
        if (!nodes.is_full())
          nodes.push(child, inside);
        else if (!collect<harvest>(child, inside))
          return false;
      }
      if (somebody_waits || leaves.is_full()) {
        if (!take<harvest>(leaves)) return false;
      }
    } while (!nodes.is_empty());
    return take<harvest>(leaves);
  }

  /// Lets a leaf wait in its list and fetches what is going to be read of it, unless that is to wait, too.
  template <Harvest harvest, class SomeOverlap>
  [[gnu::always_inline]] void wait(Child leaf, bool inside, const SomeOverlap& overlap, int s, Leaves& leaves) const {
    if constexpr (Shape::by_axis) {
      const unsigned axes = overlap.axes_beyond(s);
      const int count = std::min(__builtin_popcount(axes), all_axes);
      if (count == all_axes)
        h_.prefetch(leaf);
      else
        for (unsigned left = axes; left != 0; left &= left - 1) h_.prefetch_axis(leaf, __builtin_ctz(left));
      leaves.by_axes[count].push(leaf, h_.points(leaf), axes);
    } else {
      leaves.by_axes[inside ? 0 : all_axes].push(leaf, h_.points(leaf), 0);
      if (many_axes<H> && !inside) return;  // a list of them is more than the first cache holds: see take_some
      if (!inside) h_.prefetch(leaf);
    }
    fetch_ids<harvest>(leaf);
  }

  template <Harvest harvest>
  void fetch_ids(Child leaf) const {
    if (harvest != Harvest::count || filter_ != nullptr) h_.prefetch_ids(leaf);
  }

  /// Made from its few numbers wherever it is used, so that it need not go through memory.
  [[nodiscard, gnu::always_inline]] Shape shape() const { return Shape(question_, h_.dimension()); }

  /// Where keys are wanted, it does not matter what lies inside.
  template <Harvest harvest>
  [[gnu::always_inline]] auto overlap_of(const Shape& shape, const typename H::Node& node, bool inside) const {
    const Mask live = live_lanes(h_.children(node), 0);
    if constexpr (harvest == Harvest::keys) {
      return Overlap{shape.meets(h_.template boxes<T>(node)) & live, 0};
    } else {
      using SomeOverlap = decltype(shape.classify(h_.template boxes<T>(node)));
      if (inside) {
        SomeOverlap all{};
        all.meets = all.inside = live;
        return all;
      }
      SomeOverlap overlap = shape.classify(h_.template boxes<T>(node));
      overlap.meets &= live;
      if (!containment_) overlap.inside = 0;
      return overlap;
    }
  }

  /// Lets the children of a node wait that the shape meets; depth-first, where the last is the next, from behind.
  void open(const Waiting& parent, Strategy strategy, std::vector<Waiting>& waiting) {
    const Traversal traversal = strategy.traversal;
    const typename H::Node& node = h_.node(parent.child);
    const Mask live = live_lanes(h_.children(node), 0);
    Pack nearest = Pack::broadcast(0);
    Overlap overlap{live, live};
    if (!parent.inside) {
      overlap = shape().classify(h_.template boxes<T>(node), strategy.volume, nearest);
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

  bool take(Child leaf, bool inside) {
    Leaves leaves;
    leaves.by_axes[inside && sink_.keys == nullptr ? 0 : all_axes].push(leaf, h_.points(leaf), 0);
    if (sink_.counting) return take<Harvest::count>(leaves);
    return sink_.keys != nullptr ? take<Harvest::keys>(leaves) : take<Harvest::ids>(leaves);
  }

  /// The points of the leaves, which leave their lists.
  template <Harvest harvest>
  bool take(Leaves& leaves) {
    if constexpr (harvest != Harvest::count) sink_.reserve(leaves.points());
    const std::size_t before = sink_.size;
    take_some<harvest, all_axes>(leaves.by_axes[all_axes]);
    if constexpr (Shape::by_axis) {
      take_some<harvest, 2>(leaves.by_axes[2]);
      take_some<harvest, 1>(leaves.by_axes[1]);
    }
    if constexpr (harvest != Harvest::keys) take_all<harvest>(leaves.by_axes[0]);
    if (harvest != Harvest::count && filter_ != nullptr) keep_accepted(before);
    leaves.clear();
    return sink_.drain == nullptr || sink_.drain(sink_);
  }

  /// What the loop needs is held in registers: a store of hits could otherwise be a store to any of it, and what waits
  /// for the stores waits for the memory that decides where they go.
  template <Harvest harvest, int axes>
  void take_some(const LeafList<T>& leaves) {
    const Shape shape = this->shape();
    point_id* const ids = sink_.ids;
    S* const keys = sink_.keys;
    std::size_t size = sink_.size;
    const auto fetch = [&](std::size_t l) {
      if (!many_axes<H> || l >= leaves.size()) return;
      h_.prefetch(leaves.leaf(l));
      fetch_ids<harvest>(leaves.leaf(l));
    };
    for (std::size_t l = 0; l < leaves_ahead; ++l) fetch(l);
    for (std::size_t l = 0; l < leaves.size(); ++l) {
      fetch(l + leaves_ahead);
      const auto block = h_.block(leaves.leaf(l));
      const auto& points = points_of<axes>(shape, leaves.axes(l));
      const auto harvest_with = [&](const auto* stored_ids) {
        for (int i = 0; i < block.count(); i += simd::lanes) {
          Pack eight_keys{};
          Mask m = block.live(i) & points.test(block, i, eight_keys);
          if (harvest == Harvest::count && filter_ != nullptr) m = accepted_of(block.ids, i, m);
          if constexpr (harvest == Harvest::keys) compress_store(keys + size, m, eight_keys);
          if constexpr (harvest != Harvest::count) T::compress_ids(ids + size, m, stored_ids + i);
          size += static_cast<std::size_t>(__builtin_popcount(m));
        }
      };
      if (block.ids.is_wide())
        harvest_with(block.ids.wide());
      else
        harvest_with(block.ids.narrow());
    }
    sink_.size = size;
  }

  /// What tests the points of a leaf that reaches beyond the shape on these axes.
  template <int count>
  [[gnu::always_inline]] static decltype(auto) points_of(const Shape& shape, unsigned axes) {
    if constexpr (count == all_axes)
      return (shape);
    else
      return typename Shape::template OnAxes<count>(shape, axes);
  }

  template <Harvest harvest>
  void take_all(const LeafList<T>& leaves) {
    for (std::size_t l = 0; l < leaves.size(); ++l) {
      const auto block = h_.block(leaves.leaf(l));
      if constexpr (harvest == Harvest::ids) {
        if (block.has_holes()) {
          copy_live(block);
          continue;
        }
        block.ids.copy_eights_to(sink_.ids + sink_.size, static_cast<std::size_t>(block.count()));
      } else if (filter_ != nullptr) {
        for (int i = 0; i < block.count(); i += simd::lanes)
          sink_.size += static_cast<std::size_t>(__builtin_popcount(accepted_of(block.ids, i, block.live(i))));
        continue;
      }
      sink_.size += h_.points(leaves.leaf(l));
    }
  }

  /// The ids of a leaf that has holes.
  template <class Block>
  void copy_live(const Block& block) {
    const auto copy = [&](const auto* stored_ids) {
      for (int i = 0; i < block.count(); i += simd::lanes) {
        T::compress_ids(sink_.ids + sink_.size, block.live(i), stored_ids + i);
        sink_.size += static_cast<std::size_t>(__builtin_popcount(block.live(i)));
      }
    };
    if (block.ids.is_wide())
      copy(block.ids.wide());
    else
      copy(block.ids.narrow());
  }

  Mask accepted_of(storage::IdArray ids, int first, Mask m) const {
    point_id eight[simd::lanes];
    return accepted(filter_, m, ids.eight(static_cast<std::size_t>(first), eight));
  }

  /// Of the hits from `first` on.
  void keep_accepted(std::size_t first) {
    std::size_t kept = first;
    for (std::size_t i = first; i < sink_.size; ++i) {
      if (!(*filter_)(sink_.ids[i])) continue;
      sink_.ids[kept] = sink_.ids[i];
      if (sink_.keys != nullptr) sink_.keys[kept] = sink_.keys[i];
      ++kept;
    }
    sink_.size = kept;
  }

  const H& h_;
  const Question& question_;
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
    for (int i = 0; i < block.count(); i += simd::lanes)
      for (Mask m = shape.test(block, i, unused) & block.live(i); m != 0; m &= m - 1)
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
