// The two sets of rays by which hierarchies are judged: coherent ones from a camera, and incoherent ones that leave
// what those hit in all directions, as diffuse light does (paper 001, section 6.4).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "coppice/apps/path_tracer.hpp"
#include "coppice/geometry/ray.hpp"
#include "coppice/geometry/triangle_mesh.hpp"

namespace coppice {

/// A ray through the middle of each pixel, in squares of 8 × 8 pixels, row after row. Errors: those of Camera::check.
[[nodiscard]] std::vector<Ray> camera_rays(const Camera& camera, int width, int height);

/// One ray from every place that was hit, on the side that the ray came from, with a direction drawn by the cosine to
/// the triangle's normal; in the order of the rays. The same for the same seed. Rays without a hit, and hits on
/// triangles without area, have none. Requires: `hits` are those of `rays` on `mesh`.
[[nodiscard]] std::vector<Ray> bounce_rays(const TriangleMesh& mesh, std::span<const Ray> rays,
                                           std::span<const RayHit> hits, std::uint64_t seed);

}  // namespace coppice
