// NeuralBuilder: the top of a k-d tree or bounding-volume hierarchy from 2,048 samples of any number of primitives, by
// a trained network or by search, the choice among several by the cost of the whole tree that follows, and the way into
// a Bvh. Evangelou et al. 2023 (10.1007/s00371-023-02975-y); what is measured of it: docs/design/neural_builder.md.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "coppice/index/bvh/builder.hpp"
#include "coppice/index/neural_builder/cost.hpp"
#include "coppice/index/neural_builder/expand.hpp"
#include "coppice/index/neural_builder/infer.hpp"
#include "coppice/index/neural_builder/network.hpp"
#include "coppice/index/neural_builder/optimize.hpp"
#include "coppice/index/neural_builder/top_tree.hpp"
#include "coppice/parallel/executor.hpp"

namespace coppice {

namespace neural_builder {

/// How a top is found.
enum class TopMethod {
  neural_greedy,     ///< the network's offsets, the axis by the local cost: a fraction of a millisecond
  neural_recursive,  ///< the network's offsets, the axes by the cost of the whole top
  neural_descent,    ///< as above, and coordinate descent on the offsets
  greedy,            ///< no network: the cheapest cut of each node, exactly
  greedy_binned,     ///< no network: among 32 bins
  search,            ///< no network: several cuts a node, kept narrow, and coordinate descent
  portfolio          ///< all of these, also under a leaf cost of √N; the one whose whole tree costs least
};
/// As above, with a hyphen for the underscore.
[[nodiscard]] std::string_view top_method_name(TopMethod method) noexcept;
/// Errors: invalid_input that names those there are.
[[nodiscard]] TopMethod top_method_named(std::string_view name);
[[nodiscard]] std::span<const TopMethod> top_methods() noexcept;

/// A top in the coordinates of what it was made for.
struct BuiltTop {
  TopTree tree;
  Box3 root;                             ///< of all points or primitives
  TopMethod method = TopMethod::greedy;  ///< of the portfolio: the one that was chosen
  LeafCost leaves = LeafCost::linear;    ///< under which it was found
  double sample_cost = 0;                ///< of the top alone, on the samples (equation 4)
  double full_cost = 0;                  ///< of the whole tree, on the samples that it was judged by; portfolio only
};

/// What a NeuralBuilder makes tops of and how.
struct BuilderConfig {
  /// What to weigh boxes by: `surface_area` for rays, `volume` for neighbours.
  Heuristic heuristic = Heuristic::surface_area;
  TopMethod method = TopMethod::neural_recursive;
  /// Levels of cuts; 0: as many as the network was trained for (5 by area, 4 by volume). Others need a method
  /// without a network, or a network that knows them.
  int levels = 0;
  std::size_t samples = 2048;           ///< drawn of the primitives, 16 … 2^20; the network was trained on 2,048
  std::size_t judge_samples = 1 << 15;  ///< that the portfolio prices whole trees by
  float radius = 1e-4f;                 ///< of queries, over the largest extent; `volume` only
  std::uint64_t seed = 1;               ///< of the samples
  /// Null: the weights that come with the library.
  std::shared_ptr<const SplitNetwork> network{};
  Executor executor{};  ///< where primitives are distributed and subtrees priced; the top does not depend on it

  /// Errors: invalid_input that names the field.
  void check() const;
};

}  // namespace neural_builder

/// Makes tops. A value that holds its network; cheap to copy.
/// Thread safety: any number of concurrent const calls. Exactness: a top changes how fast a tree answers, never what.
class NeuralBuilder {
 public:
  using Config = neural_builder::BuilderConfig;

  /// Errors: invalid_input (Config); a network of another heuristic.
  explicit NeuralBuilder(Config config = {});

  [[nodiscard]] const Config& config() const noexcept { return config_; }
  [[nodiscard]] int levels() const noexcept;

  /// The top over points (all in the box of all). An empty set gives a top without cuts.
  /// Errors: invalid_input naming the row of a coordinate that is not finite. Complexity: O(n) and the method's.
  [[nodiscard]] neural_builder::BuiltTop top(std::span<const Vec3> points) const;
  /// Over triangles, every one with the same chance of a sample, a random place on it (section 6.1).
  [[nodiscard]] neural_builder::BuiltTop top(std::span<const Triangle> triangles) const;

  /// What a portfolio weighs, cheapest whole tree first. Errors: as `top`.
  [[nodiscard]] std::vector<neural_builder::BuiltTop> candidates(std::span<const Vec3> points) const;

  /// The cuts of a top as planes of a Bvh's, whose groups are what the cuts leave, from left to right: one more than
  /// there are planes.
  [[nodiscard]] static std::vector<bvh::Plane> planes(const neural_builder::TopTree& tree);
  /// A top for `Bvh::build(triangles, top)`: made, and populated with all triangles. Clipped triangles lie in every
  /// cell that they meet, so that the boxes of the top do not overlap and a ray ends in the first cell where it hits.
  [[nodiscard]] bvh::Top bvh_top(std::span<const Triangle> triangles,
                                 bvh::Population population = bvh::Population::clip) const;

 private:
  struct Sampled;
  [[nodiscard]] neural_builder::CostModel cost() const noexcept;
  [[nodiscard]] neural_builder::BuiltTop make(neural_builder::TopMethod method, neural_builder::LeafCost leaves,
                                              const Sampled& sampled) const;
  [[nodiscard]] std::vector<neural_builder::BuiltTop> weigh(const Sampled& sampled) const;
  [[nodiscard]] neural_builder::BuiltTop finish(const Sampled& sampled) const;

  Config config_;
};

}  // namespace coppice
