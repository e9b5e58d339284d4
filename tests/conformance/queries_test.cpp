// Queries of every kind on random and adversarial sets, over dimensions, sizes, metrics, filters, strategies, thread
// counts and instruction sets: all equal to the model bit for bit, whether the index was built at once or one by one.

#include <gtest/gtest.h>

#include "conformance/query_checks.hpp"
#include "conformance/subjects.hpp"

namespace coppice::test {
namespace {

template <class SubjectType>
class Queries : public Conformance<SubjectType> {};
TYPED_TEST_SUITE(Queries, Subjects, );

constexpr int dimensions[] = {1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33, 100};

TYPED_TEST(Queries, EmptyIndexAnswersEverything) {
  using Scalar = typename TypeParam::Scalar;
  for (const int dimension : {1, 3, 17}) {
    if (!TypeParam::serves(dimension)) continue;
    auto index = TypeParam::make(dimension);
    const Model<Scalar> model(dimension);
    expect_equals_model(index, model, this->rng, {.rounds = 6});
    index.validate();
    index.build(PointView<Scalar>(nullptr, 0, dimension));
    expect_equals_model(index, model, this->rng);
    index.validate();
  }
}

TYPED_TEST(Queries, NoQueriesGiveNoRows) {
  using Scalar = typename TypeParam::Scalar;
  auto index = TypeParam::make(2);
  index.build(make_points<Scalar>(Shape::uniform, 40, 2, this->rng).view());
  const PointView<Scalar> none(nullptr, 0, 2);
  EXPECT_EQ(index.nearest(none, {.k = 3}), Neighbors<Scalar>{});
  EXPECT_EQ(index.within(none, {.radius = 1}), Neighbors<Scalar>{});
  EXPECT_EQ(index.in_box(none, none), Neighbors<Scalar>{});
  EXPECT_TRUE(index.count(none, Within<Scalar>{.radius = 1}).empty());
}

TYPED_TEST(Queries, RandomSetsOfEveryDimension) {
  using Scalar = typename TypeParam::Scalar;
  for (const int dimension : dimensions) {
    if (!TypeParam::serves(dimension)) continue;
    for (const std::size_t size : {1, 2, 31, 32, 33, 64, 257, scaled(1500)}) {
      SCOPED_TRACE("d " + std::to_string(dimension) + ", n " + std::to_string(size));
      const Shape shape = this->rng.chance(0.5) ? Shape::uniform : Shape::clustered;
      const auto points = make_points<Scalar>(shape, size, dimension, this->rng);
      auto index = TypeParam::make(dimension);
      Model<Scalar> model(dimension);
      index.build(points.view());
      model.build(points.view());
      index.validate();
      expect_equals_model(index, model, this->rng, {.rounds = 2, .shape = shape});
      if (this->HasFatalFailure()) return;
    }
  }
}

TYPED_TEST(Queries, LargerSetsInLowDimensions) {
  using Scalar = typename TypeParam::Scalar;
  for (const int dimension : {2, 3}) {
    if (!TypeParam::serves(dimension)) continue;
    const auto size = static_cast<std::size_t>(scaled(20000));
    const auto points = make_points<Scalar>(Shape::clustered, size, dimension, this->rng);
    auto index = TypeParam::make(dimension);
    Model<Scalar> model(dimension);
    index.build(points.view());
    model.build(points.view());
    index.validate();
    expect_equals_model(index, model, this->rng, {.queries = 8, .rounds = 3, .shape = Shape::clustered});
    if (this->HasFatalFailure()) return;
  }
}

TYPED_TEST(Queries, AdversarialSetsBuiltAtOnce) {
  using Scalar = typename TypeParam::Scalar;
  for (const Shape shape : all_shapes) {
    for (const int dimension : {1, 2, 3, 5, 8, 17}) {
      if (!TypeParam::serves(dimension)) continue;
      // Weighted sums of extreme coordinates may leave the scalar's range in many dimensions.
      if (shape == Shape::extreme && dimension > 3) continue;
      SCOPED_TRACE(shape_name(shape) + ", d " + std::to_string(dimension));
      const auto size = this->rng.below(static_cast<std::size_t>(scaled(1200))) + 20;
      const auto points = make_points<Scalar>(shape, size, dimension, this->rng);
      auto index = TypeParam::make(dimension);
      Model<Scalar> model(dimension);
      index.build(points.view());
      model.build(points.view());
      index.validate();
      expect_equals_model(index, model, this->rng, {.rounds = 3, .shape = shape});
      if (this->HasFatalFailure()) return;
    }
  }
}

TYPED_TEST(Queries, AdversarialSetsInsertedOneByOne) {
  using Scalar = typename TypeParam::Scalar;
  for (const Shape shape : all_shapes) {
    const int dimension = TypeParam::served(this->rng.between(1, 3));
    SCOPED_TRACE(shape_name(shape) + ", d " + std::to_string(dimension));
    const auto points = make_points<Scalar>(shape, static_cast<std::size_t>(scaled(1500)), dimension, this->rng);
    auto index = TypeParam::make(dimension);
    Model<Scalar> model(dimension);
    for (std::size_t i = 0; i < points.size(); ++i) {
      ASSERT_EQ(index.insert(points.view()[i]), static_cast<point_id>(i));
      model.put(static_cast<point_id>(i), points.view()[i]);
      if ((i & (i + 1)) == 0) index.validate();
    }
    index.validate();
    expect_equals_model(index, model, this->rng, {.rounds = 3, .shape = shape});
    if (this->HasFatalFailure()) return;
  }
}

TYPED_TEST(Queries, GrowthFarOutOfTheFirstBounds) {
  using Scalar = typename TypeParam::Scalar;
  const auto limit = static_cast<double>(largest_coordinate<Scalar>(3)) / 4;
  auto index = TypeParam::make(3);
  Model<Scalar> model(3);
  double reach = 1e-3;
  for (int i = 0; i < scaled(800); ++i) {
    std::vector<Scalar> point;
    for (int axis = 0; axis < 3; ++axis) point.push_back(static_cast<Scalar>(this->rng.uniform(-reach, reach)));
    model.put(index.insert(point), point);
    reach = std::min(limit, reach * 1.2);
  }
  index.validate();
  for (const Shape shape : {Shape::extreme, Shape::decades, Shape::uniform}) {
    expect_equals_model(index, model, this->rng, {.rounds = 2, .shape = shape});
    if (this->HasFatalFailure()) return;
  }
}

TYPED_TEST(Queries, EveryKAroundTheCollectorsLimits) {
  using Scalar = typename TypeParam::Scalar;
  const auto points = make_points<Scalar>(Shape::grid, 150, 3, this->rng);
  const auto queries = make_queries<Scalar>(points, Shape::grid, 4, 3, this->rng);
  auto index = TypeParam::make(3);
  Model<Scalar> model(3);
  index.build(points.view());
  model.build(points.view());
  for (std::size_t k = 1; k <= 155; k += k < 70 ? 1 : 7) {
    Neighbors<Scalar> expected;
    const Metric<Scalar> metric;
    for (std::size_t i = 0; i < queries.size(); ++i) {
      const auto ranked = model.ranked(queries.view()[i], metric, {});
      append_row<Scalar>(expected, std::span(ranked).first(std::min(k, ranked.size())), metric, k);
    }
    for (const InstructionSet set : available_instruction_sets()) {
      const ForcedInstructionSet forced(set);
      for (const Strategy strategy : all_strategies())
        ASSERT_TRUE(same_neighbors(index.nearest(queries.view(), {.k = k, .strategy = strategy}), expected))
            << "k " << k << ", " << strategy_name(strategy) << ", " << instruction_set_name(set);
    }
  }
}

TYPED_TEST(Queries, LongBatchesOnManyThreads) {
  using Scalar = typename TypeParam::Scalar;
  // Far more rows than a thread takes at a time, so that the batch is really shared out.
  const std::size_t rows = small_scale() ? 600 : 2500;
  for (const int dimension : {2, 3, 17}) {
    if (!TypeParam::serves(dimension)) continue;
    const auto points = make_points<Scalar>(Shape::clustered, 400, dimension, this->rng);
    const auto queries = make_queries<Scalar>(points, Shape::clustered, rows, dimension, this->rng);
    auto index = TypeParam::make(dimension);
    Model<Scalar> model(dimension);
    index.build(points.view());
    model.build(points.view());
    const Metric<Scalar> metric;
    const IdFilter filter = random_filter(this->rng);
    const std::size_t k = random_k(points.size(), this->rng);
    const Scalar radius = random_radius(model.ranked(queries.view()[0], metric, {}), metric, this->rng);
    Neighbors<Scalar> nearest, within;
    for (std::size_t i = 0; i < rows; ++i) {
      const auto ranked = model.ranked(queries.view()[i], metric, filter);
      append_row<Scalar>(nearest, std::span(ranked).first(std::min(k, ranked.size())), metric, k);
      append_row<Scalar>(within, std::span(ranked).first(hits_within(ranked, metric, radius)), metric);
    }
    const Neighbors<Scalar> first = index.within(queries.view(), {.radius = radius, .filter = filter});
    for (const int threads : {1, 2, 3, 4}) {
      SCOPED_TRACE("threads " + std::to_string(threads) + ", d " + std::to_string(dimension));
      const Executor executor(threads);
      ASSERT_TRUE(
          same_neighbors(index.nearest(queries.view(), {.k = k, .filter = filter, .executor = executor}), nearest));
      Within<Scalar> query{.radius = radius, .order = Order::by_distance, .filter = filter, .executor = executor};
      ASSERT_TRUE(same_neighbors(index.within(queries.view(), query), within));
      query.order = Order::none;
      ASSERT_TRUE(same_neighbors(index.within(queries.view(), query), first));
    }
  }
}

TYPED_TEST(Queries, AShortSpanOfHitsIsFilledAndNoMore) {
  using Scalar = typename TypeParam::Scalar;
  const auto points = make_points<Scalar>(Shape::uniform, 100, 2, this->rng);
  auto index = TypeParam::make(2);
  Model<Scalar> model(2);
  index.build(points.view());
  model.build(points.view());
  const auto ranked = model.ranked(points.view()[7], {}, {});
  std::vector<Hit<Scalar>> hits(6, Hit<Scalar>{-1, -7});
  index.nearest(points.view()[7], {.k = 20}, std::span(hits).first(5));
  for (std::size_t j = 0; j < 5; ++j) EXPECT_EQ(hits[j], ranked[j]);
  EXPECT_EQ(hits[5].id, -7);
}

TYPED_TEST(Queries, StridedViewsOfTheCallersMemory) {
  using Scalar = typename TypeParam::Scalar;
  const auto wide = make_points<Scalar>(Shape::uniform, 300, 7, this->rng);
  const PointView<Scalar> view(wide.coordinates.data() + 2, 300, 3, 7);
  auto index = TypeParam::make(3);
  Model<Scalar> model(3);
  index.build(view);
  model.build(view);
  expect_same_points(index, model);
  expect_point_queries(index, model, view.slice(10, 9), Metric<Scalar>::l2(), {}, this->rng);
}

TYPED_TEST(Queries, TheSameTreeForAnyNumberOfThreadsAndInstructionSet) {
  using Scalar = typename TypeParam::Scalar;
  for (const int dimension : {2, 3, 17}) {
    if (!TypeParam::serves(dimension)) continue;
    const Shape shape = this->rng.chance(0.5) ? Shape::clustered : Shape::grid;
    const auto size = static_cast<std::size_t>(scaled(6000));
    const auto points = make_points<Scalar>(shape, size, dimension, this->rng);
    const auto more = make_points<Scalar>(shape, size / 2, dimension, this->rng);
    std::vector<point_id> gone;
    for (std::size_t i = 0; i < size; i += 3) gone.push_back(static_cast<point_id>(i));
    std::vector<point_id> first_ids;
    Points<Scalar> first_points;
    for (const InstructionSet set : available_instruction_sets()) {
      for (const int threads : {1, 2, 4}) {
        SCOPED_TRACE(shape_name(shape) + ", threads " + std::to_string(threads));
        const ForcedInstructionSet forced(set);
        Setup<Scalar> setup;
        setup.dimension = dimension;
        setup.parallel_cutoff = 256;
        setup.executor = Executor(threads);
        auto index = TypeParam::make(setup);
        index.build(points.view());
        index.insert(more.view());
        index.erase(gone);
        index.validate();
        std::vector<point_id> ids;
        Points<Scalar> stored;
        index.copy_points(ids, stored);
        if (first_ids.empty()) {
          first_ids = ids;
          first_points = stored;
        }
        ASSERT_EQ(ids, first_ids);
        ASSERT_EQ(stored.coordinates, first_points.coordinates);
      }
    }
  }
}

}  // namespace
}  // namespace coppice::test
