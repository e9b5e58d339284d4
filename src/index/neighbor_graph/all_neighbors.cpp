#include "coppice/index/neighbor_graph/all_neighbors.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <string>

#include "coppice/errors.hpp"
#include "leaf_set.hpp"
#include "row_memory.hpp"

namespace coppice {
namespace {

using neighbor_graph::LeafSet;
using neighbor_graph::RowCounts;
using neighbor_graph::RowMemories;
using neighbor_graph::RowScratch;

constexpr std::size_t most_points = std::size_t{1} << 31;
constexpr std::size_t groups_a_chunk = 32;

template <class S>
PointView<S> checked(PointView<S> points) {
  if (points.size() >= most_points)
    throw unsupported("a neighbour graph holds fewer than 2^31 points; found " + std::to_string(points.size()));
  if (points.dimension() < 1 || points.dimension() > max_dimension)
    throw invalid_input("the points have " + std::to_string(points.dimension()) + " coordinates; expected 1 to " +
                        std::to_string(max_dimension));
  check_points(points, points.dimension());
  return points;
}

template <class S>
void check_metric(MetricKind kind) {
  if (kind == MetricKind::weighted_l2)
    throw unsupported("a neighbour graph is built by l2, l1 or linf; for weights scale the coordinates by their roots");
}

}  // namespace

template <class Scalar>
class AllNeighbors<Scalar>::Body {
 public:
  Body(PointView<Scalar> points, const Executor& executor)
      : dimension(points.dimension()), set(checked(points), executor) {}

  int dimension;
  LeafSet<Scalar> set;
  std::atomic<std::int64_t> pairs{0}, exact_rows{0};

  /// How far points with keys of at most that distance's may be, in units, rounded up; infinite beyond everything.
  [[nodiscard]] float in_units(Scalar distance, MetricKind metric) const {
    const double lost = static_cast<double>(underflow(metric));
    const double units = static_cast<double>(distance) * set.view().inverse_unit * (1 + 1e-6) +
                         (metric == MetricKind::l2 ? std::sqrt(lost) : lost);
    return units < 1e30 ? std::nextafter(static_cast<float>(units), 1e38f) : std::numeric_limits<float>::infinity();
  }
  /// What keys of this type may be off by because they underflow, in units of the filter's values.
  [[nodiscard]] float underflow(MetricKind metric) const {
    const double unit = set.view().inverse_unit;
    const double least = static_cast<double>(dimension) * static_cast<double>(std::numeric_limits<Scalar>::min()) *
                         static_cast<double>(std::numeric_limits<Scalar>::epsilon());
    return static_cast<float>(metric == MetricKind::l2 ? least * unit * unit : least * unit);
  }

  template <class Task>
  void run(const Task& task, std::size_t groups, const Executor& executor, RowMemories& memories,
           void (*kernel)(const Task&, std::size_t, std::size_t, RowScratch&, RowCounts&)) {
    pairs = 0;
    exact_rows = 0;
    executor.for_each_chunk(groups, groups_a_chunk, [&](std::size_t first, std::size_t last) {
      RowCounts counts;
      memories.with([&](RowScratch& scratch) { kernel(task, first, last, scratch, counts); });
      pairs += counts.pairs;
      exact_rows += counts.exact_rows;
    });
  }

  void nearest(const LeafSet<Scalar>& queries, const AllNearest<Scalar>& query, std::size_t first, std::size_t count,
               std::int32_t* ids32, std::int64_t* ids64, Scalar* distances) {
    check_metric<Scalar>(query.metric);
    if (query.k == 0) throw invalid_input("k is 0; expected at least 1");
    if (!(query.radius >= 0)) throw invalid_input("the radius is negative or NaN; expected 0 or more");
    if (!(query.epsilon >= 0) || !std::isfinite(query.epsilon))
      throw invalid_input("epsilon is negative or not finite; expected 0 or more");
    neighbor_graph::NearestTask<Scalar> task{};
    const bool squared = query.metric == MetricKind::l2;
    task.set = set.view();
    task.queries = queries.view();
    task.same = &queries == &set;
    task.self = query.self;
    task.k = query.k;
    task.metric = query.metric;
    task.limit = squared ? query.radius * query.radius : query.radius;
    task.reach = in_units(query.radius, query.metric);
    const double tolerance = 1 + static_cast<double>(query.epsilon);
    task.tolerance = squared ? tolerance * tolerance : tolerance;
    task.underflow = underflow(query.metric);
    task.first = first;
    task.count = count;
    task.ids32 = ids32;
    task.ids64 = ids64;
    task.distances = distances;
    if (set.size() == 0) return pad(task);
    // No row is longer than the set, so a kernel's heap needs no more; the rest of each row is padding.
    const std::size_t longest = std::min(query.k + 1, set.size());
    RowMemories memories(task.set.dimension, longest * (sizeof(Scalar) + sizeof(std::int32_t)));
    run(task, queries.groups(), query.executor, memories, neighbor_graph::row_kernels<Scalar>().nearest);
  }

