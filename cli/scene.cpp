// Scenes, cameras and builders by name; see scene.hpp.
#include "scene.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <string_view>
#include <utility>

#include "coppice/errors.hpp"
#include "coppice/index/neural_builder/neural_builder.hpp"
#include "coppice/io/mesh_file.hpp"
#include "data.hpp"
#include "options.hpp"
#include "progress.hpp"

namespace coppice::cli {

namespace {

/// Builders whose top comes from elsewhere; the default builder goes on below it.
struct TopBuilder {
  std::string_view name;
  neural_builder::TopMethod method;
};
constexpr std::array<TopBuilder, 3> top_builders{{{"neural", neural_builder::TopMethod::neural_recursive},
                                                  {"recursive", neural_builder::TopMethod::search},
                                                  {"portfolio", neural_builder::TopMethod::portfolio}}};

bool is_procedural(const std::string& name) {
  const auto names = scene_names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// A muted colour that follows from a name: nothing is known of a material but what it is called.
Vec3 color_of(std::string_view name) {
  std::uint32_t hash = 2166136261u;  // FNV-1a, the same everywhere
  for (const char letter : name) hash = (hash ^ static_cast<unsigned char>(letter)) * 16777619u;
  hash ^= hash >> 15;
  hash *= 0x2c1b3c6du;
  hash ^= hash >> 12;
  const auto part = [&](int shift) { return static_cast<float>((hash >> shift) & 0xffu) / 255.0f; };
  const float light = 0.42f + 0.3f * part(0);
  const float warm = 0.1f * (2 * part(8) - 0.4f);
  const float green = 0.05f * (2 * part(16) - 1);
  return {std::clamp(light + warm, 0.05f, 0.9f), std::clamp(light + green, 0.05f, 0.9f),
          std::clamp(light - warm, 0.05f, 0.9f)};
}

ColoredMesh from_file(const std::string& path) {
  io::MeshFile file = as_bad_input(path, [&] {
    const Activity reading("reading " + path);
    return io::read_mesh(path);
  });
  ColoredMesh mesh{std::move(file.mesh), {}};
  if (!file.materials.empty()) {
    std::vector<Vec3> colors;
    for (const std::string& name : file.material_names) colors.push_back(color_of(name));
    mesh.colors.reserve(file.materials.size());
    for (const std::uint32_t material : file.materials) mesh.colors.push_back(colors[material]);
  }
  return mesh;
}

Camera parse_camera(const std::string& text, int up) {
  std::vector<std::string> parts(1);
  for (const char letter : text)
    if (letter == ':')
      parts.emplace_back();
    else
      parts.back() += letter;
  if (parts.size() < 2 || parts.size() > 3)
    throw usage_error(fmt::format("--camera: found '{}', expected X,Y,Z:X,Y,Z or X,Y,Z:X,Y,Z:DEGREES", text));
  Camera camera;
  camera.up = up;
  const auto place = [](const std::string& part) {
    const std::vector<double> numbers = parse_numbers("--camera", part);
    if (numbers.size() != 3)
      throw usage_error(fmt::format("--camera: found '{}', expected the three numbers of a place", part));
    return Vec3{static_cast<float>(numbers[0]), static_cast<float>(numbers[1]), static_cast<float>(numbers[2])};
  };
  camera.position = place(parts[0]);
  camera.target = place(parts[1]);
  if (parts.size() == 3) {
    const std::vector<double> angle = parse_numbers("--camera", parts[2]);
    if (angle.size() != 1) throw usage_error(fmt::format("--camera: found '{}', expected one angle", parts[2]));
    camera.field_of_view = static_cast<float>(angle[0]);
  }
  try {
    camera.check();
  } catch (const invalid_input& refusal) {
    throw usage_error(fmt::format("--camera: {}", refusal.reason()));
  }
  return camera;
}

}  // namespace

void SceneFlags::add_to(CLI::App& command) {
  command.add_option("SCENE", scene, "Mesh (.obj, .ply, or either with .gz behind), or a procedural scene by name")
      ->required()
      ->type_name("");
  command.add_option("--triangles", triangles, "Of a procedural scene, about (default 300000)")
      ->type_name("N")
      ->check(whole_number);
  command.add_option("--camera", camera, "Place, target and angle: X,Y,Z:X,Y,Z or X,Y,Z:X,Y,Z:DEGREES")
      ->type_name("VIEW");
  command.add_option("--up", up, "The axis that points up: x, y (default) or z")->type_name("AXIS");
}

void SceneFlags::check() const {
  if (up != "x" && up != "y" && up != "z") throw usage_error(fmt::format("--up: found '{}', expected x, y or z", up));
  if (!camera.empty()) (void)parse_camera(camera, up_axis());
  if (triangles < 16 || triangles > 20'000'000)
    throw usage_error(fmt::format("--triangles must be 16 … 20000000, found {}", triangles));
  if (is_procedural(scene)) return;
  try {
    io::check_mesh_name(scene);
  } catch (const unsupported& refusal) {
    throw Failure(ExitCode::bad_input,
                  fmt::format("{}; procedural scenes are {}", refusal.what(), fmt::join(scene_names(), ", ")));
  }
}

Scene read_scene(const SceneFlags& flags, std::uint64_t seed) {
  const auto start = std::chrono::steady_clock::now();
  Scene scene;
  scene.procedural = is_procedural(flags.scene);
  if (scene.procedural) {
    const Activity making("making " + flags.scene);
    scene.mesh = make_scene(flags.scene, static_cast<std::size_t>(flags.triangles), seed);
  } else {
    scene.mesh = from_file(flags.scene);
  }
  scene.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return scene;
}

Camera scene_camera(const SceneFlags& flags, const Bvh& index) {
  return flags.camera.empty() ? automatic_camera(index, flags.up_axis()) : parse_camera(flags.camera, flags.up_axis());
}

const std::vector<std::string>& builder_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const BvhBuilder builder : bvh_builders()) all.emplace_back(bvh_builder_name(builder));
    for (const TopBuilder& top : top_builders) all.emplace_back(top.name);
    return all;
  }();
  return names;
}

void check_builder(std::string_view option, const std::string& name) {
  const auto& names = builder_names();
  if (std::find(names.begin(), names.end(), name) == names.end())
    throw usage_error(fmt::format("{}: unknown builder '{}'; known: {}", option, name, fmt::join(names, ", ")));
}

Hierarchy build_hierarchy(const std::string& builder, const TriangleMesh& mesh, std::uint64_t seed,
                          const Executor& executor) {
  const auto start = std::chrono::steady_clock::now();
  bvh::Config config;
  config.executor = executor;
  const auto top = std::find_if(top_builders.begin(), top_builders.end(),
                                [&](const TopBuilder& candidate) { return candidate.name == builder; });
  if (top == top_builders.end()) config.builder = bvh_builder_named(builder);
  Hierarchy built{Bvh(config), 0};
  if (top == top_builders.end()) {
    built.index.build(mesh);
  } else {
    check_mesh(mesh);
    NeuralBuilder::Config method;
    method.method = top->method;
    method.seed = seed;
    method.executor = executor;
    const std::vector<Triangle> triangles = mesh.triangles();
    built.index.build(triangles, NeuralBuilder(method).bvh_top(triangles));
  }
  built.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return built;
}

}  // namespace coppice::cli
