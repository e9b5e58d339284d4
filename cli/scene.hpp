// What trace and build-report look at: a triangle mesh from a file or one of the procedural scenes, its colours, the
// camera, and the builder of the hierarchy over it, each with the options that choose it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "coppice/apps/path_tracer.hpp"
#include "coppice/apps/scenes.hpp"
#include "coppice/index/bvh/bvh.hpp"
#include "subcommand.hpp"

namespace CLI {
class App;
}

namespace coppice::cli {

/// Where the scene comes from: SCENE, --triangles, --camera, --up.
struct SceneFlags {
  std::string scene;
  std::int64_t triangles = 300'000;
  std::string camera;
  std::string up = "y";

  void add_to(CLI::App& command);
  /// Before anything is read. Errors: usage.
  void check() const;
  [[nodiscard]] int up_axis() const noexcept { return up == "z" ? 2 : up == "x" ? 0 : 1; }
};

struct Scene {
  ColoredMesh mesh;
  bool procedural = false;
  double seconds = 0;  ///< to read or make it
};

/// Reads or makes the scene. Errors: Failure(bad_input), naming the file.
[[nodiscard]] Scene read_scene(const SceneFlags& flags, std::uint64_t seed);

/// The camera of the options, or one that shows something. Errors: usage.
[[nodiscard]] Camera scene_camera(const SceneFlags& flags, const Bvh& index);

/// The builders that the tool knows, from the fastest build to the fastest rays.
[[nodiscard]] const std::vector<std::string>& builder_names();
/// Errors: usage, naming the option and those there are.
void check_builder(std::string_view option, const std::string& name);

struct Hierarchy {
  Bvh index;
  double seconds = 0;  ///< from the mesh to the index, with a top where the builder has one
};
/// A hierarchy over the scene's triangles. Requires: a known name.
[[nodiscard]] Hierarchy build_hierarchy(const std::string& builder, const TriangleMesh& mesh, std::uint64_t seed,
                                        const Executor& executor);

}  // namespace coppice::cli
