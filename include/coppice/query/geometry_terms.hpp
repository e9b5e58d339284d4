// Queries as the kernels see them: eight distances or eight bounds at a time, in the evaluation order of
// geometry/metric.hpp. A bound is built from the same operations as a distance, each of them monotonic, so a node's
// lower bound can never exceed the key of a point inside it: no epsilon is needed anywhere.
//
// `T` is the instruction set, `S` the scalar, `D` the compiled dimension (0: known at run time only).
#pragma once

#include <cmath>
#include <limits>

#include "coppice/query/hierarchy.hpp"
#include "coppice/query/kernels.hpp"

namespace coppice::query {

/// The sum (or maximum) over axes in the contract's order; `term(axis)` gives one axis for eight lanes.
template <class T, class S, int D, class Combine, class Term>
[[gnu::always_inline]] inline typename T::template Pack<S> over_axes(int dimension, Combine combine, Term term) {
  using Pack = typename T::template Pack<S>;
  constexpr int partials = 16;
  if constexpr (D != 0) {
    static_assert(D <= partials);
    Pack sum = term(0);
#pragma GCC unroll 16
    for (int axis = 1; axis < D; ++axis) sum = combine(sum, term(axis));
    return sum;
  } else if (dimension <= partials) {
    Pack sum = term(0);
    for (int axis = 1; axis < dimension; ++axis) sum = combine(sum, term(axis));
    return sum;
  } else {
    Pack sum[partials];
    for (int lane = 0; lane < partials; ++lane) sum[lane] = term(lane);
    int axis = partials;
    for (; axis + partials <= dimension; axis += partials)
      for (int lane = 0; lane < partials; ++lane) sum[lane] = combine(sum[lane], term(axis + lane));
    for (int lane = 0; axis + lane < dimension; ++lane) sum[lane] = combine(sum[lane], term(axis + lane));
    for (int half = partials / 2; half > 0; half /= 2)
      for (int lane = 0; lane < half; ++lane) sum[lane] = combine(sum[lane], sum[lane + half]);
    return sum[0];
  }
}

/// A query point under the plain Euclidean metric.
template <class T, class S, int D>
class EuclideanBall {
 public:
  static constexpr bool is_euclidean = true;
  using Scalar = S;
  using Pack = typename T::template Pack<S>;

  EuclideanBall(const S* point, int dimension, const MetricData<S>&) : point_(point), dimension_(dimension) {
    if constexpr (D != 0)
      for (int axis = 0; axis < D; ++axis) axis_[axis] = Pack::broadcast(axis < dimension ? point[axis] : S(0));
  }
  [[nodiscard]] const S* point() const { return point_; }

  /// The lanes whose key is at most `limit`; where there are any, `keys` holds the keys of all eight. In many
  /// dimensions most eights are known to be too far after a few: a sum of squares does not become smaller.
  template <class Block>
  [[nodiscard]] Mask within(const Block& block, int first, Pack limit, Pack& keys) const {
    const auto squared = [&](int axis) {
      const Pack difference = Pack::load(block.eight(axis, first)) - query(axis);
      return difference * difference;
    };
    if constexpr (D < 8) {
      keys = over_axes<T, S, D>(dimension_, sum, squared);
    } else {
      constexpr int stride = 4;
      keys = squared(0);
#pragma GCC unroll 16
      for (int axis = 1; axis < D; ++axis) {
        if (axis % stride == 0 && less_equal(keys, limit) == 0) return 0;
        keys = keys + squared(axis);
      }
    }
    return less_equal(keys, limit);
  }
  template <class Boxes>
  [[nodiscard]] Pack lower_bounds(const Boxes& boxes) const {
    const Pack zero = Pack::broadcast(0);
    return over_axes<T, S, D>(dimension_, sum, [&](int axis) {
      const Pack q = query(axis);
      const Pack gap = max(max(boxes.lower(axis) - q, q - boxes.upper(axis)), zero);
      return gap * gap;
    });
  }
  /// No point of a box is farther than this.
  template <class Boxes>
  [[nodiscard]] Pack upper_bounds(const Boxes& boxes) const {
    return over_axes<T, S, D>(dimension_, sum, [&](int axis) {
      const Pack q = query(axis);
      const Pack reach = max(q - boxes.lower(axis), boxes.upper(axis) - q);
      return reach * reach;
    });
  }

 private:
  static constexpr auto sum = [](Pack a, Pack b) { return a + b; };
  [[nodiscard]] Pack query(int axis) const {
    if constexpr (D != 0)
      return axis_[axis];
    else
      return Pack::broadcast(point_[axis]);
  }

  Pack axis_[D != 0 ? D : 1];
  const S* point_;
  int dimension_;
};

/// A query point under any metric, periodic or not; the kind is a run-time branch that every lane shares.
template <class T, class S, int D>
class MetricBall {
 public:
  static constexpr bool is_euclidean = false;
  using Scalar = S;
  using Pack = typename T::template Pack<S>;

