// A call that is refused names what was wrong, with the row where there is one, and changes nothing: size, points,
// answers and invariants are those of before.

#include <gtest/gtest.h>

#include <limits>

#include "conformance/query_checks.hpp"
#include "conformance/subjects.hpp"
#include "coppice/errors.hpp"

namespace coppice::test {
namespace {

/// A call that is made at once. Hundreds of them, for every index, take long to compile as std::function.
class Call {
 public:
  template <class F>
  Call(const F& f) : object_(&f), call_([](const void* object) { (*static_cast<const F*>(object))(); }) {}
  void operator()() const { call_(object_); }

 private:
  const void* object_;
  void (*call_)(const void*);
};

template <class SubjectType>
class Errors : public Conformance<SubjectType> {
 protected:
  using Element = typename SubjectType::Scalar;
  static constexpr Element nan = std::numeric_limits<Element>::quiet_NaN();
  static constexpr Element inf = std::numeric_limits<Element>::infinity();
  static constexpr std::size_t no_row = static_cast<std::size_t>(-1);

  void SetUp() override {
    points = make_points<Element>(Shape::uniform, 300, 3, this->rng);
    target.build(points.view());
    model.build(points.view());
    target.erase(17);
    model.erase(17);
  }

  /// Requires: `call` throws invalid_input; `row` is the one it must name (or none).
  void refuses(const char* what, std::size_t row, Call call) {
    SCOPED_TRACE(what);
    try {
      call();
      FAIL() << "was accepted";
    } catch (const invalid_input& refusal) {
      EXPECT_STRNE(refusal.what(), "");
      if (row != no_row) {
        ASSERT_TRUE(refusal.row().has_value()) << refusal.what();
        EXPECT_EQ(*refusal.row(), row) << refusal.what();
      }
    } catch (const std::exception& other) {
      FAIL() << "threw another type: " << other.what();
    }
    ASSERT_NO_THROW(target.validate());
    expect_same_points(target, model);
    expect_point_queries(target, model, points.view().slice(5, 3), Metric<Element>::l2(), {}, this->rng);
  }

  Points<Element> batch(std::size_t size) { return make_points<Element>(Shape::uniform, size, 3, this->rng); }
  /// A batch with one bad coordinate.
  Points<Element> spoiled(std::size_t size, std::size_t row, Element value) {
    Points<Element> rows = batch(size);
    rows.coordinates[row * 3 + this->rng.below(3)] = value;
    return rows;
  }
  std::vector<Element> bad_coordinates() { return {nan, inf, -inf, largest_coordinate<Element>(3) * 2}; }

