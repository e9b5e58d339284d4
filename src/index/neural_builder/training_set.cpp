// What training draws its clouds from: points of scenes, by the cells of a shallow tree.
#include <algorithm>
#include <cmath>

#include "coppice/index/neural_builder/optimize.hpp"
#include "coppice/index/neural_builder/trainer.hpp"
#include "random.hpp"

namespace coppice::neural_builder {

namespace {

constexpr int cell_levels = 5;
constexpr std::uint32_t fewest_points = 256;  // of a cell that is drawn from
constexpr float least_volume = 1e-4f;         // of a scaled cloud: flatter ones have no trees worth building

/// Corner to 0, largest extent to 1; returns the volume.
float scale(std::span<Vec3> cloud) {
  const Box3 box = bounds_of(cloud);
  const float size = extent(box, widest_axis(box));
  const float factor = size > 0 ? 1 / size : 0;
  for (Vec3& p : cloud)
    for (std::size_t a = 0; a < 3; ++a) p[a] = (p[a] - box.lower[a]) * factor;
  return extent(box, 0) * factor * extent(box, 1) * factor * extent(box, 2) * factor;
}

/// A rotation by a random unit quaternion.
std::array<Vec3, 3> random_rotation(Random& random) {
  float q[4];
  float square;
  do {
    square = 0;
    for (float& part : q) {
      part = random.normal();
      square += part * part;
    }
  } while (square < 1e-6f);
  const float length = std::sqrt(square);
  const float w = q[0] / length;
  const float x = q[1] / length;
  const float y = q[2] / length;
  const float z = q[3] / length;
  return {Vec3{1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)},
          Vec3{2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)},
          Vec3{2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)}};
}

/// Axes exchanged, some of them reversed.
std::array<Vec3, 3> random_flip(Random& random) {
  std::array<std::size_t, 3> axes{0, 1, 2};
  for (std::size_t i = 2; i > 0; --i) std::swap(axes[i], axes[random.below(i + 1)]);
  std::array<Vec3, 3> m{};
  for (std::size_t a = 0; a < 3; ++a) m[a][axes[a]] = random.next() % 2 == 0 ? 1.f : -1.f;
  return m;
}

}  // namespace

void TrainingSet::add(std::span<const Triangle> triangles, std::uint64_t seed, std::size_t points) {
  Scene scene;
  scene.points = sample_surface(triangles, heuristic_, points, seed);
  (void)scale(scene.points);
  CostModel cost;
  cost.heuristic = heuristic_;
  const TopTree tree = greedy_binned(cell_levels, cost, bounds_of(scene.points), scene.points, 16);
  const Population cells = populate(tree, scene.points);
  std::vector<Vec3> sorted(points);
  for (std::size_t i = 0; i < points; ++i) sorted[i] = scene.points[cells.order[i]];
  scene.points = std::move(sorted);
  // Cells of all levels: those of a node are consecutive.
  for (int level = 0; level <= cell_levels; ++level) {
    const std::size_t step = tree.leaf_count() >> level;
    for (std::size_t leaf = 0; leaf < tree.leaf_count(); leaf += step) {
      scene.first.push_back(cells.first[leaf]);
      scene.last.push_back(cells.first[leaf + step]);
    }
  }
  scenes_.push_back(std::move(scene));
}

void TrainingSet::draw(std::uint64_t seed, std::uint64_t step, std::uint64_t item, std::span<Vec3> cloud) const {
  Random random(seed, step, item);
  constexpr int attempts = 50;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    const Scene& scene = scenes_[random.below(scenes_.size())];
    const std::size_t cell = 1 + random.below(scene.first.size() - 1);
    const std::uint32_t count = scene.last[cell] - scene.first[cell];
    if (count < fewest_points) continue;
    const auto turn = random.below(3) != 0 ? random_rotation(random) : random_flip(random);
    for (Vec3& p : cloud) {
      const Vec3& from = scene.points[scene.first[cell] + random.below(count)];
      for (std::size_t a = 0; a < 3; ++a) p[a] = turn[a][0] * from[0] + turn[a][1] * from[1] + turn[a][2] * from[2];
    }
    if (scale(cloud) >= least_volume) return;
  }
  for (Vec3& p : cloud)  // scenes without a cell of volume
    for (float& x : p) x = random.uniform();
}

void TrainingSet::draw_whole(std::size_t scene, std::uint64_t seed, std::span<Vec3> cloud) const {
  Random random(seed, 0x77686f6c65u, scene);
  const std::vector<Vec3>& points = scenes_[scene].points;
  for (Vec3& p : cloud) p = points[random.below(points.size())];
  (void)scale(cloud);
}

}  // namespace coppice::neural_builder
