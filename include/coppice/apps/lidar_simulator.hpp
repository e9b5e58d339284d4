// LidarSimulator: a spinning multi-beam LiDAR on a car that drives through a procedural town. It makes sweeps of a
// known world from a seed, so that a moving-window job can be run, timed and checked anywhere without a data set.
// Surfaces are analytic (boxes, cylinders, spheres, ground), so every point is exact up to the stated range noise.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "coppice/geometry/point_view.hpp"
#include "coppice/parallel/executor.hpp"

namespace coppice {

namespace lidar {
struct World;
}  // namespace lidar

/// Sweeps of a simulated drive. Lengths are metres; z points up and the road is z = 0.
///
/// Determinism: a sweep depends on the Config and its index alone: any order of calls, any number of threads.
/// Thread safety: any number of concurrent calls.
class LidarSimulator {
 public:
  struct Config {
    std::uint64_t seed = 1;         ///< of the town, the noise and the lost returns
    int beams = 64;                 ///< rays a column, evenly spread from `lowest` to `highest`
    int columns = 1750;             ///< azimuths a turn; the default gives about 100,000 points a sweep
    double lowest = -25;            ///< elevation of the lowest beam, degrees
    double highest = 15;            ///< elevation of the highest beam, degrees
    double range = 90;              ///< no return beyond, noise included
    double range_noise = 0.01;      ///< standard deviation along the ray; never more than 3.5 of them
    double dropout = 0.02;          ///< fraction of the returns that is lost for no reason
    double sensor_height = 1.8;     ///< above the road
    double speed = 10;              ///< metres a second along the route
    double sweeps_per_second = 10;  ///< turns of the sensor; the car moves on during a turn
    Executor executor{};            ///< where the columns of a sweep are cast

    /// Errors: invalid_input that names the field.
    void check() const;
  };

  LidarSimulator();
  /// Builds the town. Errors: invalid_input for a bad Config.
  explicit LidarSimulator(Config config);
  LidarSimulator(LidarSimulator&&) noexcept;
  LidarSimulator& operator=(LidarSimulator&&) noexcept;
  ~LidarSimulator();

  [[nodiscard]] const Config& config() const noexcept { return config_; }

  /// The returns of one turn in world coordinates, n × 3, column by column from the lowest beam up; moved to where the
  /// sensor was when each column fired. Errors: invalid_input when `index` < 0.
  [[nodiscard]] Points<float> sweep(int index) const;

  /// Where the sensor is at `time`, counted in sweeps: sweep i fires its columns from time i to time i + 1.
  [[nodiscard]] std::array<double, 3> sensor_position(double time) const;

  /// The distance from a place to the nearest surface of the town, negative inside a solid or below the road.
  /// Complexity: O(solids); meant for checks.
  [[nodiscard]] double signed_distance(const std::array<double, 3>& place) const;

 private:
  Config config_;
  std::unique_ptr<const lidar::World> world_;
};

}  // namespace coppice