  MetricBall(const S* point, int dimension, const MetricData<S>& metric)
      : point_(point), dimension_(dimension), metric_(metric) {}
  [[nodiscard]] const S* point() const { return point_; }
  [[nodiscard]] int dimension() const { return dimension_; }
  [[nodiscard]] bool is_squared() const {
    return metric_.kind == MetricKind::l2 || metric_.kind == MetricKind::weighted_l2;
  }

  template <class Block>
  [[nodiscard]] Mask within(const Block& block, int first, Pack limit, Pack& keys) const {
    keys = this->keys(block, first);
    return less_equal(keys, limit);
  }
  template <class Block>
  [[nodiscard]] Pack keys(const Block& block, int first) const {
    return accumulate([&](int axis) { return image(axis, abs(Pack::load(block.eight(axis, first)) - query(axis))); });
  }
  template <class Boxes>
  [[nodiscard]] Pack lower_bounds(const Boxes& boxes) const {
    const Pack zero = Pack::broadcast(0);
    return accumulate([&](int axis) {
      const Pack q = query(axis);
      const Pack below = boxes.lower(axis) - q;
      const Pack above = q - boxes.upper(axis);
      Pack gap = max(max(below, above), zero);
      if (metric_.lengths != nullptr) {
        // Or the other way round the cell: a point x keeps |x − q| ≤ reach, so its image is no nearer than L − reach.
        const Pack reach = max(q - boxes.lower(axis), boxes.upper(axis) - q);
        gap = min(gap, max(Pack::broadcast(metric_.lengths[axis]) - reach, zero));
      }
      return gap;
    });
  }
  template <class Boxes>
  [[nodiscard]] Pack upper_bounds(const Boxes& boxes) const {
    return accumulate([&](int axis) {
      const Pack q = query(axis);
      return max(q - boxes.lower(axis), boxes.upper(axis) - q);  // an image is never farther than the point itself
    });
  }

  /// The lower bound of the ball around box `child`, by the triangle inequality. Rounding is paid for by shrinking it;
  /// where numbers leave the normal range it gives up and returns 0.
  template <class Boxes>
  [[nodiscard]] S ball_bound(const Boxes& boxes, int child) const {
    const S eps = std::numeric_limits<S>::epsilon() * static_cast<S>(dimension_ + 8);
    S to_center = 0;
    S radius = 0;
    for (int axis = 0; axis < dimension_; ++axis) {
      const S lower = boxes.lower(axis).lane(child);
      const S upper = boxes.upper(axis).lane(child);
      if (!(upper - lower <= std::numeric_limits<S>::max())) return 0;  // rounded outward to infinity, or empty
      const S center = lower + (upper - lower) * S(0.5);
      S distance = std::abs(point_[axis] - center);
      if (metric_.lengths != nullptr) distance = std::min(distance, std::abs(metric_.lengths[axis] - distance));
      to_center = join(to_center, term(axis, distance));
      radius = join(radius, term(axis, std::max(upper - center, center - lower)));
    }
    if (is_squared()) {
      if (!(to_center > std::numeric_limits<S>::min() / std::numeric_limits<S>::epsilon())) return 0;
      to_center = std::sqrt(to_center);
      radius = std::sqrt(radius + std::numeric_limits<S>::min());
    }
    const S gap = to_center * (1 - eps) - radius * (1 + eps);
    if (!(gap > 0) || !(radius <= std::numeric_limits<S>::max())) return 0;
    return is_squared() ? gap * gap * (1 - eps) : gap;
  }

 private:
  template <class Difference>
  [[nodiscard]] Pack accumulate(Difference difference) const {
    const auto sum = [](Pack a, Pack b) { return a + b; };
    switch (metric_.kind) {
      case MetricKind::l1:
        return over_axes<T, S, D>(dimension_, sum, difference);
      case MetricKind::linf:
        return over_axes<T, S, D>(
            dimension_, [](Pack a, Pack b) { return max(a, b); }, difference);
      case MetricKind::weighted_l2:
        return over_axes<T, S, D>(dimension_, sum, [&](int axis) {
          const Pack d = difference(axis);
          return Pack::broadcast(metric_.weights[axis]) * (d * d);
        });
      case MetricKind::l2:
        break;
    }
    return over_axes<T, S, D>(dimension_, sum, [&](int axis) {
      const Pack d = difference(axis);
      return d * d;
    });
  }
  [[nodiscard]] Pack query(int axis) const { return Pack::broadcast(point_[axis]); }
  [[nodiscard]] Pack image(int axis, Pack difference) const {
    return metric_.lengths == nullptr ? difference
                                      : min(difference, Pack::broadcast(metric_.lengths[axis]) - difference);
  }
  [[nodiscard]] S term(int axis, S difference) const {
    if (metric_.kind == MetricKind::l2) return difference * difference;
    if (metric_.kind == MetricKind::weighted_l2) return metric_.weights[axis] * (difference * difference);
    return difference;
  }
  [[nodiscard]] S join(S a, S b) const { return metric_.kind == MetricKind::linf ? std::max(a, b) : a + b; }

  const S* point_;
  int dimension_;
  MetricData<S> metric_;
};

}  // namespace coppice::query
