// Construction of a subtree from rows of points. Large sets go through a skeleton (skeleton.hpp): several levels of
// nodes in one sweep. Below, a node is made at a time: small sets by counting keys in steps, which is exact selection
// but for one step, and wherever equal keys or the configuration ask for it by selection or by the learned model.
// Cost: O(n) a sweep; the tree is the same for any number of threads.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "coppice/index/multiway_tree/deal.hpp"
#include "coppice/index/multiway_tree/records.hpp"
#include "coppice/storage/prefetch.hpp"

namespace coppice::multiway_tree {

template <class S, int Width>
class Builder {
 public:
  static constexpr std::size_t small = 4096;  ///< rows up to which keys are counted in steps
  using Tree = multiway_tree::Tree<S, Width>;
  using Rows = multiway_tree::Rows<S, Width>;
  using Buffers = RowBuffers<S, Width>;
  /// Rows first … first + count − 1 of a buffer. The same rows of the other buffer are free.
  struct Range {
    std::size_t first, count;
    int buffer;
  };

  using Locating = plane_tree::Locating;

  Builder(Tree& tree, const Buffers& buffers, Locating locating = Locating::leaf_by_leaf)
      : Builder(tree, buffers[0], buffers[1], locating) {}
  Builder(Tree& tree, const Rows& a, const Rows& b, Locating locating = Locating::leaf_by_leaf)
      : tree_(tree), rows_{a, b}, axes_(tree.axes()), locating_(locating) {}

  /// Builds a subtree of count ≥ 1 points, all in the id map. `hint`: the axis to divide where axes take turns.
  [[nodiscard]] Part subtree(const Range& r, int hint) {
    if (r.count <= tree_.largest_leaf()) return leaf(r);
    const Shape shape = tree_.shape(r.count);
    Part part;
    if (tree_.config_.pivots == PivotRule::sampled) {
      if (r.count > small) {
        part = skeleton(RowSource{rows_[r.buffer].tail(r.first)}, r.count, {r.first, r.count, 1 - r.buffer}, hint);
        if (part.child != none) return part;
      } else if (counted(r, shape, hint, part)) {
        return part;
      }
    }
    const int axis = choose_axis(r, hint);
    CdfSums sums;
    Slabs<S> slabs = divide(r, axis, shape.children, sums, {});
    part = node_of(slabs);
    if (sums.keys() > 0) tree_.remember(part.child, sums);
    return part;
  }

  /// The same by a skeleton for points that are not in the buffers yet; they go to buffer 0, and buffer 1 is not used.
  /// None where a skeleton does not divide them. Requires: more than `small` points.
  [[nodiscard]] Part skeleton_of(PointView<S> points, std::span<const point_id> ids) {
    return skeleton(ViewSource{points, ids}, points.size(), {0, points.size(), 0}, 0);
  }

  /// Divides a range along one axis into up to `wanted` subtrees: fewer where equal keys forbid, one where all are
  /// equal. `sums`: of the model of the node that they are for; `range`: where in it the keys stand.
  [[nodiscard]] Slabs<S> divide(const Range& r, int axis, int wanted, CdfSums& sums, CdfRange range) {
    const Pivots<S> pivots = find_pivots(r, axis, wanted, sums, range);
    std::array<Range, fan_out> ranges;
    distribute(r, axis, pivots, ranges);
    std::array<Part, fan_out> parts;
    const auto build = [&](std::size_t first, std::size_t last) {
      for (std::size_t s = first; s < last; ++s)
        if (ranges[s].count > 0) parts[s] = subtree(ranges[s], next(axis));
    };
    executor(r.count).for_each_chunk(static_cast<std::size_t>(pivots.count) + 1, 1, build);
    Slabs<S> slabs;
    slabs.axis = axis;
    for (int s = 0; s <= pivots.count; ++s)
      if (parts[static_cast<std::size_t>(s)].child != none)
        slabs.add(parts[static_cast<std::size_t>(s)], s > 0 ? pivots.value[s - 1] : S(0));
    return slabs;
  }

  /// A node of these parts; of a single one nothing but the part.
  [[nodiscard]] Part node_of(const Slabs<S>& slabs) {
    if (slabs.count <= 1) return slabs.count == 0 ? Part{} : slabs.parts[0];
    Part part{tree_.new_node(), 0, 0};
    set_slabs(tree_.node(part.child), slabs.axis, slabs.pivots.data(), slabs.count);
    for (int s = 0; s < slabs.count; ++s) {
      const Part& below = slabs.parts[static_cast<std::size_t>(s)];
      tree_.attach(part.child, s, below);
      part.points += below.points;
      part.height = std::max(part.height, below.height + 1);
    }
    tree_.cold(part.child).points = tree_.cold(part.child).built = part.points;
    tree_.cold(part.child).height = part.height;
    return part;
  }

