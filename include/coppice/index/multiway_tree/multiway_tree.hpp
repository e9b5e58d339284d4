// MultiwayTree: a k-d tree whose nodes divide one axis into up to eight slabs at once. It is built in a few sweeps over
// the points, with pivots from samples, and keeps its balance by rebuilding the smallest run of siblings that went out
// of it. The construction and the update of the paper can be chosen beside the defaults, to compare them.
// Background: docs/design/multiway_tree.md; Ji et al., "Updatable Balanced Index for Fast On-device Search with
// Auto-selection Model", sections III to V.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "coppice/geometry/point_view.hpp"
#include "coppice/query/level_box.hpp"
#include "coppice/query/searchable.hpp"
#include "coppice/query/statistics.hpp"

namespace coppice {

namespace multiway_tree {
template <class Scalar>
class Core;
template <class Scalar>
class FrozenCore;

/// How a node finds its pivots.
enum class PivotRule {
  sampled,  ///< two levels of nodes and more in one sweep, by the quantiles of a sample; small sets by counting
  learned,  ///< the paper's two-stage regression of the distribution; by selection below 4,096 points
  exact     ///< selection
};
/// Which axis a node divides.
enum class AxisRule { widest, cycling };
/// What is built anew where a child holds too many of its node's points.
enum class RepairRule {
  window,  ///< the smallest run of siblings that is balanced as a whole
  subtree  ///< the whole node, as a scapegoat tree does
};
}  // namespace multiway_tree

/// An unchanging view of a MultiwayTree at one moment: the same searches, while the tree goes on changing.
/// Costs O(1) to take; while it lives, the writer copies the nodes it touches. Any number of threads may search it, and
/// it may outlive the tree.
template <class Scalar>
class MultiwayTreeSnapshot : public Searchable<MultiwayTreeSnapshot<Scalar>, Scalar> {
 public:
  explicit MultiwayTreeSnapshot(std::shared_ptr<const multiway_tree::FrozenCore<Scalar>> core);
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] int dimension() const noexcept;
  [[nodiscard]] SearchTarget<Scalar> search_target() const noexcept;

 private:
  std::shared_ptr<const multiway_tree::FrozenCore<Scalar>> core_;
};

/// A dynamic index over points of 1 … 1,024 dimensions; `Scalar` is float or double.
///
/// Exactness: every search equals brute force bit for bit, ordered by (key, id) where an order is asked for, whatever
/// the history, the Config, the instruction set and the number of threads.
/// Balance: where newcomers go or points leave, no child of a node above the leaves' parents keeps more than 2ω ÷ t of
/// its node's points, t being the number of its children, except where equal coordinates leave nothing to divide; and
/// no node holds more than twice, or less than half, of what it was built for. Thread safety: any number of concurrent
/// const calls; one writer at a time and no other call beside it, `snapshot()` included. A snapshot, once taken, may be
/// searched and dropped by other threads while the writer goes on. Limits: 2^30 points. Errors: a call that throws
/// invalid_input has changed nothing.
template <class Scalar>
class MultiwayTree : public Searchable<MultiwayTree<Scalar>, Scalar> {
 public:
  struct Config {
    int partitions = 0;  ///< t, the parts of a node: 2 … 8; 0: what costs least by cache_cost for the points at a build
    multiway_tree::PivotRule pivots = multiway_tree::PivotRule::sampled;
    multiway_tree::AxisRule axes = multiway_tree::AxisRule::widest;
    multiway_tree::RepairRule repair = multiway_tree::RepairRule::window;
    double omega = 0.75;             ///< ω: 0.5 < ω < 1; lower rebuilds more and keeps the parts more equal
    int leaf_fill = 28;              ///< c: points a leaf after a build, 8 … 32; the rest is room for growth
    double sample_rate = 0.01;       ///< δ of learned pivots: the part of the points that trains a model; 0 < δ ≤ 1
    int models = 100;                ///< l of learned pivots: lines of the second stage; 1 … 65,536
    double kappa = 0.15;             ///< κ of learned pivots: how near a candidate is to its quantile; 0 < κ ≤ 0.5
    PeriodicBox<Scalar> periodic{};  ///< coordinates wrap on its finite axes
    std::size_t parallel_cutoff = 1u << 14;  ///< parts of fewer points are built on one thread
    Executor executor{};                     ///< where builds, batches and rebuilds run

    /// Errors: invalid_input that names the field.
    void check(int dimension) const;
  };

  /// An empty index. Errors: invalid_input for a dimension outside 1 … 1,024 or a bad Config.
  explicit MultiwayTree(int dimension, Config config = {});
  MultiwayTree(MultiwayTree&&) noexcept;
  MultiwayTree& operator=(MultiwayTree&&) noexcept;
  ~MultiwayTree();

  /// Replaces everything. Ids become 0 … n − 1. Complexity: O(n log n), in sweeps over all points for log_64 n of it;
  /// the same tree for any number of threads.
  void build(PointView<Scalar> points);
  /// As above with the caller's ids. Errors: invalid_input naming the row of a negative or repeated id.
  void build(PointView<Scalar> points, std::span<const point_id> ids);

  /// Adds one point under the next free id (larger than any given or used since the last build; clear does not start
  /// again) and returns it. Complexity: O(log n) amortised, as for a point of a batch.
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

  /// Gives points new coordinates under the same ids; in place while a point stays inside its leaf's slab.
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
  [[nodiscard]] MultiwayTreeSnapshot<Scalar> snapshot() const;

  /// Writes points, ids and Config to a checksummed file, atomically. Errors: io_error.
  void save(const std::filesystem::path& path) const;
  /// Errors: io_error, corrupt_file, invalid_input when the file holds another index or scalar type.
  [[nodiscard]] static MultiwayTree load(const std::filesystem::path& path, Executor executor = {});

  [[nodiscard]] Statistics statistics() const;
  /// The boxes of the nodes of levels 0 (the root) to `max_level`, and of the leaf blocks that stand there, parents
  /// before their children; none for an empty tree. Errors: invalid_input for a negative level. Complexity: O(nodes).
  [[nodiscard]] std::vector<LevelBox<Scalar>> boxes(int max_level) const;
  /// Checks every structural invariant; O(n). Errors: std::logic_error that names the first one broken.
  void validate() const;

  /// What the shared searches run on.
  [[nodiscard]] SearchTarget<Scalar> search_target() const noexcept;

 private:
  std::unique_ptr<multiway_tree::Core<Scalar>> core_;
};

}  // namespace coppice
