// KdTree's public face: checks what callers say, wraps coordinates, gives ids, and hands over to the tree.
#include "coppice/index/kd_tree/kd_tree.hpp"

#include <algorithm>
#include <string>

#include "coppice/errors.hpp"
#include "coppice/geometry/grid_cell.hpp"
#include "coppice/index/kd_tree/core.hpp"
#include "coppice/index/kd_tree/node.hpp"
#include "coppice/persist/point_archive.hpp"
#include "coppice/query/entering.hpp"
#include "coppice/storage/id_check.hpp"

namespace coppice {
namespace kd_tree {

template <class Scalar, int Width>
std::unique_ptr<Core<Scalar>> make_core_of(int dimension, typename KdTree<Scalar>::Config config);

template <class Scalar>
std::unique_ptr<Core<Scalar>> make_core(int dimension, typename KdTree<Scalar>::Config config) {
  switch (width_for(dimension)) {
    case 2:
      return make_core_of<Scalar, 2>(dimension, std::move(config));
    case 3:
      return make_core_of<Scalar, 3>(dimension, std::move(config));
    case 4:
      return make_core_of<Scalar, 4>(dimension, std::move(config));
    default:
      return make_core_of<Scalar, 0>(dimension, std::move(config));
  }
}

}  // namespace kd_tree

namespace {

/// Leaf blocks are named by 27 bits; with the few points a block that the worst history leaves, this many always fit.
constexpr std::size_t most_points = std::size_t{1} << 30;

void check_room(std::size_t present, std::size_t entering) {
  if (entering > most_points - std::min(present, most_points))
    throw unsupported("a KdTree holds at most 2^30 points; there are " + std::to_string(present) + ", and " +
                      std::to_string(entering) + " more were to enter");
}

template <class Scalar>
query::Entering<Scalar> entering_of(PointView<Scalar> points, const kd_tree::Core<Scalar>& core) {
  return {points, core.dimension(), core.config.periodic, core.config.executor};
}
template <class Scalar>
query::Entering<Scalar> entering_of(std::span<const Scalar> point, const kd_tree::Core<Scalar>& core) {
  return {point, core.dimension(), core.config.periodic};
}

}  // namespace

template <class Scalar>
void KdTree<Scalar>::Config::check(int dimension) const {
  balance.check();
  periodic.check(dimension);
  if (leaf_fill < 8 || leaf_fill > kd_tree::leaf_capacity)
    throw invalid_input("leaf_fill is " + std::to_string(leaf_fill) + "; expected 8 to " +
                        std::to_string(kd_tree::leaf_capacity));
}

template <class Scalar>
KdTree<Scalar>::KdTree(int dimension, Config config) {
  check_dimension(dimension);
  config.check(dimension);
  core_ = kd_tree::make_core<Scalar>(dimension, std::move(config));
}
template <class Scalar>
KdTree<Scalar>::KdTree(KdTree&&) noexcept = default;
template <class Scalar>
KdTree<Scalar>& KdTree<Scalar>::operator=(KdTree&&) noexcept = default;
template <class Scalar>
KdTree<Scalar>::~KdTree() = default;

template <class Scalar>
void KdTree<Scalar>::build(PointView<Scalar> points) {
  check_room(0, points.size());
  const query::Entering<Scalar> entering = entering_of(points, *core_);
  core_->build(entering.view(), storage::fresh_ids(0, points.size()));
  core_->next_id = static_cast<point_id>(points.size());
}

template <class Scalar>
void KdTree<Scalar>::build(PointView<Scalar> points, std::span<const point_id> ids) {
  check_room(0, points.size());
  const query::Entering<Scalar> entering = entering_of(points, *core_);
  storage::check_one_id_a_row(ids, points.size());
  storage::check_fresh(ids, IdMap{});
  core_->build(entering.view(), ids);
  core_->next_id = storage::next_after(0, ids);
}

template <class Scalar>
point_id KdTree<Scalar>::insert(std::span<const Scalar> point) {
  const point_id id = storage::fresh_id(core_->next_id);
  insert(point, id);
  return id;
}

template <class Scalar>
void KdTree<Scalar>::insert(std::span<const Scalar> point, point_id id) {
  check_room(size(), 1);
  const query::Entering<Scalar> entering = entering_of(point, *core_);
  storage::check_fresh(id, core_->locations());
  core_->insert(entering.view().row(0), id);
  core_->next_id = storage::next_after(core_->next_id, id);
}

template <class Scalar>
point_id KdTree<Scalar>::insert(PointView<Scalar> points) {
  const point_id first = core_->next_id;
  insert(points, storage::fresh_ids(first, points.size()));
  return first;
}

template <class Scalar>
void KdTree<Scalar>::insert(PointView<Scalar> points, std::span<const point_id> ids) {
  check_room(size(), points.size());
  const query::Entering<Scalar> entering = entering_of(points, *core_);
  storage::check_one_id_a_row(ids, points.size());
  storage::check_fresh(ids, core_->locations());
  core_->insert(entering.view(), ids);
  core_->next_id = storage::next_after(core_->next_id, ids);
}

template <class Scalar>
void KdTree<Scalar>::erase(point_id id) {
  if (!core_->erase(id)) storage::refuse_unknown(0, id);
}

template <class Scalar>
void KdTree<Scalar>::erase(std::span<const point_id> ids) {
  storage::check_known(ids, core_->locations());
  core_->erase(ids);
}

template <class Scalar>
void KdTree<Scalar>::move(point_id id, std::span<const Scalar> point) {
  const query::Entering<Scalar> entering = entering_of(point, *core_);
  if (!contains(id)) storage::refuse_unknown(0, id);
  core_->move(id, entering.view().row(0));
}

template <class Scalar>
void KdTree<Scalar>::move(std::span<const point_id> ids, PointView<Scalar> points) {
  const query::Entering<Scalar> entering = entering_of(points, *core_);
  storage::check_one_id_a_row(ids, points.size());
  storage::check_known(ids, core_->locations());
  core_->move(ids, entering.view());
}

template <class Scalar>
std::size_t KdTree<Scalar>::erase_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper) {
  const std::vector<point_id> inside = this->in_box(one_row(lower), one_row(upper)).ids;
  core_->erase(inside);
  return inside.size();
}

