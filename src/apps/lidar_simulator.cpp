// See lidar_simulator.hpp. A column's beams share one vertical plane: the town is sliced along it once, and each beam
// takes the nearest hit among the slices and the road.
#include "coppice/apps/lidar_simulator.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "coppice/errors.hpp"
#include "random.hpp"
#include "route.hpp"
#include "town.hpp"

namespace coppice {

namespace lidar {

struct Beam {
  double slope;  // rise over horizontal distance
  double cosine;
  double sine;
};

// Keeps the town's random numbers apart from those of the noise.
constexpr std::uint64_t town_salt = 0x746f776e;

struct World {
  explicit World(const LidarSimulator::Config& config) : town(mix(config.seed, town_salt)), route(town) {
    const double degree = std::acos(0.0) / 90;
    for (int i = 0; i < config.beams; ++i) {
      const double fraction = config.beams == 1 ? 0.0 : static_cast<double>(i) / (config.beams - 1);
      const double elevation = (config.lowest + (config.highest - config.lowest) * fraction) * degree;
      beams.push_back({std::tan(elevation), std::cos(elevation), std::sin(elevation)});
    }
  }

  Town town;
  Route route;
  std::vector<Beam> beams;
};

namespace {

// Light that comes back, relative to a surface met head-on at the range limit. Below this a return is lost, which
// thins out the road far away, where beams only graze it.
constexpr double weakest_signal = 0.05;

// One vertical plane of one sweep: where it stands, and the slices of the town in it.
struct Column {
  Place place;
  Place direction;
  std::uint64_t noise;  // seed of this column's random numbers
  std::vector<Slice> slices;
};

// Writes the returns of a column to `rows` and gives their number.
std::size_t cast_column(const LidarSimulator::Config& config, const std::vector<Beam>& beams, const Column& column,
                        float* rows) {
  std::size_t count = 0;
  for (std::size_t b = 0; b < beams.size(); ++b) {
    const Beam& beam = beams[b];
    const double limit = config.range * beam.cosine;
    SliceHit nearest{limit, 0};
    if (beam.slope < 0 && -config.sensor_height / beam.slope < limit)
      nearest = {-config.sensor_height / beam.slope, -beam.sine};
    for (const Slice& slice : column.slices) {
      if (slice.enter >= nearest.distance) break;
      SliceHit hit{};
      if (cast(slice, config.sensor_height, beam.slope, beam.sine, beam.cosine, hit) && hit.distance < nearest.distance)
        nearest = hit;
    }
    if (nearest.distance >= limit) continue;

    const std::uint64_t bits = mix(column.noise, b);
    const double range = nearest.distance / beam.cosine + config.range_noise * bell(mix(bits, 0));
    const double signal = nearest.facing * (config.range / range) * (config.range / range);
    if (range <= 0 || range > config.range || unit(mix(bits, 1)) < config.dropout ||
        signal < weakest_signal * (0.5 + unit(mix(bits, 2))))
      continue;
    float* row = rows + 3 * count++;
    row[0] = static_cast<float>(column.place[0] + range * beam.cosine * column.direction[0]);
    row[1] = static_cast<float>(column.place[1] + range * beam.cosine * column.direction[1]);
    row[2] = static_cast<float>(config.sensor_height + range * beam.sine);
  }
  return count;
}

void require(bool holds, const char* field, const std::string& found, const char* expected) {
  if (!holds) throw invalid_input("LidarSimulator: " + std::string(field) + " is " + found + ", expected " + expected);
}

}  // namespace
}  // namespace lidar

void LidarSimulator::Config::check() const {
  using lidar::require;
  require(beams >= 1 && beams <= 4096, "beams", std::to_string(beams), "1 to 4096");
  require(columns >= 1 && columns <= 1000000, "columns", std::to_string(columns), "1 to 1000000");
  require(lowest > -90 && lowest <= highest, "lowest", std::to_string(lowest), "more than -90 and at most highest");
  require(highest < 90, "highest", std::to_string(highest), "less than 90");
  require(range > 0 && range <= 1000, "range", std::to_string(range), "more than 0 and at most 1000");
  require(range_noise >= 0 && range_noise <= 1, "range_noise", std::to_string(range_noise), "0 to 1");
  require(dropout >= 0 && dropout <= 1, "dropout", std::to_string(dropout), "0 to 1");
  require(sensor_height > 0 && sensor_height <= 2.5, "sensor_height", std::to_string(sensor_height),
          "more than 0 and at most 2.5");
  require(speed >= 0 && speed <= 100, "speed", std::to_string(speed), "0 to 100");
  require(sweeps_per_second > 0 && sweeps_per_second <= 1000, "sweeps_per_second", std::to_string(sweeps_per_second),
          "more than 0 and at most 1000");
}

LidarSimulator::LidarSimulator() : LidarSimulator(Config{}) {}
LidarSimulator::LidarSimulator(Config config) : config_(std::move(config)) {
  config_.check();
  world_ = std::make_unique<const lidar::World>(config_);
}
LidarSimulator::LidarSimulator(LidarSimulator&&) noexcept = default;
LidarSimulator& LidarSimulator::operator=(LidarSimulator&&) noexcept = default;
LidarSimulator::~LidarSimulator() = default;

Points<float> LidarSimulator::sweep(int index) const {
  if (index < 0) throw invalid_input("LidarSimulator: sweep " + std::to_string(index) + ", expected 0 or more");
  const auto columns = static_cast<std::size_t>(config_.columns);
  const std::size_t room = 3 * world_->beams.size();  // floats a column
  std::vector<std::size_t> counts(columns);
  Points<float> points{std::vector<float>(columns * room), 3};
  const std::uint64_t noise = lidar::mix(config_.seed, static_cast<std::uint64_t>(index));
  const double full_turn = 4 * std::acos(0.0);

  config_.executor.for_each_chunk(columns, 64, [&](std::size_t first, std::size_t last) {
    lidar::Column column{};
    for (std::size_t c = first; c < last; ++c) {
      const double done = static_cast<double>(c) / static_cast<double>(columns);
      const lidar::Pose pose = world_->route.at((index + done) * config_.speed / config_.sweeps_per_second);
      // Sweeps start at a random fraction of a column, so that a standing sensor does not see the same points again.
      const double azimuth = full_turn * (done + lidar::unit(noise) / static_cast<double>(columns));
      const lidar::Place turn{std::cos(azimuth), -std::sin(azimuth)};
      column.place = pose.place;
      column.direction = {pose.heading[0] * turn[0] - pose.heading[1] * turn[1],
                          pose.heading[1] * turn[0] + pose.heading[0] * turn[1]};
      column.noise = lidar::mix(noise, c);
      world_->town.slice(column.place, column.direction, config_.range, column.slices);
      counts[c] = lidar::cast_column(config_, world_->beams, column, points.coordinates.data() + c * room);
    }
  });

  float* end = points.coordinates.data();
  for (std::size_t c = 0; c < columns; ++c) {
    const float* from = points.coordinates.data() + c * room;
    std::memmove(end, from, 3 * counts[c] * sizeof(float));
    end += 3 * counts[c];
  }
  points.coordinates.resize(static_cast<std::size_t>(end - points.coordinates.data()));
  return points;
}

std::array<double, 3> LidarSimulator::sensor_position(double time) const {
  const lidar::Place place = world_->route.at(time * config_.speed / config_.sweeps_per_second).place;
  return {place[0], place[1], config_.sensor_height};
}

double LidarSimulator::signed_distance(const std::array<double, 3>& place) const {
  double nearest = place[2];  // the road
  for (const lidar::Solid& solid : world_->town.solids()) nearest = std::min(nearest, solid.signed_distance(place));
  return nearest;
}

}  // namespace coppice
