// The checks themselves: draw queries, ask an index or a snapshot in every way it can be asked, and compare with the
// model. The bodies see it through faces.hpp and are compiled once, in query_checks.cpp.
#pragma once

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "conformance/checks.hpp"
#include "conformance/faces.hpp"

namespace coppice::test {

/// k nearest, within, counts and visits around `queries`, under one metric and filter.
template <class Scalar>
void expect_point_queries(const Searches<Scalar>& index, const Model<Scalar>& model, PointView<Scalar> queries,
                          const Metric<Scalar>& metric, const IdFilter& filter, Rng& rng);
/// Box queries, counts and visits.
template <class Scalar>
void expect_boxes(const Searches<Scalar>& index, const Model<Scalar>& model, PointView<Scalar> lower,
                  PointView<Scalar> upper, const IdFilter& filter, Rng& rng);
/// Random queries of every kind.
template <class Scalar>
void expect_queries(const Searches<Scalar>& index, const Model<Scalar>& model, Rng& rng, const CheckOptions& options);
/// What copy_points gave.
template <class Scalar>
void expect_copied_points(const std::vector<point_id>& ids, const Points<Scalar>& points, const Model<Scalar>& model);
/// Boxes between points of the set and around them, on their very boundaries.
template <class Scalar>
void make_boxes(const Model<Scalar>& model, PointView<Scalar> queries, Rng& rng, Points<Scalar>& lower,
                Points<Scalar>& upper);

template <class Target, class Scalar>
void expect_point_queries(const Target& target, const Model<Scalar>& model, PointView<Scalar> queries,
                          const Metric<Scalar>& metric, const IdFilter& filter, Rng& rng) {
  const SearchesOf<Target, Scalar> searches(target);
  expect_point_queries<Scalar>(static_cast<const Searches<Scalar>&>(searches), model, queries, metric, filter, rng);
}
template <class Target, class Scalar>
void expect_boxes(const Target& target, const Model<Scalar>& model, PointView<Scalar> lower, PointView<Scalar> upper,
                  const IdFilter& filter, Rng& rng) {
  const SearchesOf<Target, Scalar> searches(target);
  expect_boxes<Scalar>(static_cast<const Searches<Scalar>&>(searches), model, lower, upper, filter, rng);
}

/// Every id and coordinate the index holds, against the model.
template <class Index, class Scalar>
void expect_same_points(const Index& index, const Model<Scalar>& model) {
  ASSERT_EQ(index.size(), model.size());
  ASSERT_EQ(index.empty(), model.size() == 0);
  std::vector<point_id> ids{-5};  // what was there before must go
  Points<Scalar> points{{Scalar{1}}, 1};
  index.copy_points(ids, points);
  expect_copied_points(ids, points, model);
  if (::testing::Test::HasFatalFailure()) return;
  for (std::size_t i = 0; i < ids.size(); i += 7) {
    ASSERT_TRUE(index.contains(ids[i]));
    ASSERT_EQ(index.point(ids[i]), model.points().at(ids[i]));
  }
}

/// Points and all kinds of queries against the model.
template <class Index, class Scalar>
void expect_equals_model(const Index& index, const Model<Scalar>& model, Rng& rng, const CheckOptions& options = {}) {
  expect_same_points(index, model);
  if (::testing::Test::HasFatalFailure()) return;
  const SearchesOf<Index, Scalar> searches(index);
  expect_queries<Scalar>(static_cast<const Searches<Scalar>&>(searches), model, rng, options);
}

}  // namespace coppice::test