  void within(const AllWithin<Scalar>& query, std::size_t first, std::size_t count, const std::int64_t* offsets,
              std::int64_t* degrees, std::int32_t* ids32, std::int64_t* ids64, Scalar* distances) {
    neighbor_graph::WithinTask<Scalar> task{};
    task.set = set.view();
    task.queries = task.set;
    task.same = true;
    task.self = query.self;
    task.metric = query.metric;
    task.limit = query.metric == MetricKind::l2 ? query.radius * query.radius : query.radius;
    task.reach = in_units(query.radius, query.metric);
    task.underflow = underflow(query.metric);
    task.first = first;
    task.count = count;
    task.sorted = query.order == Order::by_distance;
    task.offsets = offsets;
    task.degrees = degrees;
    task.ids32 = ids32;
    task.ids64 = ids64;
    task.distances = distances;
    RowMemories memories(task.set.dimension, 0);
    run(task, set.groups(), query.executor, memories, neighbor_graph::row_kernels<Scalar>().within);
  }

  void check(const AllWithin<Scalar>& query) const {
    check_metric<Scalar>(query.metric);
    if (!(query.radius >= 0)) throw invalid_input("the radius is negative or NaN; expected 0 or more");
    if (query.order == Order::by_id)
      throw unsupported("rows of a neighbour graph come by distance or in storage order, not by id");
  }

 private:
  static void pad(const neighbor_graph::NearestTask<Scalar>& task) {
    const std::size_t entries = task.count * task.k;
    if (task.ids32 != nullptr) std::fill_n(task.ids32, entries, -1);
    if (task.ids64 != nullptr) std::fill_n(task.ids64, entries, no_point);
    if (task.distances != nullptr) std::fill_n(task.distances, entries, std::numeric_limits<Scalar>::infinity());
  }
};

template <class Scalar>
AllNeighbors<Scalar>::AllNeighbors(PointView<Scalar> points, Executor executor)
    : body_(std::make_unique<Body>(points, executor)) {}
template <class Scalar>
AllNeighbors<Scalar>::AllNeighbors(AllNeighbors&&) noexcept = default;
template <class Scalar>
AllNeighbors<Scalar>& AllNeighbors<Scalar>::operator=(AllNeighbors&&) noexcept = default;
template <class Scalar>
AllNeighbors<Scalar>::~AllNeighbors() = default;

template <class Scalar>
std::size_t AllNeighbors<Scalar>::size() const noexcept {
  return body_->set.size();
}
template <class Scalar>
int AllNeighbors<Scalar>::dimension() const noexcept {
  return body_->dimension;
}
template <class Scalar>
AllNeighborsStatistics AllNeighbors<Scalar>::statistics() const noexcept {
  return {body_->pairs, body_->exact_rows, body_->set.leaves(), body_->set.bytes()};
}

namespace {

std::int32_t* narrow(std::int32_t* ids) {
  return ids;
}
std::int32_t* narrow(std::int64_t*) {
  return nullptr;
}
std::int64_t* wide(std::int64_t* ids) {
  return ids;
}
std::int64_t* wide(std::int32_t*) {
  return nullptr;
}

/// All of it will be filled, and far apart: in huge pages where there are any.
template <class T>
void make_room(std::vector<T>& array, std::size_t size) {
  array.reserve(size);
  storage::prefer_huge_pages(array.data(), size * sizeof(T));
  array.resize(size);
}

void check_range(std::size_t first, std::size_t count, std::size_t size) {
  if (first > size || count > size - first)
    throw invalid_input("rows " + std::to_string(first) + " to " + std::to_string(first + count) + " of a graph of " +
                        std::to_string(size) + " points");
}

}  // namespace

template <class Scalar>
template <GraphIndex Index>
void AllNeighbors<Scalar>::nearest(const AllNearest<Scalar>& query, std::size_t first, std::size_t count, Index* ids,
                                   Scalar* distances) const {
  check_range(first, count, size());
  body_->nearest(body_->set, query, first, count, narrow(ids), wide(ids), distances);
}

template <class Scalar>
template <GraphIndex Index>
DenseGraph<Scalar, Index> AllNeighbors<Scalar>::nearest(const AllNearest<Scalar>& query) const {
  DenseGraph<Scalar, Index> graph{query.k, {}, {}};
  make_room(graph.ids, size() * query.k);
  make_room(graph.distances, size() * query.k);
  nearest(query, 0, size(), graph.ids.data(), graph.distances.data());
  return graph;
}

template <class Scalar>
template <GraphIndex Index>
void AllNeighbors<Scalar>::nearest_of(PointView<Scalar> queries, const AllNearest<Scalar>& query, Index* ids,
                                      Scalar* distances) const {
  if (queries.dimension() != dimension())
    throw invalid_input("the queries have " + std::to_string(queries.dimension()) + " coordinates; expected " +
                        std::to_string(dimension()));
  const LeafSet<Scalar> asking(checked(queries), query.executor, &body_->set);
  body_->nearest(asking, query, 0, queries.size(), narrow(ids), wide(ids), distances);
}

template <class Scalar>
std::int64_t AllNeighbors<Scalar>::count_within(const AllWithin<Scalar>& query, std::span<std::int64_t> degrees) const {
  body_->check(query);
  if (!degrees.empty() && degrees.size() != size())
    throw invalid_input("room for " + std::to_string(degrees.size()) + " degrees; expected " + std::to_string(size()));
  std::vector<std::int64_t> own(degrees.empty() ? size() : 0);
  std::int64_t* counts = degrees.empty() ? own.data() : degrees.data();
  if (size() > 0) body_->within(query, 0, size(), nullptr, counts, nullptr, nullptr, nullptr);
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < size(); ++i) sum += counts[i];
  return sum;
}

