// Ways through the tree of a KdMapIndex. It holds no boxes: a search keeps the cell of the node it is at, two numbers
// an axis, of which every step down changes one. The least distance to a cell is built from the operations of the
// distance itself, in the same order and each of them monotonic, so that it never exceeds the key of a point inside,
// rounding included.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "coppice/index/kd_map/index.hpp"
#include "coppice/query/kernels.hpp"

namespace coppice::kd_map {

/// How far points and cells are from a query, by the evaluation order of geometry/metric.hpp. `Plain`: Euclidean and
/// not periodic.
template <class S, bool Plain>
class Center {
 public:
  Center(const S* point, int dimension, const MetricData<S>& metric)
      : point_(point), dimension_(dimension), metric_(metric) {}

  [[nodiscard]] const S* point() const { return point_; }
  [[nodiscard]] int dimension() const { return dimension_; }
  [[nodiscard]] S key(const S* x) const {
    return over_axes([&](int axis) {
      const S difference = std::abs(x[axis] - point_[axis]);
      if constexpr (!Plain)
        if (metric_.lengths != nullptr) return term(axis, std::min(difference, metric_.lengths[axis] - difference));
      return term(axis, difference);
    });
  }
  /// One axis of the least key in a cell.
  [[nodiscard]] S gap(int axis, S lower, S upper) const {
    const S q = point_[axis];
    S least = std::max(std::max(lower - q, q - upper), S(0));
    if constexpr (!Plain)
      if (is_periodic(axis)) {
        // Or the other way round: a point x keeps |x − q| ≤ reach, so its image is no nearer than L − reach.
        const S reach = std::max(q - lower, upper - q);
        least = std::min(least, std::max(metric_.lengths[axis] - reach, S(0)));
      }
    return term(axis, least);
  }
  /// The cell of the root along an axis: all that coordinates can be.
  [[nodiscard]] S lowest(int axis) const { return is_periodic(axis) ? 0 : -std::numeric_limits<S>::infinity(); }
  [[nodiscard]] S highest(int axis) const {
    return is_periodic(axis) ? metric_.lengths[axis] : std::numeric_limits<S>::infinity();
  }

  /// The sum (or maximum) of what `term_of(axis)` gives.
  template <class Term>
  [[nodiscard]] S over_axes(Term term_of) const {
    constexpr int partials = 16;
    if (dimension_ <= partials) {
      S sum = term_of(0);
      for (int axis = 1; axis < dimension_; ++axis) sum = join(sum, term_of(axis));
      return sum;
    }
    S sum[partials];
    for (int lane = 0; lane < partials; ++lane) sum[lane] = term_of(lane);
    for (int axis = partials; axis < dimension_; ++axis)
      sum[axis % partials] = join(sum[axis % partials], term_of(axis));
    for (int half = partials / 2; half > 0; half /= 2)
      for (int lane = 0; lane < half; ++lane) sum[lane] = join(sum[lane], sum[lane + half]);
    return sum[0];
  }

 private:
  [[nodiscard]] bool is_periodic(int axis) const {
    return !Plain && metric_.lengths != nullptr && metric_.lengths[axis] <= std::numeric_limits<S>::max();
  }
  [[nodiscard]] S term(int axis, S difference) const {
    if (Plain || metric_.kind == MetricKind::l2) return difference * difference;
    if (metric_.kind == MetricKind::weighted_l2) return metric_.weights[axis] * (difference * difference);
    return difference;
  }
  [[nodiscard]] S join(S a, S b) const { return !Plain && metric_.kind == MetricKind::linf ? std::max(a, b) : a + b; }

  const S* point_;
  int dimension_;
  MetricData<S> metric_;
};

/// A depth-first walk that knows its cell.
template <class S, bool Plain>
class Walk {
 public:
  using Cursor = typename KdMapIndex<S>::Map::Cursor;

  explicit Walk(int dimension)
      : lower_(static_cast<std::size_t>(dimension)), upper_(lower_.size()), gaps_(lower_.size()) {}

  /// Calls take(node) for the nodes in cells that may hold a key up to limit(), nearer sides first, until it returns
  /// false; returns whether it never did.
  template <class Limit, class Take>
  bool run(Cursor root, const Center<S, Plain>& center, const Limit& limit, const Take& take) {
    for (int axis = 0; axis < center.dimension(); ++axis) {
      const auto a = static_cast<std::size_t>(axis);
      lower_[a] = center.lowest(axis);
      upper_[a] = center.highest(axis);
      gaps_[a] = center.gap(axis, lower_[a], upper_[a]);
    }
    return !root || go(root, center, limit, take);
  }

