// What KdTree and MultiwayTree share behind their public face: what callers say is checked, then given to the Core.
// Included by the unit of each index, which instantiates it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "coppice/errors.hpp"
#include "coppice/geometry/grid_cell.hpp"
#include "coppice/index/plane_tree_core.hpp"
#include "coppice/query/entering.hpp"
#include "coppice/storage/id_check.hpp"

namespace coppice {

namespace plane_tree {

/// Leaf blocks are named by 27 bits; with the few points a block that the worst history leaves, this many always fit.
inline constexpr std::size_t most_points = std::size_t{1} << 30;

template <class Scalar>
void check_room(const Core<Scalar>& core, std::size_t present, std::size_t entering) {
  if (entering > most_points - std::min(present, most_points))
    throw unsupported("a " + std::string(core.index_name) + " holds at most 2^30 points; there are " +
                      std::to_string(present) + ", and " + std::to_string(entering) + " more were to enter");
}

template <class Scalar>
query::Entering<Scalar> entering_of(PointView<Scalar> points, const Core<Scalar>& core) {
  return {points, core.dimension(), core.periodic, core.executor};
}
template <class Scalar>
query::Entering<Scalar> entering_of(std::span<const Scalar> point, const Core<Scalar>& core) {
  return {point, core.dimension(), core.periodic};
}

}  // namespace plane_tree

template <class Index, class Scalar>
PlaneTreeIndex<Index, Scalar>::PlaneTreeIndex(std::unique_ptr<plane_tree::Core<Scalar>> core) noexcept
    : core_(std::move(core)) {}
template <class Index, class Scalar>
PlaneTreeIndex<Index, Scalar>::PlaneTreeIndex(PlaneTreeIndex&&) noexcept = default;
template <class Index, class Scalar>
PlaneTreeIndex<Index, Scalar>& PlaneTreeIndex<Index, Scalar>::operator=(PlaneTreeIndex&&) noexcept = default;
template <class Index, class Scalar>
PlaneTreeIndex<Index, Scalar>::~PlaneTreeIndex() = default;

template <class Index, class Scalar>
void PlaneTreeIndex<Index, Scalar>::build(PointView<Scalar> points) {
  plane_tree::check_room(*core_, 0, points.size());
  const query::Entering<Scalar> entering = plane_tree::entering_of(points, *core_);
  core_->build(entering.view(), storage::fresh_ids(0, points.size()));
  core_->next_id = static_cast<point_id>(points.size());
}

template <class Index, class Scalar>
void PlaneTreeIndex<Index, Scalar>::build(PointView<Scalar> points, std::span<const point_id> ids) {
  plane_tree::check_room(*core_, 0, points.size());
  const query::Entering<Scalar> entering = plane_tree::entering_of(points, *core_);
  storage::check_one_id_a_row(ids, points.size());
  storage::check_fresh(ids, IdMap{});
  core_->build(entering.view(), ids);
  core_->next_id = storage::next_after(0, ids);
}

template <class Index, class Scalar>
point_id PlaneTreeIndex<Index, Scalar>::insert(std::span<const Scalar> point) {
  const point_id id = storage::fresh_id(core_->next_id);
  insert(point, id);
  return id;
}

template <class Index, class Scalar>
void PlaneTreeIndex<Index, Scalar>::insert(std::span<const Scalar> point, point_id id) {
  plane_tree::check_room(*core_, size(), 1);
  const query::Entering<Scalar> entering = plane_tree::entering_of(point, *core_);
  storage::check_fresh(id, core_->locations());
  core_->insert(entering.view().row(0), id);
  core_->next_id = storage::next_after(core_->next_id, id);
}

template <class Index, class Scalar>
point_id PlaneTreeIndex<Index, Scalar>::insert(PointView<Scalar> points) {
  const point_id first = core_->next_id;
  insert(points, storage::fresh_ids(first, points.size()));
  return first;
}

template <class Index, class Scalar>
void PlaneTreeIndex<Index, Scalar>::insert(PointView<Scalar> points, std::span<const point_id> ids) {
  plane_tree::check_room(*core_, size(), points.size());
  const query::Entering<Scalar> entering = plane_tree::entering_of(points, *core_);
  storage::check_one_id_a_row(ids, points.size());
  storage::check_fresh(ids, core_->locations());
  core_->insert(entering.view(), ids);
  core_->next_id = storage::next_after(core_->next_id, ids);
}

template <class Index, class Scalar>
void PlaneTreeIndex<Index, Scalar>::erase(point_id id) {
  if (!core_->erase(id)) storage::refuse_unknown(0, id);
}

template <class Index, class Scalar>
void PlaneTreeIndex<Index, Scalar>::erase(std::span<const point_id> ids) {
  storage::check_known(ids, core_->locations());
  core_->erase(ids);
}

template <class Index, class Scalar>
void PlaneTreeIndex<Index, Scalar>::move(point_id id, std::span<const Scalar> point) {
  const query::Entering<Scalar> entering = plane_tree::entering_of(point, *core_);
  if (!contains(id)) storage::refuse_unknown(0, id);
  core_->move(id, entering.view().row(0));
}

template <class Index, class Scalar>
void PlaneTreeIndex<Index, Scalar>::move(std::span<const point_id> ids, PointView<Scalar> points) {
  const query::Entering<Scalar> entering = plane_tree::entering_of(points, *core_);
  storage::check_one_id_a_row(ids, points.size());
  storage::check_known(ids, core_->locations());
  core_->move(ids, entering.view());
}

template <class Index, class Scalar>
std::size_t PlaneTreeIndex<Index, Scalar>::erase_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper) {
  const std::vector<point_id> inside = this->in_box(one_row(lower), one_row(upper)).ids;
  core_->erase(inside);
  return inside.size();
}

