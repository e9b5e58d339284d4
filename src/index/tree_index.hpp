// What KdTree, MultiwayTree and Octree share behind their public face: what callers say is checked, then given to the
// Core; and what their files have in common. Included by the unit of each index, which instantiates it.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coppice/errors.hpp"
#include "coppice/geometry/grid_cell.hpp"
#include "coppice/index/tree_core.hpp"
#include "coppice/persist/point_archive.hpp"
#include "coppice/query/entering.hpp"
#include "coppice/storage/id_check.hpp"

namespace coppice {

namespace tree_index {

template <class Core>
void check_room(const Core& core, std::size_t present, std::size_t entering) {
  constexpr std::size_t most = Core::most_points;
  static_assert(std::has_single_bit(most));
  if (entering > most - std::min(present, most))
    throw unsupported(std::string(core.called()) + " holds at most 2^" + std::to_string(std::countr_zero(most)) +
                      " points; there are " + std::to_string(present) + ", and " + std::to_string(entering) +
                      " more were to enter");
}

template <class Scalar, class Core>
query::Entering<Scalar> entering_of(PointView<Scalar> points, const Core& core) {
  return {points, core.dimension(), core.periodic(), core.executor()};
}
template <class Scalar, class Core>
query::Entering<Scalar> entering_of(std::span<const Scalar> point, const Core& core) {
  return {point, core.dimension(), core.periodic()};
}

/// Writes the points of a tree, their ids, the periodic box, and what add_config(archive) adds of the Config.
/// Errors: io_error.
template <class Scalar, class Core, class AddConfig>
void save(const Core& core, const std::filesystem::path& path, std::string kind, const AddConfig& add_config) {
  persist::StoredPoints<Scalar> stored;
  core.copy_points(stored.ids, stored.points);
  stored.periodic = core.periodic();
  stored.next_id = core.next_id;
  persist::ArchiveWriter archive(std::move(kind));
  persist::add_points(archive, stored);
  add_config(archive);
  archive.write(path);
}

/// The Config that read(config) finds in an archive of points, with their periodic box. Errors: corrupt_file, which
/// names `field`, where it is not a good one.
template <class Config, class Scalar, class Read>
Config stored_config(const persist::ArchiveReader& archive, persist::StoredPoints<Scalar>& stored, Executor executor,
                     std::string_view field, const Read& read) {
  Config config;
  config.executor = executor;
  config.periodic = std::move(stored.periodic);
  try {
    read(config);
    config.check(stored.points.dimension);
  } catch (const invalid_input& mistake) {
    archive.refuse(field, mistake.what());
  }
  return config;
}

template <class Core, class Scalar>
void restore(Core& core, const persist::StoredPoints<Scalar>& stored) {
  core.build(stored.points, stored.ids);
  core.next_id = stored.next_id;
}

}  // namespace tree_index

template <class Index, class Scalar, class Core>
TreeIndex<Index, Scalar, Core>::TreeIndex(std::unique_ptr<Core> core) noexcept : core_(std::move(core)) {
  static_assert(TreeCore<Core, Scalar>);
}
template <class Index, class Scalar, class Core>
TreeIndex<Index, Scalar, Core>::TreeIndex(TreeIndex&&) noexcept = default;
template <class Index, class Scalar, class Core>
TreeIndex<Index, Scalar, Core>& TreeIndex<Index, Scalar, Core>::operator=(TreeIndex&&) noexcept = default;
template <class Index, class Scalar, class Core>
TreeIndex<Index, Scalar, Core>::~TreeIndex() = default;

template <class Index, class Scalar, class Core>
void TreeIndex<Index, Scalar, Core>::build(PointView<Scalar> points) {
  tree_index::check_room(*core_, 0, points.size());
  const query::Entering<Scalar> entering = tree_index::entering_of(points, *core_);
  core_->build(entering.view(), storage::fresh_ids(0, points.size()));
  core_->next_id = static_cast<point_id>(points.size());
}

template <class Index, class Scalar, class Core>
void TreeIndex<Index, Scalar, Core>::build(PointView<Scalar> points, std::span<const point_id> ids) {
  tree_index::check_room(*core_, 0, points.size());
  const query::Entering<Scalar> entering = tree_index::entering_of(points, *core_);
  storage::check_one_id_a_row(ids, points.size());
  storage::check_fresh(ids, IdMap{});
  core_->build(entering.view(), ids);
  core_->next_id = storage::next_after(0, ids);
}

template <class Index, class Scalar, class Core>
point_id TreeIndex<Index, Scalar, Core>::insert(std::span<const Scalar> point) {
  const point_id id = storage::fresh_id(core_->next_id);
  insert(point, id);
  return id;
}

template <class Index, class Scalar, class Core>
void TreeIndex<Index, Scalar, Core>::insert(std::span<const Scalar> point, point_id id) {
  tree_index::check_room(*core_, size(), 1);
  const query::Entering<Scalar> entering = tree_index::entering_of(point, *core_);
  storage::check_fresh(id, core_->locations());
  core_->insert(entering.view().row(0), id);
  core_->next_id = storage::next_after(core_->next_id, id);
}

template <class Index, class Scalar, class Core>
point_id TreeIndex<Index, Scalar, Core>::insert(PointView<Scalar> points) {
  const point_id first = core_->next_id;
  insert(points, storage::fresh_ids(first, points.size()));
  return first;
}

template <class Index, class Scalar, class Core>
void TreeIndex<Index, Scalar, Core>::insert(PointView<Scalar> points, std::span<const point_id> ids) {
  tree_index::check_room(*core_, size(), points.size());
  const query::Entering<Scalar> entering = tree_index::entering_of(points, *core_);
  storage::check_one_id_a_row(ids, points.size());
  storage::check_fresh(ids, core_->locations());
  core_->insert(entering.view(), ids);
  core_->next_id = storage::next_after(core_->next_id, ids);
}

template <class Index, class Scalar, class Core>
void TreeIndex<Index, Scalar, Core>::erase(point_id id) {
  if (!core_->erase(id)) storage::refuse_unknown(0, id);
}

template <class Index, class Scalar, class Core>
void TreeIndex<Index, Scalar, Core>::erase(std::span<const point_id> ids) {
  storage::check_known(ids, core_->locations());
  core_->erase(ids);
}

template <class Index, class Scalar, class Core>
void TreeIndex<Index, Scalar, Core>::move(point_id id, std::span<const Scalar> point) {
  const query::Entering<Scalar> entering = tree_index::entering_of(point, *core_);
  if (!contains(id)) storage::refuse_unknown(0, id);
  core_->move(id, entering.view().row(0));
}

template <class Index, class Scalar, class Core>
void TreeIndex<Index, Scalar, Core>::move(std::span<const point_id> ids, PointView<Scalar> points) {
  const query::Entering<Scalar> entering = tree_index::entering_of(points, *core_);
  storage::check_one_id_a_row(ids, points.size());
  storage::check_known(ids, core_->locations());
  core_->move(ids, entering.view());
}

template <class Index, class Scalar, class Core>
std::size_t TreeIndex<Index, Scalar, Core>::erase_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper) {
  const std::vector<point_id> inside = this->in_box(one_row(lower), one_row(upper)).ids;
  core_->erase(inside);
  return inside.size();
}

