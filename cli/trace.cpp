// coppice trace: a picture of a triangle scene by path tracing.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "coppice/apps/path_tracer.hpp"
#include "coppice/errors.hpp"
#include "coppice/io/image.hpp"
#include "coppice/persist/atomic_file.hpp"
#include "data.hpp"
#include "io/counted.hpp"
#include "options.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "scene.hpp"
#include "subcommand.hpp"

namespace coppice::cli {

namespace {

using Clock = std::chrono::steady_clock;

struct TraceFlags {
  SceneFlags scene;
  std::string builder = "binned";
  std::int64_t width = 960;
  std::int64_t height = 540;
  std::int64_t samples = 16;
  std::int64_t bounces = 4;
  std::string sun;
  std::string floor = "auto";
  double exposure = 1;
  std::string out;
};

int checked(std::string_view option, std::int64_t value, int least, int most) {
  if (value < least || value > most)
    throw usage_error(fmt::format("{} must be {} … {}, found {}", option, least, most, value));
  return static_cast<int>(value);
}

PathTracer::Config tracer_config(const TraceFlags& flags, const GlobalOptions& global) {
  PathTracer::Config config;
  config.width = checked("--width", flags.width, 1, 32768);
  config.height = checked("--height", flags.height, 1, 32768);
  config.samples = checked("--samples", flags.samples, 1, 65536);
  config.bounces = checked("--bounces", flags.bounces, 0, 64);
  config.seed = global.seed;
  if (!flags.sun.empty()) {
    const auto angles = parse_numbers("--sun", flags.sun);
    if (angles.size() != 2)
      throw usage_error(fmt::format("--sun: found '{}', expected two angles: AZIMUTH,ELEVATION", flags.sun));
    config.sun_azimuth = static_cast<float>(angles[0]);
    config.sun_elevation = static_cast<float>(angles[1]);
  }
  try {
    config.check();
  } catch (const invalid_input& refusal) {
    throw usage_error(fmt::format("--sun: {}", refusal.reason()));
  }
  return config;
}

PathTracer::Config check(const TraceFlags& flags, const GlobalOptions& global) {
  flags.scene.check();
  check_builder("--builder", flags.builder);
  if (flags.floor != "auto" && flags.floor != "on" && flags.floor != "off")
    throw usage_error(fmt::format("--floor: found '{}', expected auto, on or off", flags.floor));
  if (!(flags.exposure > 0 && flags.exposure < 1e6))
    throw usage_error(fmt::format("--exposure must be more than 0, found {}", flags.exposure));
  if (std::filesystem::path(flags.out).extension() != ".png")
    throw usage_error(fmt::format("--out: cannot write a picture to {}; expected a name that ends in .png", flags.out));
  return tracer_config(flags, global);
}

/// Things that stand on the ground want one; halls and landscapes have their own.
bool wants_floor(const Bvh& index, const Camera& camera) {
  const Box3 box = index.bounds();
  const auto up = static_cast<std::size_t>(camera.up);
  bool outside = false;
  float widest = 0;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    outside = outside || camera.position[axis] < box.lower[axis] || camera.position[axis] > box.upper[axis];
    if (axis != up) widest = std::max(widest, box.upper[axis] - box.lower[axis]);
  }
  return outside && camera.position[up] > box.lower[up] && box.upper[up] - box.lower[up] > 0.25f * widest;
}

Picture trace_picture(const TraceFlags& flags, PathTracer::Config config, const Scene& scene, const Bvh& index,
                      const GlobalOptions& global) {
  const Camera camera = scene_camera(flags.scene, index);
  config.floor = flags.floor == "on" || (flags.floor == "auto" && wants_floor(index, camera));
  config.executor = global.executor();
  Progress bar("tracing", static_cast<std::uint64_t>(config.width) * static_cast<std::uint64_t>(config.height));
  return PathTracer(config).trace(index, scene.mesh, camera,
                                  [&](std::uint64_t done, std::uint64_t) { bar.update(done); });
}

void trace(const TraceFlags& flags, const GlobalOptions& global) {
  const PathTracer::Config config = check(flags, global);
  persist::AtomicFile file(flags.out);  // before the work; gone again if that fails
  const Scene scene = read_scene(flags.scene, global.seed);
  const Hierarchy built = as_bad_input(flags.scene.scene, [&] {
    const Activity building("building");
    return build_hierarchy(flags.builder, scene.mesh.mesh, global.seed, global.executor());
  });
  const auto start = Clock::now();
  const Picture picture = trace_picture(flags, config, scene, built.index, global);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  const auto pixels = develop(picture, static_cast<float>(flags.exposure));
  file.write(io::encode_png(static_cast<std::size_t>(picture.width), static_cast<std::size_t>(picture.height), pixels));
  file.commit();

  const std::uint64_t rays = picture.primary_rays + picture.bounce_rays + picture.shadow_rays;
  if (global.json)
    return print_json({{"scene", flags.scene.scene},
                       {"triangles", scene.mesh.mesh.size()},
                       {"builder", flags.builder},
                       {"threads", global.executor().threads()},
                       {"read_seconds", scene.seconds},
                       {"build_seconds", built.seconds},
                       {"width", picture.width},
                       {"height", picture.height},
                       {"samples", config.samples},
                       {"bounces", config.bounces},
                       {"primary_rays", picture.primary_rays},
                       {"bounce_rays", picture.bounce_rays},
                       {"shadow_rays", picture.shadow_rays},
                       {"trace_seconds", seconds},
                       {"mrays_per_second", static_cast<double>(rays) / seconds / 1e6},
                       {"out", flags.out}});
  fmt::print(stderr, "{}: {}, built in {:.3f} s; {:.1f} M rays in {:.2f} s, {:.2f} M a second; {}\n", flags.scene.scene,
             io::counted(scene.mesh.mesh.size(), "triangle"), built.seconds, static_cast<double>(rays) / 1e6, seconds,
             static_cast<double>(rays) / seconds / 1e6, flags.out);
}

}  // namespace

