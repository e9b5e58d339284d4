// Snapshots on one thread: each goes on answering as of its moment while the tree is churned, several live at once and
// die in any order, and the memory that they held comes back.

#include <gtest/gtest.h>

#include <optional>

#include "conformance/churn.hpp"
#include "conformance/subjects.hpp"

namespace coppice::test {
namespace {

template <class SubjectType>
class Snapshots : public Conformance<SubjectType> {};
using SnapshotSubjects = Where<HasSnapshots, ::testing::Types<>, Subjects>::type;
TYPED_TEST_SUITE(Snapshots, SnapshotSubjects, );

template <class Snapshot, class Scalar>
void expect_frozen(const Snapshot& snapshot, const Model<Scalar>& model, Rng& rng) {
  ASSERT_EQ(snapshot.size(), model.size());
  ASSERT_EQ(snapshot.dimension(), model.dimension());
  const auto queries = make_points<Scalar>(Shape::uniform, 4, model.dimension(), rng);
  expect_point_queries(snapshot, model, queries.view(), random_metric<Scalar>(model.dimension(), rng),
                       random_filter(rng), rng);
  Points<Scalar> lower, upper;
  make_boxes(model, queries.view(), rng, lower, upper);
  expect_boxes(snapshot, model, lower.view(), upper.view(), {}, rng);
}

TYPED_TEST(Snapshots, StayAsOfTheirMoment) {
  using Scalar = typename TypeParam::Scalar;
  for (const Balance& balance : {Balance::growth(), Balance::avl(1), Balance::weight()}) {
    Setup<Scalar> setup;
    setup.dimension = TypeParam::served(this->rng.between(1, 3));
    setup.balance = balance;
    auto index = TypeParam::make(setup);
    Model<Scalar> model(setup.dimension);
    UpdatesOf<typename TypeParam::Index, Scalar> updates_of_index(index);
    Churn<Scalar> churn(updates_of_index, model, this->rng, {.target = 900, .largest_batch = 200});
    using Snapshot = decltype(index.snapshot());
    std::vector<std::pair<Snapshot, Model<Scalar>>> alive;
    for (int i = 0; i < scaled(300); ++i) {
      SCOPED_TRACE(balance_name(balance) + ", operation " + std::to_string(i) + ": " + churn.step());
      ASSERT_NO_THROW(index.validate());
      if (this->rng.chance(0.15)) alive.emplace_back(index.snapshot(), model);
      if (!alive.empty() && (alive.size() > 5 || this->rng.chance(0.1)))
        alive.erase(alive.begin() + static_cast<std::ptrdiff_t>(this->rng.below(alive.size())));
      if (i % 10 == 0)
        for (const auto& [snapshot, frozen] : alive) expect_frozen(snapshot, frozen, this->rng);
      if (i % 25 == 0) expect_equals_model(index, model, this->rng, {.queries = 3});
      if (this->HasFailure()) return;
    }
  }
}

TYPED_TEST(Snapshots, IdsOutgrow32Bits) {
  using Scalar = typename TypeParam::Scalar;
  constexpr point_id last_narrow = 0xffffffff;
  const auto points = make_points<Scalar>(Shape::uniform, 700, 3, this->rng);
  for (const std::size_t batch : {std::size_t{1}, std::size_t{20}, std::size_t{600}}) {
    SCOPED_TRACE("a batch of " + std::to_string(batch));
    auto index = TypeParam::make(3);
    Model<Scalar> model(3);
    index.insert(points.view());
    model.insert(points.view());
    const auto before = index.snapshot();
    const Model<Scalar> model_before = model;
    std::vector<point_id> ids(batch);
    for (std::size_t i = 0; i < batch; ++i)
      ids[batch - 1 - i] = last_narrow + 1 - static_cast<point_id>(i);  // the first that is too large comes last
    for (int round = 0; round < 2; ++round) {
      index.insert(points.view().slice(0, batch), ids);
      model.insert(points.view().slice(0, batch), ids);
      ASSERT_NO_THROW(index.validate());
      expect_equals_model(index, model, this->rng, {.queries = 4});
      for (point_id& id : ids) id += static_cast<point_id>(batch);
    }
    expect_frozen(before, model_before, this->rng);
    index.clear();
    index.insert(points.view(), model_before.ids());
    expect_equals_model(index, model_before, this->rng, {.queries = 4});
    if (this->HasFailure()) return;
  }
}

TYPED_TEST(Snapshots, OfAnEmptyTreeAndAfterMoveOfTheTree) {
  using Scalar = typename TypeParam::Scalar;
  auto index = TypeParam::make(2);
  const auto empty = index.snapshot();
  const auto points = make_points<Scalar>(Shape::uniform, 200, 2, this->rng);
  index.insert(points.view());
  Model<Scalar> model(2);
  model.insert(points.view());
  const auto full = index.snapshot();
  index.clear();
  expect_frozen(empty, Model<Scalar>(2), this->rng);
  expect_frozen(full, model, this->rng);
  index.build(points.view());
  auto moved = std::move(index);
  expect_frozen(full, model, this->rng);
  expect_same_points(moved, model);
}

TYPED_TEST(Snapshots, TheirMemoryComesBack) {
  using Scalar = typename TypeParam::Scalar;
  auto index = TypeParam::make(3);
  Model<Scalar> model(3);
  const auto points = make_points<Scalar>(Shape::uniform, static_cast<std::size_t>(scaled(5000)), 3, this->rng);
  index.build(points.view());
  model.build(points.view());
  const std::vector<point_id> ids = model.ids();
  const auto sweep = [&] {  // touches every leaf, keeps the size
    Points<Scalar> moved = make_points<Scalar>(Shape::uniform, ids.size(), 3, this->rng);
    index.move(ids, moved.view());
  };
  for (int i = 0; i < 3; ++i) sweep();
  const std::size_t before = index.statistics().bytes;
  for (int i = 0; i < scaled(40); ++i) {
    std::optional snapshot(index.snapshot());
    sweep();
    snapshot.reset();
  }
  sweep();
  index.validate();
  // The tree and one set of copies, with room for what a sweep in between may leave.
  EXPECT_LE(index.statistics().bytes, before * 4);
}

}  // namespace
}  // namespace coppice::test
