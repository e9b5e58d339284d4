// Search strategies by name, and what a search tells of itself to whoever compares them: the work it did, and the way
// from the root to the leaf where a point belongs. Only indexes that show nodes can tell: KdTree, MultiwayTree, Octree
// and their snapshots.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "coppice/query/queries.hpp"

namespace coppice {

/// `automatic`, `depth-first`, `best-first` or `breadth-first`; over balls with `/ball` behind it.
[[nodiscard]] std::string name_of(Strategy strategy);
/// Errors: invalid_input that lists the names.
[[nodiscard]] Strategy strategy_from_name(std::string_view name);
/// All but automatic: each order over boxes and over balls.
[[nodiscard]] std::span<const Strategy> fixed_strategies() noexcept;

/// What searches did.
struct SearchWork {
  std::uint64_t nodes = 0;   ///< whose children were looked at, up to eight at once
  std::uint64_t leaves = 0;  ///< whose points were read
  std::uint64_t points = 0;  ///< whose distance was computed
  /// A search that exceeds this cost gives up, and its counts say no more than that it did.
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();

  /// One number for all: a bound of a child counts as the distance of a point.
  [[nodiscard]] std::uint64_t cost() const noexcept { return 8 * nodes + points; }
};

/// The nodes from the root, which is left out, down to the leaf where a point belongs, and how far its box is.
template <class Scalar>
struct HomePath {
  static constexpr int longest = 64;

  int depth = 0;                              ///< nodes, the leaf among them
  std::array<std::uint64_t, longest> node{};  ///< the names of the first `depth`; equal ones are the same node
  std::uint32_t leaf_points = 0;              ///< in the leaf
  Scalar nearest_squared = 0;                 ///< about the squared distance to the nearest place of its box
  Scalar farthest_squared = 0;                ///< and to the farthest
};

}  // namespace coppice
