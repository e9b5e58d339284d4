// How each set is made or read.
#include "tasks/kmeans/sets.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numbers>

#include "coppice/apps/lidar_simulator.hpp"
#include "coppice/io/point_file.hpp"

namespace coppice::bench {
namespace {

/// Cities of very different size, each with a dense middle and straight roads out of it, to six decimals as receivers
/// write them; one point in 100,000 is a gross error.
Points<Real> gps(std::size_t n) {
  Random random(17);
  const auto gauss = [&] {
    return std::sqrt(-2 * std::log(1 - random.uniform())) * std::cos(2 * std::numbers::pi * random.uniform());
  };
  struct City {
    double x, y, size;
  };
  std::vector<City> cities;
  for (int i = 0; i < 150; ++i) cities.push_back({100 + 20 * random.uniform(), 25 + 15 * random.uniform(), 0});
  std::vector<double> shares;
  double total = 0;
  for (std::size_t i = 0; i < cities.size(); ++i) {
    cities[i].size = 0.02 + 0.2 / std::sqrt(static_cast<double>(i + 1));
    total += 1 / static_cast<double>(i + 1);
    shares.push_back(total);
  }
  Points<Real> points{{}, 2};
  points.coordinates.reserve(2 * n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto at = std::lower_bound(shares.begin(), shares.end(), total * random.uniform()) - shares.begin();
    const City& city = cities[std::min(static_cast<std::size_t>(at), cities.size() - 1)];
    double x = city.x, y = city.y;
    if (random.uniform() < 0.6) {  // along one of its roads
      const double angle = 2 * std::numbers::pi * static_cast<double>(random.below(24)) / 24;
      const double along = 3 * city.size * random.uniform() * random.uniform();
      x += along * std::cos(angle) + 1e-4 * gauss();
      y += along * std::sin(angle) + 1e-4 * gauss();
    } else {
      x += 0.4 * city.size * gauss();
      y += 0.4 * city.size * gauss();
    }
    if (random.below(100'000) == 0) {
      x = 360 * random.uniform() - 180;
      y = 180 * random.uniform() - 90;
    }
    points.coordinates.push_back(static_cast<Real>(std::round(x * 1e6) / 1e6));
    points.coordinates.push_back(static_cast<Real>(std::round(y * 1e6) / 1e6));
  }
  return points;
}

Points<Real> lidar(std::size_t n) {
  const LidarSimulator simulator;
  Points<Real> points{{}, 3};
  for (int sweep = 0; points.size() < n; sweep += 5) {
    const Points<float> turn = simulator.sweep(sweep);
    const std::size_t room = 3 * (n - points.size());
    points.coordinates.insert(
        points.coordinates.end(), turn.coordinates.begin(),
        turn.coordinates.begin() + static_cast<std::ptrdiff_t>(std::min(room, turn.coordinates.size())));
  }
  return points;
}

std::vector<std::filesystem::path> files(const std::filesystem::path& folder, const std::string& end) {
  std::vector<std::filesystem::path> found;
  if (std::filesystem::is_directory(folder))
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      if (entry.path().string().ends_with(end)) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::filesystem::path> files_of(const std::string& name, const Options& options) {
  return name == "osm" ? files(options.data / "osm_nodes", ".npy") : files(options.data / "kitti_patchwork6", ".bin");
}

}  // namespace

std::vector<std::string> kmeans_sets(const Options& options) {
  std::vector<std::string> names{dimension == 2 ? "gps" : "lidar"};
  const std::string real = dimension == 2 ? "osm" : "kitti";
  if (!files_of(real, options).empty()) names.push_back(real);
  std::erase_if(names, [&](const std::string& name) { return !options.uses(name); });
  return names;
}

Points<Real> make_kmeans_set(const std::string& name, std::size_t n, const Options& options) {
  if (name == "gps") return gps(n);
  if (name == "lidar") return lidar(n);
  Points<Real> all{{}, dimension};
  for (const auto& file : files_of(name, options)) {
    const auto points = io::points_as<Real>(io::read_points(file));
    all.coordinates.insert(all.coordinates.end(), points.coordinates.begin(), points.coordinates.end());
  }
  if (all.size() <= n) return all;
  Points<Real> some{{}, dimension};
  for (std::size_t i = 0; i < n; ++i) {
    const auto row = all.view()[i * all.size() / n];
    some.coordinates.insert(some.coordinates.end(), row.begin(), row.end());
  }
  return some;
}

}  // namespace coppice::bench
