// What single searches do, and where points belong: for indexes that show nodes.
#include <algorithm>

#include "checks.hpp"

namespace coppice::query {
namespace {

template <class Scalar>
void check_nodes(const SearchTarget<Scalar>& target) {
  if (target.kernels->home_path == nullptr)
    throw unsupported("this index shows no nodes whose visits could be counted; kd, multiway and octree do");
}

}  // namespace

template <class Scalar>
SearchWork work(const SearchTarget<Scalar>& target, std::span<const Scalar> point, const Nearest<Scalar>& query,
                std::uint64_t limit) {
  check_nodes(target);
  check_k(query.k);
  check_radius(query.radius);
  const CheckedPoints<Scalar> checked(target, one_row(point));
  SearchWork work;
  work.limit = limit;
  if (target.size == 0) return work;
  NearestBatch<Scalar> batch;
  batch.points = checked.view();
  batch.count = 1;
  batch.k = std::min(query.k, target.size);
  batch.limit = query.metric.key_of(query.radius);
  batch.metric = metric_data(query.metric, target);
  batch.filter = filter_of(query.filter);
  batch.strategy = query.strategy;
  std::vector<Scalar> keys(batch.k);
  std::vector<point_id> ids(batch.k);
  std::size_t found = 0;
  batch.keys = keys.data();
  batch.ids = ids.data();
  batch.found = &found;
  target.kernels->nearest_counted(target.view, batch, work);
  return work;
}

template <class Scalar>
SearchWork work(const SearchTarget<Scalar>& target, std::span<const Scalar> point, const Within<Scalar>& query,
                std::uint64_t limit) {
  check_nodes(target);
  check_radius(query.radius);
  const CheckedPoints<Scalar> checked(target, one_row(point));
  SearchWork work;
  work.limit = limit;
  if (target.size == 0) return work;
  HitSink<Scalar> sink;
  sink.counting = true;
  const BallQuery<Scalar> ball{checked.view().row(0), query.metric.key_of(query.radius),
                               metric_data(query.metric, target), filter_of(query.filter), query.containment};
  target.kernels->within_by(target.view, ball, query.strategy, work, sink);
  return work;
}

template <class Scalar>
HomePath<Scalar> home_path(const SearchTarget<Scalar>& target, std::span<const Scalar> point) {
  check_nodes(target);
  const CheckedPoints<Scalar> checked(target, one_row(point));
  HomePath<Scalar> path;
  if (target.size != 0) target.kernels->home_path(target.view, checked.view().row(0), path);
  return path;
}

#define COPPICE_INSTANTIATE(Scalar)                                                                              \
  template SearchWork work<Scalar>(const SearchTarget<Scalar>&, std::span<const Scalar>, const Nearest<Scalar>&, \
                                   std::uint64_t);                                                               \
  template SearchWork work<Scalar>(const SearchTarget<Scalar>&, std::span<const Scalar>, const Within<Scalar>&,  \
                                   std::uint64_t);                                                               \
  template HomePath<Scalar> home_path<Scalar>(const SearchTarget<Scalar>&, std::span<const Scalar>);
COPPICE_INSTANTIATE(float)
COPPICE_INSTANTIATE(double)
#undef COPPICE_INSTANTIATE

}  // namespace coppice::query
