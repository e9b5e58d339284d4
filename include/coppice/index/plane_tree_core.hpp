// The seam between an index over a plane tree, which checks what callers say, and its Tree<Scalar, Width>, which is
// compiled for a few widths: one virtual call an operation.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "coppice/index/plane_tree_index.hpp"
#include "coppice/storage/epochs.hpp"
#include "coppice/storage/id_map.hpp"

namespace coppice::plane_tree {

/// An unchanging view: what a snapshot holds.
template <class Scalar>
class FrozenCore {
 public:
  virtual ~FrozenCore() = default;
  [[nodiscard]] virtual std::size_t size() const noexcept = 0;
  [[nodiscard]] virtual int dimension() const noexcept = 0;
  [[nodiscard]] virtual SearchTarget<Scalar> search_target() const noexcept = 0;
};

/// A tree of any width. Requires of every call: checked input, wrapped points.
template <class Scalar>
class Core {
 public:
  /// `name` is for messages. Requires: it outlives this.
  Core(std::string_view name, PeriodicBox<Scalar> box, Executor runs_on)
      : index_name(name), periodic(std::move(box)), executor(runs_on) {}
  virtual ~Core() = default;

  virtual void build(PointView<Scalar> points, std::span<const point_id> ids) = 0;
  virtual void clear() = 0;
  virtual void insert(const Scalar* point, point_id id) = 0;
  virtual void insert(PointView<Scalar> points, std::span<const point_id> ids) = 0;
  [[nodiscard]] virtual bool erase(point_id id) = 0;  ///< false: unknown
  virtual void erase(std::span<const point_id> ids) = 0;
  virtual void move(point_id id, const Scalar* point) = 0;
  virtual void move(std::span<const point_id> ids, PointView<Scalar> points) = 0;

  [[nodiscard]] virtual std::size_t size() const noexcept = 0;
  [[nodiscard]] virtual int dimension() const noexcept = 0;
  [[nodiscard]] virtual const IdMap& locations() const noexcept = 0;
  virtual void copy_point(point_id id, Scalar* to) const = 0;
  virtual void copy_points(std::vector<point_id>& ids, Points<Scalar>& points) const = 0;
  [[nodiscard]] virtual std::shared_ptr<const FrozenCore<Scalar>> freeze() const = 0;
  [[nodiscard]] virtual SearchTarget<Scalar> search_target() const noexcept = 0;
  [[nodiscard]] virtual Statistics statistics() const = 0;
  [[nodiscard]] virtual std::vector<LevelBox<Scalar>> boxes(int max_level) const = 0;
  virtual void validate() const = 0;

  const std::string_view index_name;
  const PeriodicBox<Scalar> periodic;
  const Executor executor;
  point_id next_id = 0;  ///< larger than every id used since the last build
};

}  // namespace coppice::plane_tree
