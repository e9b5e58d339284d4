#include "coppice/index/neighbor_graph/neighbor_graph_rows.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

#include "coppice/errors.hpp"
#include "coppice/index/neighbor_graph/all_neighbors.hpp"
#include "coppice/query/kernels.hpp"
#include "coppice/storage/id_check.hpp"
#include "neighbor_graph_body.hpp"

namespace coppice::neighbor_graph {
namespace {

constexpr std::size_t most_neighbors = std::size_t{1} << 20;
constexpr std::size_t most_rows = (std::size_t{1} << 31) - 1;
constexpr std::size_t searches_a_chunk = 256;
constexpr std::size_t rows_a_chunk = 4096;

void require(bool holds, const std::string& broken) {
  if (!holds) throw std::logic_error("NeighborGraph: " + broken);
}

template <class S>
Config<S> checked(Config<S> config, int dimension) {
  check_dimension(dimension);
  config.check(dimension);
  return config;
}

}  // namespace

template <class Scalar>
void Config<Scalar>::check(int dimension) const {
  if (k < 1 || k > most_neighbors)
    throw invalid_input("k is " + std::to_string(k) + "; expected 1 to " + std::to_string(most_neighbors));
  if (spare > most_neighbors)
    throw invalid_input("spare is " + std::to_string(spare) + "; expected 0 to " + std::to_string(most_neighbors));
  if (!(replace_fraction > 0 && replace_fraction <= 1))
    throw invalid_input("replace_fraction is " + std::to_string(replace_fraction) + "; expected above 0, up to 1");
  metric.check(dimension);
  periodic.check(dimension);
}

template <class S>
Rows<S>::Body::Body(int dimension, Config<S> chosen)
    : config(checked(std::move(chosen), dimension)),
      space{dimension, config.metric, config.periodic},
      store(config.k + config.spare) {}

template <class S>
void Rows<S>::Body::clear() noexcept {
  store.reset(0);
  row_of.clear();
  runs_.clear();
}

/// Ties are decided by ids, and the fast rows decide them by position: points are taken in the order of their ids.
template <class S>
void Rows<S>::Body::build(const SearchTarget<S>& index, PointView<S> points, std::span<const point_id> ids) {
  if (std::is_sorted(ids.begin(), ids.end())) return build_ascending(index, points, ids);
  std::vector<std::uint32_t> order(ids.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return ids[a] < ids[b]; });
  std::vector<point_id> ascending(ids.size());
  Points<S> sorted{{}, points.dimension()};
  sorted.coordinates.reserve(ids.size() * static_cast<std::size_t>(points.dimension()));
  for (std::size_t i = 0; i < order.size(); ++i) {
    ascending[i] = ids[order[i]];
    sorted.coordinates.insert(sorted.coordinates.end(), points.row(order[i]),
                              points.row(order[i]) + points.dimension());
  }
  build_ascending(index, sorted.view(), ascending);
}

template <class S>
void Rows<S>::Body::build_ascending(const SearchTarget<S>& index, PointView<S> points, std::span<const point_id> ids) {
  repair = {ids.size(), 0, 0, true};
  row_of.clear();
  row_of.expect(ids.size());
  runs_.clear();
  store.reset(ids.size());
  if (ids.empty()) return;
  std::vector<std::uint32_t> names(ids.size());  // of rows, in the order of their ids
  std::iota(names.begin(), names.end(), 0u);
  place(points, names);
  ReachRun<S>& run = runs_.front().points;
  std::vector<std::uint32_t> which;
  for (std::size_t slot = 0; slot < run.slots(); ++slot) {  // rows lie as their points do: near what changes with them
    if (run.row(slot) == ReachRun<S>::nobody) continue;
    const auto row = static_cast<std::uint32_t>(which.size());
    which.push_back(run.row(slot));
    names[which[row]] = row;
    store.set_id(row, ids[which[row]]);
    store.place(row) = {0, static_cast<std::uint32_t>(slot)};
    run.rename(slot, row);
  }
  for (std::size_t i = 0; i < ids.size(); ++i) row_of.assign(ids[i], names[i]);
  if (has_fast_rows())
    all_rows(points, which);
  else
    search_rows(index, points, names, store);
  run.set_reaches([&](std::uint32_t row) { return store.bound(row).distance_squared; });
}

template <class S>
bool Rows<S>::Body::has_fast_rows() const noexcept {
  return !config.periodic.is_periodic() && config.metric.kind != MetricKind::weighted_l2;
}

