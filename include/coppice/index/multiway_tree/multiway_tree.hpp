// MultiwayTree: a k-d tree whose nodes divide one axis into up to eight slabs at once. It is built in a few sweeps over
// the points, with pivots from samples, and keeps its balance by rebuilding the smallest run of siblings that went out
// of it. The construction and the update of the paper can be chosen beside the defaults, to compare them.
// Background: docs/design/multiway_tree.md; Ji et al., "Updatable Balanced Index for Fast On-device Search with
// Auto-selection Model", sections III to V.
#pragma once

#include <cstddef>
#include <filesystem>

#include "coppice/index/tree_index.hpp"

namespace coppice {

namespace plane_tree {
template <class Scalar>
class Core;
}

namespace multiway_tree {
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
  window,   ///< the smallest run of siblings that is balanced as a whole
  subtree,  ///< the whole node, as a scapegoat tree does
  patient   ///< the run of `window`, but only in a node that is higher by over four levels than its points need
};
}  // namespace multiway_tree

/// A dynamic index over points of 1 … 1,024 dimensions; `Scalar` is float or double.
///
/// Exactness: every search equals brute force bit for bit, ordered by (key, id) where an order is asked for, whatever
/// the history, the Config, the instruction set and the number of threads.
/// Balance: where newcomers go or points leave, no child of a node above the leaves' parents keeps more than 2ω ÷ t of
/// its node's points, t being the number of its children, except where equal coordinates leave nothing to divide, and,
/// unless Config says otherwise, where the node is at most four levels higher than its points need; and no node holds
/// more than twice, or less than half, of what it was built for. Thread safety: any number of concurrent
/// const calls; one writer at a time and no other call beside it, `snapshot()` included. A snapshot, once taken, may be
/// searched and dropped by other threads while the writer goes on. Limits: 2^30 points. Errors: a call that throws
/// invalid_input has changed nothing.
template <class Scalar>
class MultiwayTree : public TreeIndex<MultiwayTree<Scalar>, Scalar, plane_tree::Core<Scalar>> {
 public:
  struct Config {
    int partitions = 0;  ///< t, the parts of a node: 2 … 8; 0: what costs least by cache_cost for the points at a build
    multiway_tree::PivotRule pivots = multiway_tree::PivotRule::sampled;
    multiway_tree::AxisRule axes = multiway_tree::AxisRule::widest;
    multiway_tree::RepairRule repair = multiway_tree::RepairRule::patient;
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
  [[nodiscard]] const Config& config() const noexcept { return config_; }

  /// Writes points, ids and Config to a checksummed file, atomically. Errors: io_error.
  void save(const std::filesystem::path& path) const;
  /// Errors: io_error, corrupt_file, invalid_input when the file holds another index or scalar type.
  [[nodiscard]] static MultiwayTree load(const std::filesystem::path& path, Executor executor = {});

 private:
  Config config_;
};

template <class Scalar>
using MultiwayTreeSnapshot = TreeSnapshot<MultiwayTree<Scalar>, Scalar>;

}  // namespace coppice
