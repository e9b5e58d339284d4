// KdTree: the default index. A k-d tree whose leaves are blocks of up to 32 points (structure of arrays) and whose
// inner nodes hold up to 8 children with all their boxes, so that one vector evaluation bounds them all. It grows like
// a B-tree, cuts nodes along free planes where it can, and rebuilds only the part that went out of balance.
// Background: docs/design/kd_tree.md; balance criteria after Brown (arXiv 2509.08148).
#pragma once

#include <cstddef>
#include <filesystem>

#include "coppice/balance/criterion.hpp"
#include "coppice/index/tree_index.hpp"

namespace coppice {

namespace plane_tree {
template <class Scalar>
class Core;
}

/// A dynamic index over points of 1 … 1,024 dimensions; `Scalar` is float or double.
///
/// Exactness: every search equals brute force bit for bit, ordered by (key, id) where an order is asked for, whatever
/// the history, the instruction set and the number of threads.
/// Thread safety: any number of concurrent const calls; one writer at a time and no other call beside it, `snapshot()`
/// included. A snapshot, once taken, may be searched and dropped by other threads while the writer goes on.
/// Limits: 2^30 points.
/// Errors: a call that throws invalid_input has changed nothing.
template <class Scalar>
class KdTree : public TreeIndex<KdTree<Scalar>, Scalar, plane_tree::Core<Scalar>> {
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
  [[nodiscard]] const Config& config() const noexcept { return config_; }

  /// Writes points, ids and Config to a checksummed file, atomically. Errors: io_error.
  void save(const std::filesystem::path& path) const;
  /// Errors: io_error, corrupt_file, invalid_input when the file holds another index or scalar type.
  [[nodiscard]] static KdTree load(const std::filesystem::path& path, Executor executor = {});

 private:
  Config config_;
};

template <class Scalar>
using KdTreeSnapshot = TreeSnapshot<KdTree<Scalar>, Scalar>;

}  // namespace coppice
