// Training of a split network, without labels: the loss is the recursive cost of the tree that the network's offsets
// give. Gradients are our own; Adam; any number of steps, saved and resumed. Evangelou et al. 2023, sections 4.2 and 5.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "coppice/index/neural_builder/network.hpp"
#include "coppice/index/neural_builder/scenes.hpp"
#include "coppice/parallel/executor.hpp"

namespace coppice::neural_builder {

/// Which cuts are followed downwards in training.
enum class TrainingPaths {
  greedy,    ///< the axis that greedy inference takes: 2^k − 1 nodes, tens of times faster
  recursive  ///< all three, and the cheapest tree is picked bottom-up (the paper's): (6^k − 1) / 5 nodes
};

/// How a moved plane changes the counts.
enum class TrainingGradient {
  /// At every level, points in a window about the plane change sides, each at the difference of what it costs in the
  /// leaves on the two sides; planes below stay where they are. Ours.
  windowed,
  /// The paper's: at the last level only, by the distance to the next point (equations 18 to 20), and planes below move
  /// with the box (equations 15 and 16).
  next_point
};

/// What of a cloud's cost C (over that of a single leaf) is summed up.
enum class TrainingLoss {
  square,    ///< C²: the paper's (equation 8); clouds whose trees stay dear count most
  logarithm  ///< log C: a tenth less counts the same in every cloud
};

struct TrainingOptions {
  Heuristic heuristic = Heuristic::surface_area;
  int levels = 5;              ///< of cuts: the paper trains 5 for surface areas and 4 for volumes
  std::size_t batch = 64;      ///< clouds a step
  std::size_t samples = 2048;  ///< points a cloud
  std::uint64_t steps = 4000;  ///< of the whole training; the rate falls from `rate` to `last_rate` along a cosine
  float rate = 1e-3f;
  float last_rate = 1e-5f;
  TrainingPaths paths = TrainingPaths::greedy;
  TrainingGradient gradient = TrainingGradient::windowed;
  TrainingLoss loss = TrainingLoss::square;
  float window = 1.f / 24;       ///< half of it, in units of a node's tight extent, at the first step
  float last_window = 1.f / 96;  ///< at the last one, reached along the cosine of the rate
  std::uint64_t seed = 1;
  Executor executor{};  ///< over the clouds of a step; the weights do not depend on it

  [[nodiscard]] CostModel cost() const noexcept;
  /// Errors: invalid_input naming the field.
  void check() const;
};

/// What clouds are drawn from: scenes cut into the cells of a shallow tree, so that whole scenes and details are seen.
class TrainingSet {
 public:
  explicit TrainingSet(Heuristic heuristic) : heuristic_(heuristic) {}
  /// Draws `points` points on the triangles and cuts them into 2^5 cells. Errors: invalid_input without triangles.
  void add(std::span<const Triangle> triangles, std::uint64_t seed, std::size_t points = std::size_t{1} << 16);
  [[nodiscard]] std::size_t size() const noexcept { return scenes_.size(); }

  /// A cloud of some cell but a whole scene, turned at random two times out of three, else flipped and with its axes
  /// exchanged; scaled so that its largest extent is 1, with the corner at 0.
  /// Depends on `seed`, `step` and `item` alone. Requires: a scene was added.
  void draw(std::uint64_t seed, std::uint64_t step, std::uint64_t item, std::span<Vec3> cloud) const;
  /// A sample of a whole scene, scaled likewise but not turned.
  void draw_whole(std::size_t scene, std::uint64_t seed, std::span<Vec3> cloud) const;

 private:
  struct Scene {
    std::vector<Vec3> points;          // by cell
    std::vector<std::uint32_t> first;  // of cells in heap order, and their ends
    std::vector<std::uint32_t> last;
  };
  Heuristic heuristic_;
  std::vector<Scene> scenes_;
};

/// What one step found: means over its batch.
struct StepReport {
  std::uint64_t step;  ///< counted from 1
  double cost;         ///< of the trees over single leaves
  double penalty;
  double rate;
};

class Trainer {
 public:
  /// Starts at random weights. Errors: invalid_input (options). Requires: `data` outlives the trainer.
  Trainer(const TrainingOptions& options, const TrainingSet& data);
  /// Goes on with other weights, as from step 0.
  Trainer(const TrainingOptions& options, const TrainingSet& data, const SplitNetwork& start);
  Trainer(Trainer&&) noexcept;
  Trainer& operator=(Trainer&&) noexcept;
  ~Trainer();

  /// One batch: the same on one machine for any number of threads. Complexity: batch · nodes · 17,000 multiplications.
  StepReport step();
  [[nodiscard]] std::uint64_t steps_done() const noexcept;
  [[nodiscard]] const TrainingOptions& options() const noexcept;
  [[nodiscard]] const SplitNetwork& network() const noexcept;

  /// Everything that another run needs to go on, checksummed. Errors: io_error.
  void save(const std::filesystem::path& path) const;
  /// Goes on where `save` was called; steps, rates, window and executor come from the options.
  /// Errors: io_error, corrupt_file, invalid_input when the file is of another task, batch or seed.
  void resume(const std::filesystem::path& path);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What trees of a network cost over those of exact greedy cuts, on the same samples: geometric means over the scenes
/// of a set and `draws` samples of each.
struct RelativeCost {
  double greedy;     ///< of greedy inference
  double recursive;  ///< of recursive inference
};
[[nodiscard]] RelativeCost relative_cost(const SplitNetwork& network, const TrainingSet& scenes,
                                         const TrainingOptions& options, int draws);

}  // namespace coppice::neural_builder
