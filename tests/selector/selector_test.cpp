// The selector of search strategies: ground truth by counted work, the forest that learns it, choices, and files.
#include "coppice/selector/strategy_selector.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "conformance/random.hpp"
#include "coppice/errors.hpp"
#include "coppice/index/brute_force/brute_force.hpp"
#include "coppice/index/kd_tree/kd_tree.hpp"
#include "coppice/index/octree/octree.hpp"
#include "coppice/persist/archive.hpp"
#include "persist/temporary_folder.hpp"

namespace coppice {
namespace {

using selector::LabelledRows;
using selector::RandomForest;
using selector::Task;

struct SelectorTest : test::Seeded {
  /// Two clusters and a haze, so that strategies differ.
  Points<double> points(std::size_t n, int dimension) {
    Points<double> all{{}, dimension};
    for (std::size_t i = 0; i < n; ++i) {
      const double spread = i % 10 == 0 ? 100 : 1;
      const double corner = i % 3 == 0 ? 60 : 20;
      for (int axis = 0; axis < dimension; ++axis)
        all.coordinates.push_back(spread > 1 ? spread * rng.uniform() : corner + rng.uniform());
    }
    return all;
  }
  /// Class 1 where the first two features are on different sides of a half.
  LabelledRows checkerboard(std::size_t n) {
    LabelledRows rows{4, {}, {}};
    for (std::size_t i = 0; i < n; ++i) {
      for (int f = 0; f < 4; ++f) rows.features.push_back(static_cast<float>(rng.uniform()));
      rows.classes.push_back((rows.row(i)[0] > 0.5f) != (rows.row(i)[1] > 0.5f) ? 1 : 0);
    }
    return rows;
  }
  StrategySelector<double>::Config small() const {
    StrategySelector<double>::Config config;
    config.questions = 150;
    config.largest = 200;
    config.references = 20;
    config.forest.trees = 8;
    return config;
  }
};

TEST_F(SelectorTest, ForestLearnsAndIsTheSameForOneSeed) {
  const LabelledRows rows = checkerboard(2000);
  const RandomForest forest(rows, 2, {.trees = 24});
  const LabelledRows unseen = checkerboard(500);
  std::size_t right = 0;
  for (std::size_t i = 0; i < unseen.size(); ++i) right += forest.classify(unseen.row(i)) == unseen.classes[i];
  EXPECT_GT(right, 460u);
  const RandomForest again(rows, 2, {.trees = 24});
  const RandomForest other(rows, 2, {.trees = 24, .seed = 1});
  bool differs = false;
  for (std::size_t i = 0; i < unseen.size(); ++i) {
    std::vector<float> a(2), b(2), c(2);
    forest.vote(unseen.row(i), a);
    again.vote(unseen.row(i), b);
    other.vote(unseen.row(i), c);
    ASSERT_EQ(a, b);
    EXPECT_NEAR(a[0] + a[1], 1, 1e-5);
    differs = differs || a != c;
  }
  EXPECT_TRUE(differs);
  EXPECT_EQ(RandomForest().classify(unseen.row(0)), 0);
}

TEST_F(SelectorTest, ForestRefusesWhatItCannotLearn) {
  LabelledRows rows = checkerboard(10);
  EXPECT_THROW(RandomForest({4, {}, {}}, 2, {}), invalid_input);
  EXPECT_THROW(RandomForest(rows, 1, {}), invalid_input);
  EXPECT_THROW(RandomForest(rows, 2, {.trees = 0}), invalid_input);
  EXPECT_THROW(RandomForest(rows, 2, {.leaf_rows = 0}), invalid_input);
  rows.features[4 * 7 + 2] = std::numeric_limits<float>::quiet_NaN();
  try {
    const RandomForest forest(rows, 2, {});
    FAIL() << "a feature was no number";
  } catch (const invalid_input& mistake) {
    EXPECT_EQ(mistake.row(), 7u);
  }
}

TEST_F(SelectorTest, QuestionsKeepToTheirLimits) {
  const auto all = points(500, 2);
  const auto nearest = selector::draw_questions<double>(all.view(), Task::nearest, 3000, 20, 1);
  std::vector<int> asked(21);
  for (const double k : nearest.extents) {
    ASSERT_EQ(k, static_cast<int>(k));
    ++asked.at(static_cast<std::size_t>(k));
  }
  EXPECT_EQ(asked[0], 0);
  for (std::size_t k = 1; k <= 20; ++k) EXPECT_GT(asked[k], 90);
  const auto within = selector::draw_questions<double>(all.view(), Task::within, 100, 0.5, 1);
  for (const double radius : within.extents) EXPECT_TRUE(radius >= 0 && radius < 0.5);
  EXPECT_THROW((void)selector::draw_questions<double>({all.view().row(0), 0, 2}, Task::nearest, 1, 5, 1),
               invalid_input);
  EXPECT_THROW((void)selector::draw_questions<double>(all.view(), Task::nearest, 1, 0.5, 1), invalid_input);
  EXPECT_THROW((void)selector::draw_questions<double>(all.view(), Task::within, 1, 0, 1), invalid_input);
}

TEST_F(SelectorTest, GivingUpEarlyFindsTheSameBest) {
  const auto all = points(4000, 2);
  Octree<double, 2> tree;
  tree.build(all.view());
  for (const Task task : {Task::nearest, Task::within}) {
    const auto questions = selector::draw_questions<double>(all.view(), task, 60, task == Task::nearest ? 300 : 5, 3);
    const auto best = selector::best_strategies(tree.search_target(), questions, selector::Label::work);
    const selector::Asker<double> asker(tree.search_target());
    for (std::size_t i = 0; i < questions.size(); ++i) {
      std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
      std::size_t expected = 0;
      for (std::size_t s = 0; s < selector::candidates(task).size(); ++s) {
        const auto cost =
            asker.cost(questions.points.view()[i], task, questions.extents[i], selector::candidates(task)[s]);
        if (cost >= least) continue;
        least = cost;
        expected = s;
      }
      ASSERT_EQ(best[i], expected);
    }
    const auto timed = selector::best_strategies(tree.search_target(), questions, selector::Label::time);
    EXPECT_EQ(timed.size(), questions.size());
  }
}

TEST_F(SelectorTest, ChoicesRepeatAndAnswersStayExact) {
  const auto all = points(6000, 3);
  KdTree<double> tree(3);
  tree.build(all.view());
  const auto target = tree.search_target();
  for (const bool paths : {false, true}) {
    auto config = small();
    config.paths = paths;
    const auto chooser = StrategySelector<double>::train(target, all.view(), config);
    const auto again = StrategySelector<double>::train(target, all.view(), config);
    const auto queries = points(300, 3);
    for (std::size_t i = 0; i < queries.size(); ++i) {
      const auto shares = chooser.shares(target, queries.view()[i], 50);
      ASSERT_EQ(shares, again.shares(target, queries.view()[i], 50));
      ASSERT_EQ(shares.size(), fixed_strategies().size());
    }
    const auto expected = tree.nearest(queries.view(), {.k = 90});
    const auto got = chooser.nearest(target, queries.view(), {.k = 90});
    EXPECT_EQ(got.offsets, expected.offsets);
    EXPECT_EQ(got.ids, expected.ids);
    EXPECT_EQ(got.distances, expected.distances);
    EXPECT_GT(chooser.bytes(), 0u);
    EXPECT_THROW((void)chooser.nearest(target, queries.view(), {.k = 0}), invalid_input);
    const std::vector<double> flat{1, 2};
    EXPECT_THROW((void)chooser.choose(target, flat, 5), invalid_input);
  }
}

TEST_F(SelectorTest, RefusesIndexesWithoutNodesAndBadConfigs) {
  const auto all = points(200, 2);
  BruteForce<double> brute(2);
  brute.build(all.view());
  EXPECT_THROW((void)StrategySelector<double>::train(brute.search_target(), all.view(), small()), unsupported);
  KdTree<double> tree(2);
  tree.build(all.view());
  auto config = small();
  config.questions = 0;
  EXPECT_THROW((void)StrategySelector<double>::train(tree.search_target(), all.view(), config), invalid_input);
  config = small();
  config.forest.depth = 31;
  EXPECT_THROW((void)StrategySelector<double>::train(tree.search_target(), all.view(), config), invalid_input);
  EXPECT_THROW((void)StrategySelector<double>::train(tree.search_target(), {all.view().row(0), 0, 2}, small()),
               invalid_input);
}

TEST_F(SelectorTest, FilesBelongToOneIndex) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "forest.selector";
  const auto all = points(3000, 2);
  KdTree<double> tree(2);
  tree.build(all.view());
  const auto target = tree.search_target();
  const auto chooser = StrategySelector<double>::train(target, all.view(), small());
  chooser.save(path, target);
  const auto loaded = StrategySelector<double>::load(path, target);
  for (std::size_t i = 0; i < 200; ++i)
    ASSERT_EQ(loaded.shares(target, all.view()[i], 30), chooser.shares(target, all.view()[i], 30));

