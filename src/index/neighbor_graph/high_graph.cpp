// HighGraph: ids and slots, what a batch changes, and when all rows are made anew. What near means is the sieve's
// (high_graph_sieve.hpp).
#include "coppice/index/neighbor_graph/high_graph.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "coppice/errors.hpp"
#include "coppice/storage/id_check.hpp"
#include "high_effort.hpp"
#include "high_graph_sieve.hpp"

namespace coppice {
namespace {

constexpr std::size_t most_spare = std::size_t{1} << 20;
constexpr std::size_t part_for_anew = 4;     ///< when one row in so many would be searched, searching all costs less
constexpr std::size_t age_for_anew = 2;      ///< likewise: when one point in so many has changed since
constexpr double audits_an_age = 64;         ///< new rows compared with an exact search until then, and
constexpr double least_audits = 1.0 / 1024;  ///< at least this part of them: it takes a fifth of their insertion
constexpr std::size_t audits_that_tell = 8;
constexpr std::size_t rows_a_share = 1024;

}  // namespace

template <class Scalar>
class HighGraph<Scalar>::Body {
 public:
  Body(int dimensions, HighNearest<Scalar> asked, std::size_t spare)
      : dimension(dimensions), task{std::move(asked), 0, spare} {
    check_dimension(dimension);
    high::check_query(task.query);
    if (spare > most_spare)
      throw invalid_input("spare is " + std::to_string(spare) + "; expected 0 to " + std::to_string(most_spare));
    task.others = task.query.k - (task.query.self ? 1 : 0);
  }

  [[nodiscard]] const Executor& executor() const noexcept { return task.query.executor; }
  [[nodiscard]] std::size_t slot_of(point_id id) const {
    storage::check_known({&id, 1}, slots);
    return slots.find(id);
  }

  /// Everything from here on is checked.
  void build(PointView<Scalar> points, std::span<const point_id> ids) {
    std::vector<std::size_t> order(ids.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return ids[a] < ids[b]; });
    Points<Scalar> sorted{{}, dimension};
    sorted.coordinates.reserve(points.size() * static_cast<std::size_t>(dimension));
    graph.names.clear();
    for (const std::size_t i : order) {
      sorted.coordinates.insert(sorted.coordinates.end(), points.row(i), points.row(i) + dimension);
      graph.names.push_back(ids[i]);
    }
    sieve.reset();
    graph.store = high::Store<Scalar>(sorted.view(), true, executor(), high::with_room(ids.size()));
    slots.clear();
    slots.expect(ids.size());
    for (std::size_t slot = 0; slot < ids.size(); ++slot)
      slots.assign(graph.names[slot], static_cast<std::uint32_t>(slot));
    sieve = high::search_graph(graph, task, done);
    repair = {ids.size(), 0, 0, 0, true};
    age = 0;
    due = 0;
    audit_found.clear();
    audit_wanted.clear();
  }

  /// All points that are there, and those that come.
  void build_anew(PointView<Scalar> points, std::span<const point_id> coming) {
    Points<Scalar> all{{}, dimension};
    all.coordinates.resize((graph.live + points.size()) * static_cast<std::size_t>(dimension));
    std::vector<point_id> ids;
    Scalar* to = all.coordinates.data();
    for (std::size_t slot = 0; slot < graph.names.size(); ++slot) {
      if (graph.is_empty(slot)) continue;
      graph.store.copy_row(slot, to);
      to += dimension;
      ids.push_back(graph.names[slot]);
    }
    for (std::size_t i = 0; i < points.size(); ++i) to = std::copy_n(points.row(i), dimension, to);
    ids.insert(ids.end(), coming.begin(), coming.end());
    build(all, ids);
  }

