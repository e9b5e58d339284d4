// How each dataset is made or read.
#include "harness/datasets.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "coppice/io/point_file.hpp"

namespace coppice::bench {
namespace {

struct RealSet {
  const char* name;
  const char* folder;
  const char* suffix;
};
constexpr std::array real_sets{RealSet{"kitti", "kitti_patchwork6", ".bin"},  // consecutive LiDAR sweeps
                               RealSet{"capsid", "pdb_3J6R", ".npy"}};        // the atoms of a virus shell

std::vector<std::filesystem::path> files_of(const RealSet& set, const Options& options) {
  std::vector<std::filesystem::path> files;
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(options.data / set.folder, absent))
    if (entry.path().extension() == set.suffix) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

Points<Real> uniform(std::size_t n, std::uint64_t seed) {
  Random random(seed);
  Points<Real> points{std::vector<Real>(n * dimension), dimension};
  for (Real& x : points.coordinates) x = static_cast<Real>(random.uniform());
  return points;
}

/// A seed spreader in the manner of Gan and Tao (SIGMOD 2015): a walker scatters points around itself, takes a step
/// after every hundred, and sometimes starts again elsewhere with another spread, so that densities differ by orders.
Points<Real> clustered(std::size_t n, std::uint64_t seed) {
  Random random(seed);
  Points<Real> points{{}, dimension};
  points.coordinates.reserve(n * dimension);
  const std::size_t a_cluster = std::max<std::size_t>(n / 10, 1);
  std::array<Real, dimension> place{};
  double spread = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (i == 0 || random.below(a_cluster) == 0) {
      for (Real& x : place) x = static_cast<Real>(random.uniform());
      spread = 0.02 * std::pow(10.0, -2 * random.uniform());
    } else if (i % 100 == 0) {
      for (Real& x : place) x = static_cast<Real>(std::clamp(x + spread * random.symmetric(), 0.0, 1.0));
    }
    const bool noise = random.below(10'000) == 0;
    for (const Real x : place)
      points.coordinates.push_back(static_cast<Real>(noise ? random.uniform() : x + spread * random.symmetric()));
  }
  return points;
}

/// Points that arrive along a spiral that winds outward, at random heights: every node has its newcomers on one side.
Points<Real> spiral(std::size_t n, std::uint64_t seed) {
  Random random(seed);
  Points<Real> points{{}, dimension};
  points.coordinates.reserve(n * dimension);
  for (std::size_t i = 0; i < n; ++i) {
    const double radius = std::sqrt(static_cast<double>(i + 1));
    const double angle = 0.001 * static_cast<double>(i);
    const double place[2] = {radius * std::cos(angle), radius * std::sin(angle)};
    for (int axis = 0; axis < dimension; ++axis)
      points.coordinates.push_back(static_cast<Real>(axis < 2 ? place[axis] : random.uniform()));
  }
  return points;
}

/// Points that arrive in ever smaller cubes around a corner, forty halvings in all.
Points<Real> corner(std::size_t n, std::uint64_t seed) {
  Random random(seed);
  Points<Real> points{std::vector<Real>(n * dimension), dimension};
  for (std::size_t i = 0; i < points.coordinates.size(); ++i)
    points.coordinates[i] = static_cast<Real>(
        random.uniform() * std::pow(0.5, 40 * static_cast<double>(i) / static_cast<double>(n * dimension)));
  return points;
}

/// All files of a real set, one after the other, thinned to at most n.
Points<Real> real(const RealSet& set, std::size_t n, const Options& options) {
  Points<Real> all{{}, dimension};
  for (const auto& file : files_of(set, options)) {
    const auto points = io::points_as<Real>(io::read_points(file));
    if (points.dimension != dimension) throw std::runtime_error(file.string() + ": expected three dimensions");
    all.coordinates.insert(all.coordinates.end(), points.coordinates.begin(), points.coordinates.end());
  }
  if (all.size() <= n) return all;
  Points<Real> thinned{{}, dimension};
  for (std::size_t i = 0; i < n; ++i) {
    const Real* row = all.view().row(i * all.size() / n);
    thinned.coordinates.insert(thinned.coordinates.end(), row, row + dimension);
  }
  return thinned;
}

/// Queries distributed like the points.
Points<Real> queries_among(const Points<Real>& points, std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<point_id> rows(count);
  for (point_id& row : rows) row = static_cast<point_id>(random.below(points.size()));
  return places_beside(points, rows, random);
}

}  // namespace

std::vector<std::string> dataset_names(const Options& options) {
  std::vector<std::string> names{"uniform", "clustered"};
  if (dimension == 3)
    for (const RealSet& set : real_sets)
      if (!files_of(set, options).empty()) names.emplace_back(set.name);
  if (options.quick && names.size() > 3) names.resize(3);
  for (const char* name : {"spiral", "corner"})
    if (options.asks_for(name)) names.emplace_back(name);
  std::erase_if(names, [&](const std::string& name) { return !options.uses(name); });
  return names;
}

Dataset make_dataset(const std::string& name, std::size_t n, std::size_t queries, const Options& options) {
  if (name == "uniform") return {name, uniform(n, 1), uniform(queries, 2)};
  if (name == "clustered") {
    Dataset set{name, clustered(n, 3), {}};
    set.queries = queries_among(set.points, queries, 4);
    return set;
  }
  if (name == "spiral" || name == "corner") {
    Dataset set{name, name == "spiral" ? spiral(n, 6) : corner(n, 6), {}};
    set.queries = queries_among(set.points, queries, 7);
    return set;
  }
  const auto* const found =
      std::find_if(real_sets.begin(), real_sets.end(), [&](const RealSet& set) { return set.name == name; });
  if (found == real_sets.end()) throw std::runtime_error("no dataset is called " + name);
  Dataset set{name, real(*found, n, options), {}};
  set.queries = queries_among(set.points, queries, 5);
  return set;
}

Points<Real> places_beside(PointView<Real> points, std::span<const point_id> rows, Random& random) {
  Points<Real> places{{}, dimension};
  places.coordinates.reserve(rows.size() * dimension);
  for (const point_id row : rows) {
    const auto i = static_cast<std::size_t>(row);
    const Real* p = points.row(i);
    const Real* other = points.row((i + 1 + random.below(8)) % points.size());
    for (int axis = 0; axis < dimension; ++axis)
      places.coordinates.push_back(p[axis] + (other[axis] - p[axis]) * static_cast<Real>(random.uniform()));
  }
  return places;
}

std::vector<point_id> shuffled_ids(std::size_t n, std::uint64_t seed) {
  std::vector<point_id> ids(n);
  std::iota(ids.begin(), ids.end(), 0);
  Random random(seed);
  for (std::size_t i = n; i > 1; --i) std::swap(ids[i - 1], ids[random.below(i)]);
  return ids;
}

}  // namespace coppice::bench