/// Requires: row i belongs to points[which[i]], whose ids ascend.
template <class S>
void Rows<S>::Body::all_rows(PointView<S> points, std::span<const std::uint32_t> which) {
  const std::size_t n = points.size();
  AllNearest<S> query;
  query.k = std::min(config.k + config.spare, std::max<std::size_t>(n - 1, 1));
  query.metric = config.metric.kind;
  query.executor = config.executor;
  const storage::RawArray<std::int32_t> found(n * query.k);
  AllNeighbors<S>(points, config.executor).template nearest<std::int32_t>(query, 0, n, found.get(), nullptr);
  std::vector<point_id> ids(n);
  for (std::size_t row = 0; row < n; ++row) ids[which[row]] = store.id(row);
  config.executor.for_each_chunk(n, rows_a_chunk, [&](std::size_t first, std::size_t last) {
    for (std::size_t row = first; row < last; ++row) {
      const std::int32_t* mine = found.get() + which[row] * query.k;
      const auto count = static_cast<std::size_t>(std::find(mine, mine + query.k, -1) - mine);
      store.assign(row, count, count == n - 1, [&](std::size_t i) {
        const auto other = static_cast<std::size_t>(mine[i]);
        return Hit<S>{space.key(points.row(which[row]), points.row(other)), ids[other]};
      });
    }
  });
}

template <class S>
void Rows<S>::Body::search_rows(const SearchTarget<S>& index, PointView<S> points,
                                const std::vector<std::uint32_t>& rows, RowStore<S>& to) const {
  const std::size_t k = std::min(config.k + config.spare + 1, index.size);
  config.executor.for_each_chunk(rows.size(), searches_a_chunk, [&](std::size_t first, std::size_t last) {
    std::vector<S> keys((last - first) * k);
    std::vector<point_id> ids((last - first) * k);
    std::vector<std::size_t> found(last - first);
    NearestBatch<S> batch;
    batch.points = points.slice(first, last - first);
    batch.count = last - first;
    batch.k = batch.stride = k;
    batch.limit = std::numeric_limits<S>::infinity();
    batch.metric = {config.metric.kind, config.metric.weights.data(),
                    config.periodic.is_periodic() ? config.periodic.lengths.data() : nullptr};
    batch.keys = keys.data();
    batch.ids = ids.data();
    batch.found = found.data();
    index.kernels->nearest(index.view, batch);
    for (std::size_t i = 0; i < last - first; ++i)
      to.assign(rows[first + i], found[i], found[i] == index.size, [&](std::size_t j) {
        return Hit<S>{keys[i * k + j], ids[i * k + j]};
      });
  });
}

template <class S>
std::size_t Rows<S>::Body::bytes() const noexcept {
  std::size_t sum = store.bytes() + row_of.bytes() + runs_.capacity() * sizeof(Run);
  for (const Run& run : runs_) sum += run.points.bytes();
  return sum;
}

template <class S>
void Rows<S>::Body::validate(const SearchTarget<S>& index) const {
  require(row_of.size() == index.size, "rows and points differ in number");
  std::vector<S> coordinates;
  std::vector<std::uint32_t> rows;
  for (std::size_t r = 0; r < runs_.size(); ++r) {
    const Run& run = runs_[r];
    run.points.validate();
    const std::size_t before = rows.size();
    take_over(run, coordinates, rows);
    require(rows.size() - before == run.live, "a run miscounts its points");
    for (std::size_t slot = 0; slot < run.points.slots(); ++slot) {
      const std::uint32_t row = run.points.row(slot);
      if (row == ReachRun<S>::nobody) continue;
      require(store.place(row).run == r && store.place(row).slot == slot, "a row does not know its place");
      require(run.points.reach(slot) == store.bound(row).distance_squared, "a place does not know its row's reach");
    }
  }
  require(rows.size() == index.size, "places and points differ in number");
  RowStore<S> expected(config.k + config.spare);
  expected.reset(store.rows());
  for (const std::uint32_t row : rows) {
    require(row_of.find(store.id(row)) == row, "an id does not lead to its row");
    expected.set_id(row, store.id(row));
  }
  if (rows.empty()) return;
  search_rows(index, {coordinates.data(), rows.size(), space.dimension}, rows, expected);
  for (const std::uint32_t row : rows) {
    const std::span<const Hit<S>> held = store.hits(row), truth = expected.hits(row);
    require(held.size() >= std::min(config.k, index.size - 1), "a row has too few neighbours");
    require(held.size() <= truth.size() && std::equal(held.begin(), held.end(), truth.begin()),
            "the neighbours of id " + std::to_string(store.id(row)) + " are not the nearest");
    require(held.empty() || !(store.bound(row) < held.back()), "a neighbour lies beyond the bound of its row");
    require(held.size() == truth.size() || store.bound(row) < truth[held.size()],
            "a row lacks a point within its bound");
  }
}

