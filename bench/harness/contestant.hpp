// What a contestant is: a class in peers/ that wraps one library and offers those of the operations below that the
// library has, one call an operation. The loops over queries and updates are templates in tasks/, the same for all, and
// find out by these concepts in what a contestant takes part; nothing is called through a pointer in a timed loop.
//
// Every search hands its ids to `take`, and nothing else is asked of it: no order, no distances.
#pragma once

#include <concepts>
#include <span>

#include "coppice/geometry/point_view.hpp"
#include "harness/real.hpp"
#include "harness/report.hpp"

namespace coppice::bench {

/// Stands for any `take` in the concepts.
struct AnyTake {
  void operator()(point_id) const {}
};

/// `build` replaces everything; the ids are the rows. The view stays valid and unchanged while the contestant lives.
template <class P>
concept Contestant = std::constructible_from<P, int> && requires(P& p, PointView<Real> points) {
  { p.identity() } -> std::same_as<Identity>;
  p.build(points);
};

template <class P>
concept FindsNearest = requires(P& p, const Real* q, std::size_t k) {
  p.nearest(q, k, AnyTake{});
};
template <class P>
concept FindsWithin = requires(P& p, const Real* q, Real radius) {
  p.within(q, radius, AnyTake{});
};
template <class P>
concept FindsInBox = requires(P& p, const Real* lower, const Real* upper) {
  p.in_box(lower, upper, AnyTake{});
};
/// Is a point with just these coordinates there? `find` gives its id or no_point.
template <class P>
concept LooksUp = requires(P& p, const Real* q) {
  { p.find(q) } -> std::convertible_to<point_id>;
};

/// Batches of its own; others are asked one by one, their queries sorted along the Morton curve.
template <class P>
concept AnswersBatches = requires(P& p, PointView<Real> queries, std::size_t k, Real radius) {
  p.nearest_batch(queries, k, AnyTake{});
  p.within_batch(queries, radius, AnyTake{});
  p.in_box_batch(queries, queries, AnyTake{});
};

/// Single updates. `point` is where the point lies now. An `insert` of a known id never happens before its `erase`.
template <class P>
concept Inserts = requires(P& p, const Real* point, point_id id) {
  p.insert(point, id);
};
template <class P>
concept Erases = requires(P& p, const Real* point, point_id id) {
  p.erase(point, id);
};
template <class P>
concept Moves = requires(P& p, const Real* from, const Real* to, point_id id) {
  p.move(from, to, id);
};

/// Updates in batches; row i of `points` is the point of ids[i]. Others insert and erase one by one.
template <class P>
concept InsertsBatches = requires(P& p, PointView<Real> points, std::span<const point_id> ids) {
  p.insert_batch(points, ids);
};
template <class P>
concept ErasesBatches = requires(P& p, PointView<Real> points, std::span<const point_id> ids) {
  p.erase_batch(points, ids);
};

/// Its own word on its memory; for the others the growth of the heap is taken.
template <class P>
concept KnowsItsBytes = requires(P& p) {
  { p.bytes() } -> std::convertible_to<std::size_t>;
};

}  // namespace coppice::bench
