// AnyIndex: every name gives an index that behaves like the class behind it, options reach it, and what it cannot
// honour or does not know is refused by name.

#include "coppice/any_index.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "conformance/checks.hpp"
#include "coppice/errors.hpp"

namespace coppice::test {
namespace {

template <class Scalar>
void expect_batches(const AnyIndex<Scalar>& index, const Model<Scalar>& model, Rng& rng) {
  ASSERT_EQ(index.size(), model.size());
  const auto queries = make_points<Scalar>(Shape::clustered, 20, model.dimension(), rng);
  const auto metric = random_metric<Scalar>(model.dimension(), rng);
  const Scalar radius = random_radius(model.ranked(queries.view()[0], metric, {}), metric, rng);
  Neighbors<Scalar> nearest, within;
  std::vector<std::int64_t> counts;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const auto ranked = model.ranked(queries.view()[i], metric, {});
    append_row<Scalar>(nearest, std::span(ranked).first(std::min<std::size_t>(7, ranked.size())), metric, 7);
    append_row<Scalar>(within, std::span(ranked).first(hits_within(ranked, metric, radius)), metric);
    counts.push_back(static_cast<std::int64_t>(hits_within(ranked, metric, radius)));
  }
  EXPECT_TRUE(same_neighbors(index.nearest(queries.view(), {.k = 7, .metric = metric}), nearest));
  const Within<Scalar> query{.radius = radius, .order = Order::by_distance, .metric = metric};
  EXPECT_TRUE(same_neighbors(index.within(queries.view(), query), within));
  EXPECT_EQ(index.count(queries.view(), query), counts);

  std::vector<point_id> ids;
  Points<Scalar> points;
  index.copy_points(ids, points);
  ASSERT_EQ(ids.size(), model.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    ASSERT_TRUE(model.contains(ids[i]));
    ASSERT_TRUE(index.contains(ids[i]));
    ASSERT_TRUE(std::equal(model.points().at(ids[i]).begin(), model.points().at(ids[i]).end(), points.view().row(i)));
  }
}

template <class Scalar>
class AnyIndexOf : public Seeded {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(AnyIndexOf, Scalars, );

TYPED_TEST(AnyIndexOf, EveryNameGivesAnIndexThatAnswers) {
  ASSERT_FALSE(index_names().empty());
  EXPECT_EQ(index_names().front(), "kd");
  const auto file = std::filesystem::temp_directory_path() / ("coppice-any-index-" + std::to_string(getpid()));
  for (const std::string_view name : index_names()) {
    SCOPED_TRACE(name);
    const auto index = make_index<TypeParam>(name, 3);
    EXPECT_EQ(index->name(), name);
    EXPECT_EQ(index->dimension(), 3);
    Model<TypeParam> model(3);
    const auto points = make_points<TypeParam>(Shape::clustered, 400, 3, this->rng);
    index->build(points.view());
    model.build(points.view());
    expect_batches(*index, model, this->rng);

    const auto more = make_points<TypeParam>(Shape::grid, 100, 3, this->rng);
    EXPECT_EQ(index->insert(more.view()), 400);
    model.insert(more.view());
    const std::vector<point_id> gone{3, 450, 17}, moved{0, 499, 20};
    index->erase(gone);
    for (const point_id id : gone) model.erase(id);
    index->move(moved, more.view().slice(7, 3));
    model.insert(more.view().slice(7, 3), moved);
    index->insert(more.view().slice(0, 1), std::vector<point_id>{1'000'000});
    model.put(1'000'000, more.view()[0]);
    index->validate();
    expect_batches(*index, model, this->rng);

    const std::vector<TypeParam> low{0, 0, 0}, high{2, 2, 2};
    EXPECT_EQ(index
                  ->in_box(PointView<TypeParam>(low.data(), 1, 3), PointView<TypeParam>(high.data(), 1, 3),
                           {.order = Order::by_id})
                  .ids,
              model.box_ids(low, high, {}));
    EXPECT_EQ(index->erase_in_box(low, high), model.erase_in_box(low, high, false));
    EXPECT_EQ(index->down_sample(TypeParam(0.01)), model.down_sample(TypeParam(0.01)));
    expect_batches(*index, model, this->rng);
    EXPECT_EQ(index->statistics().points, model.size());

    index->save(file);
    const auto loaded = load_index<TypeParam>(file);
    EXPECT_EQ(loaded->name(), name);
    loaded->validate();
    expect_batches(*loaded, model, this->rng);
    using Other = std::conditional_t<std::is_same_v<TypeParam, float>, double, float>;
    EXPECT_THROW(static_cast<void>(load_index<Other>(file)), invalid_input);
    std::filesystem::remove(file);

    const std::vector<TypeParam> far_low{-1, -1, -1}, far_high{0, 0, 0};
    EXPECT_EQ(index->keep_in_box(far_low, far_high), model.erase_in_box(far_low, far_high, true));
    EXPECT_EQ(index->size(), model.size());
  }
  EXPECT_THROW(static_cast<void>(load_index<TypeParam>(file)), io_error);
}

TYPED_TEST(AnyIndexOf, OptionsReachTheIndex) {
  IndexOptions<TypeParam> options;
  options.periodic.lengths = {1, 1};
  options.executor = Executor(2);
  options.balance = Balance::avl(2);
  Model<TypeParam> model(2, options.periodic);
  const auto points = make_points<TypeParam>(Shape::clustered, 300, 2, this->rng);
  model.build(points.view());
  for (const std::string_view name : {"kd", "kdmap"}) {
    const auto index = make_index<TypeParam>(name, 2, options);
    index->build(points.view());
    index->validate();
    expect_batches(*index, model, this->rng);
  }
  for (const Balance& balance : {Balance::weight(), Balance{}}) {
    options.balance = balance;
    EXPECT_THROW(static_cast<void>(make_index<TypeParam>("kdmap", 2, options)), invalid_input);
  }
  EXPECT_THROW(static_cast<void>(make_index<TypeParam>("brute", 2, options)), unsupported);
  EXPECT_THROW(static_cast<void>(make_index<TypeParam>("octree", 2, options)), unsupported);
  options.balance.reset();
  options.capacity = 3;
  options.alpha = 1.25;
  const auto index = make_index<TypeParam>("octree", 2, options);
  index->build(points.view());
  index->validate();
  EXPECT_GE(index->statistics().leaves, 100u);
  expect_batches(*index, model, this->rng);
  EXPECT_THROW(static_cast<void>(make_index<TypeParam>("kd", 2, options)), unsupported);
  EXPECT_THROW(static_cast<void>(make_index<TypeParam>("octree", 4, {})), unsupported);
}

TYPED_TEST(AnyIndexOf, RefusalsNameWhatIsThere) {
  try {
    static_cast<void>(make_index<TypeParam>("kdd", 3));
    FAIL() << "was accepted";
  } catch (const invalid_input& refusal) {
    EXPECT_NE(std::string(refusal.what()).find("kdd"), std::string::npos) << refusal.what();
    for (const std::string_view name : index_names())
      EXPECT_NE(std::string(refusal.what()).find(name), std::string::npos) << refusal.what();
  }
  EXPECT_THROW(static_cast<void>(make_index<TypeParam>("kd", 0)), invalid_input);
  IndexOptions<TypeParam> options;
  options.periodic.lengths = {1, 0};
  EXPECT_THROW(static_cast<void>(make_index<TypeParam>("kd", 2, options)), invalid_input);
  EXPECT_THROW(static_cast<void>(make_index<TypeParam>("brute", 2, options)), invalid_input);
}

}  // namespace
}  // namespace coppice::test