  const auto refusal = [&](const auto& index) -> std::string {
    try {
      (void)StrategySelector<double>::load(path, index.search_target());
    } catch (const invalid_input& mistake) {
      EXPECT_EQ(std::string(mistake.what()).find('\n'), std::string::npos);
      return mistake.what();
    }
    return "";
  };
  KdTree<double> fewer(2);
  fewer.build(all.view().slice(0, 2000));
  EXPECT_NE(refusal(fewer).find("another index, of 3000 points in 2 dimensions; this one has 2000 in 2"),
            std::string::npos);
  KdTree<double> same_size(2);
  same_size.build(points(3000, 2).view());
  EXPECT_NE(refusal(same_size).find("at its reference point 0"), std::string::npos);
  KdTree<float> narrow(2);
  EXPECT_THROW((void)StrategySelector<float>::load(path, narrow.search_target()), invalid_input);
  tree.save(folder.path() / "tree");
  EXPECT_THROW((void)StrategySelector<double>::load(folder.path() / "tree", target), invalid_input);

  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(0, std::ios::end);
  const auto size = static_cast<std::streamoff>(file.tellg());
  for (std::streamoff at = size / 7; at < size; at += size / 5) {
    char byte = 0;
    file.seekg(at);
    file.get(byte);
    file.seekp(at);
    file.put(static_cast<char>(byte ^ 4));
    file.flush();
    EXPECT_THROW((void)StrategySelector<double>::load(path, target), corrupt_file) << "byte " << at;
    file.seekp(at);
    file.put(byte);
    file.flush();
  }
  EXPECT_NO_THROW((void)StrategySelector<double>::load(path, target));
}

TEST(ReciprocalRank, CountsThoseBefore) {
  const std::vector<float> shares{0.2f, 0.5f, 0.2f, 0.1f};
  EXPECT_EQ(reciprocal_rank(shares, 1), 1);
  EXPECT_EQ(reciprocal_rank(shares, 0), 0.5);
  EXPECT_EQ(reciprocal_rank(shares, 2), 1.0 / 3);
  EXPECT_EQ(reciprocal_rank(shares, 3), 0.25);
}

}  // namespace
}  // namespace coppice
