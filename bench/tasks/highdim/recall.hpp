// How good a graph is: how many of the true neighbours it names, and whether one that claims to be exact is.
// peers/high_dimension.py counts the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "coppice/geometry/point_view.hpp"
#include "harness/real.hpp"

namespace coppice::bench {

/// n × k ids and distances.
struct GraphRows {
  const std::int32_t* ids;
  const Real* distances;
  std::size_t k;
};

/// The share of neighbours that count: those of the exact row, and others, named once, that are no farther than its
/// last, by the distance itself in doubles.
[[nodiscard]] double recall_of(const GraphRows& rows, const GraphRows& exact, PointView<Real> points);

/// Compares evenly spread rows with a scan in doubles: ids nearer than the k-th, up to what floats can tell apart, and
/// distances. Gives what is wrong, or nothing.
[[nodiscard]] std::string check_sample(const GraphRows& exact, std::size_t count, PointView<Real> points);

}  // namespace coppice::bench