template <class S>
Rows<S>::Rows(int dimension, Config<S> config) : body_(std::make_unique<Body>(dimension, std::move(config))) {}
template <class S>
Rows<S>::Rows(Rows&&) noexcept = default;
template <class S>
Rows<S>& Rows<S>::operator=(Rows&&) noexcept = default;
template <class S>
Rows<S>::~Rows() = default;

template <class S>
const Config<S>& Rows<S>::config() const noexcept {
  return body_->config;
}
template <class S>
std::size_t Rows<S>::size() const noexcept {
  return body_->row_of.size();
}
template <class S>
Repair Rows<S>::last_repair() const noexcept {
  return body_->repair;
}
template <class S>
std::size_t Rows<S>::bytes() const noexcept {
  return body_->bytes();
}
template <class S>
void Rows<S>::check_room(std::size_t points) const {
  if (points > most_rows)
    throw unsupported("a neighbour graph holds fewer than 2^31 points; asked for " + std::to_string(points));
}
template <class S>
void Rows<S>::build(const SearchTarget<S>& index, PointView<S> points, std::span<const point_id> ids) {
  body_->build(index, points, ids);
}
template <class S>
void Rows<S>::change(const SearchTarget<S>& index, std::span<const point_id> leave, PointView<S> points,
                     std::span<const point_id> enter) {
  body_->change(index, leave, points, enter);
}
template <class S>
void Rows<S>::clear() noexcept {
  body_->clear();
}
template <class S>
void Rows<S>::validate(const SearchTarget<S>& index) const {
  body_->validate(index);
}

template <class S>
std::span<const Hit<S>> Rows<S>::neighbors(point_id id) const {
  storage::check_known({&id, 1}, body_->row_of);
  const std::span<const Hit<S>> hits = body_->store.hits(body_->row_of.find(id));
  return hits.first(std::min(hits.size(), body_->config.k));
}

template <class S>
std::vector<point_id> Rows<S>::ids() const {
  std::vector<point_id> ids;
  ids.reserve(size());
  for (std::size_t row = 0; row < body_->store.rows(); ++row)
    if (body_->store.id(row) != no_point) ids.push_back(body_->store.id(row));
  std::sort(ids.begin(), ids.end());
  return ids;
}

template <class S>
template <GraphIndex Index>
DenseGraph<S, Index> Rows<S>::graph() const {
  const std::size_t k = body_->config.k;
  const std::vector<point_id> all = ids();
  std::vector<Index> rank(body_->store.rows());
  for (std::size_t i = 0; i < all.size(); ++i) rank[body_->row_of.find(all[i])] = static_cast<Index>(i);
  DenseGraph<S, Index> graph{k, std::vector<Index>(all.size() * k, Index{-1}),
                             std::vector<S>(all.size() * k, std::numeric_limits<S>::infinity())};
  body_->config.executor.for_each_chunk(all.size(), rows_a_chunk, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      const std::span<const Hit<S>> hits = neighbors(all[i]);
      for (std::size_t j = 0; j < hits.size(); ++j) {
        graph.ids[i * k + j] = rank[body_->row_of.find(hits[j].id)];
        graph.distances[i * k + j] = hits[j].distance_squared;
      }
      body_->config.metric.distances_of({graph.distances.data() + i * k, hits.size()});
    }
  });
  return graph;
}

template struct Config<float>;
template struct Config<double>;
template class Rows<float>;
template class Rows<double>;

#define COPPICE_INSTANTIATE(S)                                               \
  template DenseGraph<S, std::int32_t> Rows<S>::graph<std::int32_t>() const; \
  template DenseGraph<S, std::int64_t> Rows<S>::graph<std::int64_t>() const;
COPPICE_INSTANTIATE(float)
COPPICE_INSTANTIATE(double)
#undef COPPICE_INSTANTIATE

}  // namespace coppice::neighbor_graph
