// Training: clouds forward and backward on every thread, the rows that take part in the order of their clouds, one
// gradient a level, one step of Adam.
#include "coppice/index/neural_builder/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "cloud_pass.hpp"
#include "coppice/errors.hpp"
#include "coppice/index/neural_builder/infer.hpp"
#include "coppice/index/neural_builder/network_kernels.hpp"
#include "coppice/index/neural_builder/optimize.hpp"
#include "coppice/persist/archive.hpp"
#include "level_gradient.hpp"

namespace coppice::neural_builder {

namespace {

constexpr const char* archive_kind = "split_network_training";

void check_range(const char* field, double value, double low, double high) {
  if (!(value >= low && value <= high))
    throw invalid_input(std::string(field) + " is " + std::to_string(value) + "; expected " + std::to_string(low) +
                        " to " + std::to_string(high));
}

}  // namespace

CostModel TrainingOptions::cost() const noexcept {
  CostModel model;
  model.heuristic = heuristic;
  return model;
}

void TrainingOptions::check() const {
  check_range("levels", levels, 1, 6);
  check_range("batch", static_cast<double>(batch), 1, 4096);
  check_range("samples", static_cast<double>(samples), 16, 1 << 16);
  check_range("steps", static_cast<double>(steps), 1, 1e9);
  check_range("rate", static_cast<double>(rate), 1e-8, 1);
  check_range("last_rate", static_cast<double>(last_rate), 0, static_cast<double>(rate));
  check_range("window", static_cast<double>(window), 1e-4, 0.5);
  check_range("last_window", static_cast<double>(last_window), 1e-4, 0.5);
}

struct Trainer::State {
  TrainingOptions options;
  const TrainingSet* data;
  SplitNetwork network;
  std::vector<LevelGradient> levels;
  std::vector<std::vector<float>> first, second, gradient;  // of Adam, a level
  std::uint64_t done = 0;

  /// What one cloud found.
  struct Found {
    double cost = 0;
    double penalty = 0;
    std::vector<ActiveRows> rows;
  };

  State(const TrainingOptions& given, const TrainingSet& set, SplitNetwork start)
      : options(given), data(&set), network(std::move(start)), levels(network.levels.size()) {
    for (std::vector<std::vector<float>>* arrays : {&first, &second, &gradient})
      arrays->assign(network.levels.size(), std::vector<float>(NetworkLayout::size));
  }

  /// From 1 at the first step to 0 at the last, along a cosine.
  [[nodiscard]] double course() const {
    constexpr double pi = 3.141592653589793;
    const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(options.steps));
    return (1 + std::cos(pi * part)) / 2;
  }
  [[nodiscard]] float rate() const {
    constexpr double warm_up = 200;  // steps in which it rises from nothing
    const double warm = std::min(1.0, static_cast<double>(done + 1) / warm_up);
    return static_cast<float>(warm) * between(options.last_rate, options.rate);
  }
  [[nodiscard]] float between(float end, float start) const {
    return end + (start - end) * static_cast<float>(course());
  }

  void pass(std::size_t item, Found& found) const {
    std::vector<Vec3> cloud(options.samples);
    data->draw(options.seed, done, item, cloud);
    found.rows.assign(levels.size(), {});
    NetworkScratch scratch;
    CloudPass cloud_pass(options.levels, options.cost(), options.paths, options.gradient,
                         between(options.last_window, options.window));
    cloud_pass.forward(
        [&](int level, const float* histograms, std::size_t rows, float* out) {
          levels[static_cast<std::size_t>(level)].table().offsets(histograms, rows, out, scratch);
        },
        bounds_of(cloud), cloud);
    found.cost = cloud_pass.cost();
    found.penalty = cloud_pass.penalty();
    // The loss is the mean over the batch of C² (or log C) and of the penalties (equations 8 and 12).
    const double share = 1 / static_cast<double>(options.batch);
    const double slope = options.loss == TrainingLoss::square ? 2 * found.cost : 1 / std::max(found.cost, 1e-6);
    cloud_pass.backward(slope * share, share, found.rows);
  }
};

Trainer::Trainer(const TrainingOptions& options, const TrainingSet& data)
    : Trainer(options, data, SplitNetwork(options.heuristic, options.levels, options.seed)) {}

Trainer::Trainer(const TrainingOptions& options, const TrainingSet& data, const SplitNetwork& start) {
  options.check();
  if (data.size() == 0) throw invalid_input("the training set holds no scene; expected one at least");
  if (start.levels.size() != static_cast<std::size_t>(options.levels) || start.heuristic != options.heuristic)
    throw invalid_input("the first weights are of " + std::to_string(start.levels.size()) +
                        " levels or another task; expected " + std::to_string(options.levels) + " levels");
  state_ = std::make_unique<State>(options, data, start);
}
Trainer::Trainer(Trainer&&) noexcept = default;
Trainer& Trainer::operator=(Trainer&&) noexcept = default;
Trainer::~Trainer() = default;

