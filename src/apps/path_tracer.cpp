// See path_tracer.hpp. A tile of the picture is traced as a whole, one bounce after another, so that the hierarchy gets
// its rays in batches. Tiles share nothing, and each sums its own pixels in one order, whoever traces it.
#include "coppice/apps/path_tracer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <string>
#include <utility>

#include "coppice/errors.hpp"
#include "sampling.hpp"
#include "sky.hpp"
#include "smooth_normals.hpp"
#include "vec.hpp"

namespace coppice {

namespace {

using scenes::narrow;
using scenes::scaled;
using scenes::Vec;
using scenes::wide;

constexpr int tile_side = 32;

/// What all tiles see.
struct World {
  const Bvh& scene;
  const ColoredMesh& mesh;
  const Camera& camera;
  const PathTracer::Config& config;
  std::vector<paths::FaceNormals> normals;
  paths::Sky sky;
  std::size_t up;
  double floor_height;  // −infinity where there is none
  double nudge;         // how far off a surface new rays start
};

/// A place that a ray has reached.
struct Surface {
  Vec place{};
  Vec flat{};  // the normals face the ray
  Vec smooth{};
  Vec color{};
};

Surface surface_of(const World& world, const Ray& ray, const RayHit& hit) {
  const auto face = static_cast<std::size_t>(hit.primitive);
  const Triangle corners = world.mesh.mesh.triangle(face);
  const paths::FaceNormals& normals = world.normals[face];
  const double u = static_cast<double>(hit.u);
  const double v = static_cast<double>(hit.v);
  const auto blend = [&](const Vec3& a, const Vec3& b, const Vec3& c) {
    return (1 - u - v) * wide(a) + u * wide(b) + v * wide(c);
  };
  Surface found;
  found.place = blend(corners.a, corners.b, corners.c);
  found.flat = wide(normals.flat);
  found.smooth = blend(normals.corners[0], normals.corners[1], normals.corners[2]);
  found.color = world.mesh.colors.empty() ? Vec{0.62, 0.6, 0.57} : wide(world.mesh.colors[face]);
  const Vec direction = wide(ray.direction);
  if (scenes::dot(found.flat, direction) > 0) {
    found.flat = -1.0 * found.flat;
    found.smooth = -1.0 * found.smooth;
  }
  // Where the bent surface would be seen from behind, the flat one is what is there.
  const double length = std::sqrt(scenes::dot(found.smooth, found.smooth));
  found.smooth = length > 1e-3 && scenes::dot(found.smooth, direction) < 0 ? (1 / length) * found.smooth : found.flat;
  return found;
}

/// The paths of one sample of all pixels of a tile, as they go on.
class Tile {
 public:
  Tile(const World& world, int first_column, int first_row, Picture& picture)
      : world_(world),
        column_(first_column),
        row_(first_row),
        columns_(std::min(tile_side, world.config.width - first_column)),
        rows_(std::min(tile_side, world.config.height - first_row)),
        picture_(picture),
        sums_(static_cast<std::size_t>(columns_ * rows_)) {}

  [[nodiscard]] std::size_t pixels() const noexcept { return sums_.size(); }

  void trace() {
    for (int sample = 0; sample < world_.config.samples; ++sample) {
      start(static_cast<std::uint32_t>(sample));
      for (int bounce = 0; !rays_.empty(); ++bounce) step(static_cast<std::uint32_t>(sample), bounce);
    }
    for (std::size_t i = 0; i < sums_.size(); ++i)
      picture_.radiance[picture_pixel(i)] = narrow((1.0 / world_.config.samples) * sums_[i]);
  }

  std::uint64_t primary = 0;
  std::uint64_t bounced = 0;
  std::uint64_t shadows = 0;

 private:
  struct Path {
    std::uint32_t pixel;  // of the tile
    Vec weight;           // what a light that it meets counts for
  };

  [[nodiscard]] std::size_t picture_pixel(std::size_t pixel) const noexcept {
    const auto width = static_cast<std::size_t>(columns_);
    return (static_cast<std::size_t>(row_) + pixel / width) * static_cast<std::size_t>(world_.config.width) +
           static_cast<std::size_t>(column_) + pixel % width;
  }
  [[nodiscard]] std::array<double, 2> numbers(std::uint32_t pixel, std::uint32_t sample, std::uint64_t purpose) const {
    return paths::pair_of(lidar::mix(world_.config.seed, picture_pixel(pixel)), sample, purpose);
  }

