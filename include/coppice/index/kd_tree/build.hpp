// Bulk construction of a subtree from columns of points: the widest axis is cut near the median, three levels of cuts
// make a node, and both sides go on independently, on other threads where they are large. Every slot and every plane of
// a node is settled before its sides part, so the tree does not depend on the number of threads.
// Cost: O(n log n), a few counting sweeps and one move a level.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "coppice/index/kd_tree/tree.hpp"

namespace coppice::kd_tree {

/// A plane and how many keys lie left of it. Axes from the record's number on stand for the parts of the id.
template <class S>
struct Plane {
  int axis;
  S value;
  std::size_t less;
};

/// The plane that cuts n points (two or more) with a number of points in [lowest, highest] on its left, along the
/// widest axis that allows it; failing that the most balanced one found; where that is lopsided, a cut of the ids,
/// whose keys are then left in `id_keys`.
template <class S, int Width, class AxisOf>
Plane<S> choose_plane(AxisOf axis_of, storage::IdArray ids, int axes, std::size_t n, std::size_t lowest,
                      std::size_t highest, const Extent<S, Width>& extent, std::vector<S>& id_keys) {
  const storage::ColumnKernels<S>& kernels = storage::column_kernels<S>();
  const auto smaller_side = [n](std::size_t less) { return std::min(less, n - less); };
  Plane<S> best{axes, S(0), 0};
  const auto offer = [&](int axis, const S* keys, S lower, S upper) {
    const storage::Cut<S> cut = storage::find_cut(keys, n, lowest, highest, lower, upper, kernels);
    if (cut.less != 0 && (best.less == 0 || smaller_side(cut.less) > smaller_side(best.less)))
      best = {axis, cut.value, cut.less};
    return cut.less >= lowest && cut.less <= highest;
  };
  constexpr int attempts = 8;
  AxisArray<bool, Width> tried{};
  for (int attempt = 0; attempt < std::min(attempts, axes); ++attempt) {
    int widest = -1;
    S width = 0;
    for (int a = 0; a < axes; ++a)
      if (!tried[static_cast<std::size_t>(a)] &&
          extent.upper[static_cast<std::size_t>(a)] - extent.lower[static_cast<std::size_t>(a)] > width) {
        widest = a;
        width = extent.upper[static_cast<std::size_t>(a)] - extent.lower[static_cast<std::size_t>(a)];
      }
    if (widest < 0) break;
    const auto w = static_cast<std::size_t>(widest);
    tried[w] = true;
    if (offer(widest, axis_of(widest), extent.lower[w], extent.upper[w])) return best;
  }
  if (best.less != 0 && smaller_side(best.less) >= n / 8) return best;
  // Points that the axes do not separate are told apart by their ids. An id cut says nothing about space, so it comes
  // last; on sets full of equal points it is what keeps the depth logarithmic.
  for (int part = 0; part < id_axes; ++part) {
    std::vector<S> keys(n);
    for (std::size_t i = 0; i < n; ++i) keys[i] = RoutingKey<S, Width>::id_part(ids[i], part);
    S lower, upper;
    kernels.bounds(keys.data(), n, lower, upper);
    if (lower == upper) continue;
    const bool good = offer(axes + part, keys.data(), lower, upper);
    if (best.axis == axes + part) id_keys = std::move(keys);
    if (good) break;
  }
  return best;
}

template <class S, int Width>
class Builder {
 public:
  using Tree = kd_tree::Tree<S, Width>;
  using Node = typename Tree::Node;
  using Box = Extent<S, Width>;

  using Locating = plane_tree::Locating;

  /// `columns`: the points, in buffer 0; `fill`: points a leaf. Requires: their ids are in the tree's id map.
  Builder(Tree& tree, storage::Columns<S>& columns, int fill, const Executor& executor,
          Locating locating = Locating::leaf_by_leaf)
      : tree_(tree),
        columns_(columns),
        executor_(executor),
        kernels_(storage::column_kernels<S>()),
        fill_(static_cast<std::size_t>(fill)),
        exact_(tree.keeps_heights()),
        locating_(locating) {}

