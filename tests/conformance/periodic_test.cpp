// Periodic cells: some or all axes repeat, points and queries come from inside and outside, points sit on the seams,
// and radii exceed half the cell. Boxes are compared with the model where its arithmetic is exact, and with BruteForce
// always.

#include <gtest/gtest.h>

#include "conformance/query_checks.hpp"
#include "conformance/subjects.hpp"

namespace coppice::test {
namespace {

template <class SubjectType>
class Periodic : public Conformance<SubjectType> {};
TYPED_TEST_SUITE(Periodic, Subjects, );

template <class Scalar>
PeriodicBox<Scalar> random_cell(int dimension, Rng& rng) {
  PeriodicBox<Scalar> cell;
  const double lengths[] = {1.0, 0.7, 10.0, 3.3, 0.125, 1000.0};
  for (int axis = 0; axis < dimension; ++axis)
    cell.lengths.push_back(rng.chance(0.3) ? std::numeric_limits<Scalar>::infinity()
                                           : static_cast<Scalar>(lengths[rng.below(6)]));
  return cell;
}

/// Inside the cell, up to two cells away from it, or exactly on its seams.
template <class Scalar>
Points<Scalar> make_cell_points(const PeriodicBox<Scalar>& cell, std::size_t size, bool on_seams, Rng& rng) {
  Points<Scalar> points{{}, static_cast<int>(cell.lengths.size())};
  for (std::size_t i = 0; i < size; ++i)
    for (const Scalar length : cell.lengths) {
      const double span = std::isinf(length) ? 5.0 : static_cast<double>(length);
      double x = rng.uniform(-2 * span, 3 * span);
      if (rng.chance(0.6)) x = rng.uniform(0, span);
      if (on_seams && rng.chance(0.5)) x = span * rng.between(-2, 2);
      if (on_seams && rng.chance(0.1)) x = std::nextafter(span, 0.0);
      if (on_seams && rng.chance(0.1)) x = -1e-30;
      points.coordinates.push_back(static_cast<Scalar>(x));
    }
  return points;
}

TYPED_TEST(Periodic, NearestAndWithinAcrossTheSeams) {
  using Scalar = typename TypeParam::Scalar;
  for (int round = 0; round < scaled(80); ++round) {
    const int dimension =
        TypeParam::served(round < 10 ? 3 : this->rng.pick(std::vector<int>{1, 2, 3, 4, 8, 9, 16, 17, 33}));
    Setup<Scalar> setup;
    setup.dimension = dimension;
    setup.periodic = random_cell<Scalar>(dimension, this->rng);
    const bool on_seams = this->rng.chance(0.4);
    const auto points = make_cell_points(setup.periodic, this->rng.below(900) + 1, on_seams, this->rng);
    auto index = TypeParam::make(setup);
    Model<Scalar> model(dimension, setup.periodic);
    if (this->rng.chance(0.5)) {
      index.build(points.view());
      model.build(points.view());
    } else {
      for (std::size_t i = 0; i < points.size(); ++i) model.put(index.insert(points.view()[i]), points.view()[i]);
    }
    index.validate();
    expect_same_points(index, model);
    for (int i = 0; i < 3 && !this->HasFatalFailure(); ++i) {
      const auto queries = make_cell_points(setup.periodic, 6, on_seams, this->rng);
      expect_point_queries(index, model, queries.view(), random_metric<Scalar>(dimension, this->rng),
                           random_filter(this->rng), this->rng);
    }
    if (this->HasFatalFailure()) return;
  }
}

TYPED_TEST(Periodic, BoxesHoldImages) {
  using Scalar = typename TypeParam::Scalar;
  for (int round = 0; round < scaled(40); ++round) {
    const int dimension = TypeParam::served(this->rng.between(1, 4));
    Setup<Scalar> setup;
    setup.dimension = dimension;
    // Powers of two, and multiples of 1/64 below: every image is exact in both scalar types.
    for (int axis = 0; axis < dimension; ++axis)
      setup.periodic.lengths.push_back(this->rng.chance(0.3) ? std::numeric_limits<Scalar>::infinity()
                                                             : static_cast<Scalar>(1 << this->rng.below(4)));
    const auto coordinate = [&] { return static_cast<Scalar>(this->rng.between(-1024, 1024)) / 64; };
    Points<Scalar> points{{}, dimension};
    for (int i = 0; i < 400 * dimension; ++i) points.coordinates.push_back(coordinate());
    auto index = TypeParam::make(setup);
    Model<Scalar> model(dimension, setup.periodic);
    index.build(points.view());
    model.build(points.view());
    Points<Scalar> lower{{}, dimension}, upper{{}, dimension};
    for (int i = 0; i < 12 * dimension; ++i) {
      const Scalar a = coordinate();
      const Scalar b = this->rng.chance(0.2) ? a + 1 : coordinate();
      lower.coordinates.push_back(std::min(a, b));
      upper.coordinates.push_back(std::max(a, b));
    }
    expect_boxes(index, model, lower.view(), upper.view(), random_filter(this->rng), this->rng);
    if (this->HasFatalFailure()) return;
    const bool keep = this->rng.chance(0.5);
    const auto went = keep ? index.keep_in_box(lower.view()[0], upper.view()[0])
                           : index.erase_in_box(lower.view()[0], upper.view()[0]);
    ASSERT_EQ(went, model.erase_in_box(lower.view()[0], upper.view()[0], keep));
    index.validate();
    expect_same_points(index, model);
    if (this->HasFatalFailure()) return;
  }
}

TYPED_TEST(Periodic, BoxesEqualBruteForce) {
  using Scalar = typename TypeParam::Scalar;
  for (int round = 0; round < scaled(40); ++round) {
    const int dimension = TypeParam::served(this->rng.between(1, 3));
    Setup<Scalar> setup;
    setup.dimension = dimension;
    setup.periodic = random_cell<Scalar>(dimension, this->rng);
    const auto points = make_cell_points(setup.periodic, 700, this->rng.chance(0.5), this->rng);
    auto index = TypeParam::make(setup);
    auto oracle = Subject<BruteForce, Scalar>::make(setup);
    index.build(points.view());
    oracle.build(points.view());
    const auto a = make_cell_points(setup.periodic, 12, true, this->rng);
    const auto b = make_cell_points(setup.periodic, 12, true, this->rng);
    Points<Scalar> lower = a, upper = b;
    for (std::size_t i = 0; i < a.coordinates.size(); ++i) {
      lower.coordinates[i] = std::min(a.coordinates[i], b.coordinates[i]);
      upper.coordinates[i] = std::max(a.coordinates[i], b.coordinates[i]);
    }
    const InBox query{.order = Order::by_id};
    ASSERT_TRUE(same_neighbors(index.in_box(lower.view(), upper.view(), query),
                               oracle.in_box(lower.view(), upper.view(), query)));
  }
}

TYPED_TEST(Periodic, ParticlesMoveThroughTheCell) {
  using Scalar = typename TypeParam::Scalar;
  Setup<Scalar> setup;
  setup.periodic.lengths = {Scalar(2), Scalar(3), std::numeric_limits<Scalar>::infinity()};
  auto index = TypeParam::make(setup);
  Model<Scalar> model(3, setup.periodic);
  auto points = make_cell_points(setup.periodic, 600, false, this->rng);
  index.build(points.view());
  model.build(points.view());
  const std::vector<point_id> ids = model.ids();
  for (int step = 0; step < scaled(40); ++step) {
    for (Scalar& x : points.coordinates) x += static_cast<Scalar>(this->rng.uniform(-0.05, 0.4));
    index.move(ids, points.view());
    model.insert(points.view(), ids);
    index.validate();
    expect_same_points(index, model);
    expect_point_queries(index, model, points.view().slice(0, 6), Metric<Scalar>::l2(), {}, this->rng);
    if (this->HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace coppice::test
