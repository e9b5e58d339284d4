// Queries as the kernels see them: eight distances or eight bounds at a time, in the evaluation order of
// geometry/metric.hpp. A bound is built from the same operations as a distance, each of them monotonic, so a node's
// lower bound can never exceed the key of a point inside it: no epsilon is needed anywhere.
//
// `T` is the instruction set, `S` the scalar, `D` the compiled dimension (0: known at run time only).
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "coppice/query/hierarchy.hpp"
#include "coppice/query/kernels.hpp"

namespace coppice::query {

/// Up to so many axes are summed one after another; more, in so many sums side by side.
inline constexpr int partials = 16;

/// The sum (or maximum) over axes in the contract's order; `term(axis)` gives one axis for eight lanes.
template <class T, class S, int D, class Combine, class Term>
[[gnu::always_inline]] inline typename T::template Pack<S> over_axes(int dimension, Combine combine, Term term) {
  using Pack = typename T::template Pack<S>;
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

/// What boxes say of the keys of the points in them.
template <class Pack>
struct Bounds {
  Pack lower;
  Pack upper;
};

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
    if constexpr (D == 0) {
      constexpr int stride = 4;
      if (dimension_ >= 2 * stride && dimension_ <= partials) {
        keys = squared(0);
        for (int axis = 1; axis < dimension_; ++axis) {
          if (axis % stride == 0 && less_equal(keys, limit) == 0) return 0;
          keys = keys + squared(axis);
        }
        return less_equal(keys, limit);
      }
    }
    keys = over_axes<T, S, D>(dimension_, sum, squared);
    return less_equal(keys, limit);
  }
  /// No point of a box is nearer than this.
  template <class Boxes>
  [[nodiscard]] Pack lower_bounds(const Boxes& boxes) const {
    return over_axes<T, S, D>(dimension_, sum, [&](int axis) { return span(boxes, axis).nearest(); });
  }
  /// No point of a box is nearer than `lower` or farther than `upper`.
  template <class Boxes>
  [[nodiscard, gnu::always_inline]] Bounds<Pack> bounds(const Boxes& boxes) const {
    Bounds<Pack> bounds;
    bounds.lower = over_axes<T, S, D>(dimension_, sum, [&](int axis) { return span(boxes, axis).nearest(); });
    bounds.upper = over_axes<T, S, D>(dimension_, sum, [&](int axis) { return span(boxes, axis).farthest(); });
    return bounds;
  }

 private:
  static constexpr auto sum = [](Pack a, Pack b) { return a + b; };
  [[nodiscard]] Pack query(int axis) const {
    if constexpr (D != 0)
      return axis_[axis];
    else
      return Pack::broadcast(point_[axis]);
  }

  /// How far a query lies below and above eight boxes along an axis; negative within them.
  struct Span {
    Pack below;
    Pack above;
    [[nodiscard]] Pack nearest() const {
      const Pack gap = max(max(below, above), Pack::broadcast(0));
      return gap * gap;
    }
    [[nodiscard]] Pack farthest() const {
      const Pack reach = min(below, above);
      return reach * reach;
    }
  };
  template <class Boxes>
  [[nodiscard, gnu::always_inline]] Span span(const Boxes& boxes, int axis) const {
    return {boxes.lower(axis) - query(axis), query(axis) - boxes.upper(axis)};
  }

  Pack axis_[D != 0 ? D : 1];
  const S* point_;
  int dimension_;
};