  /// Builds a subtree of n ≥ 1 points, whose box this is, and returns its root.
  Handle build(std::size_t n, const Box& box) {
    total_ = n;
    return subtree({0, 0, n}, box, exact_ ? levels_for(n) : 0);
  }
  Handle build(std::size_t n) { return build(n, extent(n)); }

  /// The box of the first n points of buffer 0.
  [[nodiscard]] Box extent(std::size_t n) const {
    Box box;
    const Executor executor = n >= tree_.config_.parallel_cutoff ? executor_ : Executor::sequential();
    executor.for_each_chunk(static_cast<std::size_t>(tree_.axes()), 1, [&](std::size_t a, std::size_t) {
      kernels_.bounds(columns_.axis(0, static_cast<int>(a)), n, box.lower[a], box.upper[a]);
    });
    return box;
  }

 private:
  /// Points [first, first + size) of a buffer.
  struct Range {
    int buffer;
    std::size_t first;
    std::size_t size;
  };
  /// Consecutive slots of node x that a range is to fill, the planes that lead there, and what one slot can take.
  struct Slots {
    Handle x;
    int first;
    int count;
    unsigned need;
    unsigned right;
    std::size_t capacity;
    int levels;  // exact trees: planes still to come below these slots
  };

  /// Where a policy watches heights, every leaf of a built subtree lies under the same number of planes.
  [[nodiscard]] int levels_for(std::size_t n) const {
    int levels = 0;
    while (fill_ << levels < n) ++levels;
    return levels;
  }

  Handle subtree(Range range, const Box& box, int levels) {
    const Handle x = tree_.new_node();
    Slots slots{x, 0, 1, 0, 0, fill_, 0};
    if (exact_) {
      const int here = levels == 0 ? 0 : (levels - 1) % 3 + 1;
      slots.count = 1 << here;
      slots.levels = levels - here;
      slots.capacity = fill_ << slots.levels;
    } else {
      // A little more room than the points need: cuts may then miss the median by that much, which is far cheaper.
      const std::size_t padded = range.size <= fan_out * fill_ ? range.size : range.size + range.size / 64;
      while (slots.capacity * fan_out < padded) slots.capacity *= fan_out;
      slots.count = static_cast<int>((padded + slots.capacity - 1) / slots.capacity);
    }
    place(slots, range, box);
    close(x);
    return x;
  }

  void place(const Slots& slots, Range range, const Box& box) {
    // No leaf is filled beyond `fill`, even where ties defeat the cuts: a rebuild that packed a leaf full again could
    // be called for again by the very insert that caused it.
    if (range.size <= fill_) {
      put_child(slots, make_leaf(range) | leaf_bit, first_places(static_cast<int>(range.size)), box);
      return;
    }
    if (slots.count == 1) {
      put_child(slots, subtree(range, box, exact_ ? std::max(slots.levels, levels_for(range.size)) : 0), 0, box);
      return;
    }
    const std::size_t n = range.size;
    const auto left_slots = static_cast<std::size_t>(slots.count / 2);
    const std::size_t right_slots = static_cast<std::size_t>(slots.count) - left_slots;
    const std::size_t target =
        std::clamp<std::size_t>(n * left_slots / static_cast<std::size_t>(slots.count), 1, n - 1);
    // A cut may miss the median by a little, so that it takes fewer sweeps to find. Leaves share what room is left in
    // them as they like; above them, nodes have to find room in it, too.
    const auto count = static_cast<std::size_t>(slots.count);
    const std::size_t spare = slots.capacity == fill_ && count * fill_ > n ? count * fill_ - n : 0;
    const std::size_t play = exact_ ? 0 : std::max(n / 128, std::min(spare / count, n / 16));
    const std::size_t overflow = n > right_slots * slots.capacity ? n - right_slots * slots.capacity : 1;
    std::size_t lowest = std::max(overflow, target > play ? target - play : 1);
    std::size_t highest = std::min({left_slots * slots.capacity, target + play, n - 1});
    if (lowest > highest) lowest = highest = target;  // equal coordinates overfilled an earlier side

    std::vector<S> id_keys;
    S* from[Width != 0 ? Width : max_dimension];
    S* to[Width != 0 ? Width : max_dimension];
    for (int a = 0; a < tree_.axes(); ++a) {
      from[a] = columns_.axis(range.buffer, a) + range.first;
      to[a] = columns_.axis(1 - range.buffer, a) + range.first;
    }
    const storage::IdArray ids = columns_.ids(range.buffer).tail(range.first);
    const Plane<S> plane =
        choose_plane<S, Width>([&](int a) { return from[a]; }, ids, tree_.axes(), n, lowest, highest, box, id_keys);
    const S* keys = plane.axis < tree_.axes() ? from[plane.axis] : id_keys.data();
    const Executor executor = n >= tree_.config_.parallel_cutoff ? executor_ : Executor::sequential();
    Box sides[2];
    const std::size_t less = partition({from, ids}, {to, columns_.ids(1 - range.buffer).tail(range.first)}, n, keys,
                                       plane.value, sides, executor);
    const int j = slots.first + static_cast<int>(left_slots) - 1;
    Node& node = tree_.node(slots.x);
    node.split[j] = plane.value;
    node.axis[j] = static_cast<typename Node::Axis>(plane.axis);
    const Slots left{slots.x,        slots.first, static_cast<int>(left_slots), slots.need | 1u << j, slots.right,
                     slots.capacity, slots.levels};
    const Slots right{slots.x,
                      slots.first + static_cast<int>(left_slots),
                      static_cast<int>(right_slots),
                      slots.need | 1u << j,
                      slots.right | 1u << j,
                      slots.capacity,
                      slots.levels};
    const Range left_range{1 - range.buffer, range.first, less};
    const Range right_range{1 - range.buffer, range.first + less, n - less};
    executor.invoke([&] { place(left, left_range, sides[0]); }, [&] { place(right, right_range, sides[1]); });
    columns_.discard(range.first, n);
  }

