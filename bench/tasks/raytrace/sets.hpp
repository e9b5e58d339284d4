// The scenes of the task `raytrace` with their rays: meshes found below COPPICE_DATA and procedural ones, a camera
// each, the rays of a picture, and one diffuse bounce of each that hit.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "coppice/geometry/ray.hpp"
#include "coppice/geometry/triangle_mesh.hpp"
#include "harness/options.hpp"

namespace coppice::bench {

struct RaySet {
  std::string operation;  ///< primary or incoherent
  std::vector<Ray> rays;
  std::vector<RayHit> hits;  ///< as the reference found them
};

struct RayScene {
  std::string name;
  TriangleMesh mesh;
  std::vector<RaySet> sets;
};

/// The names of the scenes that the options ask for and that are there.
[[nodiscard]] std::vector<std::string> ray_scenes(const Options& options);
/// Reads or makes a scene; procedural ones have about `triangles`. The reference is a Bvh of its default builder, of
/// whose hits some are compared with a loop over all triangles. Errors: std::runtime_error when they differ.
[[nodiscard]] RayScene make_ray_scene(const std::string& name, std::size_t triangles, const Options& options);

/// Compares hits of somebody else's arithmetic: how many differ in whether anything is hit, or in t by more than 1e-5
/// of it and the rounding of places near the ray's origin.
[[nodiscard]] std::size_t count_differing(const RaySet& set, const std::vector<RayHit>& hits);

}  // namespace coppice::bench
