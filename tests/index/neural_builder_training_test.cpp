// The gradients of training against finite differences, and training itself: it learns, repeats itself, and resumes.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <vector>

#include "coppice/errors.hpp"
#include "coppice/index/neural_builder/trainer.hpp"
#include "index/neural_builder/cloud_pass.hpp"
#include "index/neural_builder/level_gradient.hpp"
#include "index/neural_builder/random.hpp"

namespace coppice::neural_builder {
namespace {

CostModel cost_of(Heuristic heuristic) {
  CostModel cost;
  cost.heuristic = heuristic;
  // The softmax of costs is then as hard as the minimum that differences see.
  cost.traversal *= 1e4f;
  cost.intersection *= 1e4f;
  return cost;
}

std::vector<Vec3> uniform_cloud(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<Vec3> points(count);
  for (Vec3& p : points) p = {random.uniform(), 0.8f * random.uniform(), 0.6f * random.uniform()};
  return points;
}

/// λ′ from an array a level, three a node, in the order in which nodes are made.
OffsetSource fixed(const std::vector<std::vector<float>>& lambdas) {
  auto next = std::make_shared<std::vector<std::size_t>>(lambdas.size());
  return [&lambdas, next](int level, const float*, std::size_t rows, float* out) {
    std::size_t& at = (*next)[static_cast<std::size_t>(level)];
    for (std::size_t r = 0; r < rows; ++r) out[r] = lambdas[static_cast<std::size_t>(level)][at++];
  };
}

TEST(LevelGradientTest, EqualsFiniteDifferences) {
  const SplitNetwork network(Heuristic::volume, 1, 3);
  std::vector<float> parameters = network.levels[0];
  Random random(5);
  ActiveRows rows;
  for (int r = 0; r < 9; ++r) {
    const auto points = uniform_cloud(50 + static_cast<std::size_t>(r), static_cast<std::uint64_t>(r));
    std::vector<float> histograms(3 * NetworkTable::places);
    add_histograms(points, bounds_of(points), histograms.data());
    rows.histograms.insert(rows.histograms.end(), histograms.begin(), histograms.begin() + NetworkTable::places);
    rows.gradients.push_back(random.normal());
  }
  const auto loss = [&](const std::vector<float>& at) {
    std::vector<float> out(rows.gradients.size());
    NetworkScratch scratch;
    NetworkTable(at).offsets(rows.histograms.data(), out.size(), out.data(), scratch);
    double sum = 0;
    for (std::size_t r = 0; r < out.size(); ++r)
      sum += static_cast<double>(rows.gradients[r]) * static_cast<double>(out[r]);
    return sum;
  };
  LevelGradient level;
  level.tabulate(parameters);
  std::vector<float> gradient(NetworkLayout::size);
  level.backward(rows, gradient);
  using Layout = NetworkLayout;
  // Along a random direction within each array of parameters.
  const std::size_t starts[] = {Layout::w1, Layout::b1, Layout::w2, Layout::b2, Layout::w3, Layout::b3,  Layout::u1,
                                Layout::c1, Layout::u2, Layout::c2, Layout::u3, Layout::c3, Layout::size};
  for (std::size_t part = 0; part + 1 < std::size(starts); ++part) {
    std::vector<float> up = parameters;
    std::vector<float> down = parameters;
    double expected = 0;
    const float step = 5e-5f;
    for (std::size_t i = starts[part]; i < starts[part + 1]; ++i) {
      const float direction = random.normal();
      up[i] += step * direction;
      down[i] -= step * direction;
      expected += static_cast<double>(gradient[i]) * static_cast<double>(direction);
    }
    const double found = (loss(up) - loss(down)) / (2 * static_cast<double>(step));
    EXPECT_NEAR(found, expected, 0.05 * std::abs(expected) + 0.012) << "array " << part;
  }
}

/// Points in tight clumps, and planes between them: no point changes sides under a small step.
std::vector<Vec3> clumps() {
  std::vector<Vec3> points;
  Random random(17);
  for (int x = 0; x < 3; ++x)
    for (int y = 0; y < 3; ++y)
      for (int z = 0; z < 3; ++z) {
        const int count = random.between(2, 40);
        for (int i = 0; i < count; ++i)
          points.push_back({static_cast<float>(x) / 2, 0.45f * static_cast<float>(y), 0.4f * static_cast<float>(z)});
      }
  return points;
}

TEST(CloudPassTest, BoxGradientsEqualFiniteDifferences) {
  const auto points = clumps();
  const Box3 root = bounds_of(points);
  Random random(4);
  for (const Heuristic heuristic : {Heuristic::surface_area, Heuristic::volume})
    for (const TrainingPaths paths : {TrainingPaths::greedy, TrainingPaths::recursive}) {
      std::vector<std::vector<float>> lambdas{std::vector<float>(3), std::vector<float>(18), std::vector<float>(108)};
      for (auto& level : lambdas)
        for (float& lambda : level) lambda = random.uniform(0.1f, 0.4f) + (random.next() % 2 == 0 ? 0.f : 0.5f);
      CloudPass pass(3, cost_of(heuristic), paths, TrainingGradient::windowed, 1e-3f);
      std::vector<ActiveRows> rows(3);
      pass.forward(fixed(lambdas), root, points);
      pass.backward(1, 0, rows);
      std::vector<std::vector<float>> gradients(3);
      for (int level = 0; level < 3; ++level)
        for (std::size_t node = 0; node < pass.node_count(level); ++node)
          for (std::size_t a = 0; a < 3; ++a)
            gradients[static_cast<std::size_t>(level)].push_back(pass.gradient(level, node, a));
      std::size_t active = 0;
      for (std::size_t level = 0; level < 3; ++level)
        for (std::size_t i = 0; i < gradients[level].size(); ++i) {
          const double expected = static_cast<double>(gradients[level][i]);
          active += expected != 0 ? 1u : 0u;
          constexpr float step = 2e-3f;
          const auto moved = [&](float by) {
            auto changed = lambdas;
            changed[level][i] += by;
            CloudPass other(3, cost_of(heuristic), paths, TrainingGradient::windowed, 1e-3f);
            other.forward(fixed(changed), root, points);
            return other.cost();
          };
          EXPECT_NEAR((moved(step) - moved(-step)) / (2 * static_cast<double>(step)), expected,
                      0.01 * std::abs(expected) + 5e-4)
              << "level " << level << " row " << i;
        }
      EXPECT_GE(active, 4u);
    }
}

TEST(CloudPassTest, CountGradientsFollowTheCost) {
  // Many uniform points: the cost is smooth in the offsets but for noise, whoever counts.
  const auto points = uniform_cloud(60000, 2);
  const Box3 root = bounds_of(points);
  for (const Heuristic heuristic : {Heuristic::surface_area, Heuristic::volume}) {
    std::vector<std::vector<float>> lambdas{{0.35f, 0.4f, 0.45f}, std::vector<float>(6, 0.6f)};
    const auto pass_at = [&](float by, float window) {
      auto moved = lambdas;
      for (float& l : moved[0]) l += by;
      CloudPass pass(2, cost_of(heuristic), TrainingPaths::greedy, TrainingGradient::windowed, window);
      pass.forward(fixed(moved), root, points);
      return pass;
    };
    constexpr float window = 0.05f;
    CloudPass pass = pass_at(0, window);
    std::vector<ActiveRows> rows(2);
    pass.backward(1, 0, rows);
    double expected = 0;
    for (std::size_t a = 0; a < 3; ++a) expected += static_cast<double>(pass.gradient(0, 0, a));
    const double found =
        (pass_at(window, window).cost() - pass_at(-window, window).cost()) / (2 * static_cast<double>(window));
    EXPECT_NEAR(found, expected, 0.1 * std::abs(found) + 0.01);
  }
}

TEST(CloudPassTest, NextPointGradientIsThePapers) {
  // One cut: dC/dλ′ = box terms + (w_L − w_R) · n / ε over the next coordinate (equations 18 to 20).
  const std::vector<Vec3> points{{0, 0, 0}, {0.2f, 0.1f, 0.3f}, {0.5f, 0.9f, 0.1f}, {0.5f, 0.2f, 0.2f}, {1, 1, 0.5f}};
  const Box3 root = bounds_of(points);
  const CostModel cost = cost_of(Heuristic::volume);
  const std::vector<std::vector<float>> lambdas{{0.4f, 5.f, 5.f}};
  CloudPass pass(1, cost, TrainingPaths::greedy, TrainingGradient::next_point, 0.05f);
  std::vector<ActiveRows> rows(1);
  pass.forward(fixed(lambdas), root, points);
  pass.backward(1, 0, rows);
  const auto weight = [&](float low, float high) {
    Box3 box = root;
    box.lower[0] = low;
    box.upper[0] = high;
    return static_cast<double>(cost.measure(box)) / static_cast<double>(cost.measure(root));
  };
  const double slab = (weight(0, 0.41f) - weight(0, 0.39f)) / static_cast<double>(0.41f - 0.39f);
  const double density = 2 / static_cast<double>(0.5f - 0.4f);
  const double expected = (slab * 2 - slab * 3 + density * (weight(0, 0.4f) - weight(0.4f, 1))) / 5;
  EXPECT_NEAR(static_cast<double>(pass.gradient(0, 0, 0)), expected, 1e-3 * std::abs(expected));
  EXPECT_EQ(pass.gradient(0, 0, 1), 0.f);  // outside: only the penalty brings it back
  EXPECT_NEAR(pass.penalty(), 2 * 0.1 * (4 - 0.05), 1e-6);
}

TEST(TrainerTest, LearnsRepeatsAndResumes) {
  TrainingOptions options;
  options.heuristic = Heuristic::volume;
  options.levels = 2;
  options.batch = 8;
  options.samples = 256;
  options.steps = 60;
  TrainingSet data(options.heuristic);
  data.add(make_scene(SceneKind::stairs, 1), 1, 4096);
  data.add(make_scene(SceneKind::spheres, 1), 2, 4096);
  Trainer first(options, data);
  options.executor = Executor(3);
  Trainer second(options, data);
  double early = 0;
  double late = 0;
  const auto path = std::filesystem::temp_directory_path() / "coppice_trainer_test.state";
  for (int i = 0; i < 60; ++i) {
    const StepReport a = first.step();
    if (i == 30) second.save(path);
    const StepReport b = second.step();
    EXPECT_EQ(a.cost, b.cost);
    if (i < 10) early += a.cost;
    if (i >= 50) late += a.cost;
  }
  EXPECT_LT(late, early);
  EXPECT_EQ(first.network().levels, second.network().levels);
  Trainer third(options, data);
  third.resume(path);
  EXPECT_EQ(third.steps_done(), 30u);
  while (third.steps_done() < 60) (void)third.step();
  EXPECT_EQ(first.network().levels, third.network().levels);
  options.batch = 9;
  EXPECT_THROW(Trainer(options, data).resume(path), invalid_input);
  std::filesystem::remove(path);
  options.window = 2;
  EXPECT_THROW(Trainer(options, data), invalid_input);
  EXPECT_THROW(Trainer(TrainingOptions{}, TrainingSet(Heuristic::volume)), invalid_input);
}

}  // namespace
}  // namespace coppice::neural_builder
