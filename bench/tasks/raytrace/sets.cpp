// See sets.hpp.
#include "tasks/raytrace/sets.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <stdexcept>

#include "coppice/apps/ray_sets.hpp"
#include "coppice/apps/scenes.hpp"
#include "coppice/index/bvh/bvh.hpp"
#include "coppice/index/bvh/intersect.hpp"
#include "coppice/io/mesh_file.hpp"

namespace coppice::bench {

namespace {

struct RealMesh {
  const char* name;
  const char* path;
};
constexpr std::array<RealMesh, 3> real_meshes{{{"sponza", "mesh_sponza/sponza.obj.gz"},
                                               {"armadillo", "mesh_armadillo/armadillo.obj"},
                                               {"bunny", "mesh_common/stanford-bunny.obj"}}};

/// How far places near a ray's origin are from where they should be, by the rounding of their coordinates: what t of a
/// hit close by cannot be more exact than.
float rounding(const Ray& ray) {
  float largest = 0;
  for (const float number : ray.origin) largest = std::max(largest, std::abs(number));
  return 0x1p-21f * largest;
}

/// Smaller scenes are only there to see whether everything runs.
constexpr std::size_t least_measured = 10'000;

void check_sample(const RayScene& scene, const RaySet& set, std::size_t count) {
  const std::vector<Triangle> triangles = scene.mesh.triangles();
  const std::size_t step = std::max<std::size_t>(1, set.rays.size() / count);
  for (std::size_t i = 0; i < set.rays.size(); i += step) {
    RayHit closest;
    for (std::size_t face = 0; face < triangles.size(); ++face) {
      RayHit hit;
      hit.primitive = static_cast<point_id>(face);
      if (bvh::intersect(set.rays[i], triangles[face], hit) && hit < closest) closest = hit;
    }
    if (!(closest == set.hits[i]))
      throw std::runtime_error(scene.name + ", " + set.operation + " ray " + std::to_string(i) +
                               ": the reference is not what a loop over all triangles finds");
  }
}

}  // namespace

std::vector<std::string> ray_scenes(const Options& options) {
  const bool runs_only = options.sizes.front() < least_measured && options.datasets.empty();
  std::vector<std::string> names;
  for (const RealMesh& mesh : real_meshes)
    if (!runs_only && options.uses(mesh.name) && std::filesystem::exists(options.data / mesh.path))
      names.emplace_back(mesh.name);
  for (const std::string_view name : scene_names())
    if (options.uses(std::string(name))) names.emplace_back(name);
  return names;
}

RayScene make_ray_scene(const std::string& name, std::size_t triangles, const Options& options) {
  RayScene scene{name, {}, {}};
  const auto real =
      std::find_if(real_meshes.begin(), real_meshes.end(), [&](const RealMesh& mesh) { return mesh.name == name; });
  scene.mesh =
      real != real_meshes.end() ? io::read_mesh(options.data / real->path).mesh : make_scene(name, triangles, 1).mesh;
  const int columns = triangles < least_measured ? 64 : options.quick ? 480 : 1280;
  Bvh reference;
  reference.build(scene.mesh);
  scene.sets.push_back({"primary", camera_rays(automatic_camera(reference), columns, columns * 9 / 16), {}});
  scene.sets[0].hits.resize(scene.sets[0].rays.size());
  reference.closest(scene.sets[0].rays, scene.sets[0].hits);
  scene.sets.push_back({"incoherent", bounce_rays(scene.mesh, scene.sets[0].rays, scene.sets[0].hits, 1), {}});
  scene.sets[1].hits.resize(scene.sets[1].rays.size());
  reference.closest(scene.sets[1].rays, scene.sets[1].hits);
  for (const RaySet& set : scene.sets) check_sample(scene, set, options.quick ? 50 : 300);
  return scene;
}

std::size_t count_differing(const RaySet& set, const std::vector<RayHit>& hits) {
  std::size_t differing = 0;
  for (std::size_t i = 0; i < hits.size(); ++i) {
    const RayHit& expected = set.hits[i];
    const bool both = static_cast<bool>(expected) && static_cast<bool>(hits[i]);
    const bool neither = !expected && !hits[i];
    // Where two triangles lie at one place either may be named.
    const bool same = both && std::abs(expected.t - hits[i].t) <= 1e-5f * expected.t + rounding(set.rays[i]);
    differing += neither || same ? 0 : 1;
  }
  return differing;
}

}  // namespace coppice::bench
