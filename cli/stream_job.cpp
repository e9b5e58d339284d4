// See stream_job.hpp.
#include "stream_job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <deque>
#include <limits>
#include <memory>
#include <numeric>
#include <random>
#include <span>
#include <type_traits>
#include <utility>

#include "coppice/errors.hpp"
#include "coppice/geometry/metric.hpp"
#include "io/counted.hpp"

namespace coppice::cli {
namespace {

using Clock = std::chrono::steady_clock;

template <class Call>
double milliseconds(Call&& call) {
  const auto start = Clock::now();
  call();
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

double per_query_us(double ms, std::size_t queries) {
  return queries == 0 ? 0 : 1000 * ms / static_cast<double>(queries);
}

double middle_of_three(double a, double b, double c) {
  return std::max(std::min(a, b), std::min(std::max(a, b), c));
}

template <class Scalar>
bool same_bits(Scalar a, Scalar b) noexcept {
  using Bits = std::conditional_t<sizeof(Scalar) == 4, std::uint32_t, std::uint64_t>;
  return std::bit_cast<Bits>(a) == std::bit_cast<Bits>(b);
}

// The sweeps after which the comparison runs: evenly spaced from the first with a full window (or from half way, when
// the window never fills) to the last.
std::vector<std::size_t> comparison_sweeps(std::size_t sweeps, std::size_t window, std::size_t comparisons) {
  const std::size_t last = sweeps - 1;
  const std::size_t first = window <= last ? window : std::max<std::size_t>(1, sweeps / 2);
  std::vector<std::size_t> chosen;
  for (std::size_t i = 1; i <= comparisons; ++i) {
    const std::size_t sweep = comparisons == 1 ? last : first + (last - first) * (i - 1) / (comparisons - 1);
    if (chosen.empty() || chosen.back() != sweep) chosen.push_back(sweep);
  }
  return chosen;
}

template <class Scalar>
class StreamJob {
 public:
  StreamJob(const IndexRecipe<Scalar>& recipe, const StreamOptions& options)
      : recipe_(recipe), options_(options), random_(options.seed) {
    query_.k = options.k;
    query_.executor = recipe.executor;
  }

  StreamResult<Scalar> run(const Sweeps<Scalar>& sweeps, const StreamProgress& progress) {
    const auto start = Clock::now();
    const auto moments = comparison_sweeps(sweeps.count, options_.window, options_.comparisons);
    for (std::size_t i = 0; i < sweeps.count; ++i) {
      progress(i, note());
      Points<Scalar> points = sweeps.read(i);
      admit(i, points);
      SweepRecord record{};
      record.points = points.size();
      if (sweeps.position) record.position = sweeps.position(i);

      Neighbors<Scalar> found;
      record.query_us = per_query_us(milliseconds([&] { found = index_->nearest(points, query_); }), points.size());
      // Empty maps answer nothing, so the checks are spread over the sweeps after the first.
      const std::size_t due = i == 0 ? 0 : options_.verify * i / (sweeps.count - 1);
      verify(i, points, found, due - std::min(due, report_.verified));
      if (std::binary_search(moments.begin(), moments.end(), i)) compare(i, points, std::move(found));
      update(std::move(points), record);
      report_.sweeps.push_back(record);
    }
    progress(sweeps.count, note());
    index_->validate();
    report_.statistics = index_->statistics();
    report_.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    auto map = sample(options_.map_limit);
    return {std::move(report_), std::move(map), std::move(index_)};
  }

 private:
  // The job's own copy of a live sweep, wrapped where the space is periodic; row r has the id first + r.
  struct Batch {
    Points<Scalar> points;
    point_id first;
  };

  [[nodiscard]] MapSample<Scalar> sample(std::size_t limit) const {
    MapSample<Scalar> map{{{}, index_->dimension()}, 1};
    map.stride = std::max<std::size_t>(1, (live_ + limit - 1) / limit);
    std::size_t before = 0;  // live points of the batches already sampled
    for (const Batch& batch : window_) {
      for (std::size_t row = (map.stride - before % map.stride) % map.stride; row < batch.points.size();
           row += map.stride) {
        const auto point = batch.points.view()[row];
        map.points.coordinates.insert(map.points.coordinates.end(), point.begin(), point.end());
      }
      before += batch.points.size();
    }
    return map;
  }

  [[nodiscard]] std::string note() const {
    if (report_.sweeps.empty()) return {};
    const SweepRecord& last = report_.sweeps.back();
    return fmt::format("{:.2f} M live, update {:.1f} ms, query {:.2f} µs", static_cast<double>(last.live) * 1e-6,
                       last.update_ms(), last.query_us);
  }

  // The first sweep decides the dimension.
  void admit(std::size_t sweep, const Points<Scalar>& points) {
    if (index_ == nullptr) {
      report_.dimension = points.dimension;
      index_ = recipe_.make(points.dimension);
    } else if (points.dimension != report_.dimension) {
      throw invalid_input(fmt::format("sweep {} has {}, but the first sweep has {}", sweep,
                                      io::counted(points.dimension, "dimension"), report_.dimension));
    }
  }

  void update(Points<Scalar> points, SweepRecord& record) {
    if (window_.size() == options_.window) {
      const Batch& oldest = window_.front();
      std::vector<point_id> ids(oldest.points.size());
      std::iota(ids.begin(), ids.end(), oldest.first);
      record.erased = ids.size();
      record.erase_ms = milliseconds([&] { index_->erase(ids); });
      live_ -= ids.size();
      window_.pop_front();
    }
    point_id first = 0;
    record.insert_ms = milliseconds([&] { first = index_->insert(points); });
    if (recipe_.periodic.is_periodic()) points = recipe_.periodic.wrap(points);
    live_ += points.size();
    window_.push_back({std::move(points), first});
    record.live = index_->size();
    if (record.live != live_)
      mismatch(fmt::format("sweep {}: the index holds {}, expected {}", report_.sweeps.size(),
                           io::counted(record.live, "point"), live_));
  }

  // The k nearest live points by the reference evaluation, one pair after the other.
  [[nodiscard]] std::vector<Hit<Scalar>> scan(std::span<const Scalar> query) const {
    std::vector<Hit<Scalar>> best;
    for (const Batch& batch : window_)
      for (std::size_t row = 0; row < batch.points.size(); ++row) {
        const Hit<Scalar> hit{
            metric_key(query.data(), batch.points.view().row(row), report_.dimension, query_.metric, recipe_.periodic),
            batch.first + static_cast<point_id>(row)};
        if (best.size() == options_.k && !(hit < best.back())) continue;
        if (best.size() == options_.k) best.pop_back();
        best.insert(std::upper_bound(best.begin(), best.end(), hit), hit);
      }
    return best;
  }

  void verify(std::size_t sweep, const Points<Scalar>& queries, const Neighbors<Scalar>& found, std::size_t count) {
    if (queries.size() == 0) return;
    const Points<Scalar> wrapped = recipe_.periodic.is_periodic() ? recipe_.periodic.wrap(queries) : queries;
    std::vector<std::size_t> rows(count);
    for (std::size_t& row : rows) row = random_() % queries.size();
    std::vector<std::string> complaints(count);
    recipe_.executor.for_each_chunk(count, 1, [&](std::size_t i, std::size_t) {
      complaints[i] = disagreement(scan(wrapped.view()[rows[i]]), found, rows[i]);
    });
    report_.verified += count;
    for (std::size_t i = 0; i < count; ++i)
      if (!complaints[i].empty())
        mismatch(fmt::format("sweep {}, query {} against a scan of all points: {}", sweep, rows[i], complaints[i]));
  }

  // Says how row `row` of an answer differs from what is expected; empty when it does not, in any bit.
  [[nodiscard]] std::string disagreement(const std::vector<Hit<Scalar>>& expected, const Neighbors<Scalar>& found,
                                         std::size_t row) const {
    for (std::size_t j = 0; j < options_.k; ++j) {
      const std::size_t at = row * options_.k + j;
      const bool padded = j >= expected.size();
      const point_id id = padded ? no_point : expected[j].id;
      const Scalar distance =
          padded ? std::numeric_limits<Scalar>::infinity() : query_.metric.distance_of(expected[j].distance_squared);
      if (at >= found.ids.size()) return fmt::format("neighbour {} is missing", j);
      if (found.ids[at] != id || !same_bits(found.distances[at], distance))
        return fmt::format("neighbour {} is ({}, {}), expected ({}, {})", j, found.ids[at], found.distances[at], id,
                           distance);
    }
    return {};
  }

  // `ours` holds the answers that our index has just given to these queries.
  void compare(std::size_t sweep, const Points<Scalar>& queries, Neighbors<Scalar> ours) {
    Comparison result{};
    result.sweep = sweep;
    result.live = live_;
    result.queries = queries.size();
    // What a rebuild a sweep would cost: the live points are gathered with their ids and built, into memory that an
    // earlier build has warmed.
    Points<Scalar> all{{}, report_.dimension};
    std::vector<point_id> ids;
    const auto fresh = recipe_.make(report_.dimension);
    const auto rebuild = [&] {
      all.coordinates.clear();
      ids.clear();
      for (const Batch& batch : window_) {
        all.coordinates.insert(all.coordinates.end(), batch.points.coordinates.begin(), batch.points.coordinates.end());
        for (std::size_t row = 0; row < batch.points.size(); ++row)
          ids.push_back(batch.first + static_cast<point_id>(row));
      }
      fresh->build(all, ids);
    };
    rebuild();
    result.rebuild_ms = milliseconds(rebuild);

    Neighbors<Scalar> theirs = fresh->nearest(queries, query_);
    std::array<double, 3> our_ms{};
    std::array<double, 3> their_ms{};
    for (std::size_t round = 0; round < 3; ++round) {
      our_ms[round] = milliseconds([&] { ours = index_->nearest(queries, query_); });
      their_ms[round] = milliseconds([&] { theirs = fresh->nearest(queries, query_); });
    }
    result.query_us = per_query_us(middle_of_three(our_ms[0], our_ms[1], our_ms[2]), queries.size());
    result.rebuild_query_us = per_query_us(middle_of_three(their_ms[0], their_ms[1], their_ms[2]), queries.size());

    report_.compared += queries.size();
    for (std::size_t row = 0; row < queries.size(); ++row) {
      std::size_t at = row * options_.k;
      const std::size_t end = at + options_.k;
      while (at < end && ours.ids[at] == theirs.ids[at] && same_bits(ours.distances[at], theirs.distances[at])) ++at;
      if (at == end) continue;
      ++result.mismatches;
      mismatch(fmt::format("sweep {}, query {} against a fresh index: neighbour {} is ({}, {}), expected ({}, {})",
                           sweep, row, at + options_.k - end, ours.ids[at], ours.distances[at], theirs.ids[at],
                           theirs.distances[at]));
    }
    report_.comparisons.push_back(result);
  }

  void mismatch(std::string description) {
    if (report_.mismatches++ == 0) report_.first_mismatch = std::move(description);
  }

  IndexRecipe<Scalar> recipe_;
  StreamOptions options_;
  Nearest<Scalar> query_{};
  std::mt19937_64 random_;
  std::unique_ptr<AnyIndex<Scalar>> index_;
  std::deque<Batch> window_;
  std::size_t live_ = 0;
  StreamReport report_;
};

}  // namespace

template <class Scalar>
StreamResult<Scalar> run_stream(const Sweeps<Scalar>& sweeps, const IndexRecipe<Scalar>& recipe,
                                const StreamOptions& options, const StreamProgress& progress) {
  if (sweeps.count < 2) throw invalid_input(fmt::format("a stream needs at least 2 sweeps, found {}", sweeps.count));
  if (options.window == 0 || options.k == 0) throw invalid_input("a stream needs a window and a k of at least 1");
  return StreamJob<Scalar>(recipe, options).run(sweeps, progress);
}

template StreamResult<float> run_stream(const Sweeps<float>&, const IndexRecipe<float>&, const StreamOptions&,
                                        const StreamProgress&);
template StreamResult<double> run_stream(const Sweeps<double>&, const IndexRecipe<double>&, const StreamOptions&,
                                         const StreamProgress&);

}  // namespace coppice::cli