  Points<Element> points;
  typename SubjectType::Index target = SubjectType::make(3);
  Model<Element> model{3};
};
TYPED_TEST_SUITE(Errors, Subjects, );

TYPED_TEST(Errors, BadCoordinatesNameTheirRow) {
  auto& index = this->target;
  for (const auto value : this->bad_coordinates()) {
    const auto rows = this->spoiled(40, 23, value);
    std::vector<point_id> fresh, live;
    for (point_id i = 0; i < 40; ++i) {
      fresh.push_back(1000 + i);
      live.push_back(100 + i);
    }
    this->refuses("build", 23, [&] { index.build(rows.view()); });
    this->refuses("build with ids", 23, [&] { index.build(rows.view(), fresh); });
    this->refuses("insert", 23, [&] { index.insert(rows.view()); });
    this->refuses("insert with ids", 23, [&] { index.insert(rows.view(), fresh); });
    this->refuses("move", 23, [&] { index.move(live, rows.view()); });
    this->refuses("insert one", this->no_row, [&] { index.insert(rows.view()[23]); });
    this->refuses("insert one with an id", this->no_row, [&] { index.insert(rows.view()[23], 1000); });
    this->refuses("move one", this->no_row, [&] { index.move(5, rows.view()[23]); });
    if (this->HasFailure()) return;
  }
  auto two = this->spoiled(40, 31, this->nan);
  two.coordinates[3 * 9] = this->inf;
  this->refuses("the first of two bad rows", 9, [&] { index.insert(two.view()); });
}

TYPED_TEST(Errors, WrongShapes) {
  using Scalar = typename TypeParam::Scalar;
  auto& index = this->target;
  const auto rows = this->batch(10);
  const PointView<Scalar> flat(rows.coordinates.data(), 15, 2);
  const std::vector<point_id> ids{1000, 1001, 1002};
  const std::vector<Scalar> four{1, 2, 3, 4};
  this->refuses("build of another dimension", this->no_row, [&] { index.build(flat); });
  this->refuses("insert of another dimension", this->no_row, [&] { index.insert(flat); });
  this->refuses("fewer ids than rows in build", this->no_row, [&] { index.build(rows.view(), ids); });
  this->refuses("fewer ids than rows in insert", this->no_row, [&] { index.insert(rows.view(), ids); });
  this->refuses("more ids than rows in move", this->no_row, [&] {
    index.move(std::vector<point_id>{1, 2, 3}, rows.view().slice(0, 2));
  });
  this->refuses("insert one of another dimension", this->no_row, [&] { index.insert(four); });
  this->refuses("insert one of another dimension with an id", this->no_row, [&] { index.insert(four, 1000); });
  this->refuses("move one of another dimension", this->no_row, [&] { index.move(3, four); });
}

TYPED_TEST(Errors, BadIdsNameTheirRow) {
  auto& index = this->target;
  const auto rows = this->batch(4);
  const std::vector<point_id> negative{1000, 1001, -3, 1002}, repeated{1000, 1001, 1002, 1001},
      used{1000, 5, 1001, 1002};
  const std::vector<point_id> unknown{3, 4, 5, 999}, gone{3, 17, 5, 6}, twice{3, 4, 3, 5};
  this->refuses("build, negative", 2, [&] { index.build(rows.view(), negative); });
  this->refuses("build, repeated", 3, [&] { index.build(rows.view(), repeated); });
  this->refuses("insert, negative", 2, [&] { index.insert(rows.view(), negative); });
  this->refuses("insert, repeated", 3, [&] { index.insert(rows.view(), repeated); });
  this->refuses("insert, in use", 1, [&] { index.insert(rows.view(), used); });
  this->refuses("insert one, negative", this->no_row, [&] { index.insert(rows.view()[0], -1); });
  this->refuses("insert one, in use", this->no_row, [&] { index.insert(rows.view()[0], 5); });
  this->refuses("erase, unknown", 3, [&] { index.erase(unknown); });
  this->refuses("erase, erased before", 1, [&] { index.erase(gone); });
  this->refuses("erase, repeated", 2, [&] { index.erase(twice); });
  this->refuses("erase, negative", 2, [&] { index.erase(std::vector<point_id>{3, 4, -1}); });
  this->refuses("erase one, unknown", this->no_row, [&] { index.erase(17); });
  this->refuses("move, unknown", 3, [&] { index.move(unknown, rows.view()); });
  this->refuses("move, repeated", 2, [&] { index.move(twice, rows.view()); });
  this->refuses("move one, unknown", this->no_row, [&] { index.move(17, rows.view()[0]); });
  this->refuses("point, unknown", this->no_row, [&] { static_cast<void>(index.point(17)); });
  EXPECT_FALSE(index.contains(17));
  EXPECT_FALSE(index.contains(-1));
}

TYPED_TEST(Errors, TheLargestIdLeavesNoFreshOne) {
  auto& index = this->target;
  constexpr point_id largest = std::numeric_limits<point_id>::max();
  const auto rows = this->batch(2);
  index.insert(rows.view()[0], largest);
  this->model.put(largest - 1, rows.view()[0]);  // the model's own counter must not overflow
  this->model.erase(largest - 1);
  EXPECT_TRUE(index.contains(largest));
  EXPECT_THROW(index.insert(rows.view()[1]), invalid_input);
  EXPECT_THROW(index.insert(rows.view()), invalid_input);
  EXPECT_EQ(index.size(), this->model.size() + 1);
  index.erase(largest);
  index.validate();
  expect_same_points(index, this->model);
}

TYPED_TEST(Errors, BadBoxesAndCells) {
  using Scalar = typename TypeParam::Scalar;
  auto& index = this->target;
  const std::vector<Scalar> low{0, 0, 0}, high{1, 1, 1}, crossed{1, 0, 1}, broken{0, this->nan, 0}, two{0, 0};
  this->refuses("erase, lower > upper", this->no_row, [&] { index.erase_in_box(high, crossed); });
  this->refuses("keep, lower > upper", this->no_row, [&] { index.keep_in_box(high, crossed); });
  this->refuses("erase, NaN", this->no_row, [&] { index.erase_in_box(broken, high); });
  this->refuses("keep, NaN", this->no_row, [&] { index.keep_in_box(low, broken); });
  this->refuses("erase, dimension", this->no_row, [&] { index.erase_in_box(two, two); });
  this->refuses("keep, dimension", this->no_row, [&] { index.keep_in_box(two, two); });
  this->refuses("erase, dimensions differ", this->no_row, [&] { index.erase_in_box(two, high); });
  for (const Scalar cell : {Scalar(0), Scalar(-1), this->nan, this->inf})
    this->refuses("down-sample", this->no_row, [&] { index.down_sample(cell); });
}

TYPED_TEST(Errors, BadQueries) {
  using Scalar = typename TypeParam::Scalar;
  const auto& index = this->target;
  const auto good = this->batch(6);
  const PointView<Scalar> flat(good.coordinates.data(), 9, 2);
  const std::vector<Scalar> two{0, 0};
  std::vector<Hit<Scalar>> hits(4);
  const auto every_hit = [](const Hit<Scalar>&) { return true; };
  const auto nearest = [&](PointView<Scalar> queries, const Nearest<Scalar>& query) {
    static_cast<void>(index.nearest(queries, query));
  };
  const auto within = [&](PointView<Scalar> queries, const Within<Scalar>& query) {
    static_cast<void>(index.within(queries, query));
  };

  this->refuses("k = 0", this->no_row, [&] { nearest(good.view(), {.k = 0}); });
  this->refuses("k = 0, one", this->no_row, [&] { index.nearest(good.view()[0], {.k = 0}, std::span(hits)); });
  this->refuses("k = 0, visit", this->no_row, [&] { index.visit(good.view()[0], Nearest<Scalar>{.k = 0}, every_hit); });
  for (const Scalar radius : {Scalar(-1), -this->inf, this->nan}) {
    this->refuses("nearest, radius", this->no_row, [&] { nearest(good.view(), {.radius = radius}); });
    this->refuses("within, radius", this->no_row, [&] { within(good.view(), {.radius = radius}); });
    this->refuses("count, radius", this->no_row,
                  [&] { static_cast<void>(index.count(good.view(), Within<Scalar>{.radius = radius})); });
    this->refuses("visit, radius", this->no_row,
                  [&] { index.visit(good.view()[0], Within<Scalar>{.radius = radius}, every_hit); });
  }
  for (const auto value : this->bad_coordinates()) {
    if (std::abs(value) < this->inf) continue;
    const auto rows = this->spoiled(6, 4, value);
    this->refuses("nearest, coordinate", 4, [&] { nearest(rows.view(), {.k = 2}); });
    this->refuses("within, coordinate", 4, [&] { within(rows.view(), {.radius = 1}); });
    this->refuses("count, coordinate", 4,
                  [&] { static_cast<void>(index.count(rows.view(), Within<Scalar>{.radius = 1})); });
    this->refuses("nearest one, coordinate", this->no_row,
                  [&] { index.nearest(rows.view()[4], {.k = 2}, std::span(hits)); });
    this->refuses("visit, coordinate", this->no_row,
                  [&] { index.visit(rows.view()[4], Nearest<Scalar>{.k = 2}, every_hit); });
  }
  HitList<Scalar> list;
  this->refuses("within one, radius", this->no_row, [&] { index.within(good.view()[0], {.radius = -1}, list); });
  this->refuses("within one, dimension", this->no_row, [&] { index.within(two, {.radius = 1}, list); });
  this->refuses("box one, dimension", this->no_row, [&] { index.in_box(two, two, {}, list); });
  this->refuses("box one by distance", this->no_row,
                [&] { index.in_box(good.view()[0], good.view()[0], {.order = Order::by_distance}, list); });
  this->refuses("find, dimension", this->no_row, [&] { static_cast<void>(index.find(two)); });
  this->refuses("find, NaN", this->no_row, [&] {
    static_cast<void>(index.find(std::vector<Scalar>{0, this->nan, 0}));
  });
  this->refuses("nearest, dimension", this->no_row, [&] { nearest(flat, {.k = 2}); });
  this->refuses("within, dimension", this->no_row, [&] { within(flat, {.radius = 1}); });
  this->refuses("nearest one, dimension", this->no_row, [&] { index.nearest(two, {.k = 2}, std::span(hits)); });
  this->refuses("visit, dimension", this->no_row, [&] { index.visit(two, Within<Scalar>{.radius = 1}, every_hit); });

  const std::vector<std::vector<Scalar>> bad_weights{
      {}, {1, 1}, {1, 1, 1, 1}, {1, 0, 1}, {1, -1, 1}, {1, this->nan, 1}, {this->inf, 1, 1}};
  for (const auto& weights : bad_weights) {
    const auto metric = Metric<Scalar>::weighted_l2(weights);
    this->refuses("nearest, weights", this->no_row, [&] { nearest(good.view(), {.metric = metric}); });
    this->refuses("within, weights", this->no_row, [&] { within(good.view(), {.radius = 1, .metric = metric}); });
  }

  Points<Scalar> low = good, high = good;
  this->refuses("box, lower > upper", 3, [&] {
    low.coordinates[3 * 3 + 1] = high.coordinates[3 * 3 + 1] + 1;
    static_cast<void>(index.in_box(low.view(), high.view()));
  });
  this->refuses("box count, lower > upper", 3, [&] { static_cast<void>(index.count(low.view(), high.view())); });
  low.coordinates[3 * 3 + 1] = this->nan;
  this->refuses("box, NaN", 3, [&] { static_cast<void>(index.in_box(low.view(), high.view())); });
  this->refuses("box, sizes differ", this->no_row,
                [&] { static_cast<void>(index.in_box(good.view(), good.view().slice(0, 5))); });
  this->refuses("box by distance", this->no_row,
                [&] { static_cast<void>(index.in_box(good.view(), good.view(), {.order = Order::by_distance})); });
}

TYPED_TEST(Errors, BadConfigurations) {
  using Scalar = typename TypeParam::Scalar;
  for (const int dimension : {-1, 0, 1025}) EXPECT_THROW(TypeParam::make(dimension), invalid_input) << dimension;
  EXPECT_NO_THROW(TypeParam::make(TypeParam::served(1024)));
  const auto refused = [](auto change) {
    Setup<Scalar> setup;
    change(setup);
    EXPECT_THROW(TypeParam::make(setup), invalid_input);
  };
  refused([](auto& setup) { setup.periodic.lengths = {1, 1}; });
  refused([](auto& setup) { setup.periodic.lengths = {1, 0, 1}; });
  refused([](auto& setup) { setup.periodic.lengths = {1, -2, 1}; });
  refused([](auto& setup) { setup.periodic.lengths = {1, std::numeric_limits<Scalar>::quiet_NaN(), 1}; });
  if (TypeParam::has_balance) {
    refused([](auto& setup) { setup.balance = Balance::avl(0); });
    refused([](auto& setup) { setup.balance = Balance::avl(9); });
    refused([](auto& setup) { setup.balance = Balance::weight(0); });
    refused([](auto& setup) { setup.balance = Balance::weight(0.3); });
    refused([](auto& setup) { setup.balance = Balance::growth(-0.1); });
  }
  if (TypeParam::has_leaves) {
    refused([](auto& setup) { setup.leaf_fill = 7; });
    refused([](auto& setup) { setup.leaf_fill = 33; });
  }
}

}  // namespace
}  // namespace coppice::test