  void insert(PointView<Scalar> points, std::span<const point_id> ids) {
    repair = {points.size(), 0, 0, 0, false};
    if (points.empty()) return;
    age += points.size();
    if (sieve == nullptr || age_for_anew * age > graph.live || !graph.store.admits(points, sieve->frame(), executor()))
      return anew(points, ids);
    std::vector<std::int32_t> fresh;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const std::uint32_t slot = graph.rows.make(ids[i]);
      if (slot >= graph.names.size()) {
        graph.names.push_back(ids[i]);
        graph.store.grow(graph.names.size());
      }
      graph.names[slot] = ids[i];
      graph.store.set(slot, points.row(i));
      slots.assign(ids[i], slot);
      fresh.push_back(static_cast<std::int32_t>(slot));
    }
    graph.live += points.size();
    sieve->set(graph, fresh, executor());
    repair.evaluated = sieve->offer(graph, fresh, executor());
    sieve->search(graph, fresh, executor());
    if (!sieve->is_exact() && falls_short(fresh)) anew({nullptr, 0, dimension}, {});
  }

  void erase(std::span<const point_id> ids) {
    repair = {ids.size(), 0, 0, 0, false};
    if (ids.empty()) return;
    for (const point_id id : ids) {
      const std::uint32_t slot = slots.take(id);
      graph.rows.drop(slot);
      sieve->hide(slot);
    }
    graph.live -= ids.size();
    age += ids.size();
    if (age_for_anew * age > graph.live) return anew({nullptr, 0, dimension}, {});
    const std::size_t needed = std::min(sieve->least(), graph.live - 1);
    const std::size_t count = graph.names.size();
    std::vector<std::vector<std::int32_t>> wanting((count + rows_a_share - 1) / rows_a_share);
    executor().for_each_chunk(count, rows_a_share, [&](std::size_t first, std::size_t last) {
      for (std::size_t slot = first; slot < last; ++slot)
        if (!graph.is_empty(slot) && forget(slot) < needed)
          wanting[first / rows_a_share].push_back(static_cast<std::int32_t>(slot));
    });
    std::vector<std::int32_t> rows;
    for (const auto& some : wanting) rows.insert(rows.end(), some.begin(), some.end());
    if (part_for_anew * rows.size() > graph.live) return anew({nullptr, 0, dimension}, {});
    sieve->search(graph, rows, executor());
    repair.searched = rows.size();
  }

  [[nodiscard]] std::vector<Hit<Scalar>> neighbors(point_id id) const {
    const std::span<const Hit<Scalar>> held = graph.rows.hits(slot_of(id));
    std::vector<Hit<Scalar>> hits(held.begin(),
                                  held.begin() + static_cast<std::ptrdiff_t>(std::min(held.size(), task.others)));
    if (task.query.self) {
      const Hit<Scalar> own{Scalar(0), id};
      hits.insert(std::upper_bound(hits.begin(), hits.end(), own), own);
    }
    return hits;
  }

  int dimension;
  high::GraphTask<Scalar> task;
  high::GraphRows<Scalar> graph;
  IdMap slots;
  point_id next_id = 0;
  std::unique_ptr<high::GraphSieve<Scalar>> sieve;
  HighStatistics done;
  HighRepair repair;

 private:
  void anew(PointView<Scalar> points, std::span<const point_id> coming) {
    const HighRepair before = repair;
    build_anew(points, coming);
    repair = before;
    repair.all_anew = true;
  }

  /// Takes points that have gone out of a row; gives how many it still holds.
  std::size_t forget(std::size_t slot) {
    const std::span<const Hit<Scalar>> hits = graph.rows.hits(slot);
    for (std::size_t i = hits.size(); i-- > 0;)
      if (slots.find(hits[i].id) == IdMap::absent) graph.rows.take(slot, hits[i]);
    return graph.rows.hits(slot).size();
  }

  /// Compares some of the new rows with an exact search. True: all that were compared since the build have, beyond
  /// doubt, less than the recall that is wanted.
  bool falls_short(std::span<const std::int32_t> fresh) {
    if (task.others == 0) return false;
    const double rate = std::max(least_audits, audits_an_age * age_for_anew / static_cast<double>(graph.live));
    due += rate * static_cast<double>(fresh.size());
    const std::size_t count = std::min(fresh.size(), static_cast<std::size_t>(due));
    due -= static_cast<double>(count);
    std::vector<std::int32_t> all;
    for (std::size_t slot = 0; slot < graph.names.size(); ++slot)
      if (!graph.is_empty(slot)) all.push_back(static_cast<std::int32_t>(slot));
    const std::size_t first = audit_found.size();
    audit_found.resize(first + count);
    audit_wanted.resize(first + count);
    executor().for_each_chunk(count, 1, [&](std::size_t j, std::size_t) {
      const auto slot = static_cast<std::size_t>(fresh[(2 * j + 1) * fresh.size() / (2 * count)]);
      std::vector<Scalar> keys(all.size());
      graph.store.keys(graph.store, slot, all.data(), all.size(), keys.data());
      high::Best<Scalar> best(task.others);
      for (std::size_t i = 0; i < all.size(); ++i)
        if (static_cast<std::size_t>(all[i]) != slot)
          best.add({keys[i], graph.names[static_cast<std::size_t>(all[i])]});
      const std::span<const Hit<Scalar>> held = graph.rows.hits(slot);
      audit_wanted[first + j] = best.hits().size();
      audit_found[first + j] =
          static_cast<std::size_t>(std::count_if(best.hits().begin(), best.hits().end(), [&](const Hit<Scalar>& hit) {
            return std::find(held.begin(), held.end(), hit) != held.end();
          }));
    });
    repair.audited = count;
    if (audit_found.size() < audits_that_tell) return false;
    const high::RecallEstimate estimate = high::estimate_recall(audit_found, audit_wanted);
    return estimate.recall + estimate.margin < task.query.recall;
  }

  std::size_t age = 0;  ///< points that have come or gone since all rows were made
  double due = 0;       ///< audits
  std::vector<std::size_t> audit_found;
  std::vector<std::size_t> audit_wanted;
};

template <class Scalar>
HighGraph<Scalar>::HighGraph(int dimension, HighNearest<Scalar> query, std::size_t spare)
    : body_(std::make_unique<Body>(dimension, std::move(query), spare)) {}
template <class Scalar>
HighGraph<Scalar>::HighGraph(HighGraph&&) noexcept = default;
template <class Scalar>
HighGraph<Scalar>& HighGraph<Scalar>::operator=(HighGraph&&) noexcept = default;
template <class Scalar>
HighGraph<Scalar>::~HighGraph() = default;

