// The tables of the task `neural`, and its scenes.
#include "tasks/neural/tables.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "coppice/index/neural_builder/scenes.hpp"
#include "coppice/io/mesh_file.hpp"

namespace coppice::bench {

namespace {

std::vector<std::string> distinct(const std::vector<Figure>& figures, const std::string& table,
                                  std::string Figure::*field) {
  std::vector<std::string> names;
  for (const Figure& f : figures)
    if (f.table == table && std::find(names.begin(), names.end(), f.*field) == names.end()) names.push_back(f.*field);
  return names;
}

/// Of figures that are all positive; 0 for none.
double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += std::log(v);
  return values.empty() ? 0 : std::exp(sum / static_cast<double>(values.size()));
}

void print_head(const std::string& title, const std::string& first, const std::vector<std::string>& columns) {
  std::printf("\n### %s\n\n| %s |", title.c_str(), first.c_str());
  for (const std::string& c : columns) std::printf(" %s |", c.c_str());
  std::printf("\n|---|");
  for (std::size_t i = 0; i < columns.size(); ++i) std::printf("---:|");
  std::printf("\n");
}

}  // namespace

void Figures::add(const std::string& table, const std::string& scene, const std::string& contestant,
                  const std::string& operation, double value) {
  figures_.push_back({table, scene, contestant, operation, value});
}

void Figures::print_means(const std::string& table, const std::string& title) const {
  const auto operations = distinct(figures_, table, &Figure::operation);
  print_head(title, "contestant", operations);
  for (const std::string& contestant : distinct(figures_, table, &Figure::contestant)) {
    std::printf("| %s |", contestant.c_str());
    for (const std::string& operation : operations) {
      std::vector<double> values;
      for (const Figure& f : figures_)
        if (f.table == table && f.contestant == contestant && f.operation == operation) values.push_back(f.value);
      std::printf(" %.4g |", mean(values));
    }
    std::printf("\n");
  }
  std::fflush(stdout);
}

void Figures::print_scenes(const std::string& table, const std::string& operation, const std::string& title) const {
  const auto contestants = distinct(figures_, table, &Figure::contestant);
  print_head(title, "scene", contestants);
  std::vector<std::vector<double>> columns(contestants.size());
  for (const std::string& scene : distinct(figures_, table, &Figure::scene)) {
    std::printf("| %s |", scene.c_str());
    for (std::size_t c = 0; c < contestants.size(); ++c)
      for (const Figure& f : figures_)
        if (f.table == table && f.scene == scene && f.contestant == contestants[c] && f.operation == operation) {
          columns[c].push_back(f.value);
          std::printf(" %.3f |", f.value);
        }
    std::printf("\n");
  }
  std::printf("| geometric mean |");
  for (const auto& column : columns) std::printf(" %.3f |", mean(column));
  std::printf("\n");
  std::fflush(stdout);
}

void Figures::write(const Options& options) const {
  if (options.json.empty()) return;
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const Figure& f : figures_)
    rows.push_back({{"table", f.table},
                    {"scene", f.scene},
                    {"contestant", f.contestant},
                    {"operation", f.operation},
                    {"value", f.value}});
  std::ofstream(options.json) << nlohmann::ordered_json{{"task", "neural"}, {"figures", rows}}.dump(1) << '\n';
}

std::vector<NeuralScene> neural_scenes(const Options& options) {
  using namespace neural_builder;
  constexpr std::uint64_t held_out_seed = 7;
  std::vector<NeuralScene> scenes;
  for (int kind = 0; kind < scene_kinds; ++kind) {
    const auto each = static_cast<SceneKind>(kind);
    const std::string name(scene_name(each));
    if (options.uses(name)) scenes.push_back({name, make_scene(each, held_out_seed)});
  }
  for (const auto& [name, file] :
       {std::pair{"sponza", "mesh_sponza/sponza.obj.gz"}, std::pair{"armadillo", "mesh_armadillo/armadillo.obj"},
        std::pair{"bunny", "mesh_common/stanford-bunny.obj"}, std::pair{"teapot", "mesh_common/teapot.obj"},
        std::pair{"spot", "mesh_common/spot.obj"}})
    if (options.uses(name) && std::filesystem::exists(options.data / file))
      scenes.push_back({name, io::read_mesh(options.data / file).mesh.triangles()});
  return scenes;
}

}  // namespace coppice::bench
