// The checks behind query_checks.hpp, compiled once a scalar type.

#include "conformance/query_checks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace coppice::test {
namespace {

/// The single-query forms of the same: nearest without allocation, and visits with an early exit.
template <class Scalar>
void expect_single_queries(const Searches<Scalar>& index, PointView<Scalar> queries,
                           const std::vector<std::vector<Hit<Scalar>>>& ranked, const Nearest<Scalar>& nearest,
                           const Within<Scalar>& within, Rng& rng) {
  HitList<Scalar> list;
  for (std::size_t i = 0; i < queries.size(); i += 3) {
    SCOPED_TRACE("single query " + std::to_string(i));
    const auto& row = ranked[i];
    const std::size_t count = std::min(nearest.k, hits_within(row, nearest.metric, nearest.radius));
    std::vector<Hit<Scalar>> hits(nearest.k, Hit<Scalar>{-1, -7});
    ASSERT_EQ(index.nearest(queries[i], nearest, std::span(hits)), count);
    for (std::size_t j = 0; j < count; ++j) {
      ASSERT_EQ(hits[j].id, row[j].id) << "hit " << j;
      ASSERT_TRUE(same_bits(hits[j].distance_squared, row[j].distance_squared)) << "hit " << j;
    }

    const std::size_t stop_after = rng.chance(0.5) ? nearest.k + 1 : rng.below(nearest.k) + 1;
    std::vector<Hit<Scalar>> seen;
    const bool finished = index.visit(queries[i], nearest, [&](const Hit<Scalar>& hit) {
      seen.push_back(hit);
      return seen.size() < stop_after;
    });
    ASSERT_EQ(seen.size(), std::min(stop_after, count));
    ASSERT_EQ(finished, seen.size() < stop_after);
    for (std::size_t j = 0; j < seen.size(); ++j) {
      ASSERT_EQ(seen[j].id, row[j].id) << "visit, hit " << j;
      ASSERT_TRUE(same_bits(seen[j].distance_squared, row[j].distance_squared)) << "visit, hit " << j;
    }

    const std::size_t inside = hits_within(row, within.metric, within.radius);
    Within<Scalar> sorted = within;
    sorted.order = Order::by_distance;
    index.within(queries[i], sorted, list);
    ASSERT_EQ(list.size(), inside);
    ASSERT_EQ(list.distances_squared().size(), inside);
    for (std::size_t j = 0; j < inside; ++j) {
      ASSERT_EQ(list.ids()[j], row[j].id) << "within one, hit " << j;
      ASSERT_TRUE(same_bits(list.distances_squared()[j], row[j].distance_squared)) << "within one, hit " << j;
    }

    const std::size_t stop_within = rng.chance(0.5) ? inside + 1 : rng.below(inside) + 1;
    std::vector<Hit<Scalar>> within_seen;
    const bool within_finished = index.visit(queries[i], within, [&](const Hit<Scalar>& hit) {
      within_seen.push_back(hit);
      return within_seen.size() < stop_within;
    });
    ASSERT_EQ(within_seen.size(), std::min(stop_within, inside));
    ASSERT_EQ(within_finished, within_seen.size() < stop_within);
    std::sort(within_seen.begin(), within_seen.end());
    for (std::size_t j = 0; j < within_seen.size(); ++j) {
      const auto found =
          std::lower_bound(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(inside), within_seen[j]);
      ASSERT_TRUE(found != row.begin() + static_cast<std::ptrdiff_t>(inside) && *found == within_seen[j])
          << "visit within gave id " << within_seen[j].id;
      ASSERT_TRUE(j == 0 || within_seen[j - 1].id != within_seen[j].id) << "id " << within_seen[j].id << " twice";
    }
  }
}

}  // namespace