template <class Scalar>
std::size_t KdTree<Scalar>::keep_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper) {
  const std::vector<point_id> inside = this->in_box(one_row(lower), one_row(upper), {.order = Order::by_id}).ids;
  std::vector<point_id> ids;
  Points<Scalar> points;
  core_->copy_points(ids, points);
  const std::size_t before = ids.size();
  if (inside.size() * 2 < before) {
    // Little stays: what stays is built anew, which costs less than taking everything else out.
    std::vector<Scalar> kept_coordinates;
    std::vector<point_id> kept;
    for (std::size_t i = 0; i < before; ++i) {
      if (!std::binary_search(inside.begin(), inside.end(), ids[i])) continue;
      kept.push_back(ids[i]);
      kept_coordinates.insert(kept_coordinates.end(), points.view().row(i), points.view().row(i) + dimension());
    }
    core_->build(Points<Scalar>{std::move(kept_coordinates), dimension()}, kept);
  } else {
    std::erase_if(ids, [&](point_id id) { return std::binary_search(inside.begin(), inside.end(), id); });
    core_->erase(ids);
  }
  return before - inside.size();
}

template <class Scalar>
std::size_t KdTree<Scalar>::down_sample(Scalar cell) {
  std::vector<point_id> ids;
  Points<Scalar> points;
  core_->copy_points(ids, points);
  const std::vector<point_id> out = crowded_out<Scalar>(points, ids, cell);
  core_->erase(out);
  return out.size();
}

template <class Scalar>
std::size_t KdTree<Scalar>::size() const noexcept {
  return core_->size();
}
template <class Scalar>
int KdTree<Scalar>::dimension() const noexcept {
  return core_->dimension();
}
template <class Scalar>
const typename KdTree<Scalar>::Config& KdTree<Scalar>::config() const noexcept {
  return core_->config;
}
template <class Scalar>
bool KdTree<Scalar>::contains(point_id id) const noexcept {
  return core_->locations().find(id) != IdMap::absent;
}

template <class Scalar>
std::vector<Scalar> KdTree<Scalar>::point(point_id id) const {
  storage::check_known({&id, 1}, core_->locations());
  std::vector<Scalar> coordinates(static_cast<std::size_t>(dimension()));
  core_->copy_point(id, coordinates.data());
  return coordinates;
}

template <class Scalar>
void KdTree<Scalar>::copy_points(std::vector<point_id>& ids, Points<Scalar>& points) const {
  core_->copy_points(ids, points);
}
template <class Scalar>
void KdTree<Scalar>::clear() {
  core_->clear();
}
template <class Scalar>
KdTreeSnapshot<Scalar> KdTree<Scalar>::snapshot() const {
  return KdTreeSnapshot<Scalar>(core_->freeze());
}
template <class Scalar>
Statistics KdTree<Scalar>::statistics() const {
  return core_->statistics();
}
template <class Scalar>
std::vector<LevelBox<Scalar>> KdTree<Scalar>::boxes(int max_level) const {
  if (max_level < 0) throw invalid_input("max_level is " + std::to_string(max_level) + "; expected 0 or more");
  return core_->boxes(max_level);
}
template <class Scalar>
void KdTree<Scalar>::validate() const {
  core_->validate();
}
template <class Scalar>
SearchTarget<Scalar> KdTree<Scalar>::search_target() const noexcept {
  return core_->search_target();
}

template <class Scalar>
void KdTree<Scalar>::save(const std::filesystem::path& path) const {
  persist::StoredPoints<Scalar> stored;
  core_->copy_points(stored.ids, stored.points);
  stored.periodic = config().periodic;
  stored.next_id = core_->next_id;
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

template <class Scalar>
KdTreeSnapshot<Scalar>::KdTreeSnapshot(std::shared_ptr<const kd_tree::FrozenCore<Scalar>> core)
    : core_(std::move(core)) {}
template <class Scalar>
std::size_t KdTreeSnapshot<Scalar>::size() const noexcept {
  return core_->size();
}
template <class Scalar>
int KdTreeSnapshot<Scalar>::dimension() const noexcept {
  return core_->dimension();
}
template <class Scalar>
SearchTarget<Scalar> KdTreeSnapshot<Scalar>::search_target() const noexcept {
  return core_->search_target();
}

template class KdTree<float>;
template class KdTree<double>;
template class KdTreeSnapshot<float>;
template class KdTreeSnapshot<double>;

}  // namespace coppice