/// How far a box is from a point, in the plain Euclidean metric and roughly: nothing may be pruned by it.
template <class S>
struct Reach {
  S nearest_squared = 0;
  S farthest_squared = 0;
};
template <class S, class Boxes>
[[nodiscard, gnu::noinline]] Reach<S> reach_of(const Boxes& boxes, int child, const S* point, int dimension) {
  Reach<S> reach;
  for (int axis = 0; axis < dimension; ++axis) {
    const S below = boxes.lower(axis).lane(child) - point[axis];
    const S above = point[axis] - boxes.upper(axis).lane(child);
    const S gap = std::max({below, above, S(0)});
    const S far = std::max(-below, -above);
    reach.nearest_squared += gap * gap;
    reach.farthest_squared += far * far;
  }
  return reach;
}

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
    return accumulate([&](int axis) __attribute__((always_inline)) {
      return image(axis, abs(Pack::load(block.eight(axis, first)) - query(axis)));
    });
  }
  template <class Boxes>
  [[nodiscard]] Pack lower_bounds(const Boxes& boxes) const {
    const Pack zero = Pack::broadcast(0);
    return accumulate([&](int axis) __attribute__((always_inline)) {
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
  [[nodiscard]] Bounds<Pack> bounds(const Boxes& boxes) const {
    return {lower_bounds(boxes), accumulate([&](int axis) {
              const Pack q = query(axis);
              // An image is never farther than the point itself.
              return max(q - boxes.lower(axis), boxes.upper(axis) - q);
            })};
  }

  /// What the triangle inequality says of the points in the balls around eight boxes.
  /// Rounding is paid for by balls that are a little larger; where numbers leave the normal range, the bounds are 0 and
  /// infinity. Around the nearest image of a periodic axis a difference is off by an ulp of its length.
  template <class Boxes>
  [[nodiscard, gnu::noinline]] Bounds<Pack> ball_bounds(const Boxes& boxes) const {
    constexpr S greatest = std::numeric_limits<S>::max();
    const S eps = std::numeric_limits<S>::epsilon() * static_cast<S>(dimension_ + 8);
    Pack center_sum = Pack::broadcast(0);
    Pack radius_sum = Pack::broadcast(0);
    for (int axis = 0; axis < dimension_; ++axis) {
      const Pack low = boxes.lower(axis);
      const Pack high = boxes.upper(axis);
      const Pack center = low + (high - low) * Pack::broadcast(S(0.5));
      Pack away = abs(query(axis) - center);
      Pack reach = max(high - center, center - low);
      if (metric_.lengths != nullptr && metric_.lengths[axis] <= greatest) {
        away = min(away, abs(Pack::broadcast(metric_.lengths[axis]) - away));
        reach = reach + Pack::broadcast(metric_.lengths[axis] * eps);
      }
      if (is_squared()) {
        const Pack weight = Pack::broadcast(metric_.kind == MetricKind::weighted_l2 ? metric_.weights[axis] : S(1));
        away = weight * (away * away);
        reach = weight * (reach * reach);
      }
      const bool is_sum = metric_.kind != MetricKind::linf;
      center_sum = is_sum ? center_sum + away : max(center_sum, away);
      radius_sum = is_sum ? radius_sum + reach : max(radius_sum, reach);
    }
    S to_center[simd::lanes];
    S radius[simd::lanes];
    center_sum.store(to_center);
    radius_sum.store(radius);
    S lower[simd::lanes];
    S upper[simd::lanes];
    for (int s = 0; s < simd::lanes; ++s) {
      lower[s] = 0;
      upper[s] = std::numeric_limits<S>::infinity();
      if (!(to_center[s] <= greatest) || !(radius[s] <= greatest)) continue;  // what is not a number either
      S away = to_center[s];
      S reach = radius[s];
      if (is_squared()) {
        if (!(away > std::numeric_limits<S>::min() / std::numeric_limits<S>::epsilon())) continue;
        away = std::sqrt(away);
        reach = std::sqrt(reach + std::numeric_limits<S>::min());
      }
      const S least = away * (1 - eps) - reach * (1 + eps);
      const S most = (away + reach) * (1 + 2 * eps);
      if (least > 0) lower[s] = is_squared() ? least * least * (1 - eps) : least;
      upper[s] = is_squared() ? most * most * (1 + eps) : most;
    }
    return {Pack::load(lower), Pack::load(upper)};
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
  const S* point_;
  int dimension_;
  MetricData<S> metric_;
};

}  // namespace coppice::query
