// KdTree beyond what it shares with MultiwayTree: its Config, which of its compiled trees serves a dimension, its
// files.
#include "coppice/index/kd_tree/kd_tree.hpp"

#include <algorithm>
#include <string>

#include "../plane_tree_index.hpp"
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
    : PlaneTreeIndex<KdTree, Scalar>(kd_tree::make_core<Scalar>(dimension, config)), config_(std::move(config)) {}

template <class Scalar>
void KdTree<Scalar>::save(const std::filesystem::path& path) const {
  persist::StoredPoints<Scalar> stored;
  this->core_->copy_points(stored.ids, stored.points);
  stored.periodic = config().periodic;
  stored.next_id = this->core_->next_id;
  persist::ArchiveWriter archive("kd_tree");
  persist::add_points(archive, stored);
  archive.set("balance", balance_name(config().balance));
  archive.set("balance_omega", config().balance.omega);
  archive.set("leaf_fill", config().leaf_fill);
  archive.write(path);
}

template <class Scalar>
KdTree<Scalar> KdTree<Scalar>::load(const std::filesystem::path& path, Executor executor) {
  const persist::ArchiveReader archive(path);
  persist::StoredPoints<Scalar> stored = persist::read_points<Scalar>(archive, "kd_tree");
  Config config;
  config.executor = executor;
  config.periodic = std::move(stored.periodic);
  try {
    config.balance = balance_from_name(archive.text("balance"));
    config.balance.omega = archive.real("balance_omega");
    config.leaf_fill = static_cast<int>(std::clamp<std::int64_t>(archive.integer("leaf_fill"), 0, 1000));
    config.check(stored.points.dimension);
  } catch (const invalid_input& mistake) {
    archive.refuse("balance", mistake.what());
  }
  KdTree tree(stored.points.dimension, std::move(config));
  tree.core_->build(stored.points, stored.ids);
  tree.core_->next_id = stored.next_id;
  return tree;
}

template class PlaneTreeIndex<KdTree<float>, float>;
template class PlaneTreeIndex<KdTree<double>, double>;
template class PlaneTreeSnapshot<KdTree<float>, float>;
template class PlaneTreeSnapshot<KdTree<double>, double>;
template class KdTree<float>;
template class KdTree<double>;

}  // namespace coppice
