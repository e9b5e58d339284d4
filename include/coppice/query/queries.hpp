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

/// In which order a search visits the nodes. Answers never depend on it. `automatic` is depth-first, but in two to four
/// dimensions best-first for the nearest of very many points, or of many far from where the query is routed to.
enum class Traversal { automatic, depth_first, best_first, breadth_first };
/// By which bounding volume a search prunes: the nodes' boxes, or the balls around these boxes.
enum class Volume { box, ball };

/// How to search. The default measured best. Indexes that show no nodes search in a way of their own instead.
struct Strategy {
  Traversal traversal = Traversal::automatic;
  Volume volume = Volume::box;
  bool operator==(const Strategy&) const = default;
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
  Strategy strategy{};      ///< Order::none is the order in which it meets the points
  bool distances = true;    ///< false: ids alone, with no look at the points of what lies wholly inside
  bool containment = true;  ///< false: what lies wholly inside is tested like the rest, which only comparisons want
};

/// Every point with lower ≤ x ≤ upper on every axis, boundary included. On a periodic axis the interval may reach
/// beyond the cell: it holds a point when it holds one of the point's images.
struct InBox {
  Order order = Order::none;
  IdFilter filter{};
  Executor executor{};
};

}  // namespace coppice
