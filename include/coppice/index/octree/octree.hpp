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
#include <span>
#include <vector>

#include "coppice/geometry/grid_cell.hpp"
#include "coppice/index/tree_index.hpp"

namespace coppice {

namespace octree {
template <class Scalar, int Dim>
class Tree;

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
/// Complexity: an insert O(log n) amortised (Theorem 1); a move is in place while the point stays in its leaf's cell,
/// else it goes up to the nearest cell that holds the point, and down from there; `point` O(1). `copy_points` follows
/// a Morton curve. `validate` checks admissibility, too.
template <class Scalar, int Dim>
class Octree : public TreeIndex<Octree<Scalar, Dim>, Scalar, octree::Tree<Scalar, Dim>> {
  static_assert(Dim == 2 || Dim == 3);
  using Base = TreeIndex<Octree, Scalar, octree::Tree<Scalar, Dim>>;

 public:
  using Config = octree::Config<Scalar>;

  /// An empty index. Errors: invalid_input for a bad Config.
  explicit Octree(Config config = {});
  [[nodiscard]] const Config& config() const noexcept;

  /// Adds those of a batch that lie in the box lower ≤ x ≤ upper, under the caller's ids; returns how many.
  /// Errors: those of insert, for all of the batch, and of a bad box.
  std::size_t insert_in_box(PointView<Scalar> points, std::span<const point_id> ids, std::span<const Scalar> lower,
                            std::span<const Scalar> upper);
  /// Removes the points of a box and hands them out by ascending id.
  void extract_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper, std::vector<point_id>& ids,
                      Points<Scalar>& points);
  using Base::down_sample;
  /// Leaves one point in every cube of a grid of edge `cell` aligned to 0; returns how many went. By policy this is the
  /// point of the smallest id, as without a policy, the one nearest to the cube's center, or the one of the smallest id
  /// moved to the centroid. Errors: invalid_input unless cell is positive and finite. Complexity: O(n log n).
  std::size_t down_sample(Scalar cell, CellPolicy policy);

  /// The occupied cells of edge 2^exponent in the order of their corners, without any change to the tree. Errors:
  /// invalid_input for an exponent that the scalar type does not have. Complexity: O(n log n).
  [[nodiscard]] std::vector<LevelCell<Scalar, Dim>> level(int exponent) const;

  /// Changes K and α; leaves and nodes that no longer fit expand and contract where they are. Errors: as Config::check.
  void set_capacity(int capacity, double alpha);
  /// The K that serves a workload best, by a model of measured costs: few updates and few neighbours ask for small
  /// leaves, many for large ones (docs/design/octree.md). Errors: invalid_input for a workload that is negative or NaN.
  [[nodiscard]] static int capacity_for(const Workload& workload);

  /// Writes points, ids, K, α, smallest_cell and periodic to a checksummed file, atomically. Errors: io_error.
  void save(const std::filesystem::path& path) const;
  /// Errors: io_error, corrupt_file, invalid_input when the file holds another index, scalar type or dimension.
  [[nodiscard]] static Octree load(const std::filesystem::path& path, Executor executor = {});

 private:
  using Base::core_;
};

template <class Scalar, int Dim>
using OctreeSnapshot = TreeSnapshot<Octree<Scalar, Dim>, Scalar>;

}  // namespace coppice