  /// The partition kernel; at the top, where there are fewer ranges than threads, an axis a task.
  std::size_t partition(storage::ColumnRange<S> from, storage::ColumnRange<S> to, std::size_t n, const S* keys, S value,
                        Box sides[2], const Executor& executor) const {
    const auto axes = static_cast<std::size_t>(tree_.axes());
    if (!executor.is_parallel() || n <= total_ / static_cast<std::size_t>(executor.threads())) {
      S* lower[2] = {sides[0].lower.data(), sides[1].lower.data()};
      S* upper[2] = {sides[0].upper.data(), sides[1].upper.data()};
      return kernels_.partition(from, to, tree_.axes(), n, keys, value, lower, upper);
    }
    std::vector<std::uint8_t> notes((n + 7) / 8);
    const std::size_t less = kernels_.classify(keys, n, value, notes.data());
    executor.for_each_chunk(axes + 1, 1, [&](std::size_t a, std::size_t) {
      if (a == axes) {
        kernels_.move_ids(from.ids, to.ids, n, notes.data());
        return;
      }
      S bounds[4];
      kernels_.move_axis(from.axis[a], to.axis[a], n, notes.data(), bounds);
      for (std::size_t side = 0; side < 2; ++side) {
        sides[side].lower[a] = bounds[2 * side];
        sides[side].upper[a] = bounds[2 * side + 1];
      }
    });
    return less;
  }

  Handle make_leaf(Range range) {
    const Handle h = tree_.new_leaf();
    const Leaf<S> leaf = tree_.leaf(h);
    for (int a = 0; a < tree_.axes(); ++a)
      std::copy_n(columns_.axis(range.buffer, a) + range.first, range.size, leaf.axis(a));
    const storage::IdArray ids = columns_.ids(range.buffer).tail(range.first);
    leaf.ids.copy_from(ids, range.size);
    for (std::size_t slot = 0; locating_ == Locating::leaf_by_leaf && slot < range.size; ++slot)
      tree_.locations_.relocate(ids[slot], location_of(h, static_cast<int>(slot)));
    return h;
  }

  void put_child(const Slots& slots, Handle child, std::uint32_t taken, const Box& box) {
    Node& node = tree_.node(slots.x);
    node.need[slots.first] = static_cast<std::uint8_t>(slots.need);
    node.right[slots.first] = static_cast<std::uint8_t>(slots.right);
    tree_.set_child(slots.x, slots.first, child, taken);
    tree_.set_box(node, slots.first, box.lower.data(), box.upper.data());
  }

