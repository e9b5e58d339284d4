// How each set is made or read.
#include "tasks/allknn/sets.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <numbers>
#include <numeric>

#include "coppice/io/npz.hpp"
#include "coppice/io/point_file.hpp"

namespace coppice::bench {
namespace {

struct File {
  const char* name;
  int dimension;
  const char* path;
};
constexpr std::array files{
    File{"skin", 3, "uci_skin-segmentation/X.f32.npy"},  // colours, four fifths of them duplicates
    File{"sweep", 3, "kitti_patchwork6/000000.bin"},     // a LiDAR sweep
    File{"patches", 9, "img_ct_b/693_UNCI.npy"}};        // 3 × 3 patches of a slice of computed tomography

const File* file_of(const std::string& name) {
  const auto* const found = std::find_if(files.begin(), files.end(), [&](const File& f) { return f.name == name; });
  return found == files.end() ? nullptr : found;
}

Points<Real> thinned(Points<Real> points, std::size_t n) {
  const std::size_t all = points.size();
  if (all <= n) return points;
  Points<Real> kept{{}, points.dimension};
  kept.coordinates.reserve(n * static_cast<std::size_t>(points.dimension));
  for (std::size_t i = 0; i < n; ++i) {
    const Real* row = points.view().row(i * all / n);
    kept.coordinates.insert(kept.coordinates.end(), row, row + points.dimension);
  }
  return kept;
}

/// The 3 × 3 patches of an image whose rows are `image`, each once, in the order of their first places.
Points<Real> unique_patches(PointView<Real> image) {
  const auto width = static_cast<std::size_t>(image.dimension());
  Points<Real> patches{{}, 9};
  for (std::size_t y = 0; y + 2 < image.size(); ++y)
    for (std::size_t x = 0; x + 2 < width; ++x)
      for (std::size_t line = 0; line < 3; ++line)
        patches.coordinates.insert(patches.coordinates.end(), image.row(y + line) + x, image.row(y + line) + x + 3);
  std::vector<std::size_t> order(patches.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto row = [&](std::size_t i) { return patches.view()[i]; };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return std::ranges::lexicographical_compare(row(a), row(b)); });
  const auto repeated = std::unique(order.begin(), order.end(),
                                    [&](std::size_t a, std::size_t b) { return std::ranges::equal(row(a), row(b)); });
  order.erase(repeated, order.end());
  std::sort(order.begin(), order.end());
  Points<Real> unique{{}, 9};
  for (const std::size_t i : order) unique.coordinates.insert(unique.coordinates.end(), row(i).begin(), row(i).end());
  return unique;
}

/// A picture of 512 × 512 whole numbers like a slice of computed tomography: air, an ellipse of soft tissue whose
/// density drifts, a bright rim and discs, and grain everywhere.
Points<Real> phantom() {
  constexpr int size = 512;
  Random random(8);
  const auto gauss = [&] {
    return std::sqrt(-2 * std::log(1 - random.uniform())) * std::cos(2 * std::numbers::pi * random.uniform());
  };
  struct Disc {
    double x, y, radius, value;
  };
  std::vector<Disc> discs(24);
  for (Disc& disc : discs)
    disc = {0.7 * random.symmetric(), 0.7 * random.symmetric(), 0.02 + 0.1 * random.uniform(), 400 * random.uniform()};
  std::vector<double> noise((size + 2) * (size + 2));
  for (double& x : noise) x = gauss();
  Points<Real> image{{}, size};
  for (int row = 0; row < size; ++row)
    for (int column = 0; column < size; ++column) {
      double grain = 0;  // of neighbouring pixels alike, as a reconstruction leaves it
      for (int y = 0; y < 3; ++y)
        for (int x = 0; x < 3; ++x) grain += noise[static_cast<std::size_t>((row + y) * (size + 2) + column + x)] / 3;
      const double x = 2.0 * column / size - 1, y = 2.0 * row / size - 1;
      const double depth = 1 - x * x / 0.64 - y * y / 0.81;  // of the ellipse: 0 at its rim
      double value = -1000 + 3 * grain;
      if (depth > 0) {
        value = 40 + 30 * std::sin(3 * x + 1) * std::cos(4 * y) + 12 * grain;
        if (depth < 0.12) value += 900 + 150 * std::sin(20 * x);
        for (const Disc& disc : discs)
          if (std::hypot(x - disc.x, y - disc.y) < disc.radius) value += disc.value;
      }
      image.coordinates.push_back(static_cast<Real>(std::round(value)));
    }
  return image;
}

std::vector<std::string> found_sets(std::vector<std::string> names, bool own_n, const Options& options) {
  std::erase_if(names, [&](const std::string& name) {
    const File* file = file_of(name);
    const bool here =
        file == nullptr || (file->dimension == dimension && std::filesystem::exists(options.data / file->path));
    const bool now = own_n || name == "uniform" || name == "clustered";
    return !here || !now || !options.uses(name);
  });
  return names;
}

}  // namespace

std::vector<std::string> nearest_sets(std::size_t n, const Options& options) {
  const bool last = n == options.sizes.back();
  if (dimension == 3) return found_sets({"uniform", "clustered", "skin", "sweep"}, last, options);
  return found_sets({"patches", "phantom"}, last, options);
}

std::vector<std::string> within_sets(std::size_t n, const Options& options) {
  std::vector<std::string> names = found_sets({"uniform", "clustered", "sweep"}, n == options.sizes.back(), options);
  if (const auto all = dataset_names(options); n == options.sizes.front() && std::ranges::count(all, "capsid") != 0)
    names.emplace_back("capsid");
  return names;
}

GraphSet make_graph_set(const std::string& name, std::size_t n, const Options& options) {
  if (name == "phantom")
    return {name, thinned(unique_patches(phantom()), std::min<std::size_t>(n, options.quick ? 20'000 : n))};
  const File* file = file_of(name);
  if (file == nullptr) return {name, make_dataset(name, n, 0, options).points};
  auto points = io::points_as<Real>(io::read_points(options.data / file->path));
  if (name == "patches") points = unique_patches(points);
  return {name, thinned(std::move(points), n)};
}

void leave_for_others(const std::filesystem::path& folder, const GraphSet& set, const std::string& notes) {
  const auto place =
      folder / (set.name + "-" + std::to_string(set.points.size()) + "-" + std::to_string(set.points.dimension) + "d");
  std::filesystem::create_directories(place);
  io::write_npy(place / "points.npy",
                {set.points.coordinates, {set.points.size(), static_cast<std::size_t>(set.points.dimension)}});
  std::ofstream(place / "workload.json") << notes << '\n';
}

}  // namespace coppice::bench
