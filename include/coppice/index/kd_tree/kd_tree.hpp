// KdTree: the default index. A k-d tree whose leaves are blocks of up to 32 points (structure of arrays) and whose
// inner nodes hold up to 8 children with all their boxes, so that one vector evaluation bounds them all. It grows like
// a B-tree, cuts nodes along free planes where it can, and rebuilds only the part that went out of balance.
// Background: docs/design/kd_tree.md; balance criteria after Brown (arXiv 2509.08148).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "coppice/balance/criterion.hpp"
#include "coppice/geometry/point_view.hpp"
#include "coppice/query/level_box.hpp"
#include "coppice/query/searchable.hpp"
#include "coppice/query/statistics.hpp"

namespace coppice {

namespace kd_tree {
template <class Scalar>
class Core;
template <class Scalar>
class FrozenCore;
}  // namespace kd_tree

/// An unchanging view of a KdTree at one moment: the same searches, while the tree goes on changing.
/// Costs O(1) to take; while it lives, the writer copies the nodes it touches. Any number of threads may search it, and
/// it may outlive the tree.
template <class Scalar>
class KdTreeSnapshot : public Searchable<KdTreeSnapshot<Scalar>, Scalar> {
 public:
  explicit KdTreeSnapshot(std::shared_ptr<const kd_tree::FrozenCore<Scalar>> core);
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] int dimension() const noexcept;
  [[nodiscard]] SearchTarget<Scalar> search_target() const noexcept;

 private:
  std::shared_ptr<const kd_tree::FrozenCore<Scalar>> core_;
};

/// A dynamic index over points of 1 … 1,024 dimensions; `Scalar` is float or double.
///
/// Exactness: every search equals brute force bit for bit, ordered by (key, id) where an order is asked for, whatever
/// the history, the instruction set and the number of threads.
/// Thread safety: any number of concurrent const calls; one writer at a time and no other call beside it, `snapshot()`
/// included. A snapshot, once taken, may be searched and dropped by other threads while the writer goes on.
/// Limits: 2^30 points.
/// Errors: a call that throws invalid_input has changed nothing.
template <class Scalar>
class KdTree : public Searchable<KdTree<Scalar>, Scalar> {
 public:
  struct Config {
    Balance balance{};               ///< when a part of the tree is rebuilt
    PeriodicBox<Scalar> periodic{};  ///< coordinates wrap on its finite axes
    int leaf_fill = 32;              ///< points a leaf after a bulk build, 8 … 32; 24 leaves head room for growth
    std::size_t parallel_cutoff = 1u << 14;  ///< subtrees of fewer points are rebuilt on one thread
    Executor executor{};                     ///< where builds, batches and rebuilds run

    /// Errors: invalid_input that names the field.
    void check(int dimension) const;
  };

  /// An empty index. Errors: invalid_input for a dimension outside 1 … 1,024 or a bad Config.
  explicit KdTree(int dimension, Config config = {});
  KdTree(KdTree&&) noexcept;
  KdTree& operator=(KdTree&&) noexcept;
  ~KdTree();

  /// Replaces everything. Ids become 0 … n − 1. Complexity: O(n log n); the same tree for any number of threads.
  void build(PointView<Scalar> points);
  /// As above with the caller's ids. Errors: invalid_input naming the row of a negative or repeated id.
  void build(PointView<Scalar> points, std::span<const point_id> ids);

  /// Adds one point under the next free id (larger than any given or used since the last build; clear does not start
  /// again) and returns it. Complexity: O(log n) amortised.
  point_id insert(std::span<const Scalar> point);
  /// Adds one point under the caller's id. Errors: invalid_input when the id is negative or in use.
  void insert(std::span<const Scalar> point, point_id id);
  /// Adds a batch under consecutive fresh ids; returns the first. All or nothing.
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
  [[nodiscard]] const Config& config() const noexcept;
  [[nodiscard]] bool contains(point_id id) const noexcept;
  /// The coordinates of a point as stored (wrapped where periodic). Errors: invalid_input for an unknown id.
  [[nodiscard]] std::vector<Scalar> point(point_id id) const;
  /// Every id and its coordinates, in storage order.
  void copy_points(std::vector<point_id>& ids, Points<Scalar>& points) const;
  void clear();

  /// The tree as it is now. O(1).
  [[nodiscard]] KdTreeSnapshot<Scalar> snapshot() const;

  /// Writes points, ids and Config to a checksummed file, atomically. Errors: io_error.
  void save(const std::filesystem::path& path) const;
  /// Errors: io_error, corrupt_file, invalid_input when the file holds another index or scalar type.
  [[nodiscard]] static KdTree load(const std::filesystem::path& path, Executor executor = {});

  [[nodiscard]] Statistics statistics() const;
  /// The boxes of the nodes of levels 0 (the root) to `max_level`, and of the leaf blocks that stand there, parents
  /// before their children; none for an empty tree. Errors: invalid_input for a negative level. Complexity: O(nodes).
  [[nodiscard]] std::vector<LevelBox<Scalar>> boxes(int max_level) const;
  /// Checks every structural invariant; O(n). Errors: std::logic_error that names the first one broken.
  void validate() const;

  /// What the shared searches run on.
  [[nodiscard]] SearchTarget<Scalar> search_target() const noexcept;

 private:
  std::unique_ptr<kd_tree::Core<Scalar>> core_;
};

}  // namespace coppice