template <class Scalar>
void expect_point_queries(const Searches<Scalar>& index, const Model<Scalar>& model, PointView<Scalar> queries,
                          const Metric<Scalar>& metric, const IdFilter& filter, Rng& rng) {
  std::vector<std::vector<Hit<Scalar>>> ranked;
  for (std::size_t i = 0; i < queries.size(); ++i) ranked.push_back(model.ranked(queries[i], metric, filter));
  const auto& any_row = ranked.empty() ? std::vector<Hit<Scalar>>{} : ranked[rng.below(ranked.size())];

  Nearest<Scalar> nearest;
  nearest.metric = metric;
  nearest.filter = filter;
  nearest.k = random_k(model.size(), rng);
  if (rng.chance(0.4)) nearest.radius = random_radius(any_row, metric, rng);
  SCOPED_TRACE("nearest: k " + std::to_string(nearest.k) + ", radius " + std::to_string(nearest.radius) + ", metric " +
               std::string(metric_name(metric.kind)) + (filter ? ", filtered" : "") + ", n " +
               std::to_string(model.size()) + ", d " + std::to_string(model.dimension()));
  Neighbors<Scalar> expected;
  for (const auto& row : ranked) {
    const std::size_t count = std::min(nearest.k, hits_within(row, metric, nearest.radius));
    append_row<Scalar>(expected, std::span(row).first(count), metric, nearest.k);
  }

  Within<Scalar> within;
  within.metric = metric;
  within.filter = filter;
  within.radius = random_radius(any_row, metric, rng);
  Neighbors<Scalar> inside;
  std::vector<std::int64_t> counts;
  for (const auto& row : ranked) {
    const std::size_t count = hits_within(row, metric, within.radius);
    append_row<Scalar>(inside, std::span(row).first(count), metric);
    counts.push_back(static_cast<std::int64_t>(count));
  }
  const Neighbors<Scalar> inside_by_id = sorted_by_id(inside);

  Neighbors<Scalar> storage_order;
  for (const InstructionSet set : available_instruction_sets()) {
    SCOPED_TRACE(instruction_set_name(set));
    const ForcedInstructionSet forced(set);
    for (const Strategy strategy : all_strategies()) {
      nearest.strategy = strategy;
      nearest.executor = Executor(rng.chance(0.8) ? 1 : rng.between(2, 4));
      ASSERT_TRUE(same_neighbors(index.nearest(queries, nearest), expected)) << strategy_name(strategy);
    }
    for (const int threads : {1, rng.between(2, 4)}) {
      SCOPED_TRACE("within: radius " + std::to_string(within.radius) + ", threads " + std::to_string(threads));
      within.executor = Executor(threads);
      within.strategy = rng.pick(all_strategies());
      within.order = Order::by_distance;
      ASSERT_TRUE(same_neighbors(index.within(queries, within), inside)) << strategy_name(within.strategy);
      within.strategy = {};
      within.order = Order::by_id;
      ASSERT_TRUE(same_neighbors(index.within(queries, within), inside_by_id));
      within.order = Order::none;
      const Neighbors<Scalar> unordered = index.within(queries, within);
      ASSERT_TRUE(same_neighbors(sorted_by_id(unordered), inside_by_id));
      if (storage_order.size() == 0) storage_order = unordered;
      ASSERT_TRUE(same_neighbors(unordered, storage_order)) << "storage order";
      ASSERT_EQ(index.count(queries, within), counts);
    }
    expect_single_queries(index, queries, ranked, nearest, within, rng);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

template <class Scalar>
void make_boxes(const Model<Scalar>& model, PointView<Scalar> queries, Rng& rng, Points<Scalar>& lower,
                Points<Scalar>& upper) {
  lower = upper = {{}, model.dimension()};
  const std::vector<point_id> ids = model.ids();
  const auto corner = [&](std::size_t i) -> std::span<const Scalar> {
    if (ids.empty() || rng.chance(0.3)) return queries[(i + rng.below(queries.size())) % queries.size()];
    return model.points().at(rng.pick(ids));
  };
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const auto a = corner(i);
    const auto b = rng.chance(0.2) ? a : corner(i);
    for (std::size_t axis = 0; axis < a.size(); ++axis) {
      lower.coordinates.push_back(std::min(a[axis], b[axis]));
      upper.coordinates.push_back(std::max(a[axis], b[axis]));
      // A few axes stay open, so that boxes of many dimensions hold something.
      if (rng.chance(model.dimension() > 3 ? 0.8 : 0.2)) {
        lower.coordinates.back() = -largest_coordinate<Scalar>(model.dimension());
        upper.coordinates.back() = largest_coordinate<Scalar>(model.dimension());
      }
    }
  }
}

template <class Scalar>
void expect_boxes(const Searches<Scalar>& index, const Model<Scalar>& model, PointView<Scalar> lower,
                  PointView<Scalar> upper, const IdFilter& filter, Rng& rng) {
  Neighbors<Scalar> expected;
  std::vector<std::int64_t> counts;
  for (std::size_t i = 0; i < lower.size(); ++i) {
    const auto ids = model.box_ids(lower[i], upper[i], filter);
    expected.ids.insert(expected.ids.end(), ids.begin(), ids.end());
    expected.offsets.push_back(static_cast<std::int64_t>(expected.ids.size()));
    counts.push_back(static_cast<std::int64_t>(ids.size()));
  }
  Neighbors<Scalar> storage_order;
  HitList<Scalar> list;
  for (const InstructionSet set : available_instruction_sets()) {
    SCOPED_TRACE(std::string("box, ") + std::string(instruction_set_name(set)) + ", n " + std::to_string(model.size()) +
                 ", d " + std::to_string(model.dimension()) + (filter ? ", filtered" : ""));
    const ForcedInstructionSet forced(set);
    InBox query;
    query.filter = filter;
    for (const int threads : {1, rng.between(2, 4)}) {
      query.executor = Executor(threads);
      query.order = Order::by_id;
      ASSERT_TRUE(same_neighbors(index.in_box(lower, upper, query), expected));
      query.order = Order::none;
      const Neighbors<Scalar> unordered = index.in_box(lower, upper, query);
      ASSERT_TRUE(same_neighbors(sorted_by_id(unordered), expected));
      if (storage_order.size() == 0) storage_order = unordered;
      ASSERT_TRUE(same_neighbors(unordered, storage_order)) << "storage order";
      ASSERT_EQ(index.count(lower, upper, query), counts);
    }
    for (std::size_t i = 0; i < lower.size(); i += 3) {
      const auto inside = static_cast<std::size_t>(counts[i]);
      const std::size_t stop_after = rng.chance(0.5) ? inside + 1 : rng.below(inside) + 1;
      std::vector<point_id> seen;
      const bool finished = index.visit(lower[i], upper[i], query, [&](point_id id) {
        seen.push_back(id);
        return seen.size() < stop_after;
      });
      ASSERT_EQ(seen.size(), std::min(stop_after, inside));
      ASSERT_EQ(finished, seen.size() < stop_after);
      std::sort(seen.begin(), seen.end());
      const auto first = expected.ids.begin() + expected.offsets[i];
      const auto last = expected.ids.begin() + expected.offsets[i + 1];
      ASSERT_TRUE(std::includes(first, last, seen.begin(), seen.end()));

      query.order = Order::by_id;
      index.in_box(lower[i], upper[i], query, list);
      ASSERT_TRUE(std::equal(first, last, list.ids().begin(), list.ids().end()));
      ASSERT_TRUE(list.distances_squared().empty());
      for (const auto corner : {lower[i], upper[i]}) {
        const auto there = model.box_ids(corner, corner, {});
        ASSERT_EQ(index.find(corner), there.empty() ? no_point : there.front());
      }
    }
  }
}

/// Many lookups at once, of points that are there and of corners that mostly are not.
template <class Scalar>
void expect_lookups(const Searches<Scalar>& index, const Model<Scalar>& model, PointView<Scalar> there,
                    PointView<Scalar> corners, Rng& rng) {
  Points<Scalar> sought{{}, model.dimension()};
  for (const PointView<Scalar>& part : {there, corners})
    for (std::size_t i = 0; i < std::min<std::size_t>(part.size(), 1 + rng.below(30)); ++i)
      sought.coordinates.insert(sought.coordinates.end(), part.row(i), part.row(i) + model.dimension());
  const std::vector<point_id> found = index.find(sought, Executor(rng.chance(0.5) ? 1 : 2));
  ASSERT_EQ(found.size(), sought.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto ids = model.box_ids(sought.view()[i], sought.view()[i], {});
    ASSERT_EQ(found[i], ids.empty() ? no_point : ids.front()) << "row " << i;
  }
}

template <class Scalar>
void expect_copied_points(const std::vector<point_id>& ids, const Points<Scalar>& points, const Model<Scalar>& model) {
  ASSERT_EQ(ids.size(), model.size());
  ASSERT_EQ(points.coordinates.size(), model.size() * static_cast<std::size_t>(model.dimension()));
  const std::set<point_id> distinct(ids.begin(), ids.end());
  ASSERT_EQ(distinct.size(), ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto found = model.points().find(ids[i]);
    ASSERT_TRUE(found != model.points().end()) << "id " << ids[i] << " is not in the model";
    ASSERT_TRUE(std::equal(found->second.begin(), found->second.end(), points.view().row(i))) << "id " << ids[i];
  }
}

template <class Scalar>
void expect_queries(const Searches<Scalar>& index, const Model<Scalar>& model, Rng& rng, const CheckOptions& options) {
  Points<Scalar> data{{}, model.dimension()};
  for (const auto& [id, row] : model.points())
    if (data.size() < 1000) data.coordinates.insert(data.coordinates.end(), row.begin(), row.end());
  for (int round = 0; round < options.rounds; ++round) {
    const Points<Scalar> queries = make_queries<Scalar>(data, options.shape, options.queries, model.dimension(), rng);
    const IdFilter filter = random_filter(rng);
    expect_point_queries(index, model, queries.view(), random_metric<Scalar>(model.dimension(), rng), filter, rng);
    if (::testing::Test::HasFatalFailure()) return;
    if (model.periodic().is_periodic()) continue;  // boxes in a cell have their own tests: periodic_test.cpp
    Points<Scalar> lower, upper;
    make_boxes(model, queries.view(), rng, lower, upper);
    expect_boxes(index, model, lower.view(), upper.view(), filter, rng);
    if (::testing::Test::HasFatalFailure()) return;
    expect_lookups(index, model, data.view(), lower.view(), rng);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

#define COPPICE_INSTANTIATE(Scalar)                                                                                  \
  template void expect_point_queries<Scalar>(const Searches<Scalar>&, const Model<Scalar>&, PointView<Scalar>,       \
                                             const Metric<Scalar>&, const IdFilter&, Rng&);                          \
  template void make_boxes<Scalar>(const Model<Scalar>&, PointView<Scalar>, Rng&, Points<Scalar>&, Points<Scalar>&); \
  template void expect_boxes<Scalar>(const Searches<Scalar>&, const Model<Scalar>&, PointView<Scalar>,               \
                                     PointView<Scalar>, const IdFilter&, Rng&);                                      \
  template void expect_copied_points<Scalar>(const std::vector<point_id>&, const Points<Scalar>&,                    \
                                             const Model<Scalar>&);                                                  \
  template void expect_queries<Scalar>(const Searches<Scalar>&, const Model<Scalar>&, Rng&, const CheckOptions&);
COPPICE_INSTANTIATE(float)
COPPICE_INSTANTIATE(double)
#undef COPPICE_INSTANTIATE

}  // namespace coppice::test