  /// Closes the gaps that small ranges left among the slots, and sums up.
  void close(Handle x) {
    Node& node = tree_.node(x);
    NodeCold& cold = tree_.cold(x);
    int used = 0;
    for (int s = 0; s < fan_out; ++s) {
      if (node.right[s] == 0xff && node.need[s] == 0) continue;
      if (s != used) {
        node.need[used] = node.need[s];
        node.right[used] = node.right[s];
        tree_.set_child(x, used, node.child[s], node.taken[s]);
        tree_.copy_box(node, s, node, used);
        node.need[s] = 0;
        node.right[s] = 0xff;
        node.taken[s] = 0;
        tree_.clear_box(node, s);
      }
      cold.leaves += tree_.leaves_below(node.child[used]);
      ++used;
    }
    node.children = static_cast<std::uint8_t>(used);
    cold.leaves_at_rebuild = cold.leaves;
    cold.height = tree_.each_plane(node, (1u << used) - 1, 0, [](int, Side, Side) {}).height;
  }

  Tree& tree_;
  storage::Columns<S>& columns_;
  Executor executor_;
  const storage::ColumnKernels<S>& kernels_;
  std::size_t fill_;
  bool exact_;
  Locating locating_;
  std::size_t total_ = 0;
};

template <class S, int Width>
void Tree<S, Width>::build(PointView<S> points, std::span<const point_id> ids) {
  build(points, ids, Store::needs_wide_ids(ids));
}

template <class S, int Width>
void Tree<S, Width>::admit(std::span<const point_id> ids) {
  if (this->widen_for(ids) && size_ != 0) rebuilder_.record(size_);
}

template <class S, int Width>
void Tree<S, Width>::build(PointView<S> points, std::span<const point_id> ids, bool wide_ids) {
  clear(wide_ids);
  if (points.empty()) return;
  begin_write();
  const std::size_t n = points.size();
  storage::Columns<S> columns(n, axes(), wide_ids);
  constexpr std::size_t grain = 1 << 14;  // of columns that are still in the cache when their box is taken
  std::vector<Extent<S, Width>> boxes((n + grain - 1) / grain);
  const storage::ColumnKernels<S>& kernels = storage::column_kernels<S>();
  config_.executor.for_each_chunk(n, grain, [&](std::size_t first, std::size_t last) {
    S* to[Width != 0 ? Width : max_dimension];
    for (int a = 0; a < axes(); ++a) to[a] = columns.axis(0, a) + first;
    kernels.transpose(points.row(first), points.stride(), last - first, dimension_, to);
    for (int a = dimension_; a < axes(); ++a) std::fill_n(to[a], last - first, S(0));
    Extent<S, Width>& box = boxes[first / grain];
    for (std::size_t a = 0; a < static_cast<std::size_t>(axes()); ++a)
      kernels.bounds(to[a], last - first, box.lower[a], box.upper[a]);
    columns.ids(0).tail(first).copy_from(ids.data() + first, last - first);
  });
  Extent<S, Width> box = boxes[0];
  for (const Extent<S, Width>& part : boxes)
    for (std::size_t a = 0; a < static_cast<std::size_t>(axes()); ++a) {
      box.lower[a] = std::min(box.lower[a], part.lower[a]);
      box.upper[a] = std::max(box.upper[a], part.upper[a]);
    }
  locations_.expect(n);
  locations_.assign(ids, 0);
  size_ = n;
  const std::size_t leaves = n / static_cast<std::size_t>(config_.leaf_fill) + 1;
  records_->leaves.expect(leaves);
  records_->nodes.expect(leaves / (fan_out - 1) + 1);
  const plane_tree::Locating locating = this->locating();
  Builder<S, Width> builder(*this, columns, config_.leaf_fill, config_.executor, locating);
  (void)choose_origin(box);
  release_subtree(root_);
  root_ = builder.build(n, box);
  if (locating == plane_tree::Locating::afterwards) this->locate_all(config_.executor, columns.memory(0));
  end_write();
}

}  // namespace coppice::kd_tree
