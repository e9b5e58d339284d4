// Nearest-neighbour batches, single queries, and ascending visits, over any index's kernels.
#include <algorithm>
#include <limits>
#include <utility>

#include "checks.hpp"
#include "search_order.hpp"

namespace coppice::query {
namespace {

/// The most queries a thread takes at a time.
constexpr std::size_t rows_a_chunk = 256;

template <class Scalar>
NearestBatch<Scalar> batch_of(const SearchTarget<Scalar>& target, const Nearest<Scalar>& query) {
  check_k(query.k);
  check_radius(query.radius);
  NearestBatch<Scalar> batch;
  batch.limit = query.metric.key_of(query.radius);
  batch.metric = metric_data(query.metric, target);
  batch.filter = filter_of(query.filter);
  batch.strategy = query.strategy;
  return batch;
}

}  // namespace

template <class Scalar>
Neighbors<Scalar> nearest(const SearchTarget<Scalar>& target, PointView<Scalar> queries, const Nearest<Scalar>& query) {
  NearestBatch<Scalar> batch = batch_of(target, query);
  const CheckedPoints<Scalar> checked(target, queries);
  const std::size_t rows = queries.size();
  const std::size_t k = query.k;
  if (rows != 0 && k > std::numeric_limits<std::size_t>::max() / sizeof(point_id) / rows)
    throw invalid_input("k is " + std::to_string(k) + "; the answer of " + std::to_string(rows) +
                        " queries would not fit into memory");
  Neighbors<Scalar> answer;
  reserve_large(answer.ids, rows * k);
  reserve_large(answer.distances, rows * k);
  answer.ids.assign(rows * k, no_point);
  answer.distances.assign(rows * k, std::numeric_limits<Scalar>::infinity());
  answer.offsets.resize(rows + 1);
  for (std::size_t i = 0; i <= rows; ++i) answer.offsets[i] = static_cast<std::int64_t>(i * k);
  if (target.size == 0) return answer;

  batch.points = checked.view();
  batch.k = std::min(k, target.size);
  batch.stride = k;
  batch.keys = answer.distances.data();
  batch.ids = answer.ids.data();
  std::vector<std::size_t> found(rows);
  batch.found = found.data();
  const std::vector<std::uint32_t> sequence = search_order(checked.view());
  query.executor.for_each_chunk(rows, chunk_of(rows, rows_a_chunk, query.executor),
                                [&](std::size_t first, std::size_t last) {
                                  NearestBatch<Scalar> part = batch;
                                  part.count = last - first;
                                  if (sequence.empty()) {
                                    part.points = batch.points.slice(first, part.count);
                                    part.keys += first * k;
                                    part.ids += first * k;
                                    part.found += first;
                                  } else {
                                    part.rows = sequence.data() + first;
                                  }
                                  target.kernels->nearest(target.view, part);
                                  for (std::size_t i = first; i < last; ++i) {
                                    const std::size_t row = sequence.empty() ? i : sequence[i];
                                    query.metric.distances_of({&answer.distances[row * k], found[row]});
                                  }
                                });
  return answer;
}

template <class Scalar>
std::size_t nearest(const SearchTarget<Scalar>& target, std::span<const Scalar> point, const Nearest<Scalar>& query,
                    std::span<Hit<Scalar>> hits) {
  NearestBatch<Scalar> batch = batch_of(target, query);
  const CheckedPoints<Scalar> checked(target, one_row(point));
  batch.points = checked.view();
  batch.count = 1;
  batch.k = std::min({query.k, target.size, hits.size()});
  if (batch.k == 0) return 0;
  constexpr std::size_t small = 64;
  Scalar few_keys[small];
  point_id few_ids[small];
  std::vector<Scalar> keys;
  std::vector<point_id> ids;
  if (batch.k > small) {
    keys.resize(batch.k);
    ids.resize(batch.k);
  }
  std::size_t found = 0;
  batch.keys = batch.k > small ? keys.data() : few_keys;
  batch.ids = batch.k > small ? ids.data() : few_ids;
  batch.found = &found;
  target.kernels->nearest(target.view, batch);
  for (std::size_t i = 0; i < found; ++i) hits[i] = {batch.keys[i], batch.ids[i]};
  return found;
}

template <class Scalar>
bool visit(const SearchTarget<Scalar>& target, std::span<const Scalar> point, const Nearest<Scalar>& query,
           const HitVisitor<Scalar>& visitor) {
  const NearestBatch<Scalar> batch = batch_of(target, query);
  const CheckedPoints<Scalar> checked(target, one_row(point));
  if (target.size == 0) return true;
  struct Context {
    const HitVisitor<Scalar>& visitor;
    std::size_t left;
    bool stopped;
  } context{visitor, query.k, false};
  target.kernels->ascend(target.view, {checked.view().row(0), batch.limit, batch.metric, batch.filter},
                         {&context, [](void* opaque, const Hit<Scalar>& hit) {
                            Context& c = *static_cast<Context*>(opaque);
                            c.stopped = !c.visitor(hit);
                            return !c.stopped && --c.left != 0;
                          }});
  return !context.stopped;
}

template <class Scalar>
point_id find(const SearchTarget<Scalar>& target, std::span<const Scalar> point) {
  const CheckedPoints<Scalar> checked(target, one_row(point));
  point_id id = no_point;
  if (target.size != 0) target.kernels->find(target.view, checked.view(), &id);
  return id;
}

template <class Scalar>
std::vector<point_id> find(const SearchTarget<Scalar>& target, PointView<Scalar> points, const Executor& executor) {
  const CheckedPoints<Scalar> checked(target, points);
  std::vector<point_id> ids(points.size(), no_point);
  if (target.size == 0) return ids;
  executor.for_each_chunk(points.size(), chunk_of(points.size(), rows_a_chunk, executor),
                          [&](std::size_t first, std::size_t last) {
                            target.kernels->find(target.view, checked.view().slice(first, last - first), &ids[first]);
                          });
  return ids;
}

#define COPPICE_INSTANTIATE(Scalar)                                                                                   \
  template Neighbors<Scalar> nearest<Scalar>(const SearchTarget<Scalar>&, PointView<Scalar>, const Nearest<Scalar>&); \
  template std::size_t nearest<Scalar>(const SearchTarget<Scalar>&, std::span<const Scalar>, const Nearest<Scalar>&,  \
                                       std::span<Hit<Scalar>>);                                                       \
  template point_id find<Scalar>(const SearchTarget<Scalar>&, std::span<const Scalar>);                               \
  template std::vector<point_id> find<Scalar>(const SearchTarget<Scalar>&, PointView<Scalar>, const Executor&);       \
  template bool visit<Scalar>(const SearchTarget<Scalar>&, std::span<const Scalar>, const Nearest<Scalar>&,           \
                              const HitVisitor<Scalar>&);
COPPICE_INSTANTIATE(float)
COPPICE_INSTANTIATE(double)
#undef COPPICE_INSTANTIATE

}  // namespace coppice::query
