// KdTree beyond what it shares with MultiwayTree: its Config, which of its compiled trees serves a dimension, its
// files.
#include "coppice/index/kd_tree/kd_tree.hpp"

#include <algorithm>
#include <string>

#include "../tree_index.hpp"
#include "coppice/errors.hpp"
#include "coppice/index/kd_tree/node.hpp"
#include "coppice/persist/point_archive.hpp"
#include "core_of.hpp"

namespace coppice {
namespace kd_tree {

/// Makes the tree of the width that serves `dimension`, once Config is known to be good.
template <class Scalar>
std::unique_ptr<plane_tree::Core<Scalar>> make_core(int dimension, const typename KdTree<Scalar>::Config& config) {
  check_dimension(dimension);
  config.check(dimension);
  switch (width_for(dimension)) {
    case 2:
      return make_core_of<Scalar, 2>(dimension, config);
    case 3:
      return make_core_of<Scalar, 3>(dimension, config);
    case 4:
      return make_core_of<Scalar, 4>(dimension, config);
    default:
      return make_core_of<Scalar, 0>(dimension, config);
  }
}

}  // namespace kd_tree

template <class Scalar>
void KdTree<Scalar>::Config::check(int dimension) const {
  balance.check();
  periodic.check(dimension);
  if (leaf_fill < 8 || leaf_fill > kd_tree::leaf_capacity)
    throw invalid_input("leaf_fill is " + std::to_string(leaf_fill) + "; expected 8 to " +
                        std::to_string(kd_tree::leaf_capacity));
}

template <class Scalar>
KdTree<Scalar>::KdTree(int dimension, Config config)
    : TreeIndex<KdTree, Scalar, plane_tree::Core<Scalar>>(kd_tree::make_core<Scalar>(dimension, config)),
      config_(std::move(config)) {}

template <class Scalar>
void KdTree<Scalar>::save(const std::filesystem::path& path) const {
  tree_index::save<Scalar>(*this->core_, path, "kd_tree", [&](persist::ArchiveWriter& archive) {
    archive.set("balance", balance_name(config().balance));
    archive.set("balance_omega", config().balance.omega);
    archive.set("leaf_fill", config().leaf_fill);
  });
}

template <class Scalar>
KdTree<Scalar> KdTree<Scalar>::load(const std::filesystem::path& path, Executor executor) {
  const persist::ArchiveReader archive(path);
  persist::StoredPoints<Scalar> stored = persist::read_points<Scalar>(archive, "kd_tree");
  Config config = tree_index::stored_config<Config>(archive, stored, executor, "balance", [&](Config& made) {
    made.balance = balance_from_name(archive.text("balance"));
    made.balance.omega = archive.real("balance_omega");
    made.leaf_fill = static_cast<int>(std::clamp<std::int64_t>(archive.integer("leaf_fill"), 0, 1000));
  });
  KdTree tree(stored.points.dimension, std::move(config));
  tree_index::restore(*tree.core_, stored);
  return tree;
}

template class TreeIndex<KdTree<float>, float, plane_tree::Core<float>>;
template class TreeIndex<KdTree<double>, double, plane_tree::Core<double>>;
template class TreeSnapshot<KdTree<float>, float>;
template class TreeSnapshot<KdTree<double>, double>;
template class KdTree<float>;
template class KdTree<double>;

}  // namespace coppice
