#include "coppice/index/neighbor_graph/high_dimension.hpp"

#include <cmath>
#include <mutex>
#include <string>

#include "coppice/errors.hpp"
#include "high_effort.hpp"
#include "high_exact.hpp"
#include "high_store.hpp"

namespace coppice {
namespace high {

template <class Scalar>
void check_query(const HighNearest<Scalar>& query) {
  if (query.k == 0) throw invalid_input("k is 0; expected at least 1");
  if (!(query.recall > 0 && query.recall <= 1))
    throw invalid_input("recall is " + std::to_string(query.recall) + "; expected more than 0 and at most 1");
  if (query.recall < 1 && query.method == HighMethod::certified_sketch)
    throw invalid_input("recall is " + std::to_string(query.recall) + "; a certified sketch has a recall of 1");
  if (query.metric != MetricKind::l2)
    throw unsupported("all neighbours in high dimension have no metric " + std::string(metric_name(query.metric)) +
                      "; available: l2");
}
template void check_query<float>(const HighNearest<float>&);
template void check_query<double>(const HighNearest<double>&);

void check_count(std::size_t points) {
  if (points >= std::size_t{1} << 31)
    throw unsupported(std::to_string(points) + " points; all neighbours of at most 2147483647 can be found");
}

}  // namespace high

namespace {

/// Checked before anything is copied.
template <class Scalar>
PointView<Scalar> checked_rows(PointView<Scalar> points) {
  check_dimension(points.dimension());
  check_points(points, points.dimension());
  high::check_count(points.size());
  return points;
}

}  // namespace

template <class Scalar>
class HighNeighbors<Scalar>::Body {
 public:
  Body(PointView<Scalar> points, const Executor& executor)
      : dimension(points.dimension()), store(checked_rows(points), true, executor) {}

  template <class Index>
  static high::Output<Scalar> output(std::size_t k, Index* ids, Scalar* distances) {
    if constexpr (sizeof(Index) == sizeof(std::int32_t))
      return {k, ids, nullptr, distances};
    else
      return {k, nullptr, ids, distances};
  }

  void run(const high::Problem<Scalar>& problem, const HighNearest<Scalar>& query) const {
    HighStatistics done;
    const std::size_t rows = problem.queries->size();
    if (rows > 0 && store.size() > 0) {
      if (const auto sketched = high::search_by_sketch(problem, query)) {
        done = *sketched;
      } else {
        done.method = HighMethod::tiles;
        const high::Resolved resolved = high::search_exactly(problem);
        const auto points = static_cast<std::int64_t>(store.size());
        done.pairs = problem.same ? points * (points - 1) / 2 : points * static_cast<std::int64_t>(rows);
        done.distances = resolved.keys;
        done.finished_rows = resolved.open;
        done.certain_rows = static_cast<std::int64_t>(rows) - resolved.open;
      }
    } else {
      high::Best<Scalar> nothing(query.k);
      for (std::size_t row = 0; row < rows; ++row) problem.output.write(row, nothing.hits());
    }
    const std::lock_guard lock(mutex);
    statistics = done;
  }

  int dimension;
  high::Store<Scalar> store;
  mutable std::mutex mutex;
  mutable HighStatistics statistics;
};

template <class Scalar>
HighNeighbors<Scalar>::HighNeighbors(PointView<Scalar> points, Executor executor)
    : body_(std::make_unique<Body>(points, executor)) {}
template <class Scalar>
HighNeighbors<Scalar>::HighNeighbors(HighNeighbors&&) noexcept = default;
template <class Scalar>
HighNeighbors<Scalar>& HighNeighbors<Scalar>::operator=(HighNeighbors&&) noexcept = default;
template <class Scalar>
HighNeighbors<Scalar>::~HighNeighbors() = default;

template <class Scalar>
std::size_t HighNeighbors<Scalar>::size() const noexcept {
  return body_->store.size();
}
template <class Scalar>
int HighNeighbors<Scalar>::dimension() const noexcept {
  return body_->dimension;
}
template <class Scalar>
bool HighNeighbors<Scalar>::has_bytes() const noexcept {
  return body_->store.has_bytes();
}
template <class Scalar>
std::size_t HighNeighbors<Scalar>::bytes() const noexcept {
  return body_->store.memory();
}
template <class Scalar>
HighStatistics HighNeighbors<Scalar>::statistics() const {
  const std::lock_guard lock(body_->mutex);
  return body_->statistics;
}

template <class Scalar>
template <GraphIndex Index>
void HighNeighbors<Scalar>::nearest(const HighNearest<Scalar>& query, Index* ids, Scalar* distances) const {
  high::check_query(query);
  high::Problem<Scalar> problem;
  problem.points = &body_->store;
  problem.queries = &body_->store;
  problem.self = query.self;
  problem.output = Body::output(query.k, ids, distances);
  problem.executor = query.executor;
  body_->run(problem, query);
}

template <class Scalar>
template <GraphIndex Index>
DenseGraph<Scalar, Index> HighNeighbors<Scalar>::nearest(const HighNearest<Scalar>& query) const {
  high::check_query(query);
  DenseGraph<Scalar, Index> graph{query.k, std::vector<Index>(size() * query.k), std::vector<Scalar>(size() * query.k)};
  nearest(query, graph.ids.data(), graph.distances.data());
  return graph;
}

template <class Scalar>
template <GraphIndex Index>
void HighNeighbors<Scalar>::nearest_of(PointView<Scalar> queries, const HighNearest<Scalar>& query, Index* ids,
                                       Scalar* distances) const {
  high::check_query(query);
  check_points(queries, body_->dimension);
  if (queries.empty()) return;
  high::Problem<Scalar> problem;
  problem.same = false;
  problem.output = Body::output(query.k, ids, distances);
  problem.executor = query.executor;
  const high::Store<Scalar>& own = body_->store;
  if (own.has_bytes()) {
    const high::Store<Scalar> rows = own.like(queries, query.executor);
    if (!rows.has_bytes()) {  // the exact keys of both must come from the same kind of row
      const high::Store<Scalar> points = own.widened(query.executor);
      problem.points = &points;
      problem.queries = &rows;
      body_->run(problem, query);
      return;
    }
    problem.points = &own;
    problem.queries = &rows;
    body_->run(problem, query);
    return;
  }
  const high::Store<Scalar> rows(queries, false, query.executor);
  problem.points = &own;
  problem.queries = &rows;
  body_->run(problem, query);
}

#define COPPICE_INSTANTIATE_INDEX(Scalar, Index)                                                                \
  template void HighNeighbors<Scalar>::nearest<Index>(const HighNearest<Scalar>&, Index*, Scalar*) const;       \
  template DenseGraph<Scalar, Index> HighNeighbors<Scalar>::nearest<Index>(const HighNearest<Scalar>&) const;   \
  template void HighNeighbors<Scalar>::nearest_of<Index>(PointView<Scalar>, const HighNearest<Scalar>&, Index*, \
                                                         Scalar*) const;
#define COPPICE_INSTANTIATE(Scalar)               \
  template class HighNeighbors<Scalar>;           \
  COPPICE_INSTANTIATE_INDEX(Scalar, std::int32_t) \
  COPPICE_INSTANTIATE_INDEX(Scalar, std::int64_t)
COPPICE_INSTANTIATE(float)
COPPICE_INSTANTIATE(double)
#undef COPPICE_INSTANTIATE
#undef COPPICE_INSTANTIATE_INDEX

}  // namespace coppice
