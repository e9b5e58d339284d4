// The seam between MultiwayTree<Scalar>, which checks what callers say, and Tree<Scalar, Width>, which is compiled for
// a few widths: one virtual call an operation.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "coppice/index/multiway_tree/multiway_tree.hpp"
#include "coppice/storage/id_map.hpp"

namespace coppice::multiway_tree {

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
  explicit Core(typename MultiwayTree<Scalar>::Config settings) : config(std::move(settings)) {}
  virtual ~Core() = default;

  virtual void build(PointView<Scalar> points, std::span<const point_id> ids) = 0;
  virtual void clear() = 0;
  virtual void insert(PointView<Scalar> points, std::span<const point_id> ids) = 0;
  virtual void erase(std::span<const point_id> ids) = 0;
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

  const typename MultiwayTree<Scalar>::Config config;
  point_id next_id = 0;  ///< larger than every id used since the last build
};

/// Makes the tree of the width that serves `dimension`.
template <class Scalar>
[[nodiscard]] std::unique_ptr<Core<Scalar>> make_core(int dimension, typename MultiwayTree<Scalar>::Config config);

}  // namespace coppice::multiway_tree
