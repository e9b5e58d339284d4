// MultiwayTree beyond what it shares with KdTree: its Config, which of its compiled trees serves a dimension, its
// files.
#include "coppice/index/multiway_tree/multiway_tree.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "../tree_index.hpp"
#include "coppice/errors.hpp"
#include "coppice/index/multiway_tree/node.hpp"
#include "coppice/persist/point_archive.hpp"
#include "core_of.hpp"

namespace coppice {
namespace multiway_tree {

/// Makes the tree of the width that serves `dimension`, once Config is known to be good.
template <class Scalar>
std::unique_ptr<plane_tree::Core<Scalar>> make_core(int dimension,
                                                    const typename MultiwayTree<Scalar>::Config& config) {
  check_dimension(dimension);
  config.check(dimension);
  switch (width_for(dimension)) {
    case 2:
      return make_core_of<Scalar, 2>(dimension, config);
    case 3:
      return make_core_of<Scalar, 3>(dimension, config);
    default:
      return make_core_of<Scalar, 0>(dimension, config);
  }
}

}  // namespace multiway_tree

namespace {

// The names of choices in files, in the order of their values.
constexpr std::string_view pivot_names[] = {"sampled", "learned", "exact"};
constexpr std::string_view axis_names[] = {"widest", "cycling"};
constexpr std::string_view repair_names[] = {"window", "subtree", "patient"};

template <class Choice, std::size_t N>
std::string_view name_of(const std::string_view (&names)[N], Choice choice) {
  return names[static_cast<std::size_t>(choice)];
}
template <class Choice, std::size_t N>
Choice value_of(const std::string_view (&names)[N], std::string_view name) {
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == name) return static_cast<Choice>(i);
  throw invalid_input("'" + std::string(name) + "' is not a known choice; expected one like '" + std::string(names[0]) +
                      "'");
}

}  // namespace

template <class Scalar>
void MultiwayTree<Scalar>::Config::check(int dimension) const {
  using multiway_tree::fan_out;
  if (partitions != 0 && (partitions < 2 || partitions > fan_out))
    throw invalid_input("partitions (t) is " + std::to_string(partitions) + "; expected 2 to " +
                        std::to_string(fan_out) + ", or 0");
  if (!(omega > 0.5 && omega < 1))
    throw invalid_input("omega is " + std::to_string(omega) + "; expected more than 0.5 and less than 1");
  if (leaf_fill < 8 || leaf_fill > multiway_tree::leaf_capacity)
    throw invalid_input("leaf_fill is " + std::to_string(leaf_fill) + "; expected 8 to " +
                        std::to_string(multiway_tree::leaf_capacity));
  if (!(sample_rate > 0 && sample_rate <= 1))
    throw invalid_input("sample_rate is " + std::to_string(sample_rate) + "; expected more than 0 and at most 1");
  constexpr int most_models = 1 << 16;
  if (models < 1 || models > most_models)
    throw invalid_input("models is " + std::to_string(models) + "; expected 1 to " + std::to_string(most_models));
  if (!(kappa > 0 && kappa <= 0.5))
    throw invalid_input("kappa is " + std::to_string(kappa) + "; expected more than 0 and at most 0.5");
  periodic.check(dimension);
}

template <class Scalar>
MultiwayTree<Scalar>::MultiwayTree(int dimension, Config config)
    : TreeIndex<MultiwayTree, Scalar, plane_tree::Core<Scalar>>(multiway_tree::make_core<Scalar>(dimension, config)),
      config_(std::move(config)) {}

template <class Scalar>
void MultiwayTree<Scalar>::save(const std::filesystem::path& path) const {
  tree_index::save<Scalar>(*this->core_, path, "multiway_tree", [&](persist::ArchiveWriter& archive) {
    archive.set("partitions", config().partitions);
    archive.set("pivots", name_of(pivot_names, config().pivots));
    archive.set("axes", name_of(axis_names, config().axes));
    archive.set("repair", name_of(repair_names, config().repair));
    archive.set("omega", config().omega);
    archive.set("leaf_fill", config().leaf_fill);
    archive.set("sample_rate", config().sample_rate);
    archive.set("models", config().models);
    archive.set("kappa", config().kappa);
  });
}

template <class Scalar>
MultiwayTree<Scalar> MultiwayTree<Scalar>::load(const std::filesystem::path& path, Executor executor) {
  const persist::ArchiveReader archive(path);
  persist::StoredPoints<Scalar> stored = persist::read_points<Scalar>(archive, "multiway_tree");
  Config config = tree_index::stored_config<Config>(archive, stored, executor, "omega", [&](Config& made) {
    const auto small = [&](std::string_view name) {
      return static_cast<int>(std::clamp<std::int64_t>(archive.integer(name), -1, 1 << 20));
    };
    made.partitions = small("partitions");
    made.pivots = value_of<multiway_tree::PivotRule>(pivot_names, archive.text("pivots"));
    made.axes = value_of<multiway_tree::AxisRule>(axis_names, archive.text("axes"));
    made.repair = value_of<multiway_tree::RepairRule>(repair_names, archive.text("repair"));
    made.omega = archive.real("omega");
    made.leaf_fill = small("leaf_fill");
    made.sample_rate = archive.real("sample_rate");
    made.models = small("models");
    made.kappa = archive.real("kappa");
  });
  MultiwayTree tree(stored.points.dimension, std::move(config));
  tree_index::restore(*tree.core_, stored);
  return tree;
}

template class TreeIndex<MultiwayTree<float>, float, plane_tree::Core<float>>;
template class TreeIndex<MultiwayTree<double>, double, plane_tree::Core<double>>;
template class TreeSnapshot<MultiwayTree<float>, float>;
template class TreeSnapshot<MultiwayTree<double>, double>;
template class MultiwayTree<float>;
template class MultiwayTree<double>;

}  // namespace coppice