template <class Index, class Scalar>
std::size_t PlaneTreeIndex<Index, Scalar>::keep_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper) {
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

template <class Index, class Scalar>
std::size_t PlaneTreeIndex<Index, Scalar>::down_sample(Scalar cell) {
  std::vector<point_id> ids;
  Points<Scalar> points;
  core_->copy_points(ids, points);
  const std::vector<point_id> out = crowded_out<Scalar>(points, ids, cell);
  core_->erase(out);
  return out.size();
}

template <class Index, class Scalar>
std::size_t PlaneTreeIndex<Index, Scalar>::size() const noexcept {
  return core_->size();
}
template <class Index, class Scalar>
int PlaneTreeIndex<Index, Scalar>::dimension() const noexcept {
  return core_->dimension();
}
template <class Index, class Scalar>
bool PlaneTreeIndex<Index, Scalar>::contains(point_id id) const noexcept {
  return core_->locations().find(id) != IdMap::absent;
}

template <class Index, class Scalar>
std::vector<Scalar> PlaneTreeIndex<Index, Scalar>::point(point_id id) const {
  storage::check_known({&id, 1}, core_->locations());
  std::vector<Scalar> coordinates(static_cast<std::size_t>(dimension()));
  core_->copy_point(id, coordinates.data());
  return coordinates;
}

template <class Index, class Scalar>
void PlaneTreeIndex<Index, Scalar>::copy_points(std::vector<point_id>& ids, Points<Scalar>& points) const {
  core_->copy_points(ids, points);
}
template <class Index, class Scalar>
void PlaneTreeIndex<Index, Scalar>::clear() {
  core_->clear();
}
template <class Index, class Scalar>
PlaneTreeSnapshot<Index, Scalar> PlaneTreeIndex<Index, Scalar>::snapshot() const {
  return Snapshot(core_->freeze());
}
template <class Index, class Scalar>
Statistics PlaneTreeIndex<Index, Scalar>::statistics() const {
  return core_->statistics();
}
template <class Index, class Scalar>
std::vector<LevelBox<Scalar>> PlaneTreeIndex<Index, Scalar>::boxes(int max_level) const {
  if (max_level < 0) throw invalid_input("max_level is " + std::to_string(max_level) + "; expected 0 or more");
  return core_->boxes(max_level);
}
template <class Index, class Scalar>
void PlaneTreeIndex<Index, Scalar>::validate() const {
  core_->validate();
}
template <class Index, class Scalar>
SearchTarget<Scalar> PlaneTreeIndex<Index, Scalar>::search_target() const noexcept {
  return core_->search_target();
}

template <class Index, class Scalar>
PlaneTreeSnapshot<Index, Scalar>::PlaneTreeSnapshot(std::shared_ptr<const plane_tree::FrozenCore<Scalar>> core)
    : core_(std::move(core)) {}
template <class Index, class Scalar>
std::size_t PlaneTreeSnapshot<Index, Scalar>::size() const noexcept {
  return core_->size();
}
template <class Index, class Scalar>
int PlaneTreeSnapshot<Index, Scalar>::dimension() const noexcept {
  return core_->dimension();
}
template <class Index, class Scalar>
SearchTarget<Scalar> PlaneTreeSnapshot<Index, Scalar>::search_target() const noexcept {
  return core_->search_target();
}

}  // namespace coppice
