// What KdTree, MultiwayTree and Octree offer alike: a set of points under ids that changes one by one and in batches,
// is searched by everything in Searchable, and gives snapshots. The trees differ in how they are built and repaired.
#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "coppice/geometry/point_view.hpp"
#include "coppice/query/level_box.hpp"
#include "coppice/query/searchable.hpp"
#include "coppice/query/statistics.hpp"

namespace coppice {

/// A tree of one moment as its searches see it, and what keeps that alive.
template <class Scalar>
struct FrozenTree {
  std::shared_ptr<const void> held;
  SearchTarget<Scalar> target;  ///< points into what is held
};

/// An unchanging view of an `Index` at one moment: the same searches, while the index goes on changing.
/// Costs O(1) to take; while it lives, the writer copies the nodes it touches. Any number of threads may search it, and
/// it may outlive the index.
template <class Index, class Scalar>
class TreeSnapshot : public Searchable<TreeSnapshot<Index, Scalar>, Scalar> {
 public:
  explicit TreeSnapshot(FrozenTree<Scalar> tree) noexcept : tree_(std::move(tree)) {}
  [[nodiscard]] std::size_t size() const noexcept { return tree_.target.size; }
  [[nodiscard]] int dimension() const noexcept { return tree_.target.dimension; }
  [[nodiscard]] SearchTarget<Scalar> search_target() const noexcept { return tree_.target; }

 private:
  FrozenTree<Scalar> tree_;
};

/// Limits, thread safety and complexities are those of `Index`, which derives from this. `Core` is the tree inside it
/// (index/tree_core.hpp).
/// Errors: a call that throws invalid_input has changed nothing.
template <class Index, class Scalar, class Core>
class TreeIndex : public Searchable<Index, Scalar> {
 public:
  using Snapshot = TreeSnapshot<Index, Scalar>;

  /// Replaces everything. Ids become 0 … n − 1. Complexity: O(n log n); the same tree for any number of threads.
  void build(PointView<Scalar> points);
  /// As above with the caller's ids. Errors: invalid_input naming the row of a negative or repeated id.
  void build(PointView<Scalar> points, std::span<const point_id> ids);

  /// Adds one point under the next free id (larger than any given or used since the last build; clear does not start
  /// again) and returns it. Complexity: O(log n) amortised.
  point_id insert(std::span<const Scalar> point);
  /// Adds one point under the caller's id. Errors: invalid_input when the id is negative or in use.
  void insert(std::span<const Scalar> point, point_id id);
  /// Adds a batch under consecutive fresh ids; returns the first. All or nothing. The batch goes down the tree as one,
  /// and what has to be rebuilt is rebuilt together with its newcomers.
  point_id insert(PointView<Scalar> points);
  /// Adds a batch under the caller's ids. All or nothing.
  void insert(PointView<Scalar> points, std::span<const point_id> ids);

  /// Removes points. Errors: invalid_input naming the row of an unknown or repeated id; then nothing was removed.
  void erase(point_id id);
  void erase(std::span<const point_id> ids);

  /// Gives points new coordinates under the same ids; in place while a point stays inside its leaf.
  void move(point_id id, std::span<const Scalar> point);
  void move(std::span<const point_id> ids, PointView<Scalar> points);

  /// Removes every point inside (or, for keep, outside) the box lower ≤ x ≤ upper; returns how many went.
  std::size_t erase_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper);
  std::size_t keep_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper);
  /// Keeps in every cube of a grid of edge `cell` aligned to 0 only the point of the smallest id; returns how many
  /// went. Errors: invalid_input unless cell is positive and finite. Complexity: O(n).
  std::size_t down_sample(Scalar cell);

  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] int dimension() const noexcept;
  [[nodiscard]] bool contains(point_id id) const noexcept;
  /// The coordinates of a point as stored (wrapped where periodic). Errors: invalid_input for an unknown id.
  [[nodiscard]] std::vector<Scalar> point(point_id id) const;
  /// Every id and its coordinates, in storage order.
  void copy_points(std::vector<point_id>& ids, Points<Scalar>& points) const;
  void clear();

  /// The tree as it is now. O(1).
  [[nodiscard]] Snapshot snapshot() const;

  [[nodiscard]] Statistics statistics() const;
  /// The boxes of the nodes of levels 0 (the root) to `max_level`, and of the leaf blocks that stand there, parents
  /// before their children; none for an empty tree. Errors: invalid_input for a negative level. Complexity: O(nodes).
  [[nodiscard]] std::vector<LevelBox<Scalar>> boxes(int max_level) const;
  /// Checks every structural invariant; O(n). Errors: std::logic_error that names the first one broken.
  void validate() const;

  /// What the shared searches run on.
  [[nodiscard]] SearchTarget<Scalar> search_target() const noexcept;

 protected:
  explicit TreeIndex(std::unique_ptr<Core> core) noexcept;
  TreeIndex(TreeIndex&&) noexcept;
  TreeIndex& operator=(TreeIndex&&) noexcept;
  ~TreeIndex();

  /// The coordinates of points, a row each. Requires: the ids are known.
  [[nodiscard]] Points<Scalar> points_of(std::span<const point_id> ids) const;

  std::unique_ptr<Core> core_;
};

}  // namespace coppice
