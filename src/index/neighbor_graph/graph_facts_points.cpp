// Critical values of points whose graph is yet to be made.
#include <algorithm>
#include <cstdint>

#include "coppice/index/neighbor_graph/all_neighbors.hpp"
#include "coppice/index/neighbor_graph/graph_facts.hpp"

namespace coppice {

template <class Scalar>
std::optional<std::size_t> critical_k(PointView<Scalar> points, MetricKind metric, std::size_t most,
                                      Executor executor) {
  if (points.size() < 2) return 0;
  // A part that the k nearest keep apart has more than k points, and there are two such parts or none.
  const std::size_t half = points.size() / 2;
  const AllNeighbors<Scalar> index(points, executor);
  AllNearest<Scalar> query;
  query.metric = metric;
  query.executor = executor;
  std::vector<std::int32_t> ids;
  for (std::size_t k = 8;; k *= 2) {
    query.k = std::min({k, half, most});
    if (query.k == 0) return std::nullopt;
    ids.resize(points.size() * query.k);
    index.nearest(query, 0, points.size(), ids.data(), static_cast<Scalar*>(nullptr));
    const auto found =
        critical_k(GraphView<Scalar, std::int32_t>(points.size(), query.k, ids.data(), nullptr), executor);
    if (found || query.k == most) return found;
  }
}

template <class Scalar>
Scalar critical_radius(PointView<Scalar> points, MetricKind metric, Executor executor) {
  if (points.size() < 2) return 0;
  AllNearest<Scalar> query;
  query.k = std::min<std::size_t>(8, points.size() - 1);
  query.metric = metric;
  query.executor = executor;
  const auto rows = AllNeighbors<Scalar>(points, executor).template nearest<std::int32_t>(query);
  return critical_radius(points, GraphView<Scalar, std::int32_t>(rows), metric, executor);
}

template std::optional<std::size_t> critical_k(PointView<float>, MetricKind, std::size_t, Executor);
template std::optional<std::size_t> critical_k(PointView<double>, MetricKind, std::size_t, Executor);
template float critical_radius(PointView<float>, MetricKind, Executor);
template double critical_radius(PointView<double>, MetricKind, Executor);

}  // namespace coppice
