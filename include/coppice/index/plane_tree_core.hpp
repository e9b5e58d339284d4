// The TreeCore of an index over a plane tree, whose Tree<Scalar, Width> is compiled for a few widths: one virtual call
// an operation.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "coppice/index/tree_core.hpp"

namespace coppice::plane_tree {

/// A tree of any width. Requires of every call: checked input, wrapped points.
template <class Scalar>
class Core {
 public:
  /// Leaf blocks are named by 27 bits; with the few points a block that the worst history leaves, this many always fit.
  static constexpr std::size_t most_points = std::size_t{1} << 30;
  /// Erasing much costs more than building what stays; erasing little leaves the leaves their room.
  static constexpr double rebuilt_share = 0.5;

  /// `called` is for messages. Requires: it outlives this.
  Core(std::string_view called, PeriodicBox<Scalar> periodic, Executor executor)
      : called_(called), periodic_(std::move(periodic)), executor_(executor) {}
  virtual ~Core() = default;
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

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
  [[nodiscard]] virtual FrozenTree<Scalar> freeze() const = 0;
  [[nodiscard]] virtual SearchTarget<Scalar> search_target() const noexcept = 0;
  [[nodiscard]] virtual Statistics statistics() const = 0;
  [[nodiscard]] virtual std::vector<LevelBox<Scalar>> boxes(int max_level) const = 0;
  virtual void validate() const = 0;

  [[nodiscard]] std::string_view called() const noexcept { return called_; }
  [[nodiscard]] const PeriodicBox<Scalar>& periodic() const noexcept { return periodic_; }
  [[nodiscard]] const Executor& executor() const noexcept { return executor_; }

  point_id next_id = 0;  ///< larger than every id used since the last build

 private:
  const std::string_view called_;
  const PeriodicBox<Scalar> periodic_;
  const Executor executor_;
};

}  // namespace coppice::plane_tree