void add_trace(CLI::App& app, const GlobalOptions& global) {
  auto flags = std::make_shared<TraceFlags>();
  auto* command = app.add_subcommand("trace", "A picture of a triangle mesh, by path tracing");
  flags->scene.add_to(*command);
  command->add_option("--builder", flags->builder, "How the hierarchy is built (default binned): see build-report")
      ->type_name("NAME");
  const auto number = [&](const char* name, std::int64_t& value, const char* what, const char* unit) {
    command->add_option(name, value, what)->type_name(unit)->check(whole_number);
  };
  number("--width", flags->width, "Of the picture (default 960)", "PIXELS");
  number("--height", flags->height, "Of the picture (default 540)", "PIXELS");
  number("--samples", flags->samples, "Paths a pixel (default 16); four times as many halve the noise", "N");
  number("--bounces", flags->bounces, "Of a path after the first ray (default 4)", "N");
  command->add_option("--sun", flags->sun, "Where the sun stands, in degrees (default 35,55)")
      ->type_name("AZIMUTH,ELEVATION");
  command->add_option("--floor", flags->floor, "A plane below the scene: auto (default), on or off")->type_name("WHEN");
  command->add_option("--exposure", flags->exposure, "Brighter (more than 1) or darker than what fits")
      ->type_name("X")
      ->check(real_number);
  command->add_option("--out", flags->out, "The picture, a .png file")->type_name("FILE")->required();
  command->footer(
      "Procedural scenes: city, forest, terrain, soup, slivers. The same seed gives the same picture, whatever the\n"
      "builder and the number of threads. Materials of an .obj file get colours by their names.\n\n"
      "Example:\n"
      "  coppice trace city --samples 8 --out city.png\n\n"
      "Global options: --json, --threads N, --seed N.");
  command->callback([flags, &global] { trace(*flags, global); });
}

}  // namespace coppice::cli
