// Save and load: the same answers, ids and configuration come back; a file of another scalar type or index is refused;
// any flipped, missing or extra byte is detected and never crashes.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "conformance/churn.hpp"
#include "conformance/query_checks.hpp"
#include "conformance/subjects.hpp"
#include "coppice/errors.hpp"

namespace coppice::test {
namespace {

template <class SubjectType>
class Persistence : public Conformance<SubjectType> {
 protected:
  void SetUp() override {
    folder = std::filesystem::temp_directory_path() / ("coppice-persistence-" + std::to_string(getpid()) + "-" +
                                                       std::to_string(reinterpret_cast<std::uintptr_t>(this)));
    std::filesystem::create_directories(folder);
    file = folder / "index.coppice";
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string read() const {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  void write(const std::string& bytes) const { std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes; }
  /// Whether the file as it lies there is refused as damaged, with a message that names it.
  ::testing::AssertionResult is_refused() const {
    try {
      static_cast<void>(SubjectType::Index::load(file));
    } catch (const corrupt_file& refusal) {
      if (std::string(refusal.what()).find("index.coppice") == std::string::npos)
        return ::testing::AssertionFailure() << "the message does not name the file: " << refusal.what();
      return ::testing::AssertionSuccess();
    } catch (const unsupported&) {
      return ::testing::AssertionSuccess();
    } catch (const std::exception& other) {
      return ::testing::AssertionFailure() << "threw another type: " << other.what();
    }
    return ::testing::AssertionFailure() << "was loaded";
  }

  std::filesystem::path folder, file;
};
TYPED_TEST_SUITE(Persistence, Subjects, );

TYPED_TEST(Persistence, ComesBackAfterChurn) {
  using Scalar = typename TypeParam::Scalar;
  for (const bool scattered : {false, true}) {
    for (const int dimension : {1, 3, 17}) {
      if (!TypeParam::serves(dimension)) continue;
      Setup<Scalar> setup;
      setup.dimension = dimension;
      setup.balance = Balance::avl(3);
      if (dimension == 3) setup.periodic.lengths = {1, 2, std::numeric_limits<Scalar>::infinity()};
      auto index = TypeParam::make(setup);
      Model<Scalar> model(dimension, setup.periodic);
      UpdatesOf<typename TypeParam::Index, Scalar> updates_of_index(index);
      Churn<Scalar> churn(updates_of_index, model, this->rng,
                          {.scattered = scattered, .target = 400, .whole_sets = false});
      for (int i = 0; i < 60; ++i) churn.step();
      index.save(this->file);
      auto loaded = TypeParam::Index::load(this->file, Executor(2));
      loaded.validate();
      EXPECT_EQ(loaded.dimension(), dimension);
      EXPECT_EQ(loaded.config().periodic.lengths, setup.periodic.lengths);
      if constexpr (TypeParam::has_balance) {
        EXPECT_EQ(loaded.config().balance.kind, BalanceKind::avl);
        EXPECT_EQ(loaded.config().balance.delta, 3);
      }
      if constexpr (TypeParam::has_leaves) {
        EXPECT_EQ(loaded.config().leaf_fill, index.config().leaf_fill);
      }
      expect_equals_model(loaded, model, this->rng, {.rounds = 3});
      UpdatesOf<typename TypeParam::Index, Scalar> updates_of_loaded(loaded);
      Churn<Scalar> more(updates_of_loaded, model, this->rng,
                         {.scattered = scattered, .target = 400, .whole_sets = false});
      for (int i = 0; i < 30; ++i) {
        more.step();
        loaded.validate();
      }
      expect_equals_model(loaded, model, this->rng);
      if (this->HasFailure()) return;
    }
  }
}

TYPED_TEST(Persistence, FreshIdsGoOnAfterALoad) {
  using Scalar = typename TypeParam::Scalar;
  auto index = TypeParam::make(2);
  index.build(make_points<Scalar>(Shape::uniform, 50, 2, this->rng).view());
  index.erase(49);
  index.save(this->file);
  auto loaded = TypeParam::Index::load(this->file);
  EXPECT_EQ(loaded.insert(std::vector<Scalar>{1, 2}), 50);
}

TYPED_TEST(Persistence, EmptyAndOneAndAllEqual) {
  using Scalar = typename TypeParam::Scalar;
  for (const std::size_t size : {0, 1, 500}) {
    auto index = TypeParam::make(3);
    Model<Scalar> model(3);
    const auto points = make_points<Scalar>(Shape::all_equal, size, 3, this->rng);
    index.build(points.view());
    model.build(points.view());
    index.save(this->file);
    index.save(this->file);  // over an older file
    const auto loaded = TypeParam::Index::load(this->file);
    loaded.validate();
    expect_equals_model(loaded, model, this->rng);
    if (this->HasFailure()) return;
  }
}

TYPED_TEST(Persistence, AnotherScalarOrIndexIsRefused) {
  using Scalar = typename TypeParam::Scalar;
  using Other = std::conditional_t<std::is_same_v<Scalar, float>, double, float>;
  auto index = TypeParam::make(3);
  index.build(make_points<Scalar>(Shape::uniform, 50, 3, this->rng).view());
  index.save(this->file);
  EXPECT_THROW(static_cast<void>(KdTree<Other>::load(this->file)), invalid_input);
  EXPECT_THROW(static_cast<void>(BruteForce<Other>::load(this->file)), invalid_input);
  if constexpr (TypeParam::has_balance) {
    EXPECT_THROW(static_cast<void>(BruteForce<Scalar>::load(this->file)), invalid_input);
  } else {
    EXPECT_THROW(static_cast<void>(KdTree<Scalar>::load(this->file)), invalid_input);
  }
}

TYPED_TEST(Persistence, AMissingFileOrFolderIsAnIoError) {
  auto index = TypeParam::make(3);
  EXPECT_THROW(static_cast<void>(TypeParam::Index::load(this->folder / "none")), io_error);
  EXPECT_THROW(index.save(this->folder / "none" / "index"), io_error);
}

TYPED_TEST(Persistence, EveryDamageIsDetected) {
  using Scalar = typename TypeParam::Scalar;
  auto index = TypeParam::make(2);
  index.build(make_points<Scalar>(Shape::uniform, 45, 2, this->rng).view(), scattered_ids(45, this->rng));
  index.save(this->file);
  const std::string good = this->read();
  ASSERT_GT(good.size(), 45 * (2 * sizeof(Scalar)));
  const auto stride = static_cast<std::size_t>(small_scale() ? 11 : 1);
  for (std::size_t i = 0; i < good.size(); i += stride) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ (this->rng.chance(0.5) ? 1 << this->rng.below(8) : 0xff));
    this->write(bad);
    ASSERT_TRUE(this->is_refused()) << "byte " << i << " of " << good.size() << " changed";
  }
  for (std::size_t length = 0; length < good.size(); length += length < 100 ? 1 : 13) {
    this->write(good.substr(0, length));
    ASSERT_TRUE(this->is_refused()) << "cut to " << length << " of " << good.size() << " bytes";
  }
  for (const char* tail : {"x", "0123456789abcdef"}) {
    this->write(good + tail);
    ASSERT_TRUE(this->is_refused()) << "bytes added at the end";
  }
  this->write("this is no index at all, but a line of text that is longer than any header could be, and then some");
  ASSERT_TRUE(this->is_refused());
  this->write(good);
  EXPECT_NO_THROW(static_cast<void>(TypeParam::Index::load(this->file)));
}

}  // namespace
}  // namespace coppice::test
