// coppice normals: the direction that every point of a cloud faces, from its neighbours.
#include <fmt/compile.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/errors.hpp"
#include "coppice/index/neighbor_graph/surface.hpp"
#include "coppice/io/npz.hpp"
#include "data.hpp"
#include "io/counted.hpp"
#include "options.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "subcommand.hpp"

namespace coppice::cli {

namespace {

struct NormalsFlags {
  std::string file;
  std::int64_t k = 30;
  std::optional<double> radius;
  std::string viewpoint;
  bool widen = false;
  std::string out;
};

std::optional<std::array<double, 3>> viewpoint_of(const NormalsFlags& flags) {
  if (flags.viewpoint.empty()) return std::nullopt;
  const auto numbers = parse_coordinates<double>("--viewpoint", flags.viewpoint, 3);
  return std::array{numbers[0], numbers[1], numbers[2]};
}

void check(const NormalsFlags& flags) {
  check_k(flags.k);
  if (flags.radius) (void)checked_radius<double>("-r", *flags.radius);
  (void)viewpoint_of(flags);
  if (flags.out.empty()) return;
  const std::string extension = std::filesystem::path(flags.out).extension().string();
  if (extension != ".ply" && extension != ".npz")
    throw usage_error(
        fmt::format("--out: cannot write normals to {}; expected a name that ends in .ply or .npz", flags.out));
  if (extension == ".ply") check_target(flags.file, flags.out);
}

template <class Scalar>
void print(const Surface<Scalar>& found, bool json, const nlohmann::ordered_json& head) {
  StdoutBuffer out;
  auto text = std::back_inserter(out.text());
  if (json) {
    std::string opening = head.dump();
    opening.back() = ',';  // the object goes on with its results
    fmt::format_to(text, "{}\"results\":[", opening);
  }
  for (std::size_t row = 0; row < found.curvatures.size(); ++row) {
    const auto normal = found.normals.view()[row];
    // In JSON as float64, so that what a reader gets is exact.
    if (json)
      fmt::format_to(text, FMT_COMPILE("{}\n{{\"point\":{},\"normal\":[{},{},{}],\"curvature\":{}}}"),
                     row == 0 ? "" : ",", row, static_cast<double>(normal[0]), static_cast<double>(normal[1]),
                     static_cast<double>(normal[2]), static_cast<double>(found.curvatures[row]));
    else
      fmt::format_to(text, FMT_COMPILE("{}: {} {} {} {}\n"), row, normal[0], normal[1], normal[2],
                     found.curvatures[row]);
    out.drain();
  }
  if (json) fmt::format_to(text, "\n]}}\n");
  out.flush();
}

template <class Scalar>
void write(const std::string& path, const Points<Scalar>& points, const Surface<Scalar>& found) {
  const Activity writing("writing " + path);
  const auto& normals = found.normals.coordinates;
  if (path.ends_with(".npz")) {
    io::NpzWriter file(path);
    file.add("normals", {std::vector<double>(normals.begin(), normals.end()), {found.normals.size(), 3}});
    file.add("curvatures", std::vector<double>(found.curvatures.begin(), found.curvatures.end()));
    return file.close();
  }
  io::PointFile file{points, std::nullopt, "ply", {}};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    std::vector<Scalar> numbers(points.size());
    for (std::size_t row = 0; row < points.size(); ++row) numbers[row] = normals[3 * row + axis];
    file.attributes.push_back({std::array{"nx", "ny", "nz"}[axis], std::move(numbers)});
  }
  file.attributes.push_back({"curvature", found.curvatures});
  (void)io::write_points(path, file);
}

template <class Scalar>
void answer(const NormalsFlags& flags, const GlobalOptions& global, const Points<Scalar>& points) {
  Neighborhoods<Scalar> neighborhoods;
  neighborhoods.k = static_cast<std::size_t>(flags.k);
  if (flags.radius) neighborhoods.radius = checked_radius<Scalar>("-r", *flags.radius);
  const auto start = std::chrono::steady_clock::now();
  const Surface<Scalar> found = as_bad_input(flags.file, [&] {
    const Activity fitting("fitting planes");
    return surface<Scalar>(points, neighborhoods, {viewpoint_of(flags)}, global.executor());
  });
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  std::size_t without = 0;
  for (std::size_t row = 0; row < points.size(); ++row) {
    const auto normal = found.normals.view()[row];
    without += normal[0] == 0 && normal[1] == 0 && normal[2] == 0 ? 1 : 0;
  }
  nlohmann::ordered_json head{{"file", flags.file},
                              {"points", points.size()},
                              {"scalar", std::is_same_v<Scalar, float> ? "float32" : "float64"},
                              {"k", flags.k}};
  if (flags.radius) head["radius"] = *flags.radius;
  head["without_normal"] = without;
  head["seconds"] = taken.count();
  if (flags.out.empty()) {
    print(found, global.json, head);
  } else {
    write(flags.out, points, found);
    head["out"] = flags.out;
    if (global.json) print_json(head);
  }
  if (global.json) return;
  std::fflush(stdout);  // so that this comes last where both go to one place
  fmt::print(stderr, "{}: {}, {} without a normal; {:.3f} s\n", flags.file, io::counted(points.size(), "point"),
             without, taken.count());
}

void normals(const NormalsFlags& flags, const GlobalOptions& global) {
  check(flags);
  Dataset data = read_dataset(flags.file);
  if (data.dimension() != 3)
    throw Failure(ExitCode::bad_input,
                  fmt::format("{}: found points of dimension {}, expected 3-D points", flags.file, data.dimension()));
  if (data.is_float32() && !flags.widen)
    answer(flags, global, take_points<float>(std::move(data)));
  else
    answer(flags, global, take_points<double>(std::move(data)));
}

}  // namespace

void add_normals(CLI::App& app, const GlobalOptions& global) {
  auto flags = std::make_shared<NormalsFlags>();
  auto* command = app.add_subcommand("normals", "Normals and curvatures of a 3-D cloud");
  command->add_option("FILE", flags->file, "Point file")->required()->type_name("");
  command->add_option("-k", flags->k, "Neighbours that a plane is laid through, beside the point (default 30)")
      ->type_name("K")
      ->check(whole_number);
  command->add_option("-r,--radius", flags->radius, "Only neighbours within this distance, boundary included")
      ->type_name("R")
      ->check(real_number);
  command->add_option("--viewpoint", flags->viewpoint, "Turn normals towards this place (default: up, z > 0)")
      ->type_name("X,Y,Z");
  command->add_flag("--double", flags->widen, "Take float32 points as float64");
  command->add_option("--out", flags->out, "Write to this .ply or .npz file instead of stdout")->type_name("FILE");
  command->footer(
      "Prints a line a point: its row, a colon, the normal and the curvature, which is the least eigenvalue of the\n"
      "neighbours' covariance over the sum of all three: 0 for a plane, 1/3 at most.\n"
      "  7: 0 0.6 0.8 0.01\n"
      "A normal is 0 0 0 where fewer than 3 points, the point itself among them, or equal ones lie. --json prints one\n"
      "object whose `results` hold `point`, `normal` and `curvature`. A .ply file gets the points and the properties "
      "nx,\n"
      "ny, nz and curvature; .npz `normals` (n x 3) and `curvatures` (n), float64.\n\n"
      "Example:\n"
      "  printf '0,0,0\\n1,0,0\\n0,1,0\\n1,1,0\\n' > points.csv && coppice normals points.csv --out planes.ply\n\n"
      "Global options: --json, --threads N, --seed N.");
  command->callback([flags, &global] { normals(*flags, global); });
}

}  // namespace coppice::cli
