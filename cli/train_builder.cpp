// coppice train-builder: trains the network of the neural builder, on scenes made by rule and on meshes.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coppice/errors.hpp"
#include "coppice/index/neural_builder/trainer.hpp"
#include "coppice/io/mesh_file.hpp"
#include "options.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "subcommand.hpp"

namespace coppice::cli {

namespace {

using namespace neural_builder;

struct TrainFlags {
  std::string task = "area";
  std::string out;
  std::vector<std::string> meshes;
  std::vector<std::string> hold_out;
  std::int64_t scenes = 256;
  std::int64_t steps = 4000;
  std::int64_t batch = 64;
  std::int64_t levels = 0;
  std::string paths = "greedy";
  std::string gradient = "windowed";
  std::string loss = "square";
  double rate = 1e-3;
  std::string start;
  std::string checkpoint;
  std::int64_t every = 250;
};

template <class Value, std::size_t Count>
Value chosen(std::string_view option, const std::string& name,
             const std::array<std::pair<std::string_view, Value>, Count>& known) {
  std::string names;
  for (const auto& [each, value] : known) {
    if (each == name) return value;
    names += (names.empty() ? "" : ", ") + std::string(each);
  }
  throw usage_error(fmt::format("{}: unknown name '{}'; known: {}", option, name, names));
}

std::int64_t in_range(std::string_view option, std::int64_t found, std::int64_t low, std::int64_t high) {
  if (found < low || found > high)
    throw usage_error(fmt::format("{} must be {} … {}, found {}", option, low, high, found));
  return found;
}

TrainingOptions options_of(const TrainFlags& flags, const GlobalOptions& global) {
  using std::pair;
  using Name = std::string_view;
  TrainingOptions o;
  o.heuristic =
      chosen("--task", flags.task,
             std::array{pair{Name("area"), Heuristic::surface_area}, pair{Name("volume"), Heuristic::volume}});
  o.levels = o.heuristic == Heuristic::volume ? 4 : 5;
  if (flags.levels != 0) o.levels = static_cast<int>(in_range("--levels", flags.levels, 1, 6));
  o.batch = static_cast<std::size_t>(in_range("--batch", flags.batch, 1, 4096));
  o.steps = static_cast<std::uint64_t>(in_range("--steps", flags.steps, 1, 1'000'000'000));
  o.paths = chosen(
      "--paths", flags.paths,
      std::array{pair{Name("greedy"), TrainingPaths::greedy}, pair{Name("recursive"), TrainingPaths::recursive}});
  o.gradient = chosen("--gradient", flags.gradient,
                      std::array{pair{Name("windowed"), TrainingGradient::windowed},
                                 pair{Name("next-point"), TrainingGradient::next_point}});
  o.loss = chosen("--loss", flags.loss,
                  std::array{pair{Name("square"), TrainingLoss::square}, pair{Name("log"), TrainingLoss::logarithm}});
  if (!(flags.rate >= 1e-8 && flags.rate <= 1))
    throw usage_error(fmt::format("--rate must be 1e-8 … 1, found {}", flags.rate));
  o.rate = static_cast<float>(flags.rate);
  o.last_rate = o.rate / 100;
  o.seed = global.seed;
  o.executor = global.executor();
  return o;
}

/// Kinds of scenes take turns; those held out are made from other seeds than any that is trained on.
void add_scenes(TrainingSet& set, std::int64_t count, std::uint64_t seed) {
  for (std::int64_t i = 0; i < count; ++i)
    set.add(make_scene(static_cast<SceneKind>(i % scene_kinds), seed + static_cast<std::uint64_t>(i / scene_kinds)),
            static_cast<std::uint64_t>(i));
}
void add_meshes(TrainingSet& set, const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    const Activity reading("reading " + path);
    set.add(io::read_mesh(path).mesh.triangles(), 1);
  }
}

void train(const TrainFlags& flags, const GlobalOptions& global) {
  const TrainingOptions options = options_of(flags, global);
  (void)in_range("--scenes", flags.scenes, 0, 10'000);
  (void)in_range("--every", flags.every, 1, 1'000'000'000);
  if (flags.scenes == 0 && flags.meshes.empty())
    throw usage_error("--scenes 0 leaves nothing to train on: name a --mesh");
  for (const auto* paths : {&flags.meshes, &flags.hold_out})
    for (const std::string& path : *paths) io::check_mesh_name(path);
  constexpr std::uint64_t training_seed = 1000;
  constexpr std::uint64_t held_out_seed = 7;
  constexpr int draws = 4;
  TrainingSet data(options.heuristic);
  TrainingSet held_out(options.heuristic);
  TrainingSet held_out_meshes(options.heuristic);
  add_scenes(data, flags.scenes, training_seed);
  add_meshes(data, flags.meshes);
  add_scenes(held_out, scene_kinds, held_out_seed);
  add_meshes(held_out_meshes, flags.hold_out);

  std::optional<Trainer> trainer;
  if (flags.start.empty())
    trainer.emplace(options, data);
  else
    trainer.emplace(options, data, SplitNetwork::load(flags.start));
  if (!flags.checkpoint.empty() && std::filesystem::exists(flags.checkpoint)) trainer->resume(flags.checkpoint);
  trainer->network().save(flags.out);  // a path that cannot be written is found now, not hours later

  nlohmann::ordered_json curve = nlohmann::ordered_json::array();
  const auto report = [&](double cost, double penalty) {
    const RelativeCost scenes = relative_cost(trainer->network(), held_out, options, draws);
    nlohmann::ordered_json row{{"step", trainer->steps_done()},
                               {"cost", cost},
                               {"penalty", penalty},
                               {"held_out_greedy", scenes.greedy},
                               {"held_out_recursive", scenes.recursive}};
    std::string text =
        fmt::format("step {}: cost {:.5f}, penalty {:.5f}; over greedy: scenes {:.4f} greedy {:.4f} recursive",
                    trainer->steps_done(), cost, penalty, scenes.greedy, scenes.recursive);
    if (held_out_meshes.size() != 0) {
      const RelativeCost meshes = relative_cost(trainer->network(), held_out_meshes, options, draws);
      row["meshes_greedy"] = meshes.greedy;
      row["meshes_recursive"] = meshes.recursive;
      text += fmt::format(", meshes {:.4f} greedy {:.4f} recursive", meshes.greedy, meshes.recursive);
    }
    curve.push_back(row);
    if (!global.json) {
      fmt::print("{}\n", text);
      std::fflush(stdout);
    }
  };

  const auto start = std::chrono::steady_clock::now();
  Progress progress("training", options.steps);
  double cost = 0;
  double penalty = 0;
  std::int64_t since = 0;
  while (trainer->steps_done() < options.steps) {
    const StepReport step = trainer->step();
    cost += step.cost;
    penalty += step.penalty;
    ++since;
    progress.update(step.step, fmt::format("cost {:.4f}", step.cost));
    if (step.step % static_cast<std::uint64_t>(flags.every) != 0 && step.step != options.steps) continue;
    report(cost / static_cast<double>(since), penalty / static_cast<double>(since));
    cost = penalty = 0;
    since = 0;
    if (!flags.checkpoint.empty()) trainer->save(flags.checkpoint);
    trainer->network().save(flags.out);
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  if (global.json)
    print_json({{"task", flags.task},
                {"levels", options.levels},
                {"steps", options.steps},
                {"batch", options.batch},
                {"seed", options.seed},
                {"scenes", data.size()},
                {"seconds", taken.count()},
                {"out", flags.out},
                {"curve", curve}});
}

}  // namespace

void add_train_builder(CLI::App& app, const GlobalOptions& global) {
  auto flags = std::make_shared<TrainFlags>();
  auto* command = app.add_subcommand("train-builder", "Train the network that builds the tops of trees");
  command->add_option("--task", flags->task, "What boxes are weighed by: area (rays; default), volume (neighbours)")
      ->type_name("NAME");
  command->add_option("--out", flags->out, "Write the weights to this file")->required()->type_name("FILE");
  command->add_option("--scenes", flags->scenes, "Scenes made by rule to train on (default 256)")
      ->type_name("N")
      ->check(whole_number);
  command->add_option("--mesh", flags->meshes, "Train on this mesh (.obj, .ply) too; may be repeated")
      ->type_name("FILE");
  command->add_option("--hold-out", flags->hold_out, "Judge by this mesh too; may be repeated")->type_name("FILE");
  command->add_option("--steps", flags->steps, "Steps (default 4000)")->type_name("N")->check(whole_number);
  command->add_option("--batch", flags->batch, "Clouds a step (default 64)")->type_name("N")->check(whole_number);
  command->add_option("--levels", flags->levels, "Levels of cuts (default 5 by area, 4 by volume)")
      ->type_name("N")
      ->check(whole_number);
  command->add_option("--paths", flags->paths, "Cuts that are followed: greedy (default), recursive")
      ->type_name("NAME");
  command
      ->add_option("--gradient", flags->gradient,
                   "How counts change under a moved plane: windowed (default), next-point")
      ->type_name("NAME");
  command->add_option("--loss", flags->loss, "Of a tree's cost: square (default), log")->type_name("NAME");
  command->add_option("--rate", flags->rate, "Of learning at the start; it falls to a hundredth (default 0.001)")
      ->type_name("R")
      ->check(real_number);
  command->add_option("--start", flags->start, "Go on from these weights")->type_name("FILE");
  command->add_option("--checkpoint", flags->checkpoint, "Keep the state here, and go on with it if it is there")
      ->type_name("FILE");
  command->add_option("--every", flags->every, "Steps between reports (default 250)")
      ->type_name("N")
      ->check(whole_number);
  command->footer(
      "Prints a line every few steps: the mean cost of the trees of its batches over that of no tree, the penalty of\n"
      "offsets outside a node's bounds, and the cost of whole scenes that are not trained on, over the cost of exact\n"
      "greedy cuts, with axes chosen greedily and recursively. --json prints one object with the whole `curve`.\n"
      "The same seed gives the same weights, for any number of threads.\n\n"
      "Example:\n"
      "  coppice train-builder --task volume --steps 20 --every 10 --scenes 8 --out tops.weights\n\n"
      "Global options: --json, --threads N, --seed N.");
  command->callback([flags, &global] { train(*flags, global); });
}

}  // namespace coppice::cli