template <class Index, class Scalar, class Core>
std::size_t TreeIndex<Index, Scalar, Core>::keep_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper) {
  const std::vector<point_id> inside = this->in_box(one_row(lower), one_row(upper), {.order = Order::by_id}).ids;
  const std::size_t before = size();
  if (static_cast<double>(inside.size()) <= Core::rebuilt_share * static_cast<double>(before)) {
    core_->build(points_of(inside), inside);
  } else {
    std::vector<point_id> ids;
    Points<Scalar> points;
    core_->copy_points(ids, points);
    std::erase_if(ids, [&](point_id id) { return std::binary_search(inside.begin(), inside.end(), id); });
    core_->erase(ids);
  }
  return before - inside.size();
}

template <class Index, class Scalar, class Core>
std::size_t TreeIndex<Index, Scalar, Core>::down_sample(Scalar cell) {
  std::vector<point_id> ids;
  Points<Scalar> points;
  core_->copy_points(ids, points);
  const std::vector<point_id> out = crowded_out<Scalar>(points, ids, cell);
  core_->erase(out);
  return out.size();
}

template <class Index, class Scalar, class Core>
std::size_t TreeIndex<Index, Scalar, Core>::size() const noexcept {
  return core_->size();
}
template <class Index, class Scalar, class Core>
int TreeIndex<Index, Scalar, Core>::dimension() const noexcept {
  return core_->dimension();
}
template <class Index, class Scalar, class Core>
bool TreeIndex<Index, Scalar, Core>::contains(point_id id) const noexcept {
  return core_->locations().find(id) != IdMap::absent;
}

template <class Index, class Scalar, class Core>
std::vector<Scalar> TreeIndex<Index, Scalar, Core>::point(point_id id) const {
  storage::check_known({&id, 1}, core_->locations());
  std::vector<Scalar> coordinates(static_cast<std::size_t>(dimension()));
  core_->copy_point(id, coordinates.data());
  return coordinates;
}

template <class Index, class Scalar, class Core>
Points<Scalar> TreeIndex<Index, Scalar, Core>::points_of(std::span<const point_id> ids) const {
  const auto width = static_cast<std::size_t>(dimension());
  Points<Scalar> points{std::vector<Scalar>(ids.size() * width), dimension()};
  for (std::size_t i = 0; i < ids.size(); ++i) core_->copy_point(ids[i], points.coordinates.data() + i * width);
  return points;
}

template <class Index, class Scalar, class Core>
void TreeIndex<Index, Scalar, Core>::copy_points(std::vector<point_id>& ids, Points<Scalar>& points) const {
  core_->copy_points(ids, points);
}
template <class Index, class Scalar, class Core>
void TreeIndex<Index, Scalar, Core>::clear() {
  core_->clear();
}
template <class Index, class Scalar, class Core>
TreeSnapshot<Index, Scalar> TreeIndex<Index, Scalar, Core>::snapshot() const {
  return Snapshot(core_->freeze());
}
template <class Index, class Scalar, class Core>
Statistics TreeIndex<Index, Scalar, Core>::statistics() const {
  return core_->statistics();
}
template <class Index, class Scalar, class Core>
std::vector<LevelBox<Scalar>> TreeIndex<Index, Scalar, Core>::boxes(int max_level) const {
  if (max_level < 0) throw invalid_input("max_level is " + std::to_string(max_level) + "; expected 0 or more");
  return core_->boxes(max_level);
}
template <class Index, class Scalar, class Core>
void TreeIndex<Index, Scalar, Core>::validate() const {
  core_->validate();
}
template <class Index, class Scalar, class Core>
SearchTarget<Scalar> TreeIndex<Index, Scalar, Core>::search_target() const noexcept {
  return core_->search_target();
}

}  // namespace coppice
