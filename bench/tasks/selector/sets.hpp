// The points and questions of the task `selector`: uniform, and clustered as GPS fixes or a scanned town are, in two to
// four dimensions, and real ones in COPPICE_DATA. Questions lie on points, as in the paper, or anywhere in their box.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "coppice/io/point_file.hpp"
#include "coppice/selector/questions.hpp"
#include "harness/datasets.hpp"
#include "harness/options.hpp"

namespace coppice::bench {

struct Problem {
  std::string name;
  Points<double> points;
  bool anywhere = false;  ///< questions are uniform in the bounding box
};

inline Points<double> uniform_points(std::size_t n, int d) {
  Random random(static_cast<std::uint64_t>(d));
  Points<double> points{{}, d};
  for (std::size_t i = 0; i < n * static_cast<std::size_t>(d); ++i) points.coordinates.push_back(random.uniform());
  return points;
}

/// Walkers that take a step after every fifty points and leave them around themselves, some wide, some narrow: nine
/// tenths of space stay empty.
inline Points<double> walked_points(std::size_t n, int d) {
  Random random(40 + static_cast<std::uint64_t>(d));
  const auto axes = static_cast<std::size_t>(d);
  std::vector<double> place(axes);
  double spread = 0;
  Points<double> points{{}, d};
  for (std::size_t i = 0; i < n; ++i) {
    if (i % (n / 40 + 1) == 0) {
      for (double& x : place) x = random.uniform();
      spread = 0.01 * std::pow(10.0, -2 * random.uniform());
    } else if (i % 50 == 0) {
      for (double& x : place) x = std::clamp(x + spread * random.symmetric(), 0.0, 1.0);
    }
    for (const double x : place) points.coordinates.push_back(x + spread * random.symmetric());
  }
  return points;
}

/// All files of a folder that end so, one after the other, thinned evenly to n; none where there are no files.
inline Points<double> real_points(const std::filesystem::path& folder, const std::string& suffix, int d,
                                  std::size_t n) {
  std::vector<std::filesystem::path> files;
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(folder, absent))
    if (entry.path().string().ends_with(suffix)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  Points<double> all{{}, d};
  for (const auto& file : files) {
    const auto points = io::points_as<double>(io::read_points(file, {.widen = true}));
    if (points.dimension != d) continue;
    all.coordinates.insert(all.coordinates.end(), points.coordinates.begin(), points.coordinates.end());
  }
  Points<double> thinned{{}, d};
  const std::size_t kept = std::min(n, all.size());
  for (std::size_t i = 0; i < kept; ++i) {
    const auto row = all.view()[i * all.size() / kept];
    thinned.coordinates.insert(thinned.coordinates.end(), row.begin(), row.end());
  }
  return thinned;
}

inline std::vector<Problem> problems(std::size_t n, const Options& options) {
  std::vector<Problem> all;
  const auto add = [&](const std::string& name, auto make, bool anywhere) {
    if (!options.uses(name)) return;
    Problem problem{name, make(), anywhere};
    if (problem.points.size() >= 1000) all.push_back(std::move(problem));
  };
  const auto osm = [&] { return real_points(options.data / "osm_nodes", ".f64.npy", 2, n); };
  const auto kitti = [&] { return real_points(options.data / "kitti_patchwork6", ".bin", 3, n); };
  add(
      "uniform-2", [&] { return uniform_points(n, 2); }, false);
  add(
      "uniform-3", [&] { return uniform_points(n, 3); }, false);
  add(
      "walked-2", [&] { return walked_points(n, 2); }, false);
  add(
      "walked-3", [&] { return walked_points(n, 3); }, false);
  add(
      "walked-4", [&] { return walked_points(n, 4); }, false);
  add("osm", osm, false);
  add("kitti", kitti, false);
  add(
      "walked-3-anywhere", [&] { return walked_points(n, 3); }, true);
  add("osm-anywhere", osm, true);
  add("kitti-anywhere", kitti, true);
  return all;
}

/// Questions of a problem, the same for the same seed.
inline selector::Questions<double> questions_of(const Problem& problem, selector::Task task, std::size_t count,
                                                double largest, std::uint64_t seed) {
  auto questions = selector::draw_questions<double>(problem.points.view(), task, count, largest, seed);
  if (!problem.anywhere) return questions;
  Random random(seed);
  const auto d = static_cast<std::size_t>(problem.points.dimension);
  for (std::size_t axis = 0; axis < d; ++axis) {
    double low = problem.points.coordinates[axis];
    double high = low;
    for (std::size_t i = axis; i < problem.points.coordinates.size(); i += d) {
      low = std::min(low, problem.points.coordinates[i]);
      high = std::max(high, problem.points.coordinates[i]);
    }
    for (std::size_t i = 0; i < questions.size(); ++i)
      questions.points.coordinates[i * d + axis] = low + (high - low) * random.uniform();
  }
  return questions;
}

}  // namespace coppice::bench