  void start(std::uint32_t sample) {
    rays_.clear();
    paths_.clear();
    for (std::uint32_t pixel = 0; pixel < sums_.size(); ++pixel) {
      const auto [x, y] = numbers(pixel, sample, 0);
      const auto width = static_cast<std::uint32_t>(columns_);
      rays_.push_back(world_.camera.ray(column_ + static_cast<int>(pixel % width) + x,
                                        row_ + static_cast<int>(pixel / width) + y, world_.config.width,
                                        world_.config.height));
      paths_.push_back({pixel, {1, 1, 1}});
    }
  }

  [[nodiscard]] bool find_surface(const Ray& ray, const RayHit& hit, Surface& found) const {
    const double below = static_cast<double>(ray.origin[world_.up]) - world_.floor_height;
    const double fall = -static_cast<double>(ray.direction[world_.up]);
    if (fall > 0 && below > 0 && below < fall * static_cast<double>(hit.t)) {  // the floor comes first
      found.place = wide(ray.origin) + (below / fall) * wide(ray.direction);
      found.flat = {};
      found.flat[world_.up] = 1;
      found.smooth = found.flat;
      found.color = {0.42, 0.41, 0.4};
      return true;
    }
    if (!hit) return false;
    found = surface_of(world_, ray, hit);
    return scenes::dot(found.flat, found.flat) > 0;
  }

  /// Finds what all paths meet, adds its light, and sends them on.
  void step(std::uint32_t sample, int bounce) {
    hits_.resize(rays_.size());
    RayBatch batch;
    batch.sorted = world_.config.sorted && bounce > 0;
    world_.scene.closest(rays_, hits_, batch);
    (bounce == 0 ? primary : bounced) += rays_.size();
    next_rays_.clear();
    next_paths_.clear();
    sun_rays_.clear();
    sun_light_.clear();
    for (std::size_t i = 0; i < rays_.size(); ++i) {
      const Path& path = paths_[i];
      Surface found;
      if (!find_surface(rays_[i], hits_[i], found)) {
        if (hits_[i]) continue;
        const Vec direction = wide(rays_[i].direction);
        const Vec light = bounce == 0 ? world_.sky.seen(direction) : world_.sky.radiance(direction);
        sums_[path.pixel] = sums_[path.pixel] + scaled(path.weight, light);
        continue;
      }
      const Vec weight = scaled(path.weight, found.color);
      const Vec from = found.place + world_.nudge * found.flat;
      aim_at_sun(found, from, weight, path.pixel,
                 numbers(path.pixel, sample, 2 * static_cast<std::uint64_t>(bounce) + 1));
      if (bounce < world_.config.bounces)
        send_on(found, from, weight, path.pixel,
                numbers(path.pixel, sample, 2 * static_cast<std::uint64_t>(bounce) + 2));
    }
    add_sunlight();
    rays_.swap(next_rays_);
    paths_.swap(next_paths_);
  }

  void aim_at_sun(const Surface& found, const Vec& from, const Vec& weight, std::uint32_t pixel,
                  const std::array<double, 2>& random) {
    const Vec towards = scenes::unit(world_.sky.towards_sun(paths::on_disk(random)));
    const double cosine = scenes::dot(towards, found.smooth);
    if (cosine <= 0 || scenes::dot(towards, found.flat) <= 0) return;
    Ray ray;
    ray.origin = narrow(from);
    ray.direction = narrow(towards);
    sun_rays_.push_back(ray);
    constexpr double matt = 0.3183098861837907;  // 1 / π
    sun_light_.push_back({pixel, cosine * paths::Sky::sun_irradiance * matt * scaled(weight, paths::Sky::sun_color)});
  }

  void send_on(const Surface& found, const Vec& from, const Vec& weight, std::uint32_t pixel,
               const std::array<double, 2>& random) {
    const auto [x, y] = paths::on_disk(random);  // lifted onto the hemisphere: as many as the cosine says
    const auto [u, v] = scenes::across(found.smooth);
    const Vec direction = x * u + y * v + std::sqrt(std::max(1e-9, 1 - x * x - y * y)) * found.smooth;
    if (scenes::dot(direction, found.flat) <= 0) return;
    Ray ray;
    ray.origin = narrow(from);
    ray.direction = narrow(direction);
    next_rays_.push_back(ray);
    next_paths_.push_back({pixel, weight});
  }

