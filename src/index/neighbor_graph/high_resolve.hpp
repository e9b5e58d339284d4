// From candidates to answers: exact keys decide, the filter's bound tells which rows are certain, and the others are
// finished by collecting every point that the bound cannot exclude.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "coppice/query/hit.hpp"
#include "high_filter.hpp"

namespace coppice::high {

/// The caller's arrays: k entries a row. Or whoever takes rows as they are, from any thread.
template <class Scalar>
struct Output {
  std::size_t k = 0;
  std::int32_t* narrow = nullptr;  ///< either this
  std::int64_t* wide = nullptr;    ///< or that
  Scalar* distances = nullptr;     ///< or null
  void* taker = nullptr;
  void (*take)(void* taker, std::size_t row, std::span<const Hit<Scalar>> hits) = nullptr;

  void write(std::size_t row, std::span<const Hit<Scalar>> hits) const {
    if (take != nullptr) return take(taker, row, hits);
    for (std::size_t j = 0; j < k; ++j) {
      const bool there = j < hits.size();
      const std::size_t at = row * k + j;
      if (narrow != nullptr) narrow[at] = there ? static_cast<std::int32_t>(hits[j].id) : -1;
      if (wide != nullptr) wide[at] = there ? hits[j].id : no_point;
      if (distances != nullptr)
        distances[at] = there ? std::sqrt(hits[j].distance_squared) : std::numeric_limits<Scalar>::infinity();
    }
  }
};

/// The k best hits so far, in order.
template <class Scalar>
class Best {
 public:
  explicit Best(std::size_t k) : k_(k) { hits_.reserve(k + 1); }

  void clear() noexcept { hits_.clear(); }
  void add(const Hit<Scalar>& hit) {
    if (hits_.size() == k_ && !(hit < hits_.back())) return;
    hits_.insert(std::upper_bound(hits_.begin(), hits_.end(), hit), hit);
    if (hits_.size() > k_) hits_.pop_back();
  }
  [[nodiscard]] bool is_full() const noexcept { return hits_.size() == k_; }
  [[nodiscard]] Scalar worst() const noexcept { return hits_.back().distance_squared; }
  [[nodiscard]] std::span<const Hit<Scalar>> hits() const noexcept { return hits_; }

 private:
  std::size_t k_;
  std::vector<Hit<Scalar>> hits_;
};

/// One search: rows of `queries` among `points`. Lists and packed sets name points by position; `order` turns positions
/// into rows of the stores (null: they are the same), `query_order` does so for the rows.
template <class Scalar>
struct Problem {
  const Store<Scalar>* points = nullptr;
  const Store<Scalar>* queries = nullptr;
  bool same = true;   ///< the queries are the points: nobody is his own neighbour …
  bool self = false;  ///< … unless asked for
  const std::int32_t* order = nullptr;
  const std::int32_t* query_order = nullptr;
  const point_id* names = nullptr;  ///< of the rows of `points`, which decide ties and are written; null: row numbers
  Output<Scalar> output{};
  Executor executor{};

  [[nodiscard]] std::size_t id(std::size_t position) const noexcept {
    return order == nullptr ? position : static_cast<std::size_t>(order[position]);
  }
  [[nodiscard]] point_id name(std::size_t id) const noexcept {
    return names == nullptr ? static_cast<point_id>(id) : names[id];
  }
  /// Whether ties that the order of candidates decides are decided as they should be.
  [[nodiscard]] bool is_in_order() const noexcept { return order == nullptr && names == nullptr; }
  [[nodiscard]] std::size_t query(std::size_t row) const noexcept {
    return query_order == nullptr ? row : static_cast<std::size_t>(query_order[row]);
  }
  void write(std::size_t row, Best<Scalar>& best) const {
    if (same && self) best.add({Scalar(0), name(query(row))});
    output.write(query(row), best.hits());
  }
};

struct Resolved {
  std::int64_t keys = 0;  ///< exact keys evaluated
  std::int64_t open = 0;  ///< rows that had to be finished
};

/// Evaluates the keys of some positions and adds them to `best`.
template <class Scalar>
class KeyReader {
 public:
  explicit KeyReader(const Problem<Scalar>& problem) : problem_(&problem) {}

  template <class PositionOf>
  void read(std::size_t row, std::size_t count, const PositionOf& position, Best<Scalar>& best) {
    ids_.clear();
    const std::size_t query = problem_->query(row);
    for (std::size_t j = 0; j < count; ++j) {
      const std::size_t id = problem_->id(position(j));
      if (!problem_->same || id != query) ids_.push_back(static_cast<std::int32_t>(id));
    }
    keys_.resize(ids_.size());
    problem_->points->keys(*problem_->queries, query, ids_.data(), ids_.size(), keys_.data());
    for (std::size_t j = 0; j < ids_.size(); ++j)
      best.add({keys_[j], problem_->name(static_cast<std::size_t>(ids_[j]))});
    evaluated += static_cast<std::int64_t>(ids_.size());
  }

  std::int64_t evaluated = 0;

