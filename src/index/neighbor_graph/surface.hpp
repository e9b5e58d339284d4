// What surface.cpp and surface_points.cpp share: the planes of a piece of the rows.
#pragma once

#include <cstddef>

#include "coppice/index/neighbor_graph/surface.hpp"

namespace coppice::neighbor_graph {

/// Errors: invalid_input when the points are not 3-D.
template <class Scalar>
void check_three_dimensional(PointView<Scalar> points);

/// Fills in the planes of points first … first + rows.size(). Requires: `result` has room for every point.
template <class Scalar, GraphIndex Index>
void fit_planes(PointView<Scalar> points, const GraphView<Scalar, Index>& rows, std::size_t first,
                const Orientation& orientation, Executor executor, Surface<Scalar>& result);

}  // namespace coppice::neighbor_graph
