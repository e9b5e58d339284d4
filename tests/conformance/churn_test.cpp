// Model-based churn: long random sequences of every operation, under every balance policy and on adversarial shapes;
// invariants are checked after every operation and all queries after every phase.

#include <gtest/gtest.h>

#include <cmath>

#include "conformance/churn.hpp"
#include "conformance/subjects.hpp"

namespace coppice::test {
namespace {

template <class SubjectType>
class ChurnTest : public Conformance<SubjectType> {
 protected:
  using Element = typename SubjectType::Scalar;
  using ChurnType = Churn<Element>;

  /// `phases` times `steps` operations, each followed by validate().
  void churn(const Setup<Element>& setup, const typename ChurnType::Options& options, int phases, int steps) {
    auto index = SubjectType::make(setup);
    Model<Element> model(setup.dimension, setup.periodic);
    UpdatesOf<typename SubjectType::Index, Element> updates(index);
    ChurnType churn(updates, model, this->rng, options);
    for (int phase = 0; phase < phases; ++phase) {
      for (int i = 0; i < steps; ++i) {
        const std::string operation = churn.step();
        SCOPED_TRACE("phase " + std::to_string(phase) + ", operation " + std::to_string(i) + ": " + operation);
        ASSERT_NO_THROW(index.validate());
        ASSERT_EQ(index.size(), model.size());
        if (this->HasFailure()) return;
      }
      expect_equals_model(index, model, this->rng, {.queries = 4, .shape = options.shape});
      expect_sane_statistics(index, model);
      if (this->HasFailure()) return;
    }
  }
};
TYPED_TEST_SUITE(ChurnTest, Subjects, );

template <class SubjectType>
class ParallelChurn : public ChurnTest<SubjectType> {};
using ParallelSubjects = Where<HasExecutor, ::testing::Types<>, Subjects>::type;
TYPED_TEST_SUITE(ParallelChurn, ParallelSubjects, );

template <class SubjectType>
class BalancedChurn : public ChurnTest<SubjectType> {};
using BalancedSubjects = Where<HasBalance, ::testing::Types<>, Subjects>::type;
TYPED_TEST_SUITE(BalancedChurn, BalancedSubjects, );

TYPED_TEST(ChurnTest, EveryBalancePolicy) {
  for (const Balance& balance : all_balances()) {
    if (!TypeParam::takes(balance)) continue;
    SCOPED_TRACE(balance_name(balance));
    Setup<typename TypeParam::Scalar> setup;
    setup.balance = balance;
    setup.dimension = TypeParam::served(this->rng.between(1, 4));
    setup.leaf_fill = this->rng.between(8, 32);
    this->churn(setup, {.target = 1200, .largest_batch = 300}, scaled(20), 60);
    if (this->HasFailure()) return;
  }
}

TYPED_TEST(ChurnTest, EveryShape) {
  for (const Shape shape : all_shapes) {
    SCOPED_TRACE(shape_name(shape));
    Setup<typename TypeParam::Scalar> setup;
    setup.dimension = TypeParam::served(this->rng.between(1, 3));
    setup.balance = this->rng.pick(all_balances());
    this->churn(setup, {.shape = shape, .scattered = this->rng.chance(0.4), .target = 500, .largest_batch = 150},
                scaled(12), 50);
    if (this->HasFailure()) return;
  }
}

TYPED_TEST(ChurnTest, ManyDimensions) {
  for (const int dimension : {5, 8, 9, 16, 17, 33, 100}) {
    if (!TypeParam::serves(dimension)) continue;
    SCOPED_TRACE("d " + std::to_string(dimension));
    Setup<typename TypeParam::Scalar> setup;
    setup.dimension = dimension;
    setup.balance = this->rng.pick(all_balances());
    this->churn(setup, {.shape = Shape::clustered, .target = 300}, scaled(10), 40);
    if (this->HasFailure()) return;
  }
}

TYPED_TEST(ChurnTest, ScatteredIds) {
  Setup<typename TypeParam::Scalar> setup;
  this->churn(setup, {.scattered = true, .target = 800, .largest_batch = 200}, scaled(20), 60);
}

TYPED_TEST(ParallelChurn, ParallelBatchesAndRebuilds) {
  for (const int threads : {2, 4}) {
    Setup<typename TypeParam::Scalar> setup;
    setup.executor = Executor(threads);
    setup.parallel_cutoff = 64;
    setup.balance = threads == 2 ? Balance::growth() : Balance::avl(1);
    this->churn(setup, {.target = 2500, .largest_batch = 1200}, scaled(5), 30);
    if (this->HasFailure()) return;
  }
}

TYPED_TEST(ChurnTest, DeepTrees) {
  using Scalar = typename TypeParam::Scalar;
  for (const Balance& balance : {Balance::growth(), Balance::avl(1), Balance::red_black(), Balance::weight()}) {
    if (!TypeParam::takes(balance)) continue;
    SCOPED_TRACE(balance_name(balance));
    Setup<Scalar> setup;
    setup.dimension = TypeParam::served(this->rng.between(2, 3));
    setup.balance = balance;
    setup.leaf_fill = this->rng.chance(0.5) ? 24 : 32;
    setup.parallel_cutoff = 4096;
    setup.executor = Executor(2);
    const auto size = static_cast<std::size_t>(scaled(30000));
    const Shape shape = this->rng.chance(0.5) ? Shape::clustered : Shape::uniform;
    this->churn(setup, {.shape = shape, .target = size, .largest_batch = size / 3, .whole_sets = false}, scaled(5), 12);
    if (this->HasFailure()) return;
  }
}

TYPED_TEST(ChurnTest, DrainsToNothingAndComesBack) {
  using Scalar = typename TypeParam::Scalar;
  auto index = TypeParam::make(2);
  Model<Scalar> model(2);
  for (int round = 0; round < 3; ++round) {
    const auto points = make_points<Scalar>(Shape::clustered, static_cast<std::size_t>(scaled(1500)), 2, this->rng);
    EXPECT_EQ(index.insert(points.view()), model.next_id());
    model.insert(points.view());
    auto ids = model.ids();
    for (std::size_t i = ids.size(); i > 1; --i) std::swap(ids[i - 1], ids[this->rng.below(i)]);
    for (const point_id id : ids) {
      index.erase(id);
      model.erase(id);
      if (model.size() % 97 == 0) index.validate();
      if (model.size() % 499 == 0) expect_equals_model(index, model, this->rng, {.queries = 3});
      if (this->HasFailure()) return;
    }
    EXPECT_TRUE(index.empty());
  }
}

TYPED_TEST(ChurnTest, SlidingWindowAlongALine) {
  using Scalar = typename TypeParam::Scalar;
  for (const bool one_by_one : {true, false}) {
    auto index = TypeParam::make(3);
    Model<Scalar> model(3);
    const int steps = scaled(60);
    constexpr int sweep = 60, window = 12;
    std::size_t most_bytes = 0;
    for (int step = 0; step < steps; ++step) {
      Points<Scalar> points{{}, 3};
      for (int i = 0; i < sweep; ++i)
        for (const double x : {step + this->rng.uniform(-3, 3), this->rng.uniform(), this->rng.uniform(0, 0.1)})
          points.coordinates.push_back(static_cast<Scalar>(x));
      if (one_by_one) {
        for (int i = 0; i < sweep; ++i) index.insert(points.view()[static_cast<std::size_t>(i)]);
      } else {
        index.insert(points.view());
      }
      model.insert(points.view());
      if (step >= window) {
        std::vector<point_id> oldest;
        for (point_id id = (step - window) * sweep; id < (step - window + 1) * sweep; ++id) oldest.push_back(id);
        if (one_by_one) {
          for (const point_id id : oldest) index.erase(id);
        } else {
          index.erase(oldest);
        }
        for (const point_id id : oldest) model.erase(id);
      }
      index.validate();
      most_bytes = std::max(most_bytes, index.statistics().bytes);
      if (step % 10 == 0) expect_equals_model(index, model, this->rng, {.queries = 4, .rounds = 1});
      if (this->HasFailure()) return;
    }
    // Memory follows the live points, not the history: 720 of them, whatever the number of steps.
    EXPECT_LE(most_bytes, std::size_t{720} * 400 + (1u << 20));
  }
}

TYPED_TEST(ChurnTest, FreshIdsAreNeverReused) {
  using Scalar = typename TypeParam::Scalar;
  const int dimension = TypeParam::served(1);
  auto index = TypeParam::make(dimension);
  const std::vector<Scalar> point(static_cast<std::size_t>(dimension), 1);
  EXPECT_EQ(index.insert(point), 0);
  index.insert(point, 41);
  EXPECT_EQ(index.insert(point), 42);
  index.erase(42);
  EXPECT_EQ(index.insert(point), 43);
  index.clear();
  EXPECT_GE(index.insert(point), 44);
  index.insert(point, 7);
  EXPECT_TRUE(index.contains(7));
}

TYPED_TEST(ChurnTest, DownSampleKeepsTheSmallestIdOfACube) {
  using Scalar = typename TypeParam::Scalar;
  for (const Shape shape : {Shape::uniform, Shape::clustered, Shape::grid, Shape::collinear, Shape::signed_zero,
                            Shape::decades, Shape::all_equal}) {
    for (const double cell : {0.1, 1.0, 7.5}) {
      SCOPED_TRACE(shape_name(shape) + ", cell " + std::to_string(cell));
      const int dimension = TypeParam::served(this->rng.between(1, 3));
      const auto points = make_points<Scalar>(shape, 700, dimension, this->rng);
      const auto ids = scattered_ids(points.size(), this->rng);
      auto index = TypeParam::make(dimension);
      Model<Scalar> model(dimension);
      index.build(points.view(), ids);
      model.insert(points.view(), ids);
      ASSERT_EQ(index.down_sample(static_cast<Scalar>(cell)), model.down_sample(static_cast<Scalar>(cell)));
      index.validate();
      expect_equals_model(index, model, this->rng, {.shape = shape});
      if (this->HasFatalFailure()) return;
    }
  }
}

/// The depth a policy allows for so many leaves, in splitting planes.
double allowed_height(const Balance& balance, std::size_t leaves) {
  const double log_leaves = std::log2(static_cast<double>(leaves) + 1);
  double factor = 1 / -std::log2(1 - balance.omega);  // each plane passes on at most 1 − ω of the leaves
  if (balance.kind == BalanceKind::avl)
    factor = std::vector<double>{0, 1.45, 1.82, 2.16, 2.47}[static_cast<std::size_t>(balance.delta)];
  if (balance.kind == BalanceKind::red_black) factor = 4;
  return factor * log_leaves + 4;
}

TYPED_TEST(BalancedChurn, HeightIsLogarithmicWhateverComes) {
  using Scalar = typename TypeParam::Scalar;
  // Where nodes hold the points, their empty sides are what leaves are elsewhere.
  const auto ends = [](const Statistics& s) { return TypeParam::has_leaves ? s.leaves : s.nodes + 1; };
  for (const Balance& balance : all_balances()) {
    if (!TypeParam::takes(balance)) continue;
    for (const Shape shape : {Shape::sorted, Shape::all_equal, Shape::axis_line, Shape::grid, Shape::uniform}) {
      for (const int way : {0, 1, 2}) {  // one by one, in batches, at once
        SCOPED_TRACE(balance_name(balance) + ", " + shape_name(shape) + ", way " + std::to_string(way));
        Setup<Scalar> setup;
        setup.dimension = 2;
        setup.balance = balance;
        auto index = TypeParam::make(setup);
        const auto size = static_cast<std::size_t>(scaled(6000));
        const auto points = make_points<Scalar>(shape, size, 2, this->rng);
        if (way == 0)
          for (std::size_t i = 0; i < size; ++i) index.insert(points.view()[i]);
        if (way == 1)
          for (std::size_t i = 0; i < size; i += 500)
            index.insert(points.view().slice(i, std::min<std::size_t>(500, size - i)));
        if (way == 2) index.build(points.view());
        index.validate();
        const Statistics statistics = index.statistics();
        EXPECT_LE(statistics.binary_height, allowed_height(balance, ends(statistics))) << ends(statistics) << " leaves";
        EXPECT_LE(statistics.leaves, size / 8 + 1);
        EXPECT_LE(statistics.bytes_per_point, 400);
        // And after most of it went away.
        std::vector<point_id> gone;
        for (std::size_t i = 0; i < size; ++i)
          if (i % 16 != 3) gone.push_back(static_cast<point_id>(i));
        index.erase(gone);
        index.validate();
        const Statistics after = index.statistics();
        EXPECT_LE(after.binary_height, allowed_height(balance, ends(after)));
        if (this->HasFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace coppice::test
