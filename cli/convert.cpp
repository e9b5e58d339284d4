// coppice convert: the points of one file in the format of another.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "coppice/io/point_file.hpp"
#include "data.hpp"
#include "output.hpp"
#include "subcommand.hpp"

namespace coppice::cli {

namespace {

struct ConvertFlags {
  std::string from;
  std::string to;
};

void convert(const ConvertFlags& flags, bool json) {
  check_target(flags.from, flags.to);
  Dataset data = read_dataset(flags.from);
  io::PointFile file{{}, std::nullopt, std::move(data.format), std::move(data.columns)};
  std::visit([&](auto& points) { file.points = std::move(points); }, data.points);
  if (data.has_ids) file.ids = std::move(data.ids);
  const io::WriteLosses losses = write_dataset(flags.to, file, json);
  if (json)
    print_json({{"file", flags.from},
                {"format", file.format},
                {"points", file.size()},
                {"dimension", file.dimension()},
                {"out", flags.to},
                {"ids_lost", losses.ids},
                {"coordinates_rounded", losses.rounded}});
}

}  // namespace

void add_convert(CLI::App& app, const GlobalOptions& global) {
  auto flags = std::make_shared<ConvertFlags>();
  auto* command = app.add_subcommand("convert", "Write the points of one file in another format");
  command->add_option("FROM", flags->from, "Point file")->required();
  command->add_option("TO", flags->to, "File to write; its name says the format")->required();
  command->footer(
      "Reads  .npy .csv .tsv .txt .xyz .ply .pcd .bin .las .obj .pdb .gro .fvecs .bvecs\n"
      "Writes .npy (float32 or float64 as read), .csv (with names, and ids as the column `id`), .xyz,\n"
      "       .ply and .pcd (binary, float32 or float64 as read), .bin (KITTI: float32, intensity 0), .fvecs "
      "(float32)\n"
      "Coordinates keep every bit except in .bin and .fvecs, where float64 is rounded to float32; ids are kept in\n"
      ".csv; a line on stderr says what was lost. .xyz, .ply, .pcd and .bin hold 3-D points only. The target appears\n"
      "whole or not at all. Other attributes (colour, intensity, faces) are left out. --json prints one object.\n\n"
      "Example:\n"
      "  printf '0,0,0\\n3,4,5\\n' > points.csv && coppice convert points.csv points.ply && coppice info points.ply\n\n"
      "Global options: --json, --threads N, --seed N.");
  command->callback([flags, &global] { convert(*flags, global.json); });
}

}  // namespace coppice::cli
