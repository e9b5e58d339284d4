// What a search gives back: single hits, their order, and batches in compressed sparse rows (CSR).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "coppice/geometry/point_view.hpp"

namespace coppice {

/// One neighbour. Hits are ordered by (distance_squared, id), so ties are decided by the smaller id.
template <class Scalar>
struct Hit {
  Scalar distance_squared;  ///< the metric's key: squared for l2 and weighted_l2, the distance itself for l1 and linf
  point_id id;

  friend bool operator==(const Hit&, const Hit&) = default;
  friend bool operator<(const Hit& a, const Hit& b) noexcept {
    return a.distance_squared < b.distance_squared || (a.distance_squared == b.distance_squared && a.id < b.id);
  }
};

/// The order of the hits of a range query; `none` is the order in which the search meets them: deterministic for one
/// history, and the fastest.
enum class Order { none, by_distance, by_id };

/// The answers of a batch of queries: row i is [offsets[i], offsets[i + 1]) of `ids` and `distances`.
/// `nearest` gives k entries a row, padded with (no_point, infinity); box queries leave `distances` empty.
template <class Scalar>
struct Neighbors {
  std::vector<std::int64_t> offsets{0};  ///< queries + 1
  std::vector<point_id> ids;
  std::vector<Scalar> distances;  ///< true distances, in the metric's unit (never squared)

  [[nodiscard]] std::size_t size() const noexcept { return offsets.size() - 1; }
  friend bool operator==(const Neighbors&, const Neighbors&) = default;
};

}  // namespace coppice