template <class Scalar>
template <GraphIndex Index>
SparseGraph<Scalar, Index> AllNeighbors<Scalar>::within(const AllWithin<Scalar>& query) const {
  return within<Index>(query, 0, size());
}

template <class Scalar>
template <GraphIndex Index>
SparseGraph<Scalar, Index> AllNeighbors<Scalar>::within(const AllWithin<Scalar>& query, std::size_t first,
                                                        std::size_t count) const {
  body_->check(query);
  check_range(first, count, size());
  SparseGraph<Scalar, Index> graph;
  graph.offsets.assign(count + 1, 0);
  if (count == 0) return graph;
  body_->within(query, first, count, nullptr, graph.offsets.data() + 1, nullptr, nullptr, nullptr);
  for (std::size_t i = 0; i < count; ++i) graph.offsets[i + 1] += graph.offsets[i];
  const std::int64_t edges = graph.offsets[count];
  if (edges > query.most_edges)
    throw invalid_input("the graph has " + std::to_string(edges) + " edges; at most " +
                        std::to_string(query.most_edges) + " were allowed");
  make_room(graph.ids, static_cast<std::size_t>(edges));
  if (query.distances) make_room(graph.distances, static_cast<std::size_t>(edges));
  body_->within(query, first, count, graph.offsets.data(), nullptr, narrow(graph.ids.data()), wide(graph.ids.data()),
                query.distances ? graph.distances.data() : nullptr);
  return graph;
}

template class AllNeighbors<float>;
template class AllNeighbors<double>;

#define COPPICE_INSTANTIATE(S, I)                                                                          \
  template DenseGraph<S, I> AllNeighbors<S>::nearest<I>(const AllNearest<S>&) const;                       \
  template void AllNeighbors<S>::nearest<I>(const AllNearest<S>&, std::size_t, std::size_t, I*, S*) const; \
  template void AllNeighbors<S>::nearest_of<I>(PointView<S>, const AllNearest<S>&, I*, S*) const;          \
  template SparseGraph<S, I> AllNeighbors<S>::within<I>(const AllWithin<S>&) const;                        \
  template SparseGraph<S, I> AllNeighbors<S>::within<I>(const AllWithin<S>&, std::size_t, std::size_t) const;
COPPICE_INSTANTIATE(float, std::int32_t)
COPPICE_INSTANTIATE(float, std::int64_t)
COPPICE_INSTANTIATE(double, std::int32_t)
COPPICE_INSTANTIATE(double, std::int64_t)
#undef COPPICE_INSTANTIATE

}  // namespace coppice