 private:
  template <class Limit, class Take>
  bool go(Cursor node, const Center<S, Plain>& center, const Limit& limit, const Take& take) {
    const bool is_left = center.point()[node.axis()] < node.key()[node.axis()];
    return side(node, is_left, center, limit, take) && take(node) && side(node, !is_left, center, limit, take);
  }
  template <class Limit, class Take>
  bool side(Cursor node, bool left, const Center<S, Plain>& center, const Limit& limit, const Take& take) {
    const Cursor below = left ? node.left() : node.right();
    if (!below) return true;
    const auto a = static_cast<std::size_t>(node.axis());
    S& edge = left ? upper_[a] : lower_[a];
    const S edge_above = edge;
    const S gap_above = gaps_[a];
    edge = node.key()[a];
    gaps_[a] = center.gap(node.axis(), lower_[a], upper_[a]);
    const S bound = center.over_axes([&](int axis) { return gaps_[static_cast<std::size_t>(axis)]; });
    const bool go_on = bound > limit() || go(below, center, limit, take);
    edge = edge_above;
    gaps_[a] = gap_above;
    return go_on;
  }

  std::vector<S> lower_, upper_, gaps_;
};

/// Hands out hits in ascending order. A point leaves the queue only when no waiting cell is as near as it, since that
/// might hold an equal key and a smaller id.
template <class S>
class Ascent {
 public:
  using Cursor = typename KdMapIndex<S>::Map::Cursor;

  Ascent(const Center<S, false>& center, S limit, const IdFilter* filter)
      : center_(center), limit_(limit), filter_(filter), width_(static_cast<std::size_t>(center.dimension())) {}

  /// Calls visit(hit) until it returns false; returns whether it never did.
  template <class Visit>
  bool run(Cursor root, const Visit& visit) {
    if (!root) return true;
    const std::size_t cell = new_cell();
    for (int axis = 0; axis < center_.dimension(); ++axis) {
      cells_[cell + static_cast<std::size_t>(axis)] = center_.lowest(axis);
      cells_[cell + width_ + static_cast<std::size_t>(axis)] = center_.highest(axis);
    }
    push({0, no_point, root, cell});
    while (!queue_.empty()) {
      std::pop_heap(queue_.begin(), queue_.end());
      const Entry next = queue_.back();
      queue_.pop_back();
      if (next.id == no_point)
        expand(next);
      else if (!visit(Hit<S>{next.key, next.id}))
        return false;
    }
    return true;
  }

 private:
  struct Entry {
    S key;        ///< of a point, or the least in a cell
    point_id id;  ///< no_point: a node
    Cursor node;
    std::size_t cell;  ///< where its lower corner starts; the upper one follows

    bool operator<(const Entry& other) const {  // the heap's top: smallest key, nodes before points, then smallest id
      return key != other.key ? key > other.key : id > other.id;
    }
  };

  void push(const Entry& entry) {
    queue_.push_back(entry);
    std::push_heap(queue_.begin(), queue_.end());
  }
  [[nodiscard]] std::size_t new_cell() {
    if (free_.empty()) {
      cells_.resize(cells_.size() + 2 * width_);
      return cells_.size() - 2 * width_;
    }
    const std::size_t cell = free_.back();
    free_.pop_back();
    return cell;
  }

  void expand(const Entry& entry) {
    const S key = center_.key(entry.node.key());
    if (key <= limit_)
      entry.node.value().each([&](point_id id) {
        if (filter_ == nullptr || (*filter_)(id)) push({key, id, {}, 0});
        return true;
      });
    for (const bool left : {true, false}) {
      const Cursor below = left ? entry.node.left() : entry.node.right();
      if (!below) continue;
      const std::size_t cell = new_cell();
      std::copy_n(cells_.begin() + static_cast<std::ptrdiff_t>(entry.cell), 2 * width_,
                  cells_.begin() + static_cast<std::ptrdiff_t>(cell));
      const auto axis = static_cast<std::size_t>(entry.node.axis());
      cells_[cell + (left ? width_ : 0) + axis] = entry.node.key()[axis];
      const S* lower = cells_.data() + cell;
      const S bound =
          center_.over_axes([&](int a) { return center_.gap(a, lower[a], lower[width_ + std::size_t(a)]); });
      if (bound <= limit_)
        push({bound, no_point, below, cell});
      else
        free_.push_back(cell);
    }
    free_.push_back(entry.cell);
  }

  const Center<S, false>& center_;
  S limit_;
  const IdFilter* filter_;
  std::size_t width_;
  std::vector<Entry> queue_;
  std::vector<S> cells_;
  std::vector<std::size_t> free_;  // cells that nobody waits in
};

}  // namespace coppice::kd_map