  /// The axis to divide a range by: the widest, or the next in turn that has any width; where all points are equal the
  /// first part of their ids that is not.
  [[nodiscard]] int choose_axis(const Range& r, int hint) {
    std::vector<S> lower(static_cast<std::size_t>(axes_)), upper(lower);
    const Rows rows = rows_[r.buffer].tail(r.first);
    extent(rows, r.count, lower.data(), upper.data());
    const int axis = pick_axis(lower.data(), upper.data(), hint);
    if (lower[static_cast<std::size_t>(axis)] < upper[static_cast<std::size_t>(axis)]) return axis;
    for (int part = 0; part < id_axes; ++part)
      for (std::size_t i = 1; i < r.count; ++i)
        if (key(rows, i, axes_ + part) != key(rows, 0, axes_ + part)) return axes_ + part;
    return axes_;  // not reached: ids differ
  }

  /// Moves rows to the other buffer, part by part.
  void distribute(const Range& r, int axis, const Pivots<S>& pivots, std::array<Range, fan_out>& ranges) {
    const Rows from = rows_[r.buffer].tail(r.first);
    const Rows to = rows_[1 - r.buffer].tail(r.first);
    constexpr std::size_t few = 256;
    std::uint8_t small_parts[few];
    const std::unique_ptr<std::uint8_t[]> large_parts(r.count > few ? new std::uint8_t[r.count] : nullptr);
    std::uint8_t* const part_of = r.count > few ? large_parts.get() : small_parts;
    std::array<std::size_t, fan_out> at{};
    for (std::size_t i = 0; i < r.count; ++i) {
      const unsigned part = pivots.part_of(key(from, i, axis));
      part_of[i] = static_cast<std::uint8_t>(part);
      ++at[part];
    }
    std::size_t first = 0;
    for (std::size_t s = 0; s < fan_out; ++s) {
      ranges[s] = {r.first + first, at[s], 1 - r.buffer};
      first += std::exchange(at[s], first);
    }
    for (std::size_t i = 0; i < r.count; ++i) to.copy(at[part_of[i]]++, from, i);
  }

 private:
  struct RowSource {
    Rows rows;
    [[nodiscard, gnu::always_inline]] const S* point(std::size_t i) const { return rows.point(i); }
    [[nodiscard]] std::size_t stride() const { return rows.stride(); }
    [[nodiscard, gnu::always_inline]] point_id id(std::size_t i) const { return rows.id(i); }
  };
  struct ViewSource {
    PointView<S> points;
    std::span<const point_id> ids;
    [[nodiscard, gnu::always_inline]] const S* point(std::size_t i) const { return points.row(i); }
    [[nodiscard]] std::size_t stride() const {
      return sizeof(S) * static_cast<std::size_t>(points.row(1) - points.row(0));
    }
    [[nodiscard, gnu::always_inline]] point_id id(std::size_t i) const { return ids[i]; }
  };

  [[nodiscard]] Executor executor(std::size_t count) const {
    return count >= tree_.config_.parallel_cutoff ? tree_.config_.executor : Executor::sequential();
  }
  [[nodiscard]] int next(int axis) const { return axis + 1 < axes_ ? axis + 1 : 0; }
  [[nodiscard]] S key(const Rows& rows, std::size_t i, int axis) const {
    return axis < axes_ ? rows.point(i)[axis] : Tree::Key::id_part(rows.id(i), axis - axes_);
  }

  void extent(const Rows& rows, std::size_t count, S* lower, S* upper) const {
    std::copy_n(rows.point(0), axes_, lower);
    std::copy_n(rows.point(0), axes_, upper);
    for (std::size_t i = 1; i < count; ++i) {
      const S* point = rows.point(i);
      for (int a = 0; a < axes_; ++a) {
        lower[a] = point[a] < lower[a] ? point[a] : lower[a];
        upper[a] = point[a] > upper[a] ? point[a] : upper[a];
      }
    }
  }

  [[nodiscard]] int pick_axis(const S* lower, const S* upper, int hint) const {
    if (tree_.config_.axes == AxisRule::cycling) {
      int axis = hint < axes_ ? hint : 0;
      for (int tried = 0; tried < axes_ && !(lower[axis] < upper[axis]); ++tried) axis = next(axis);
      return axis;
    }
    int widest = 0;
    for (int a = 1; a < axes_; ++a)
      if (upper[a] - lower[a] > upper[widest] - lower[widest]) widest = a;
    return widest;
  }