  void add_sunlight() {
    shaded_.resize(sun_rays_.size());
    world_.scene.any(sun_rays_, shaded_);
    shadows += sun_rays_.size();
    for (std::size_t i = 0; i < sun_rays_.size(); ++i)
      if (shaded_[i] == 0) sums_[sun_light_[i].pixel] = sums_[sun_light_[i].pixel] + sun_light_[i].weight;
  }

  const World& world_;
  int column_;
  int row_;
  int columns_;
  int rows_;
  Picture& picture_;
  std::vector<Vec> sums_;
  std::vector<Ray> rays_;
  std::vector<Ray> next_rays_;
  std::vector<Path> paths_;
  std::vector<Path> next_paths_;
  std::vector<RayHit> hits_;
  std::vector<Ray> sun_rays_;
  std::vector<Path> sun_light_;
  std::vector<std::uint8_t> shaded_;
};

void require(bool holds, const char* field, const std::string& found, const char* expected) {
  if (!holds) throw invalid_input("PathTracer: " + std::string(field) + " is " + found + ", expected " + expected);
}

}  // namespace

void PathTracer::Config::check() const {
  require(width >= 1 && width <= 32768, "width", std::to_string(width), "1 to 32768");
  require(height >= 1 && height <= 32768, "height", std::to_string(height), "1 to 32768");
  require(samples >= 1 && samples <= 65536, "samples", std::to_string(samples), "1 to 65536");
  require(bounces >= 0 && bounces <= 64, "bounces", std::to_string(bounces), "0 to 64");
  require(std::isfinite(sun_azimuth), "sun_azimuth", std::to_string(sun_azimuth), "a finite number of degrees");
  require(sun_elevation >= 1 && sun_elevation <= 90, "sun_elevation", std::to_string(sun_elevation), "1 to 90 degrees");
}

PathTracer::PathTracer(Config config) : config_(std::move(config)) {
  config_.check();
}

Picture PathTracer::trace(const Bvh& scene, const ColoredMesh& mesh, const Camera& camera,
                          const Progress& progress) const {
  camera.check();
  require(scene.size() == mesh.mesh.size(), "the scene", std::to_string(scene.size()) + " primitives",
          "one for each face of the mesh");
  require(mesh.colors.empty() || mesh.colors.size() == mesh.mesh.size(), "the number of colors",
          std::to_string(mesh.colors.size()), "one for each face of the mesh, or none");
  const Box3 box = scene.bounds();
  const auto up = static_cast<std::size_t>(camera.up);
  double largest = 0;  // the magnitude that positions are rounded at
  for (std::size_t axis = 0; axis < 3 && !box.empty(); ++axis)
    largest = std::max(
        {largest, std::abs(static_cast<double>(box.lower[axis])), std::abs(static_cast<double>(box.upper[axis]))});
  const bool has_floor = config_.floor && !box.empty();
  const World world{scene,
                    mesh,
                    camera,
                    config_,
                    paths::smooth_normals(mesh.mesh),
                    {static_cast<double>(config_.sun_azimuth), static_cast<double>(config_.sun_elevation), camera.up},
                    up,
                    has_floor ? static_cast<double>(box.lower[up]) : -std::numeric_limits<double>::infinity(),
                    1e-5 * largest};

  Picture picture;
  picture.width = config_.width;
  picture.height = config_.height;
  const std::uint64_t total = static_cast<std::uint64_t>(config_.width) * static_cast<std::uint64_t>(config_.height);
  picture.radiance.resize(total);
  const int across = (config_.width + tile_side - 1) / tile_side;
  const int down = (config_.height + tile_side - 1) / tile_side;
  std::mutex finishing;
  std::uint64_t done = 0;
  config_.executor.for_each_chunk(static_cast<std::size_t>(across * down), 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      const int at = static_cast<int>(i);
      Tile tile(world, at % across * tile_side, at / across * tile_side, picture);
      tile.trace();
      const std::lock_guard lock(finishing);
      picture.primary_rays += tile.primary;
      picture.bounce_rays += tile.bounced;
      picture.shadow_rays += tile.shadows;
      done += tile.pixels();
      if (progress) progress(done, total);
    }
  });
  return picture;
}

}  // namespace coppice
