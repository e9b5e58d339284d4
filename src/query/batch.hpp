// Batches of range queries: searched along a Morton curve on the executor's threads, answered in the order of their
// rows.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "checks.hpp"
#include "coppice/storage/prefetch.hpp"
#include "hit_arena.hpp"
#include "search_order.hpp"

namespace coppice::query {

/// Rows out of order are a miss each: those to come are fetched this many searches before.
inline constexpr std::size_t ahead = 4;
/// The most queries a thread takes at a time.
inline constexpr std::size_t longest_chunk = 4096;

/// Puts the hits [first, …) of a query into the order asked for.
template <class Scalar>
void sort_hits(point_id* ids, Scalar* keys, std::size_t size, Order order, std::vector<Hit<Scalar>>& scratch) {
  if (order == Order::none) return;
  if (keys == nullptr) {
    std::sort(ids, ids + size);
    return;
  }
  scratch.clear();
  for (std::size_t i = 0; i < size; ++i) scratch.push_back({keys[i], ids[i]});
  if (order == Order::by_distance)
    std::sort(scratch.begin(), scratch.end());
  else
    std::sort(scratch.begin(), scratch.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  for (std::size_t i = 0; i < size; ++i) {
    keys[i] = scratch[i].distance_squared;
    ids[i] = scratch[i].id;
  }
}

/// Puts what `part` names of every row one behind the other. The rows lie where the Morton curve has left them, so
/// those to come are fetched.
template <class Row, class Part, class T>
void gather(const std::vector<Row>& rows, Part part, const std::vector<std::int64_t>& offsets, std::vector<T>& all) {
  const auto total = static_cast<std::size_t>(offsets.back());
  const auto fetch = [&](std::size_t i) {
    if (i >= rows.size()) return;
    storage::prefetch_lines(part(rows[i]), rows[i].size * sizeof(T));
  };
  reserve_large(all, total);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    fetch(i + ahead);
    all.insert(all.end(), part(rows[i]), part(rows[i]) + rows[i].size);
  }
}

/// Runs `search(row, sink)` for every row, along the Morton curve of `places`, and puts the answers into the order of
/// the rows; with distances where there is a metric.
template <class Scalar, class Search>
Neighbors<Scalar> collect(PointView<Scalar> places, const Metric<Scalar>* metric, Order order, const Executor& executor,
                          Search search) {
  using Arena = HitArena<Scalar>;
  const bool with_keys = metric != nullptr;
  const std::size_t rows = places.size();
  const std::vector<std::uint32_t> sequence = search_order(places);
  const std::size_t grain =
      executor.is_parallel() ? chunk_of(rows, longest_chunk, executor) : std::max<std::size_t>(rows, 1);
  std::vector<std::unique_ptr<Arena>> arenas((rows + grain - 1) / grain);
  std::vector<typename Arena::Row> found(rows);
  executor.for_each_chunk(rows, grain, [&](std::size_t first, std::size_t last) {
    auto arena = std::make_unique<Arena>(with_keys, last - first);
    std::vector<Hit<Scalar>> scratch;
    for (std::size_t i = first; i < last; ++i) {
      const std::size_t row = sequence.empty() ? i : sequence[i];
      if (i + ahead < sequence.size()) storage::prefetch(places.row(sequence[i + ahead]));
      search(row, arena->open());
      found[row] = arena->close();
      sort_hits(found[row].ids, found[row].keys, found[row].size, order, scratch);
      if (with_keys) metric->distances_of({found[row].keys, found[row].size});
    }
    arenas[first / grain] = std::move(arena);
  });
  Neighbors<Scalar> answer;
  answer.offsets.resize(rows + 1);
  for (std::size_t row = 0; row < rows; ++row)
    answer.offsets[row + 1] = answer.offsets[row] + static_cast<std::int64_t>(found[row].size);
  executor.invoke(
      [&] {
        gather(
            found, [](const auto& row) { return row.ids; }, answer.offsets, answer.ids);
      },
      [&] {
        if (with_keys)
          gather(
              found, [](const auto& row) { return row.keys; }, answer.offsets, answer.distances);
      });
  return answer;
}

/// Counts with `search(row, sink)`.
template <class Scalar, class Search>
std::vector<std::int64_t> count_rows(PointView<Scalar> places, const Executor& executor, Search search) {
  const std::size_t rows = places.size();
  const std::vector<std::uint32_t> sequence = search_order(places);
  std::vector<std::int64_t> counts(rows, 0);
  executor.for_each_chunk(rows, chunk_of(rows, longest_chunk, executor), [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      const std::size_t row = sequence.empty() ? i : sequence[i];
      if (i + ahead < sequence.size()) storage::prefetch(places.row(sequence[i + ahead]));
      HitSink<Scalar> sink;
      sink.counting = true;
      search(row, sink);
      counts[row] = static_cast<std::int64_t>(sink.size);
    }
  });
  return counts;
}

}  // namespace coppice::query