  [[nodiscard]] Pivots<S> find_pivots(const Range& r, int axis, int wanted, CdfSums& sums, CdfRange range) {
    const Rows rows = rows_[r.buffer].tail(r.first);
    const bool large = r.count > small;
    const std::size_t sampled = 256 * static_cast<std::size_t>(wanted);
    if (large && tree_.config_.pivots == PivotRule::sampled && sampled < r.count) {
      std::vector<S> keys(sampled);
      SampleStream stream(r.count);
      for (S& k : keys) k = key(rows, stream.below(r.count), axis);
      const Pivots<S> pivots = quantiles(keys.data(), sampled, wanted);
      if (pivots.count > 0) return pivots;
    }
    std::vector<S> keys(r.count);
    for (std::size_t i = 0; i < r.count; ++i) keys[i] = key(rows, i, axis);
    if (large && tree_.config_.pivots == PivotRule::learned && axis < axes_) {
      const CdfSettings settings{tree_.config_.sample_rate, tree_.config_.models, tree_.config_.kappa};
      const Pivots<S> pivots = learned_pivots(keys.data(), r.count, wanted, settings, sums, range);
      if (pivots.count > 0) return pivots;
    }
    return quantiles(keys.data(), r.count, wanted);
  }

  [[nodiscard]] Part leaf(const Range& r) {
    const Handle h = tree_.new_leaf();
    const Leaf<S> l = tree_.leaf(h);
    const Rows rows = rows_[r.buffer].tail(r.first);
    for (std::size_t i = 0; i < r.count; ++i) put(l, h, i, rows.point(i), rows.id(i));
    return {h | leaf_bit, static_cast<std::uint32_t>(r.count), 0};
  }
  [[gnu::always_inline]] void put(const Leaf<S>& l, Handle h, std::size_t slot, const S* point, point_id id) const {
    for (int a = 0; a < axes_; ++a) l.axis(a)[slot] = point[a];
    l.ids.set(slot, id);
    if (locating_ == Locating::leaf_by_leaf) tree_.locations_.relocate(id, location_of(h, static_cast<int>(slot)));
  }

  /// Keys by steps of an axis, and the parts that the steps make up.
  struct Steps {
    static constexpr std::size_t most = 1024;
    int axis = 0;
    std::size_t used = 0;  // parts
    std::size_t heaviest = 0;
    std::array<std::size_t, fan_out> count{};
    std::array<std::uint8_t, most> part_of_step;
    std::array<std::uint16_t, small> step;  // of each key
  };
  [[nodiscard]] bool counted(const Range& r, const Shape& shape, int hint, Part& part);
  [[nodiscard]] bool count_steps(const Rows& from, std::size_t n, std::size_t parts, int hint, Steps& steps) const;
  /// Asks for the memory of a leaf of about `count` points.
  void fetch(Handle h, std::size_t count) const {
    const Leaf<S> l = tree_.leaf(h);
    constexpr std::size_t line = storage::cache_line;
    constexpr int most_axes = 8;
    for (int a = 0; a < std::min(axes_, most_axes); ++a)
      for (std::size_t b = 0; b < count * sizeof(S); b += line)
        storage::prefetch_to_write(reinterpret_cast<const std::byte*>(l.axis(a)) + b);
    for (std::size_t i = 0; i < count; i += line / sizeof(point_id)) l.ids.prefetch(i);
  }

  // skeleton.hpp
  struct Skeleton {
    std::vector<int> fan;  // children a node, level by level
    std::vector<std::vector<Split<S>>> levels;
    std::size_t buckets = 1;
  };
  template <class Source>
  [[nodiscard]] Skeleton plan(const Source& source, std::size_t n, int hint);
  template <class Source>
  void sweep(const Skeleton& plan, const Source& source, std::size_t n, const Rows& to,
             std::array<std::size_t, most_buckets + 1>& begin);
  template <class Source>
  [[nodiscard]] Part skeleton(const Source& source, std::size_t n, const Range& to, int hint);

