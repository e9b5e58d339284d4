// Surfaces of points whose graph is made on the way, piece by piece.
#include <algorithm>
#include <cstdint>

#include "coppice/index/neighbor_graph/all_neighbors.hpp"
#include "surface.hpp"

namespace coppice {

template <class Scalar>
Surface<Scalar> surface(PointView<Scalar> points, const Neighborhoods<Scalar>& neighborhoods,
                        const Orientation& orientation, Executor executor) {
  constexpr std::size_t piece = std::size_t{1} << 20;
  neighbor_graph::check_three_dimensional(points);
  const AllNeighbors<Scalar> index(points, executor);
  AllNearest<Scalar> query;
  query.k = std::min(neighborhoods.k, std::max<std::size_t>(points.size(), 2) - 1);
  query.radius = neighborhoods.radius;
  query.executor = executor;
  Surface<Scalar> result{{std::vector<Scalar>(3 * points.size()), 3}, std::vector<Scalar>(points.size())};
  std::vector<std::int32_t> ids(std::min(piece, points.size()) * query.k);
  for (std::size_t first = 0; first < points.size(); first += piece) {
    const std::size_t count = std::min(piece, points.size() - first);
    index.nearest(query, first, count, ids.data(), static_cast<Scalar*>(nullptr));
    neighbor_graph::fit_planes(points, GraphView<Scalar, std::int32_t>(count, query.k, ids.data(), nullptr), first,
                               orientation, executor, result);
  }
  return result;
}

template Surface<float> surface(PointView<float>, const Neighborhoods<float>&, const Orientation&, Executor);
template Surface<double> surface(PointView<double>, const Neighborhoods<double>&, const Orientation&, Executor);

}  // namespace coppice
