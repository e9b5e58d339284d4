// coppice build-report: what each builder makes of a scene: time, costs, duplicates, and the work and speed of rays.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "coppice/apps/ray_sets.hpp"
#include "coppice/errors.hpp"
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

struct ReportFlags {
  SceneFlags scene;
  std::string builders;
  std::int64_t width = 640;
  std::int64_t height = 360;
  std::int64_t rounds = 3;
};

/// What one set of rays costs in one hierarchy.
struct RayFigures {
  RayWork work;
  double seconds = 0;  ///< the shortest round
  std::vector<RayHit> hits;

  [[nodiscard]] double per_ray(std::uint64_t count) const {
    return static_cast<double>(count) / static_cast<double>(std::max<std::uint64_t>(work.rays, 1));
  }
  [[nodiscard]] double million_a_second() const { return static_cast<double>(work.rays) / seconds / 1e6; }
};

struct Line {
  std::string builder;
  bvh::Quality quality;
  double build_seconds = 0;
  double duplicates = 0;  ///< references beyond one a triangle, as a share
  RayFigures primary;
  RayFigures incoherent;
};

/// What is traced: made once, with the first hierarchy, whose hits all others must repeat.
struct RaySets {
  std::vector<Ray> primary;
  std::vector<Ray> incoherent;
};

std::vector<std::string> chosen_builders(const std::string& text) {
  if (text.empty()) return builder_names();
  std::vector<std::string> names(1);
  for (const char letter : text)
    if (letter == ',')
      names.emplace_back();
    else
      names.back() += letter;
  for (const std::string& name : names) check_builder("--builders", name);
  return names;
}

void check(const ReportFlags& flags) {
  flags.scene.check();
  (void)chosen_builders(flags.builders);
  for (const std::int64_t side : {flags.width, flags.height})
    if (side < 1 || side > 8192)
      throw usage_error(fmt::format("--width and --height must be 1 … 8192, found {}", side));
  if (flags.rounds < 1 || flags.rounds > 1000)
    throw usage_error(fmt::format("--rounds must be 1 … 1000, found {}", flags.rounds));
}

RayFigures figures_of(const Bvh& index, const std::vector<Ray>& rays, std::int64_t rounds, const Executor& executor) {
  RayFigures figures;
  figures.hits.resize(rays.size());
  RayBatch batch;
  batch.executor = executor;
  for (std::int64_t round = 0; round < rounds; ++round) {
    const auto start = Clock::now();
    index.closest(rays, figures.hits, batch);
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    figures.seconds = round == 0 ? seconds : std::min(figures.seconds, seconds);
  }
  figures.work = index.work(rays);
  return figures;
}

nlohmann::ordered_json as_json(const RayFigures& figures) {
  return {{"rays", figures.work.rays},
          {"hits", figures.work.hits},
          {"nodes_per_ray", figures.per_ray(figures.work.nodes)},
          {"triangles_per_ray", figures.per_ray(8 * figures.work.blocks)},
          {"seconds", figures.seconds},
          {"mrays_per_second", figures.million_a_second()}};
}

nlohmann::ordered_json as_json(const Line& line) {
  return {{"builder", line.builder},
          {"build_seconds", line.build_seconds},
          {"binary_cost", line.quality.binary_cost},
          {"cost", line.quality.cost},
          {"nodes", line.quality.nodes},
          {"leaves", line.quality.leaves},
          {"blocks", line.quality.blocks},
          {"references", line.quality.references},
          {"duplicates", line.duplicates},
          {"height", line.quality.height},
          {"bytes", line.quality.bytes},
          {"primary", as_json(line.primary)},
          {"incoherent", as_json(line.incoherent)}};
}

void print_table(const std::vector<Line>& lines) {
  StdoutBuffer out;
  auto text = std::back_inserter(out.text());
  fmt::format_to(text, "{:<10} {:>8} {:>8} {:>8} {:>8} {:>6} {:>7} | {:>6} {:>6} {:>7} | {:>6} {:>6} {:>7}\n",
                 "builder", "build ms", "binary", "cost", "nodes", "dup %", "MB", "nodes", "tris", "Mray/s", "nodes",
                 "tris", "Mray/s");
  for (const Line& line : lines) {
    const bvh::Quality& quality = line.quality;
    fmt::format_to(text, "{:<10} {:>8.1f} {:>8.2f} {:>8.2f} {:>8} {:>6.1f} {:>7.1f}", line.builder,
                   1e3 * line.build_seconds, quality.binary_cost, quality.cost, quality.nodes, 100 * line.duplicates,
                   static_cast<double>(quality.bytes) / 1e6);
    for (const RayFigures* rays : {&line.primary, &line.incoherent})
      fmt::format_to(text, " | {:>6.2f} {:>6.2f} {:>7.2f}", rays->per_ray(rays->work.nodes),
                     rays->per_ray(8 * rays->work.blocks), rays->million_a_second());
    fmt::format_to(text, "\n");
  }
  out.flush();
}

