// The simulated LiDAR: the same sweeps always and everywhere, the right number of points, and all of them where a
// surface is, up to the stated noise.
#include "coppice/apps/lidar_simulator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "coppice/errors.hpp"

namespace coppice {
namespace {

std::array<double, 3> place(const Points<float>& points, std::size_t row) {
  const auto point = points.view()[row];
  return {point[0], point[1], point[2]};
}

TEST(LidarSimulator, SameSweepForSameSeedInAnyOrder) {
  const LidarSimulator first;
  const LidarSimulator second;
  const Points<float> later = first.sweep(7);
  const Points<float> earlier = first.sweep(3);
  EXPECT_EQ(earlier.coordinates, second.sweep(3).coordinates);
  EXPECT_EQ(later.coordinates, second.sweep(7).coordinates);
  EXPECT_NE(earlier.coordinates, later.coordinates);
}

TEST(LidarSimulator, SameSweepForAnyNumberOfThreads) {
  const LidarSimulator sequential;
  const Points<float> expected = sequential.sweep(11);
  for (const int threads : {2, 3, 8}) {
    LidarSimulator::Config config;
    config.executor = Executor(threads);
    EXPECT_EQ(LidarSimulator(config).sweep(11).coordinates, expected.coordinates) << threads << " threads";
  }
}

TEST(LidarSimulator, AnotherSeedIsAnotherTown) {
  LidarSimulator::Config config;
  config.seed = 2;
  EXPECT_NE(LidarSimulator(config).sweep(0).coordinates, LidarSimulator().sweep(0).coordinates);
}

TEST(LidarSimulator, AboutAHundredThousandPointsASweep) {
  const LidarSimulator simulator;
  double total = 0;
  for (int sweep = 0; sweep < 80; ++sweep) {
    const Points<float> points = simulator.sweep(sweep);
    ASSERT_EQ(points.dimension, 3);
    ASSERT_GT(points.size(), 80000u) << "sweep " << sweep;
    ASSERT_LT(points.size(), 112001u) << "sweep " << sweep;
    total += static_cast<double>(points.size());
  }
  EXPECT_GT(total / 80, 95000);
  EXPECT_LT(total / 80, 105000);
}

TEST(LidarSimulator, PointsAreFiniteAndWithinRangeOfTheSensor) {
  const LidarSimulator simulator;
  const auto& config = simulator.config();
  for (const int sweep : {0, 40, 400}) {
    const Points<float> points = simulator.sweep(sweep);
    const auto sensor = simulator.sensor_position(sweep + 0.5);
    const double reach = config.range + config.speed / config.sweeps_per_second / 2 + 1e-3;
    for (std::size_t row = 0; row < points.size(); ++row) {
      const auto [x, y, z] = place(points, row);
      ASSERT_TRUE(std::isfinite(x) && std::isfinite(y) && std::isfinite(z)) << "row " << row;
      ASSERT_LE(std::hypot(x - sensor[0], y - sensor[1], z - sensor[2]), reach) << "sweep " << sweep << " row " << row;
    }
  }
}

// signed_distance measures solids directly and shares nothing with the ray caster.
TEST(LidarSimulator, PointsLieOnSurfaces) {
  const LidarSimulator simulator;
  const double tolerance = 3.5 * simulator.config().range_noise + 1e-4;
  for (const int sweep : {0, 33, 79, 350}) {
    const Points<float> points = simulator.sweep(sweep);
    for (std::size_t row = 0; row < points.size(); row += 13)
      ASSERT_LE(std::abs(simulator.signed_distance(place(points, row))), tolerance)
          << "sweep " << sweep << " row " << row;
  }
}

TEST(LidarSimulator, WithoutNoisePointsAreExactAndReachRoadAndRoofs) {
  LidarSimulator::Config config;
  config.range_noise = 0;
  config.dropout = 0;
  const LidarSimulator simulator(config);
  const Points<float> points = simulator.sweep(20);
  std::size_t road = 0;
  std::size_t high = 0;
  for (std::size_t row = 0; row < points.size(); ++row) {
    if (row % 13 == 0) {
      ASSERT_LE(std::abs(simulator.signed_distance(place(points, row))), 1e-4) << "row " << row;
    }
    const float z = points.view()[row][2];
    ASSERT_GE(z, -1e-4f);
    road += std::abs(z) < 1e-4f;
    high += z > 4;
  }
  EXPECT_GT(road, points.size() / 10);
  EXPECT_GT(high, points.size() / 50);
}

// Walls hide what is behind them: nothing lies between the sensor and a point.
TEST(LidarSimulator, NothingStandsBetweenSensorAndPoint) {
  LidarSimulator::Config config;
  config.range_noise = 0;
  config.speed = 0;  // one sensor place for the whole sweep
  const LidarSimulator simulator(config);
  const auto sensor = simulator.sensor_position(0);
  const Points<float> points = simulator.sweep(0);
  for (std::size_t row = 0; row < points.size(); row += 401) {
    const auto target = place(points, row);
    for (int step = 1; step < 200; ++step) {
      const double t = step / 200.0;
      const std::array<double, 3> on_the_way{sensor[0] + t * (target[0] - sensor[0]),
                                             sensor[1] + t * (target[1] - sensor[1]),
                                             sensor[2] + t * (target[2] - sensor[2])};
      ASSERT_GE(simulator.signed_distance(on_the_way), -1e-4) << "row " << row << " step " << step;
    }
  }
}

TEST(LidarSimulator, TheRouteIsSmoothAndClosed) {
  const LidarSimulator simulator;
  const double stride = simulator.config().speed / simulator.config().sweeps_per_second;
  auto before = simulator.sensor_position(0);
  auto at = simulator.sensor_position(1);
  for (int sweep = 2; sweep < 3000; ++sweep) {  // more than once around
    const auto next = simulator.sensor_position(sweep);
    const double moved = std::hypot(next[0] - at[0], next[1] - at[1]);
    ASSERT_NEAR(moved, stride, 0.01) << "sweep " << sweep;
    const double bend = std::hypot(next[0] - 2 * at[0] + before[0], next[1] - 2 * at[1] + before[1]);
    ASSERT_LT(bend, 0.1) << "sweep " << sweep;
    ASSERT_GT(simulator.signed_distance(next), 0.5) << "the car drives into something at sweep " << sweep;
    before = at;
    at = next;
  }
}

TEST(LidarSimulator, RefusesABadConfigByName) {
  const auto refused = [](auto change, const char* field) {
    LidarSimulator::Config config;
    change(config);
    try {
      const LidarSimulator simulator(config);
      FAIL() << "accepted a bad " << field;
    } catch (const invalid_input& refusal) {
      EXPECT_NE(refusal.reason().find(field), std::string::npos) << refusal.what();
    }
  };
  using Config = LidarSimulator::Config;
  refused([](Config& c) { c.beams = 0; }, "beams");
  refused([](Config& c) { c.columns = -1; }, "columns");
  refused([](Config& c) { c.lowest = 20; }, "lowest");
  refused([](Config& c) { c.highest = 90; }, "highest");
  refused([](Config& c) { c.range = 0; }, "range");
  refused([](Config& c) { c.range = std::nan(""); }, "range");
  refused([](Config& c) { c.range_noise = -1; }, "range_noise");
  refused([](Config& c) { c.dropout = 1.5; }, "dropout");
  refused([](Config& c) { c.sensor_height = 0; }, "sensor_height");
  refused([](Config& c) { c.speed = -1; }, "speed");
  refused([](Config& c) { c.sweeps_per_second = 0; }, "sweeps_per_second");
  EXPECT_THROW((void)LidarSimulator().sweep(-1), invalid_input);
}

}  // namespace
}  // namespace coppice
