// coppice downsample: one point for every cell of a grid.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coppice/geometry/grid_cell.hpp"
#include "coppice/storage/id_check.hpp"
#include "data.hpp"
#include "io/counted.hpp"
#include "options.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "subcommand.hpp"

namespace coppice::cli {

namespace {

struct DownsampleFlags {
  std::string file;
  double cell = 0;
  std::string keep = "first";
  std::string index;
  std::string out;
};

constexpr std::array<std::pair<std::string_view, CellPolicy>, 3> policies{
    {{"first", CellPolicy::first}, {"center", CellPolicy::nearest_to_center}, {"centroid", CellPolicy::centroid}}};

CellPolicy policy_from(const std::string& name) {
  const auto found =
      std::find_if(policies.begin(), policies.end(), [&](const auto& known) { return known.first == name; });
  if (found == policies.end())
    throw usage_error(fmt::format("--keep: unknown policy '{}'; known: first, center, centroid", name));
  return found->second;
}

void check(const DownsampleFlags& flags) {
  if (!(flags.cell > 0) || std::isinf(flags.cell))
    throw usage_error(fmt::format("--cell must be positive and finite, found {}", flags.cell));
  const CellPolicy policy = policy_from(flags.keep);
  const auto names = index_names();
  if (!flags.index.empty() && std::find(names.begin(), names.end(), flags.index) == names.end())
    throw usage_error(fmt::format("--index: unknown index '{}'; known: {}", flags.index, fmt::join(names, ", ")));
  if (!flags.index.empty() && policy != CellPolicy::first)
    throw usage_error(
        fmt::format("--index: an index keeps the smallest id of a cell; leave it out for --keep {}", flags.keep));
  check_target(flags.file, flags.out);
}

template <class Scalar>
Scalar edge_of(double cell) {
  const auto edge = static_cast<Scalar>(cell);
  if (!(edge > 0) || !std::isfinite(edge))
    throw usage_error(fmt::format("--cell: {} is beyond the range of float32, which the points are", cell));
  return edge;
}

/// The rows that an index is left with after its own down-sampling.
template <class Scalar>
Thinned<Scalar> thin_by_index(PointView<Scalar> points, const std::vector<point_id>& ids, Scalar edge,
                              const std::string& name, const GlobalOptions& global) {
  IndexOptions<Scalar> options;
  options.executor = global.executor();
  const auto index = make_index<Scalar>(name, points.dimension(), options);
  index->build(points, ids);
  (void)index->down_sample(edge);
  Thinned<Scalar> thinned{{}, {{}, points.dimension()}};
  for (std::size_t row = 0; row < points.size(); ++row) {
    if (!index->contains(ids[row])) continue;
    thinned.rows.push_back(row);
    thinned.points.coordinates.insert(thinned.points.coordinates.end(), points[row].begin(), points[row].end());
  }
  return thinned;
}

template <class Scalar>
Thinned<Scalar> thin(PointView<Scalar> points, const std::vector<point_id>& ids, const DownsampleFlags& flags,
                     const GlobalOptions& global) {
  const auto edge = edge_of<Scalar>(flags.cell);
  const Activity thinning("down-sampling");
  return as_bad_input(flags.file, [&] {
    if (!flags.index.empty()) return thin_by_index(points, ids, edge, flags.index, global);
    check_points<Scalar>(points, points.dimension());
    storage::check_fresh(ids, IdMap{});
    return one_a_cell<Scalar>(points, ids, edge, policy_from(flags.keep));
  });
}

void report(const DownsampleFlags& flags, std::size_t found, std::size_t left, const io::WriteLosses& losses,
            bool json) {
  if (json) {
    nlohmann::ordered_json object{
        {"file", flags.file}, {"points", found}, {"left", left}, {"cell", flags.cell}, {"keep", flags.keep}};
    if (!flags.index.empty()) object["index"] = flags.index;
    object["out"] = flags.out;
    object["ids_lost"] = losses.ids;
    object["coordinates_rounded"] = losses.rounded;
    return print_json(object);
  }
  StdoutBuffer out;
  fmt::format_to(std::back_inserter(out.text()), "{}: {} of {} left, one a cell of {}\n", flags.out, left,
                 io::counted(found, "point"), flags.cell);
  out.flush();
}

void downsample(const DownsampleFlags& flags, const GlobalOptions& global) {
  check(flags);
  Dataset data = read_dataset(flags.file);
  io::PointFile file{{}, std::nullopt, data.format, data.columns};
  std::visit(
      [&]<class Scalar>(const Points<Scalar>& points) {
        Thinned<Scalar> thinned = thin<Scalar>(points, data.ids, flags, global);
        file.points = std::move(thinned.points);
        if (!data.has_ids) return;
        file.ids.emplace();
        for (const std::size_t row : thinned.rows) file.ids->push_back(data.ids[row]);
      },
      data.points);
  const io::WriteLosses losses = write_dataset(flags.out, file, global.json);
  report(flags, data.size(), file.size(), losses, global.json);
}

}  // namespace

void add_downsample(CLI::App& app, const GlobalOptions& global) {
  auto flags = std::make_shared<DownsampleFlags>();
  auto* command = app.add_subcommand("downsample", "One point for every cell of a grid");
  command->add_option("FILE", flags->file, "Point file")->required()->type_name("");
  command->add_option("--cell", flags->cell, "Edge of the grid's cubes, in the unit of the points")
      ->type_name("S")
      ->check(real_number)
      ->required();
  command->add_option("--keep", flags->keep, "What stands for a cell: first (default), center, centroid")
      ->type_name("NAME");
  command
      ->add_option("--index", flags->index,
                   fmt::format("Let an index do it, which keeps first: {}", fmt::join(index_names(), ", ")))
      ->type_name("NAME");
  command->add_option("--out", flags->out, "File to write; its name says the format, as in convert")
      ->type_name("FILE")
      ->required();
  command->footer(
      "Cells are aligned to 0: along every axis a cell holds the points with the same floor of x / S. Of each cell "
      "stay\n"
      "  first     the point with the smallest id\n"
      "  center    the point nearest to the cell's centre, ties by the smallest id\n"
      "  centroid  the mean of its points, summed in float64 in the order of the rows, under the smallest id\n"
      "in the order of the file. Ids are the csv column `id` or 0-based rows; .csv keeps them. Prints how many points\n"
      "are left of how many; --json prints one object.\n\n"
      "Example:\n"
      "  printf '0,0,0\\n1,1,1\\n9,9,9\\n' > points.csv && coppice downsample points.csv --cell 4 --out few.ply\n\n"
      "Global options: --json, --threads N, --seed N.");
  command->callback([flags, &global] { downsample(*flags, global); });
}

}  // namespace coppice::cli
