// See ray_sets.hpp.
#include "coppice/apps/ray_sets.hpp"

#include <algorithm>
#include <cmath>

#include "sampling.hpp"
#include "vec.hpp"

namespace coppice {

using scenes::narrow;
using scenes::Vec;
using scenes::wide;

std::vector<Ray> camera_rays(const Camera& camera, int width, int height) {
  constexpr int side = 8;
  camera.check();
  std::vector<Ray> rays;
  rays.reserve(static_cast<std::size_t>(std::max(width, 0)) * static_cast<std::size_t>(std::max(height, 0)));
  for (int row = 0; row < height; row += side)
    for (int column = 0; column < width; column += side)
      for (int y = row; y < std::min(row + side, height); ++y)
        for (int x = column; x < std::min(column + side, width); ++x)
          rays.push_back(camera.ray(x + 0.5, y + 0.5, width, height));
  return rays;
}

std::vector<Ray> bounce_rays(const TriangleMesh& mesh, std::span<const Ray> rays, std::span<const RayHit> hits,
                             std::uint64_t seed) {
  double largest = 0;
  for (const Vec3& vertex : mesh.vertices)
    for (const float number : vertex) largest = std::max(largest, std::abs(static_cast<double>(number)));
  std::vector<Ray> bounces;
  for (std::size_t i = 0; i < rays.size() && i < hits.size(); ++i) {
    if (!hits[i]) continue;
    const Triangle corners = mesh.triangle(static_cast<std::size_t>(hits[i].primitive));
    Vec normal = scenes::cross(wide(corners.b) - wide(corners.a), wide(corners.c) - wide(corners.a));
    const double length = std::sqrt(scenes::dot(normal, normal));
    if (!(length > 0)) continue;
    normal = (scenes::dot(normal, wide(rays[i].direction)) > 0 ? -1 / length : 1 / length) * normal;
    const auto disk = paths::on_disk(paths::pair_of(seed, static_cast<std::uint32_t>(i), 0));
    const auto sides = scenes::across(normal);
    const double rise = std::sqrt(std::max(1e-9, 1 - disk[0] * disk[0] - disk[1] * disk[1]));
    Ray ray;
    ray.origin = narrow(wide(rays[i].origin) + static_cast<double>(hits[i].t) * wide(rays[i].direction) +
                        1e-5 * largest * normal);
    ray.direction = narrow(disk[0] * sides[0] + disk[1] * sides[1] + rise * normal);
    bounces.push_back(ray);
  }
  return bounces;
}

}  // namespace coppice