void report(const ReportFlags& flags, const GlobalOptions& global) {
  check(flags);
  const Scene scene = read_scene(flags.scene, global.seed);
  const TriangleMesh& mesh = scene.mesh.mesh;
  std::vector<Line> lines;
  RaySets sets;
  const std::vector<std::string> builders = chosen_builders(flags.builders);
  bool differ = false;
  {
    Progress bar("building and tracing", builders.size());
    for (const std::string& builder : builders) {
      const Hierarchy built = as_bad_input(
          flags.scene.scene, [&] { return build_hierarchy(builder, mesh, global.seed, global.executor()); });
      const Bvh& index = built.index;
      Line line{builder, index.quality(), built.seconds, 0, {}, {}};
      line.duplicates =
          static_cast<double>(line.quality.references) / static_cast<double>(std::max<std::size_t>(mesh.size(), 1)) - 1;
      if (lines.empty())
        sets.primary = camera_rays(scene_camera(flags.scene, index), static_cast<int>(flags.width),
                                   static_cast<int>(flags.height));
      line.primary = figures_of(index, sets.primary, flags.rounds, global.executor());
      if (lines.empty()) sets.incoherent = bounce_rays(mesh, sets.primary, line.primary.hits, global.seed);
      line.incoherent = figures_of(index, sets.incoherent, flags.rounds, global.executor());
      lines.push_back(std::move(line));
      differ = differ || lines.back().primary.hits != lines.front().primary.hits ||
               lines.back().incoherent.hits != lines.front().incoherent.hits;
      bar.update(lines.size());
    }
  }
  if (global.json) {
    nlohmann::ordered_json all{{"scene", flags.scene.scene},
                               {"triangles", mesh.size()},
                               {"vertices", mesh.vertices.size()},
                               {"threads", global.executor().threads()},
                               {"read_seconds", scene.seconds},
                               {"same_hits", !differ},
                               {"builders", nlohmann::ordered_json::array()}};
    for (const Line& line : lines) all["builders"].push_back(as_json(line));
    print_json(all);
  } else {
    print_table(lines);
    std::fflush(stdout);
    fmt::print(stderr, "{}: {}; {} primary and {} incoherent rays, {}\n", flags.scene.scene,
               io::counted(mesh.size(), "triangle"), sets.primary.size(), sets.incoherent.size(),
               io::counted(global.executor().threads(), "thread"));
  }
  if (differ) throw Failure(ExitCode::runtime, "the builders' hits differ");
}

}  // namespace

void add_build_report(CLI::App& app, const GlobalOptions& global) {
  auto flags = std::make_shared<ReportFlags>();
  auto* command = app.add_subcommand("build-report", "What each builder of ray hierarchies makes of a mesh");
  flags->scene.add_to(*command);
  command->add_option("--builders", flags->builders, "These alone, with commas between (default: all)")
      ->type_name("NAMES");
  const auto number = [&](const char* name, std::int64_t& value, const char* what, const char* unit) {
    command->add_option(name, value, what)->type_name(unit)->check(whole_number);
  };
  number("--width", flags->width, "Of the picture whose rays are traced (default 640)", "PIXELS");
  number("--height", flags->height, "Likewise (default 360)", "PIXELS");
  number("--rounds", flags->rounds, "The fastest of so many is shown (default 3)", "N");
  command->footer(
      "A line a builder: the milliseconds of the build; the expected cost of a ray in the binary tree and in the wide\n"
      "one that is searched; wide nodes; references beyond one a triangle; size; then for rays from the camera, and "
      "for\n"
      "diffuse bounces of those, the nodes and triangles a ray meets and the millions of rays a second. All builders "
      "give\n"
      "the same hits, which is checked.\n"
      "Builders: " +
      fmt::format("{}", fmt::join(builder_names(), ", ")) +
      ".\n\n"
      "Example:\n"
      "  coppice build-report city --triangles 200000\n\n"
      "Global options: --json, --threads N, --seed N.");
  command->callback([flags, &global] { report(*flags, global); });
}

}  // namespace coppice::cli
