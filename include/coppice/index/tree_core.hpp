// The seam between a public index over a tree, which checks what callers say, and the tree. A plane tree is compiled
// for several widths and stands behind an abstract class (plane_tree_core.hpp); an octree's two are types of their own.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "coppice/index/tree_index.hpp"
#include "coppice/parallel/executor.hpp"
#include "coppice/storage/epochs.hpp"
#include "coppice/storage/id_map.hpp"

namespace coppice {

/// What TreeIndex asks of a tree. Everything it hands over is checked, and points are wrapped.
template <class Core, class Scalar>
concept TreeCore = requires(Core& core, const Core& seen, const Scalar* point, PointView<Scalar> points, point_id id,
                            std::span<const point_id> ids, Scalar* to, std::vector<point_id>& to_ids,
                            Points<Scalar>& to_points) {
  core.build(points, ids);
  core.clear();
  core.insert(point, id);
  core.insert(points, ids);
  { core.erase(id) } -> std::same_as<bool>;  // false: unknown
  core.erase(ids);
  core.move(id, point);
  core.move(ids, points);
  { core.next_id } -> std::same_as<point_id&>;  // larger than every id used since the last build

  { Core::most_points } -> std::convertible_to<std::size_t>;  // a power of two
  // Where at most this part of the points stays, they are built anew; otherwise the others are taken out.
  { Core::rebuilt_share } -> std::convertible_to<double>;
  { seen.called() } -> std::same_as<std::string_view>;  // for messages: "a KdTree"
  { seen.periodic() } -> std::same_as<const PeriodicBox<Scalar>&>;
  { seen.executor() } -> std::same_as<const Executor&>;
  { seen.size() } -> std::same_as<std::size_t>;
  { seen.dimension() } -> std::same_as<int>;
  { seen.locations() } -> std::same_as<const IdMap&>;
  seen.copy_point(id, to);
  seen.copy_points(to_ids, to_points);
  { seen.freeze() } -> std::same_as<FrozenTree<Scalar>>;
  { seen.search_target() } -> std::same_as<SearchTarget<Scalar>>;
  { seen.statistics() } -> std::same_as<Statistics>;
  { seen.boxes(0) } -> std::same_as<std::vector<LevelBox<Scalar>>>;
  seen.validate();
};

/// What a snapshot holds on to: the records of one epoch, the view of them, and what else the view points at.
template <class Records, class View, class Scalar>
struct HeldTree {
  HeldTree(const std::shared_ptr<Records>& of, const View& seen, const PeriodicBox<Scalar>& box,
           std::shared_ptr<const void> more = nullptr)
      : records(of), hold(of->epochs), view(seen), periodic(box), beside(std::move(more)) {}

  std::shared_ptr<Records> records;
  storage::EpochHold hold;
  View view;
  PeriodicBox<Scalar> periodic;
  std::shared_ptr<const void> beside;
};

/// Freezes a tree that is searched through `target`. `more`: what its view points at beside the records.
template <class Scalar, class Records, class View>
[[nodiscard]] FrozenTree<Scalar> freeze(const std::shared_ptr<Records>& records, const View& view,
                                        const SearchTarget<Scalar>& target,
                                        std::shared_ptr<const void> more = nullptr) {
  auto held = std::make_shared<const HeldTree<Records, View, Scalar>>(records, view, *target.periodic, std::move(more));
  const SearchTarget<Scalar> seen{&held->view, target.kernels, target.dimension, target.size, &held->periodic};
  return {std::move(held), seen};
}

}  // namespace coppice
