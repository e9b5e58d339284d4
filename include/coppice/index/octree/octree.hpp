// Octree: a quadtree (2-D) or octree (3-D) for points that move. It is (K, α)-admissible: a leaf holds at most αK
// points, an inner node more than K/α, so a point that enters, leaves or moves disturbs its surroundings only now and
// then, and never more than them. Cells are dyadic cubes of all of space, so there are no bounds to outgrow.
// Background: docs/design/octree.md; Ellendula & Bajaj, Self-Balancing, Memory Efficient, Dynamic Metric
// Space Data Maintenance, for Rapid Multi-Kernel Estimation, section 3.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "coppice/geometry/grid_cell.hpp"
#include "coppice/geometry/point_view.hpp"
#include "coppice/query/level_box.hpp"
#include "coppice/query/searchable.hpp"
#include "coppice/query/statistics.hpp"

namespace coppice {

namespace octree {
template <class Scalar, int Dim>
class Tree;
template <class Scalar, int Dim>
class FrozenTree;

/// What may be chosen about an Octree.
template <class Scalar>
struct Config {
  int capacity = 64;               ///< K: a leaf that divides does so into leaves of at most K points; 1 … 2^20
  double alpha = 1.5;              ///< α: leaves keep up to αK points, nodes more than K/α; 1 … 64
  Scalar smallest_cell = 0;        ///< cells of at most this edge are not divided, whatever they hold; 0: all may be
  PeriodicBox<Scalar> periodic{};  ///< coordinates wrap on its finite axes
  std::size_t parallel_cutoff = 1u << 14;  ///< parts of fewer points are built on one thread
  Executor executor{};                     ///< where builds and batches run

  /// Errors: invalid_input that names the field.
  void check(int dimension) const;
};
}  // namespace octree

/// An unchanging view of an Octree at one moment: the same searches, while the tree goes on changing.
/// Costs O(1) to take; while it lives, the writer copies the nodes it touches. Any number of threads may search it, and
/// it may outlive the tree.
template <class Scalar, int Dim>
class OctreeSnapshot : public Searchable<OctreeSnapshot<Scalar, Dim>, Scalar> {
 public:
  explicit OctreeSnapshot(std::shared_ptr<const octree::FrozenTree<Scalar, Dim>> tree);
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] int dimension() const noexcept { return Dim; }
  [[nodiscard]] SearchTarget<Scalar> search_target() const noexcept;

 private:
  std::shared_ptr<const octree::FrozenTree<Scalar, Dim>> tree_;
};

/// The points of one cell of a level.
template <class Scalar, int Dim>
struct LevelCell {
  std::array<Scalar, Dim> lower;     ///< the corner; the cell reaches one edge further on every axis
  std::size_t count;                 ///< points inside, at least one
  std::array<double, Dim> centroid;  ///< their mean, summed in the order of their ids
  point_id representative;           ///< the point nearest to the centroid; of several the one with the smallest id
};

/// What an index is going to be asked, for `Octree::capacity_for`.
struct Workload {
  double updates_per_query = 1;     ///< points that enter, leave or move, to one query; ≥ 0
  double neighbors_per_query = 10;  ///< points that a query finds; ≥ 0
};

/// A dynamic index over points of 2 or 3 dimensions; `Scalar` is float or double.
///
/// Exactness: every search equals brute force bit for bit, ordered by (key, id) where an order is asked for, whatever
/// the history, the instruction set and the number of threads.
/// Balance: after every operation, every leaf holds at most αK points, except one whose points all lie in one cell of
/// the smallest size, and every inner node more than K/α. Height: at most the number of cell sizes between the extent
/// of the points and their smallest distance (Lemma 1), and no more than log2 of their number on data that is not
/// clustered geometrically. Thread safety: any number of concurrent const calls; one writer at a time and no other call
/// beside it, `snapshot()` included. A snapshot, once taken, may be searched and dropped by other threads while the
/// writer goes on. Builds and large inserts run on the executor's threads. Limits: 2^28 points. Errors: a call that
/// throws invalid_input has changed nothing.
template <class Scalar, int Dim>
class Octree : public Searchable<Octree<Scalar, Dim>, Scalar> {
  static_assert(Dim == 2 || Dim == 3);

 public:
  using Config = octree::Config<Scalar>;

  /// An empty index. Errors: invalid_input for a bad Config.
  explicit Octree(Config config = {});
  Octree(Octree&&) noexcept;
  Octree& operator=(Octree&&) noexcept;
  ~Octree();

  /// Replaces everything. Ids become 0 … n − 1. Complexity: O(n log n); the same tree for any number of threads.
  void build(PointView<Scalar> points);
  /// As above with the caller's ids. Errors: invalid_input naming the row of a negative or repeated id.
  void build(PointView<Scalar> points, std::span<const point_id> ids);