 private:
  const Problem<Scalar>* problem_;
  std::vector<std::int32_t> ids_;
  std::vector<Scalar> keys_;
};

/// Rows `rows` (at most one group of them) from scratch: whatever `filter` cannot exclude, given that the k-th key of
/// each is at most `limits`.
template <class Scalar, class Filter>
std::int64_t finish_rows(const Problem<Scalar>& problem, const tiles::ListKernels<typename Filter::Sum>& kernels,
                         const PackedPoints<typename Filter::Sum>& queries,
                         const PackedPoints<typename Filter::Sum>& points, const Filter& filter,
                         std::span<const std::int32_t> rows, const std::vector<Scalar>& limits) {
  using Sum = typename Filter::Sum;
  const PackedPoints<Sum> chosen = select(queries, rows.data(), rows.size());
  std::vector<Sum> thresholds(group, std::numeric_limits<Sum>::has_infinity ? std::numeric_limits<Sum>::infinity()
                                                                            : std::numeric_limits<Sum>::max());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto row = static_cast<std::size_t>(rows[r]);
    thresholds[r] = Filter::threshold(filter.key_limit(row, limits[row]));
  }
  struct Pending {
    KeyReader<Scalar> reader;
    std::vector<Best<Scalar>> best;
    std::span<const std::int32_t> rows;
  } pending{KeyReader<Scalar>(problem), std::vector<Best<Scalar>>(rows.size(), Best<Scalar>(problem.output.k)), rows};
  std::vector<tiles::Found> found(4096);
  tiles::FoundSink sink{found.data(), 0, found.size(), &pending, [](tiles::FoundSink& full) {
                          auto& to = *static_cast<Pending*>(full.context);
                          for (std::size_t first = 0, last = 0; first < full.size; first = last) {
                            const auto row = static_cast<std::size_t>(full.found[first].row);
                            while (last < full.size && full.found[last].row == full.found[first].row) ++last;
                            to.reader.read(
                                static_cast<std::size_t>(to.rows[row]), last - first,
                                [&](std::size_t j) { return static_cast<std::size_t>(full.found[first + j].column); },
                                to.best[row]);
                          }
                          full.size = 0;
                        }};
  kernels.collect(chosen.view(), {0, 1}, points.view(), {0, points.groups()}, thresholds.data(), sink);
  sink.drain(sink);
  for (std::size_t r = 0; r < rows.size(); ++r) problem.write(static_cast<std::size_t>(rows[r]), pending.best[r]);
  return pending.reader.evaluated;
}

/// Writes all rows. With `certain` they are exact; else the best of the candidates.
template <class Scalar, class Filter>
Resolved resolve(const Problem<Scalar>& problem, const tiles::ListKernels<typename Filter::Sum>& kernels,
                 const PackedPoints<typename Filter::Sum>& queries, const PackedPoints<typename Filter::Sum>& points,
                 const CandidateLists<typename Filter::Sum>& lists, const Filter& filter, bool certain) {
  constexpr std::size_t rows_at_once = 64;
  const std::size_t k = problem.output.k;
  const std::size_t rows = queries.size();
  const std::size_t chunks = (rows + rows_at_once - 1) / rows_at_once;
  std::vector<Scalar> limits(certain ? rows : 0);
  std::vector<std::vector<std::int32_t>> open(chunks);
  std::vector<std::int64_t> evaluated(chunks, 0);
  problem.executor.for_each_chunk(rows, rows_at_once, [&](std::size_t first, std::size_t last) {
    KeyReader<Scalar> reader(problem);
    Best<Scalar> best(k);
    std::vector<Candidate> candidates;
    for (std::size_t row = first; row < last; ++row) {
      if (certain)
        lists.sorted(row, candidates);
      else
        lists.best(row, lists.most(), candidates);
      best.clear();
      bool closed = !certain || !lists.is_full(row);
      for (std::size_t begin = 0; begin < candidates.size();) {
        if (certain && best.is_full() && candidates[begin].key > filter.key_limit(row, best.worst())) {
          closed = true;
          break;
        }
        const std::size_t end = certain ? std::min(candidates.size(), begin + (begin == 0 ? k : 8)) : candidates.size();
        if (problem.is_in_order() && Filter::decides(static_cast<Scalar>(candidates.back().key))) {
          for (; begin < end; ++begin) best.add({static_cast<Scalar>(candidates[begin].key), candidates[begin].id});
          continue;
        }
        reader.read(
            row, end - begin, [&](std::size_t j) { return static_cast<std::size_t>(candidates[begin + j].id); }, best);
        begin = end;
      }
      // What was turned away has at least the last candidate's key, and among equal ones a larger id.
      if (!closed && best.is_full())
        closed = candidates.back().key > filter.key_limit(row, best.worst()) ||
                 (Filter::decides(best.worst()) && problem.is_in_order());
      if (closed) {
        problem.write(row, best);
      } else {
        limits[row] = best.is_full() ? best.worst() : std::numeric_limits<Scalar>::max();
        open[first / rows_at_once].push_back(static_cast<std::int32_t>(row));
      }
    }
    evaluated[first / rows_at_once] = reader.evaluated;
  });

  std::vector<std::int32_t> unfinished;
  for (const auto& of_chunk : open) unfinished.insert(unfinished.end(), of_chunk.begin(), of_chunk.end());
  std::vector<std::int64_t> finished(groups_of(unfinished.size()), 0);
  problem.executor.for_each_chunk(unfinished.size(), group, [&](std::size_t first, std::size_t last) {
    finished[first / group] =
        finish_rows(problem, kernels, queries, points, filter,
                    std::span<const std::int32_t>(unfinished).subspan(first, last - first), limits);
  });
  Resolved done;
  done.open = static_cast<std::int64_t>(unfinished.size());
  for (const std::int64_t keys : evaluated) done.keys += keys;
  for (const std::int64_t keys : finished) done.keys += keys;
  return done;
}

}  // namespace coppice::high
