// What a range search asks of its shape, a ball or a box: which of eight boxes it meets and which lie inside it,
// `classify(boxes)`; which of eight points, `test(block, first, keys)`; and where points have keys, `meets(boxes)`
// alone. A shape that bounds every axis by itself, `by_axis`, also knows on which axes a box sticks out: on the others
// its points need no test.
#pragma once

#include <limits>

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
  static constexpr bool has_keys = true;
  static constexpr bool by_axis = false;
  using Question = BallQuery<S>;
  BallShape(const Question& ball, int dimension)
      : query_(ball.point, dimension, ball.metric), limit_(Pack::broadcast(ball.limit)) {}

  template <class Boxes>
  [[nodiscard]] Mask meets(const Boxes& boxes) const {
    return less_equal(query_.lower_bounds(boxes), limit_);
  }
  template <class Boxes>
  [[nodiscard]] Overlap classify(const Boxes& boxes) const {
    const Bounds<Pack> bounds = query_.bounds(boxes);
    return {less_equal(bounds.lower, limit_), less_equal(bounds.upper, limit_)};
  }
  /// By the boxes or by the balls around them; `nearest` becomes their lower bounds.
  template <class Boxes>
  [[nodiscard]] Overlap classify(const Boxes& boxes, Volume volume, Pack& nearest) const {
    const Bounds<Pack> bounds = volume == Volume::ball ? query_.ball_bounds(boxes) : query_.bounds(boxes);
    nearest = bounds.lower;
    return {less_equal(bounds.lower, limit_), less_equal(bounds.upper, limit_)};
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
  static constexpr bool has_keys = false;
  static constexpr bool by_axis = D != 0;
  static_assert(D <= 8, "LeafList keeps a bit an axis");
  using Question = RegionQuery<S>;

  /// `beyond[axis]`: the boxes that reach beyond the region on an axis.
  struct AxisOverlap : Overlap {
    Mask beyond[D != 0 ? D : 1];
    /// The axes on which box i does, a bit each.
    [[nodiscard]] unsigned axes_beyond(int i) const {
      unsigned axes = 0;
#pragma GCC unroll 16
      for (int axis = 0; axis < D; ++axis) axes |= (beyond[axis] >> i & 1) << axis;
      return axes;
    }
  };

  Region(const Question& box, int dimension) : low_(box.lower), high_(box.upper), dimension_(dimension) {
    if constexpr (D != 0)
      for (int axis = 0; axis < D; ++axis) {
        lower_[axis] = Pack::broadcast(axis < dimension ? low_[axis] : -std::numeric_limits<S>::infinity());
        upper_[axis] = Pack::broadcast(axis < dimension ? high_[axis] : std::numeric_limits<S>::infinity());
      }
  }

  /// The children whose box meets the region, and those that lie inside it.
  template <class Boxes>
  [[nodiscard, gnu::always_inline]] AxisOverlap classify(const Boxes& boxes) const {
    AxisOverlap overlap{{0xff, 0xff}, {}};
    each_axis([&](int axis, Pack low, Pack high) {
      const Pack lower = boxes.lower(axis);
      const Pack upper = boxes.upper(axis);
      const Mask inside = less_equal(low, lower) & less_equal(upper, high);
      overlap.meets &= less_equal(lower, high) & less_equal(low, upper);
      overlap.inside &= inside;
      if constexpr (by_axis) overlap.beyond[axis] = ~inside;
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
  /// The test of points that lie inside on all axes but these, a bit each.
  template <int count>
  class OnAxes {
   public:
    OnAxes(const Region& region, unsigned axes) {
      for (int i = 0; i < count; ++i, axes &= axes - 1) {
        axis_[i] = __builtin_ctz(axes);
        lower_[i] = Pack::broadcast(region.low_[axis_[i]]);
        upper_[i] = Pack::broadcast(region.high_[axis_[i]]);
      }
    }
    template <class Block>
    [[nodiscard]] Mask test(const Block& block, int first, Pack&) const {
      Mask inside = 0xff;
      for (int i = 0; i < count; ++i) {
        const Pack x = Pack::load(block.eight(axis_[i], first));
        inside &= less_equal(lower_[i], x) & less_equal(x, upper_[i]);
      }
      return inside;
    }

   private:
    int axis_[count];
    Pack lower_[count];
    Pack upper_[count];
  };

 private:
  template <class Visit>
  [[gnu::always_inline]] void each_axis(Visit visit) const {
    if constexpr (D != 0) {
#pragma GCC unroll 16
      for (int axis = 0; axis < D; ++axis) visit(axis, lower_[axis], upper_[axis]);
    } else {
      for (int axis = 0; axis < dimension_; ++axis)
        visit(axis, Pack::broadcast(low_[axis]), Pack::broadcast(high_[axis]));
    }
  }

  const S* low_;
  const S* high_;
  int dimension_;
  Pack lower_[D != 0 ? D : 1];
  Pack upper_[D != 0 ? D : 1];
};

}  // namespace coppice::query