StepReport Trainer::step() {
  State& s = *state_;
  for (std::size_t l = 0; l < s.levels.size(); ++l) s.levels[l].tabulate(s.network.levels[l]);
  std::vector<State::Found> found(s.options.batch);
  s.options.executor.for_each_chunk(s.options.batch, 1,
                                    [&](std::size_t item, std::size_t) { s.pass(item, found[item]); });
  StepReport report{s.done + 1, 0, 0, static_cast<double>(s.rate())};
  for (const State::Found& f : found) {
    report.cost += f.cost / static_cast<double>(found.size());
    report.penalty += f.penalty / static_cast<double>(found.size());
  }
  AdamStep adam{};
  adam.rate = s.rate();
  adam.beta1 = 0.9f;
  adam.beta2 = 0.999f;
  adam.epsilon = 1e-7f;
  const auto steps = static_cast<double>(s.done + 1);
  adam.scale1 = static_cast<float>(1 / (1 - std::pow(0.9, steps)));
  adam.scale2 = static_cast<float>(1 / (1 - std::pow(0.999, steps)));
  s.options.executor.for_each_chunk(s.levels.size(), 1, [&](std::size_t l, std::size_t) {
    ActiveRows rows;
    for (const State::Found& f : found) {
      rows.histograms.insert(rows.histograms.end(), f.rows[l].histograms.begin(), f.rows[l].histograms.end());
      rows.gradients.insert(rows.gradients.end(), f.rows[l].gradients.begin(), f.rows[l].gradients.end());
    }
    s.levels[l].backward(rows, s.gradient[l]);
    network_kernels().adam(s.network.levels[l].data(), s.gradient[l].data(), s.first[l].data(), s.second[l].data(),
                           NetworkLayout::size, adam);
  });
  ++s.done;
  return report;
}

std::uint64_t Trainer::steps_done() const noexcept {
  return state_->done;
}
const TrainingOptions& Trainer::options() const noexcept {
  return state_->options;
}
const SplitNetwork& Trainer::network() const noexcept {
  return state_->network;
}

void Trainer::save(const std::filesystem::path& path) const {
  const State& s = *state_;
  persist::ArchiveWriter file(archive_kind);
  file.set("heuristic", static_cast<int>(s.options.heuristic));
  file.set("levels", s.options.levels);
  file.set("batch", s.options.batch);
  file.set("samples", s.options.samples);
  file.set("seed", static_cast<std::int64_t>(s.options.seed));
  file.set("done", s.done);
  for (std::size_t l = 0; l < s.levels.size(); ++l) {
    file.add("weights" + std::to_string(l), s.network.levels[l]);
    file.add("first" + std::to_string(l), s.first[l]);
    file.add("second" + std::to_string(l), s.second[l]);
  }
  file.write(path);
}

void Trainer::resume(const std::filesystem::path& path) {
  State& s = *state_;
  const persist::ArchiveReader file(path);
  if (file.kind() != archive_kind)
    throw invalid_input(path.string() + ": holds a " + file.kind() + ", expected a " + archive_kind);
  const auto expect = [&](const char* name, std::int64_t expected) {
    if (const std::int64_t found = file.integer(name); found != expected)
      throw invalid_input(path.string() + ": " + name + " is " + std::to_string(found) + ", expected " +
                          std::to_string(expected));
  };
  expect("heuristic", static_cast<int>(s.options.heuristic));
  expect("levels", s.options.levels);
  expect("batch", static_cast<std::int64_t>(s.options.batch));
  expect("samples", static_cast<std::int64_t>(s.options.samples));
  expect("seed", static_cast<std::int64_t>(s.options.seed));
  const auto take = [&](const std::string& name) {
    const auto numbers = file.section<float>(name);
    if (numbers.size() != NetworkLayout::size)
      file.refuse(name, std::to_string(numbers.size()) + " numbers, expected " + std::to_string(NetworkLayout::size));
    return std::vector<float>(numbers.begin(), numbers.end());
  };
  State read(s.options, *s.data, s.network);
  for (std::size_t l = 0; l < s.levels.size(); ++l) {
    read.network.levels[l] = take("weights" + std::to_string(l));
    read.first[l] = take("first" + std::to_string(l));
    read.second[l] = take("second" + std::to_string(l));
  }
  read.done = static_cast<std::uint64_t>(file.integer("done"));
  s = std::move(read);
}

RelativeCost relative_cost(const SplitNetwork& network, const TrainingSet& scenes, const TrainingOptions& options,
                           int draws) {
  const CostModel cost = options.cost();
  TableModel model(network);
  std::vector<Vec3> cloud(options.samples);
  double greedy = 0;
  double recursive = 0;
  for (std::size_t scene = 0; scene < scenes.size(); ++scene)
    for (int d = 0; d < draws; ++d) {
      scenes.draw_whole(scene, static_cast<std::uint64_t>(d), cloud);
      const Box3 root = bounds_of(cloud);
      const auto price = [&](const TopTree& tree) { return std::log(top_cost(tree, cost, root, cloud)); };
      const double reference = price(greedy_exact(options.levels, cost, root, cloud));
      greedy += price(greedy_top(model, options.levels, cost, root, cloud)) - reference;
      recursive += price(recursive_top(model, options.levels, cost, root, cloud)) - reference;
    }
  const auto count = static_cast<double>(std::max<std::size_t>(1, scenes.size() * static_cast<std::size_t>(draws)));
  return {std::exp(greedy / count), std::exp(recursive / count)};
}

}  // namespace coppice::neural_builder
