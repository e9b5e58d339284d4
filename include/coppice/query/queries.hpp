// Queries as values: everything a search may be told, with defaults. The same structs serve every index, every batch
// size and every language binding.
#pragma once

#include <cstddef>
#include <functional>
#include <limits>

#include "coppice/geometry/metric.hpp"
#include "coppice/parallel/executor.hpp"
#include "coppice/query/hit.hpp"

namespace coppice {

/// In which order a search visits the nodes. Answers never depend on it.
enum class Traversal { depth_first, best_first, breadth_first };
/// By which bounding volume a search prunes: the nodes' boxes, or the balls around them.
enum class Volume { box, ball };

/// How to search. Default: depth-first over boxes, which measured best for all but very large k.
struct Strategy {
  Traversal traversal = Traversal::depth_first;
  Volume volume = Volume::box;
};

/// Keeps the points whose id it accepts. Called from several threads at once when the executor is parallel.
using IdFilter = std::function<bool(point_id)>;

/// The k nearest points, optionally only those within `radius`.
template <class Scalar>
struct Nearest {
  std::size_t k = 1;
  Scalar radius = std::numeric_limits<Scalar>::infinity();  ///< inclusive: key ≤ metric.key_of(radius)
  Metric<Scalar> metric{};
  IdFilter filter{};
  Strategy strategy{};
  Executor executor{};
};

/// Every point within `radius`, boundary included: key ≤ metric.key_of(radius).
template <class Scalar>
struct Within {
  Scalar radius = 0;
  Order order = Order::none;
  Metric<Scalar> metric{};
  IdFilter filter{};
  Executor executor{};
};

/// Every point with lower ≤ x ≤ upper on every axis, boundary included. On a periodic axis the interval may reach
/// beyond the cell: it holds a point when it holds one of the point's images.
struct InBox {
  Order order = Order::none;
  IdFilter filter{};
  Executor executor{};
};

}  // namespace coppice
