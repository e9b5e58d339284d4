// MultiwayTree's public face: checks what callers say, wraps coordinates, gives ids, and hands over to the tree.
#include "coppice/index/multiway_tree/multiway_tree.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "coppice/errors.hpp"
#include "coppice/geometry/grid_cell.hpp"
#include "coppice/index/multiway_tree/core.hpp"
#include "coppice/index/multiway_tree/node.hpp"
#include "coppice/persist/point_archive.hpp"
#include "coppice/query/entering.hpp"
#include "coppice/storage/id_check.hpp"

namespace coppice {
namespace multiway_tree {

template <class Scalar, int Width>
std::unique_ptr<Core<Scalar>> make_core_of(int dimension, typename MultiwayTree<Scalar>::Config config);

template <class Scalar>
std::unique_ptr<Core<Scalar>> make_core(int dimension, typename MultiwayTree<Scalar>::Config config) {
  switch (width_for(dimension)) {
    case 2:
      return make_core_of<Scalar, 2>(dimension, std::move(config));
    case 3:
      return make_core_of<Scalar, 3>(dimension, std::move(config));
    default:
      return make_core_of<Scalar, 0>(dimension, std::move(config));
  }
}

}  // namespace multiway_tree

namespace {

/// Leaf blocks are named by 27 bits; with the few points a block that the worst history leaves, this many always fit.
constexpr std::size_t most_points = std::size_t{1} << 30;

void check_room(std::size_t present, std::size_t entering) {
  if (entering > most_points - std::min(present, most_points))
    throw unsupported("a MultiwayTree holds at most 2^30 points; there are " + std::to_string(present) + ", and " +
                      std::to_string(entering) + " more were to enter");
}

// The names of choices in files, in the order of their values.
constexpr std::string_view pivot_names[] = {"sampled", "learned", "exact"};
constexpr std::string_view axis_names[] = {"widest", "cycling"};
constexpr std::string_view repair_names[] = {"window", "subtree"};

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

template <class Scalar>
query::Entering<Scalar> entering_of(PointView<Scalar> points, const multiway_tree::Core<Scalar>& core) {
  return {points, core.dimension(), core.config.periodic, core.config.executor};
}
template <class Scalar>
query::Entering<Scalar> entering_of(std::span<const Scalar> point, const multiway_tree::Core<Scalar>& core) {
  return {point, core.dimension(), core.config.periodic};
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
MultiwayTree<Scalar>::MultiwayTree(int dimension, Config config) {
  check_dimension(dimension);
  config.check(dimension);
  core_ = multiway_tree::make_core<Scalar>(dimension, std::move(config));
}
template <class Scalar>
MultiwayTree<Scalar>::MultiwayTree(MultiwayTree&&) noexcept = default;
template <class Scalar>
MultiwayTree<Scalar>& MultiwayTree<Scalar>::operator=(MultiwayTree&&) noexcept = default;
template <class Scalar>
MultiwayTree<Scalar>::~MultiwayTree() = default;

template <class Scalar>
void MultiwayTree<Scalar>::build(PointView<Scalar> points) {
  check_room(0, points.size());
  const query::Entering<Scalar> entering = entering_of(points, *core_);
  core_->build(entering.view(), storage::fresh_ids(0, points.size()));
  core_->next_id = static_cast<point_id>(points.size());
}

template <class Scalar>
void MultiwayTree<Scalar>::build(PointView<Scalar> points, std::span<const point_id> ids) {
  check_room(0, points.size());
  const query::Entering<Scalar> entering = entering_of(points, *core_);
  storage::check_one_id_a_row(ids, points.size());
  storage::check_fresh(ids, IdMap{});
  core_->build(entering.view(), ids);
  core_->next_id = storage::next_after(0, ids);
}

template <class Scalar>
point_id MultiwayTree<Scalar>::insert(std::span<const Scalar> point) {
  const point_id id = storage::fresh_id(core_->next_id);
  insert(point, id);
  return id;
}

template <class Scalar>
void MultiwayTree<Scalar>::insert(std::span<const Scalar> point, point_id id) {
  check_room(size(), 1);
  const query::Entering<Scalar> entering = entering_of(point, *core_);
  storage::check_fresh(id, core_->locations());
  core_->insert(entering.view(), {&id, 1});
  core_->next_id = storage::next_after(core_->next_id, id);
}

template <class Scalar>
point_id MultiwayTree<Scalar>::insert(PointView<Scalar> points) {
  const point_id first = core_->next_id;
  insert(points, storage::fresh_ids(first, points.size()));
  return first;
}

template <class Scalar>
void MultiwayTree<Scalar>::insert(PointView<Scalar> points, std::span<const point_id> ids) {
  check_room(size(), points.size());
  const query::Entering<Scalar> entering = entering_of(points, *core_);
  storage::check_one_id_a_row(ids, points.size());
  storage::check_fresh(ids, core_->locations());
  core_->insert(entering.view(), ids);
  core_->next_id = storage::next_after(core_->next_id, ids);
}

template <class Scalar>
void MultiwayTree<Scalar>::erase(point_id id) {
  if (!contains(id)) storage::refuse_unknown(0, id);
  core_->erase({&id, 1});
}

template <class Scalar>
void MultiwayTree<Scalar>::erase(std::span<const point_id> ids) {
  storage::check_known(ids, core_->locations());
  core_->erase(ids);
}

template <class Scalar>
void MultiwayTree<Scalar>::move(point_id id, std::span<const Scalar> point) {
  const query::Entering<Scalar> entering = entering_of(point, *core_);
  if (!contains(id)) storage::refuse_unknown(0, id);
  core_->move({&id, 1}, entering.view());
}

template <class Scalar>
void MultiwayTree<Scalar>::move(std::span<const point_id> ids, PointView<Scalar> points) {
  const query::Entering<Scalar> entering = entering_of(points, *core_);
  storage::check_one_id_a_row(ids, points.size());
  storage::check_known(ids, core_->locations());
  core_->move(ids, entering.view());
}

template <class Scalar>
std::size_t MultiwayTree<Scalar>::erase_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper) {
  const std::vector<point_id> inside = this->in_box(one_row(lower), one_row(upper)).ids;
  core_->erase(inside);
  return inside.size();
}

template <class Scalar>
std::size_t MultiwayTree<Scalar>::keep_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper) {
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
std::size_t MultiwayTree<Scalar>::down_sample(Scalar cell) {
  std::vector<point_id> ids;
  Points<Scalar> points;
  core_->copy_points(ids, points);
  const std::vector<point_id> out = crowded_out<Scalar>(points, ids, cell);
  core_->erase(out);
  return out.size();
}

template <class Scalar>
std::size_t MultiwayTree<Scalar>::size() const noexcept {
  return core_->size();
}
template <class Scalar>
int MultiwayTree<Scalar>::dimension() const noexcept {
  return core_->dimension();
}
template <class Scalar>
const typename MultiwayTree<Scalar>::Config& MultiwayTree<Scalar>::config() const noexcept {
  return core_->config;
}
template <class Scalar>
bool MultiwayTree<Scalar>::contains(point_id id) const noexcept {
  return core_->locations().find(id) != IdMap::absent;
}

template <class Scalar>
std::vector<Scalar> MultiwayTree<Scalar>::point(point_id id) const {
  storage::check_known({&id, 1}, core_->locations());
  std::vector<Scalar> coordinates(static_cast<std::size_t>(dimension()));
  core_->copy_point(id, coordinates.data());
  return coordinates;
}

template <class Scalar>
void MultiwayTree<Scalar>::copy_points(std::vector<point_id>& ids, Points<Scalar>& points) const {
  core_->copy_points(ids, points);
}
template <class Scalar>
void MultiwayTree<Scalar>::clear() {
  core_->clear();
}
template <class Scalar>
MultiwayTreeSnapshot<Scalar> MultiwayTree<Scalar>::snapshot() const {
  return MultiwayTreeSnapshot<Scalar>(core_->freeze());
}
template <class Scalar>
Statistics MultiwayTree<Scalar>::statistics() const {
  return core_->statistics();
}
template <class Scalar>
std::vector<LevelBox<Scalar>> MultiwayTree<Scalar>::boxes(int max_level) const {
  if (max_level < 0) throw invalid_input("max_level is " + std::to_string(max_level) + "; expected 0 or more");
  return core_->boxes(max_level);
}
template <class Scalar>
void MultiwayTree<Scalar>::validate() const {
  core_->validate();
}
template <class Scalar>
SearchTarget<Scalar> MultiwayTree<Scalar>::search_target() const noexcept {
  return core_->search_target();
}

template <class Scalar>
void MultiwayTree<Scalar>::save(const std::filesystem::path& path) const {
  persist::StoredPoints<Scalar> stored;
  core_->copy_points(stored.ids, stored.points);
  stored.periodic = config().periodic;
  stored.next_id = core_->next_id;
  persist::ArchiveWriter archive("multiway_tree");
  persist::add_points(archive, stored);
  archive.set("partitions", config().partitions);
  archive.set("pivots", name_of(pivot_names, config().pivots));
  archive.set("axes", name_of(axis_names, config().axes));
  archive.set("repair", name_of(repair_names, config().repair));
  archive.set("omega", config().omega);
  archive.set("leaf_fill", config().leaf_fill);
  archive.set("sample_rate", config().sample_rate);
  archive.set("models", config().models);
  archive.set("kappa", config().kappa);
  archive.write(path);
}

template <class Scalar>
MultiwayTree<Scalar> MultiwayTree<Scalar>::load(const std::filesystem::path& path, Executor executor) {
  const persist::ArchiveReader archive(path);
  persist::StoredPoints<Scalar> stored = persist::read_points<Scalar>(archive, "multiway_tree");
  Config config;
  config.executor = executor;
  config.periodic = std::move(stored.periodic);
  try {
    const auto small = [&](std::string_view name) {
      return static_cast<int>(std::clamp<std::int64_t>(archive.integer(name), -1, 1 << 20));
    };
    config.partitions = small("partitions");
    config.pivots = value_of<multiway_tree::PivotRule>(pivot_names, archive.text("pivots"));
    config.axes = value_of<multiway_tree::AxisRule>(axis_names, archive.text("axes"));
    config.repair = value_of<multiway_tree::RepairRule>(repair_names, archive.text("repair"));
    config.omega = archive.real("omega");
    config.leaf_fill = small("leaf_fill");
    config.sample_rate = archive.real("sample_rate");
    config.models = small("models");
    config.kappa = archive.real("kappa");
    config.check(stored.points.dimension);
  } catch (const invalid_input& mistake) {
    archive.refuse("omega", mistake.what());
  }
  MultiwayTree tree(stored.points.dimension, std::move(config));
  tree.core_->build(stored.points, stored.ids);
  tree.core_->next_id = stored.next_id;
  return tree;
}

template <class Scalar>
MultiwayTreeSnapshot<Scalar>::MultiwayTreeSnapshot(std::shared_ptr<const multiway_tree::FrozenCore<Scalar>> core)
    : core_(std::move(core)) {}
template <class Scalar>
std::size_t MultiwayTreeSnapshot<Scalar>::size() const noexcept {
  return core_->size();
}
template <class Scalar>
int MultiwayTreeSnapshot<Scalar>::dimension() const noexcept {
  return core_->dimension();
}
template <class Scalar>
SearchTarget<Scalar> MultiwayTreeSnapshot<Scalar>::search_target() const noexcept {
  return core_->search_target();
}

template class MultiwayTree<float>;
template class MultiwayTree<double>;
template class MultiwayTreeSnapshot<float>;
template class MultiwayTreeSnapshot<double>;

}  // namespace coppice
