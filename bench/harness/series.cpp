// How each series of moving particles is made or read.
#include "harness/series.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <limits>
#include <numbers>
#include <numeric>
#include <stdexcept>

#include "coppice/index/kd_tree/kd_tree.hpp"
#include "coppice/io/point_file.hpp"
#include "harness/datasets.hpp"

namespace coppice::bench {
namespace {

struct Place {
  double x, y, z;
};

/// Normal numbers by Box and Muller, the same on every platform.
double normal(Random& random) {
  const double radius = std::sqrt(-2 * std::log(1 - random.uniform()));
  return radius * std::cos(2 * std::numbers::pi * random.uniform());
}

/// Back into the unit cube, off its face.
double reflected(double x) {
  const double folded = std::abs(std::remainder(x, 2.0));
  return std::min(folded, 0.999999);
}

Place place_of(const std::string& name, std::size_t step, std::size_t steps, std::size_t particle, std::size_t label,
               const std::vector<Place>& centers, const Place& offset) {
  const auto t = static_cast<double>(step);
  Place center = centers[label];
  double width = 0;
  if (name == "varying") {
    width = 0.02 * static_cast<double>(1 + label) * (1 + 0.05 * t);
    if (label == 0) {  // a thin background that stays
      center = {0.5, 0.5, 0.5};
      width = 0.2;
    }
  } else if (name == "stepwise") {
    width = 0.08;
    const std::size_t phase = particle % 3 == 0 ? step / 4 : 0;
    center = centers[(label + phase) % centers.size()];
  } else if (name == "exponential") {
    width = 0.03 * std::exp(0.12 * static_cast<double>(step < steps / 2 ? step : steps - 1 - step));
  } else {
    width = 0.05;
    const double angle = 0.06 * t, x = center.x - 0.5, y = center.y - 0.5;
    center.x = 0.5 + x * std::cos(angle) - y * std::sin(angle);
    center.y = 0.5 + x * std::sin(angle) + y * std::cos(angle);
  }
  return {center.x + width * offset.x, center.y + width * offset.y, center.z + width * offset.z};
}

/// A .npy file of float32 with three axes, frames × particles × 3; the first frames of it.
std::vector<Points<Real>> read_frames(const std::filesystem::path& path, std::size_t most) {
  std::ifstream file(path, std::ios::binary);
  char start[10];
  std::uint16_t length = 0;
  if (!file.read(start, sizeof start) || std::memcmp(start, "\x93NUMPY\x01", 7) != 0)
    throw std::runtime_error(path.string() + ": expected a .npy file of version 1");
  std::memcpy(&length, start + 8, sizeof length);
  std::string header(length, ' ');
  file.read(header.data(), length);
  std::size_t count = 0, particles = 0, axes = 0;
  const std::size_t shape = header.find("'shape': (");
  if (!file || header.find("'<f4'") == std::string::npos ||
      header.find("'fortran_order': False") == std::string::npos || shape == std::string::npos ||
      std::sscanf(header.c_str() + shape, "'shape': (%zu, %zu, %zu)", &count, &particles, &axes) != 3 || axes != 3)
    throw std::runtime_error(path.string() + ": expected float32 numbers, frames × particles × 3");
  std::vector<Points<Real>> frames;
  std::vector<float> numbers(particles * 3);
  for (std::size_t frame = 0; frame < std::min(count, most); ++frame) {
    if (!file.read(reinterpret_cast<char*>(numbers.data()),
                   static_cast<std::streamsize>(numbers.size() * sizeof(float))))
      throw std::runtime_error(path.string() + ": cut short in frame " + std::to_string(frame));
    frames.push_back({{numbers.begin(), numbers.end()}, 3});
  }
  return frames;
}

std::array<double, 3> cross(const double* a, const double* b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

/// The mean number of others within a radius, over a sample of every frame; the trees are built once.
class NeighborCount {
 public:
  explicit NeighborCount(const Series& series) {
    constexpr std::size_t sampled = 3000;  // of all frames together
    Random random(11);
    for (const Points<Real>& frame : series.frames) {
      trees_.emplace_back(dimension).build(frame);
      Points<Real>& sample = samples_.emplace_back(Points<Real>{{}, dimension});
      for (std::size_t i = 0; i < sampled / series.frames.size(); ++i) {
        const Real* row = frame.view().row(random.below(frame.size()));
        sample.coordinates.insert(sample.coordinates.end(), row, row + dimension);
      }
    }
  }
  [[nodiscard]] double operator()(double radius) const {
    double found = 0, asked = 0;
    for (std::size_t i = 0; i < trees_.size(); ++i) {
      const auto counts = trees_[i].count(samples_[i], Within<Real>{.radius = static_cast<Real>(radius)});
      found = std::accumulate(counts.begin(), counts.end(), found);
      asked += static_cast<double>(counts.size());
    }
    return found / asked - 1;  // each finds itself
  }

 private:
  std::vector<KdTree<Real>> trees_;
  std::vector<Points<Real>> samples_;
};

}  // namespace

double volume_of(const Cell& cell) {
  const auto base = cross(&cell[3], &cell[6]);
  return cell[0] * base[0] + cell[1] * base[1] + cell[2] * base[2];
}

double smallest_height(const Cell& cell) {
  double smallest = std::numeric_limits<double>::infinity();
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto face = cross(&cell[3 * ((axis + 1) % 3)], &cell[3 * ((axis + 2) % 3)]);
    smallest = std::min(smallest, volume_of(cell) / std::hypot(face[0], face[1], face[2]));
  }
  return smallest;
}

Series make_paper_series(const std::string& name, std::size_t n, std::size_t steps) {
  Random random(7);
  std::vector<Place> centers(8);
  for (Place& center : centers)
    center = {0.2 + 0.6 * random.uniform(), 0.2 + 0.6 * random.uniform(), 0.2 + 0.6 * random.uniform()};
  std::vector<std::size_t> labels(n);
  std::vector<Place> offsets(n);
  for (std::size_t i = 0; i < n; ++i) {
    labels[i] = random.below(centers.size());
    offsets[i] = {normal(random), normal(random), normal(random)};
  }
  Series series{name, {}};
  for (std::size_t step = 0; step < steps; ++step) {
    Points<Real>& frame = series.frames.emplace_back(Points<Real>{{}, dimension});
    for (std::size_t i = 0; i < n; ++i) {
      const Place place = place_of(name, step, steps, i, labels[i], centers, offsets[i]);
      for (const double x : {place.x, place.y, place.z}) frame.coordinates.push_back(static_cast<Real>(reflected(x)));
    }
  }
  return series;
}

Series make_uniform(const std::string& name, std::size_t n, const std::optional<Cell>& cell) {
  constexpr Cell unit{1, 0, 0, 0, 1, 0, 0, 0, 1};
  const Cell& box = cell ? *cell : unit;
  Random random(1);
  Series series{name, {Points<Real>{{}, dimension}}, cell};
  for (std::size_t i = 0; i < n; ++i) {
    const double at[3] = {random.uniform(), random.uniform(), random.uniform()};
    for (std::size_t axis = 0; axis < 3; ++axis)
      series.frames.front().coordinates.push_back(
          static_cast<Real>(at[0] * box[axis] + at[1] * box[3 + axis] + at[2] * box[6 + axis]));
  }
  return series;
}

std::optional<Series> read_series(const std::string& name, std::size_t frames, const Options& options) {
  std::filesystem::path file = options.data / "pdb_3J6R" / "capsid_xyz.f32.npy";
  if (name == "ngl_md") file = options.data / "ngl_md" / "ngl_md_traj.f32.npy";
  if (name == "water") file = options.data / "chemfiles_water" / "traj.f32.npy";
  if (!std::filesystem::exists(file)) {
    std::fprintf(stderr, "%s: skipped, %s is absent\n", name.c_str(), file.string().c_str());
    return std::nullopt;
  }
  if (name == "capsid") return Series{name, {io::points_as<Real>(io::read_points(file))}};
  Series series{name, read_frames(file, frames)};
  constexpr double edge = 56.064;  // of the simulation's cell, in the ångström of the file
  if (name == "ngl_md") series.cell = Cell{edge, 0, 0, 0, edge, 0, 0, 0, edge};
  return series;
}

Points<Real> all_moved(const Points<Real>& from, double length, std::uint64_t seed) {
  Random random(seed);
  Points<Real> next = from;
  for (std::size_t i = 0; i < next.size(); ++i) {
    std::array<double, 3> way{};
    double squared = 0;
    do {  // a direction from the unit ball
      for (double& x : way) x = random.symmetric();
      squared = way[0] * way[0] + way[1] * way[1] + way[2] * way[2];
    } while (squared > 1 || squared < 1e-6);
    for (std::size_t axis = 0; axis < 3; ++axis)
      next.coordinates[3 * i + axis] += static_cast<Real>(way[axis] * length / std::sqrt(squared));
  }
  return next;
}

double radius_for(const Series& series, double neighbors) {
  const auto n = static_cast<double>(series.size());
  double radius = 0;
  if (series.cell || series.name == "uniform") {
    const double volume = series.cell ? volume_of(*series.cell) : 1;
    radius = std::cbrt(neighbors * volume / n * 3 / (4 * std::numbers::pi));
    // A pair of particles has one image within reach, by which contestants that name no image can be compared.
    if (series.cell) radius = std::min(radius, 0.45 * smallest_height(*series.cell));
  } else {
    const NeighborCount count(series);
    double lower = 0, upper = 1;
    while (count(upper) < std::min(neighbors, n / 2)) upper *= 2;
    for (int step = 0; step < 30; ++step) {
      const double middle = (lower + upper) / 2;
      (count(middle) < neighbors ? lower : upper) = middle;
    }
    radius = upper;
  }
  return static_cast<double>(static_cast<float>(radius));
}

}  // namespace coppice::bench