  /// Adds one point under the next free id (larger than any given or used since the last build; clear does not start
  /// again) and returns it. Complexity: O(log n) amortised (Theorem 1).
  point_id insert(std::span<const Scalar> point);
  /// Adds one point under the caller's id. Errors: invalid_input when the id is negative or in use.
  void insert(std::span<const Scalar> point, point_id id);
  /// Adds a batch under consecutive fresh ids; returns the first. All or nothing.
  point_id insert(PointView<Scalar> points);
  /// Adds a batch under the caller's ids. All or nothing.
  void insert(PointView<Scalar> points, std::span<const point_id> ids);
  /// Adds those of a batch that lie in the box lower ≤ x ≤ upper, under the caller's ids; returns how many.
  /// Errors: those of insert, for all of the batch, and of a bad box.
  std::size_t insert_in_box(PointView<Scalar> points, std::span<const point_id> ids, std::span<const Scalar> lower,
                            std::span<const Scalar> upper);

  /// Removes points. Errors: invalid_input naming the row of an unknown or repeated id; then nothing was removed.
  void erase(point_id id);
  void erase(std::span<const point_id> ids);

  /// Gives points new coordinates under the same ids: in place while a point stays in its leaf's cell, else up to the
  /// nearest cell that holds it, and down from there.
  void move(point_id id, std::span<const Scalar> point);
  void move(std::span<const point_id> ids, PointView<Scalar> points);

  /// Removes every point inside (or, for keep, outside) the box lower ≤ x ≤ upper; returns how many went.
  std::size_t erase_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper);
  std::size_t keep_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper);
  /// Removes the points of a box and hands them out by ascending id.
  void extract_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper, std::vector<point_id>& ids,
                      Points<Scalar>& points);
  /// Leaves one point in every cube of a grid of edge `cell` aligned to 0; returns how many went. By policy this is the
  /// point of the smallest id, the one nearest to the cube's center, or the one of the smallest id moved to the
  /// centroid. Errors: invalid_input unless cell is positive and finite. Complexity: O(n log n).
  std::size_t down_sample(Scalar cell, CellPolicy policy = CellPolicy::first);

  /// The occupied cells of edge 2^exponent in the order of their corners, without any change to the tree. Errors:
  /// invalid_input for an exponent that the scalar type does not have. Complexity: O(n log n).
  [[nodiscard]] std::vector<LevelCell<Scalar, Dim>> level(int exponent) const;

  /// Changes K and α; leaves and nodes that no longer fit expand and contract where they are. Errors: as Config::check.
  void set_capacity(int capacity, double alpha);
  /// The K that serves a workload best, by a model of measured costs: few updates and few neighbours ask for small
  /// leaves, many for large ones (docs/design/octree.md). Errors: invalid_input for a workload that is negative or NaN.
  [[nodiscard]] static int capacity_for(const Workload& workload);

  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] int dimension() const noexcept { return Dim; }
  [[nodiscard]] const Config& config() const noexcept;
  [[nodiscard]] bool contains(point_id id) const noexcept;
  /// The coordinates of a point as stored (wrapped where periodic). Errors: invalid_input for an unknown id.
  /// Complexity: O(1).
  [[nodiscard]] std::vector<Scalar> point(point_id id) const;
  /// Every id and its coordinates, in storage order, which is that of a Morton curve.
  void copy_points(std::vector<point_id>& ids, Points<Scalar>& points) const;
  void clear();

  /// The tree as it is now. O(1).
  [[nodiscard]] OctreeSnapshot<Scalar, Dim> snapshot() const;

  /// Writes points, ids, K, α, smallest_cell and periodic to a checksummed file, atomically. Errors: io_error.
  void save(const std::filesystem::path& path) const;
  /// Errors: io_error, corrupt_file, invalid_input when the file holds another index, scalar type or dimension.
  [[nodiscard]] static Octree load(const std::filesystem::path& path, Executor executor = {});

  [[nodiscard]] Statistics statistics() const;
  /// The boxes of the nodes of levels 0 (the root) to `max_level`, and of the leaf blocks that stand there, parents
  /// before their children; none for an empty tree. Errors: invalid_input for a negative level. Complexity: O(nodes).
  [[nodiscard]] std::vector<LevelBox<Scalar>> boxes(int max_level) const;
  /// Checks every structural invariant, admissibility included; O(n). Errors: std::logic_error that names the first one
  /// broken.
  void validate() const;

  /// What the shared searches run on.
  [[nodiscard]] SearchTarget<Scalar> search_target() const noexcept;

 private:
  [[nodiscard]] Points<Scalar> points_of(std::span<const point_id> ids) const;  // which are present

  std::unique_ptr<octree::Tree<Scalar, Dim>> tree_;
};

}  // namespace coppice