  Tree& tree_;
  Rows rows_[2];
  int axes_;
  Locating locating_;
};

/// Makes a node of few points: keys are counted in steps of the axis, and the pivots are those edges of steps that come
/// nearest to equal parts. False where that would not be equal enough.
template <class S, int Width>
bool Builder<S, Width>::counted(const Range& r, const Shape& shape, int hint, Part& part) {
  const std::size_t n = r.count;
  const auto parts = static_cast<std::size_t>(shape.children);
  const Rows from = rows_[r.buffer].tail(r.first);
  const bool last = shape.height == 1;
  // The memory of leaves and of the id map is on its way while keys are counted.
  std::array<Handle, fan_out> leaves;
  if (last) {
    for (std::size_t c = 0; c < parts; ++c) fetch(leaves[c] = tree_.new_leaf(), n / parts);
    for (std::size_t i = 0; locating_ == Locating::leaf_by_leaf && i < n; ++i) tree_.locations_.prefetch(from.id(i));
  }
  Steps steps;
  const bool equal = count_steps(from, n, parts, hint, steps) && steps.used > 1 &&
                     steps.heaviest <= (last ? tree_.largest_leaf() : n / parts + n / parts / 4);
  if (last)
    for (std::size_t c = equal ? steps.used : 0; c < parts; ++c) tree_.release_leaf(leaves[c]);
  if (!equal) return false;

  Slabs<S> slabs;
  slabs.axis = steps.axis;
  std::array<S, fan_out> least;
  least.fill(std::numeric_limits<S>::infinity());
  std::array<std::size_t, fan_out> at{};
  const auto place = [&](std::size_t i) {
    const std::size_t c = steps.part_of_step[steps.step[i]];
    const S x = from.point(i)[steps.axis];
    least[c] = x < least[c] ? x : least[c];
    return c;
  };
  if (last) {
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t c = place(i);
      put(tree_.leaf(leaves[c]), leaves[c], at[c]++, from.point(i), from.id(i));
    }
    for (std::size_t c = 0; c < steps.used; ++c)
      slabs.add({leaves[c] | leaf_bit, static_cast<std::uint32_t>(at[c]), 0}, least[c]);
  } else {
    const Rows to = rows_[1 - r.buffer].tail(r.first);
    std::array<std::size_t, fan_out + 1> begin{};
    for (std::size_t c = 0; c < steps.used; ++c) begin[c + 1] = begin[c] + steps.count[c];
    std::copy_n(begin.begin(), fan_out, at.begin());
    for (std::size_t i = 0; i < n; ++i) to.copy(at[place(i)]++, from, i);
    for (std::size_t c = 0; c < steps.used; ++c)
      slabs.add(subtree({r.first + begin[c], steps.count[c], 1 - r.buffer}, next(steps.axis)), least[c]);
  }
  part = node_of(slabs);
  return true;
}

/// Counts keys in equal steps between the least and the greatest, and cuts between steps where the parts come nearest
/// to equal. False where the axis is too short to be divided in steps.
template <class S, int Width>
bool Builder<S, Width>::count_steps(const Rows& from, std::size_t n, std::size_t parts, int hint, Steps& steps) const {
  constexpr std::size_t few = 256;
  const std::size_t resolution = n > 2 * few ? Steps::most : few;
  S lowest, scale;
  {
    std::array<S, Width != 0 ? Width : max_dimension> lower, upper;
    extent(from, n, lower.data(), upper.data());
    steps.axis = pick_axis(lower.data(), upper.data(), hint);
    lowest = lower[static_cast<std::size_t>(steps.axis)];
    scale = static_cast<S>(resolution) / (upper[static_cast<std::size_t>(steps.axis)] - lowest);
  }
  if (!(scale <= std::numeric_limits<S>::max())) return false;
  std::array<std::uint16_t, Steps::most> in_step{};
  const auto top = static_cast<std::uint32_t>(resolution - 1);
  for (std::size_t i = 0; i < n; ++i) {
    const auto q = static_cast<std::uint32_t>((from.point(i)[steps.axis] - lowest) * scale);
    steps.step[i] = static_cast<std::uint16_t>(std::min(q, top));
    ++in_step[steps.step[i]];
  }
  std::size_t s = 0, cut = 1, before = 0;
  for (std::size_t q = 0; q < resolution; ++q) {
    const std::size_t middle = before + in_step[q] / 2u;
    if (cut < parts && middle * parts >= n * cut) {
      if (steps.count[s] > 0) ++s;
      while (cut < parts && middle * parts >= n * cut) ++cut;
    }
    steps.part_of_step[q] = static_cast<std::uint8_t>(s);
    steps.count[s] += in_step[q];
    before += in_step[q];
  }
  steps.used = s + (steps.count[s] > 0);
  steps.heaviest = *std::max_element(steps.count.begin(), steps.count.end());
  return true;
}

}  // namespace coppice::multiway_tree