template <class Scalar>
void HighGraph<Scalar>::build(PointView<Scalar> points) {
  build(points, storage::fresh_ids(0, points.size()));
}
template <class Scalar>
void HighGraph<Scalar>::build(PointView<Scalar> points, std::span<const point_id> ids) {
  check_points(points, body_->dimension);
  high::check_count(points.size());
  storage::check_one_id_a_row(ids, points.size());
  storage::check_fresh(ids, IdMap());
  body_->build(points, ids);
  body_->next_id = storage::next_after(0, ids);
}

template <class Scalar>
point_id HighGraph<Scalar>::insert(PointView<Scalar> points) {
  const point_id first = body_->next_id;
  insert(points, storage::fresh_ids(first, points.size()));
  return first;
}
template <class Scalar>
void HighGraph<Scalar>::insert(PointView<Scalar> points, std::span<const point_id> ids) {
  check_points(points, body_->dimension);
  high::check_count(size() + points.size());
  storage::check_one_id_a_row(ids, points.size());
  storage::check_fresh(ids, body_->slots);
  body_->insert(points, ids);
  body_->next_id = storage::next_after(body_->next_id, ids);
}

template <class Scalar>
void HighGraph<Scalar>::erase(std::span<const point_id> ids) {
  storage::check_known(ids, body_->slots);
  body_->erase(ids);
}
template <class Scalar>
void HighGraph<Scalar>::clear() noexcept {
  body_->build({nullptr, 0, body_->dimension}, {});
}

template <class Scalar>
std::vector<Hit<Scalar>> HighGraph<Scalar>::neighbors(point_id id) const {
  return body_->neighbors(id);
}

template <class Scalar>
std::vector<point_id> HighGraph<Scalar>::ids() const {
  std::vector<point_id> ids;
  ids.reserve(size());
  for (std::size_t slot = 0; slot < body_->graph.names.size(); ++slot)
    if (!body_->graph.is_empty(slot)) ids.push_back(body_->graph.names[slot]);
  std::sort(ids.begin(), ids.end());
  return ids;
}

template <class Scalar>
template <GraphIndex Index>
DenseGraph<Scalar, Index> HighGraph<Scalar>::graph() const {
  const std::size_t k = body_->task.query.k;
  const std::vector<point_id> all = ids();
  std::vector<Index> rank(body_->graph.names.size());
  for (std::size_t i = 0; i < all.size(); ++i) rank[body_->slots.find(all[i])] = static_cast<Index>(i);
  DenseGraph<Scalar, Index> graph{k, std::vector<Index>(all.size() * k, Index{-1}),
                                  std::vector<Scalar>(all.size() * k, std::numeric_limits<Scalar>::infinity())};
  body_->executor().for_each_chunk(all.size(), rows_a_share, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      const std::vector<Hit<Scalar>> hits = body_->neighbors(all[i]);
      for (std::size_t j = 0; j < hits.size(); ++j) {
        graph.ids[i * k + j] = rank[body_->slots.find(hits[j].id)];
        graph.distances[i * k + j] = std::sqrt(hits[j].distance_squared);
      }
    }
  });
  return graph;
}

template <class Scalar>
std::size_t HighGraph<Scalar>::size() const noexcept {
  return body_->graph.live;
}
template <class Scalar>
int HighGraph<Scalar>::dimension() const noexcept {
  return body_->dimension;
}
template <class Scalar>
const HighNearest<Scalar>& HighGraph<Scalar>::query() const noexcept {
  return body_->task.query;
}
template <class Scalar>
bool HighGraph<Scalar>::contains(point_id id) const noexcept {
  return body_->slots.find(id) != IdMap::absent;
}
template <class Scalar>
std::vector<Scalar> HighGraph<Scalar>::point(point_id id) const {
  std::vector<Scalar> x(static_cast<std::size_t>(body_->dimension));
  body_->graph.store.copy_row(body_->slot_of(id), x.data());
  return x;
}
template <class Scalar>
std::size_t HighGraph<Scalar>::bytes() const noexcept {
  return body_->graph.store.memory() + body_->graph.rows.bytes() + body_->graph.names.capacity() * sizeof(point_id) +
         body_->slots.bytes() + (body_->sieve == nullptr ? 0 : body_->sieve->memory());
}
template <class Scalar>
HighRepair HighGraph<Scalar>::last_repair() const noexcept {
  return body_->repair;
}
template <class Scalar>
HighStatistics HighGraph<Scalar>::statistics() const noexcept {
  return body_->done;
}

#define COPPICE_INSTANTIATE(Scalar)                                                         \
  template class HighGraph<Scalar>;                                                         \
  template DenseGraph<Scalar, std::int32_t> HighGraph<Scalar>::graph<std::int32_t>() const; \
  template DenseGraph<Scalar, std::int64_t> HighGraph<Scalar>::graph<std::int64_t>() const;
COPPICE_INSTANTIATE(float)
COPPICE_INSTANTIATE(double)
#undef COPPICE_INSTANTIATE

}  // namespace coppice
