// Nearest-neighbour batches, single queries, and ascending visits, over any index's kernels.
#include <algorithm>
#include <limits>
#include <utility>

#include "checks.hpp"

namespace coppice::query {
namespace {

/// The most queries a thread takes at a time.
constexpr std::size_t longest_chunk = 256;

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
  NearestBatch<Scalar> whole = batch_of(target, query);
  const CheckedPoints<Scalar> checked(target, queries);
  const std::size_t rows = queries.size();
  const std::size_t k = query.k;
  if (rows != 0 && k > std::numeric_limits<std::size_t>::max() / sizeof(point_id) / rows)
    throw invalid_input("k is " + std::to_string(k) + "; the answer of " + std::to_string(rows) +
                        " queries would not fit into memory");
  Neighbors<Scalar> answer;
  answer.ids.assign(rows * k, no_point);
  answer.distances.assign(rows * k, std::numeric_limits<Scalar>::infinity());
  answer.offsets.resize(rows + 1);
  for (std::size_t i = 0; i <= rows; ++i) answer.offsets[i] = static_cast<std::int64_t>(i * k);
  if (target.size == 0) return answer;

  whole.k = std::min(k, target.size);
  query.executor.for_each_chunk(rows, chunk_of(rows, longest_chunk, query.executor),
                                [&](std::size_t first, std::size_t last) {
                                  NearestBatch<Scalar> batch = whole;
                                  batch.points = checked.view().slice(first, last - first);
                                  std::vector<std::size_t> found(last - first);
                                  batch.found = found.data();
                                  // Rows shorter than k leave room for the padding, so kernels write to a buffer of
                                  // their own row length.
                                  std::vector<Scalar> keys;
                                  std::vector<point_id> ids;
                                  const bool in_place = batch.k == k;
                                  if (!in_place) {
                                    keys.resize(found.size() * batch.k);
                                    ids.resize(found.size() * batch.k);
                                  }
                                  batch.keys = in_place ? &answer.distances[first * k] : keys.data();
                                  batch.ids = in_place ? &answer.ids[first * k] : ids.data();
                                  target.kernels->nearest(target.view, batch);
                                  for (std::size_t i = 0; i < found.size(); ++i) {
                                    Scalar* distances = &answer.distances[(first + i) * k];
                                    for (std::size_t j = 0; j < found[i]; ++j)
                                      distances[j] = query.metric.distance_of(batch.keys[i * batch.k + j]);
                                    if (!in_place)
                                      std::copy_n(&batch.ids[i * batch.k], found[i], &answer.ids[(first + i) * k]);
                                  }
                                });
  return answer;
}

template <class Scalar>
std::size_t nearest(const SearchTarget<Scalar>& target, std::span<const Scalar> point, const Nearest<Scalar>& query,
                    std::span<Hit<Scalar>> hits) {
  NearestBatch<Scalar> batch = batch_of(target, query);
  const CheckedPoints<Scalar> checked(target, one_point(point));
  batch.points = checked.view();
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
  const CheckedPoints<Scalar> checked(target, one_point(point));
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

#define COPPICE_INSTANTIATE(Scalar)                                                                                   \
  template Neighbors<Scalar> nearest<Scalar>(const SearchTarget<Scalar>&, PointView<Scalar>, const Nearest<Scalar>&); \
  template std::size_t nearest<Scalar>(const SearchTarget<Scalar>&, std::span<const Scalar>, const Nearest<Scalar>&,  \
                                       std::span<Hit<Scalar>>);                                                       \
  template bool visit<Scalar>(const SearchTarget<Scalar>&, std::span<const Scalar>, const Nearest<Scalar>&,           \
                              const HitVisitor<Scalar>&);
COPPICE_INSTANTIATE(float)
COPPICE_INSTANTIATE(double)
#undef COPPICE_INSTANTIATE

}  // namespace coppice::query
