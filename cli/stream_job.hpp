// The moving-window job: sweeps of points enter an index and leave it again, each asked for its neighbours just before
// it enters. The job times every step, compares now and then with an index built afresh over the same points, and
// checks a sample of the answers against a plain scan of its own copy of the window.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "coppice/any_index.hpp"

namespace coppice::cli {

/// Where the sweeps come from. `read` is called once a sweep, in order.
template <class Scalar>
struct Sweeps {
  std::size_t count = 0;
  std::function<Points<Scalar>(std::size_t)> read;
  std::function<std::array<double, 2>(std::size_t)> position{};  ///< of the sensor, seen from above; may be empty
};

/// How to make an empty index, and what the job must know of it to check its answers.
template <class Scalar>
struct IndexRecipe {
  std::function<std::unique_ptr<AnyIndex<Scalar>>(int dimension)> make;
  PeriodicBox<Scalar> periodic{};
  Executor executor{};  ///< of queries and checks
};

struct StreamOptions {
  std::size_t window = 40;         ///< sweeps that are live at once
  std::size_t k = 5;               ///< neighbours a point is asked for
  std::size_t verify = 200;        ///< queries checked against a scan, spread over the sweeps
  std::size_t comparisons = 6;     ///< moments at which an index is built afresh, the last sweep among them
  std::uint64_t seed = 1;          ///< chooses the queries that are checked
  std::size_t map_limit = 300000;  ///< points in the sample of the map
};

/// One sweep of the job. Times are wall-clock.
struct SweepRecord {
  std::size_t points = 0;
  std::size_t erased = 0;
  std::size_t live = 0;  ///< after the update
  double query_us = 0;   ///< a query; 0 for an empty sweep
  double erase_ms = 0;
  double insert_ms = 0;
  std::array<double, 2> position{};

  [[nodiscard]] double update_ms() const noexcept { return erase_ms + insert_ms; }
};

/// Our index beside one built afresh over the same live points, with the points of one sweep as the queries of both.
struct Comparison {
  std::size_t sweep = 0;
  std::size_t live = 0;
  std::size_t queries = 0;
  double rebuild_ms = 0;
  double query_us = 0;
  double rebuild_query_us = 0;
  std::size_t mismatches = 0;
};

struct StreamReport {
  int dimension = 0;
  std::vector<SweepRecord> sweeps;
  std::vector<Comparison> comparisons;
  std::size_t verified = 0;
  std::size_t compared = 0;  ///< queries answered by both indexes
  std::size_t mismatches = 0;
  std::string first_mismatch;  ///< where and how; empty when there is none
  Statistics statistics{};     ///< of the index at the end
  double seconds = 0;          ///< the whole job, checks included
};

/// At most `map_limit` of the live points at the end: every `stride`-th in the order of their ids.
template <class Scalar>
struct MapSample {
  Points<Scalar> points;
  std::size_t stride = 1;
};

template <class Scalar>
struct StreamResult {
  StreamReport report;
  MapSample<Scalar> map;
  std::unique_ptr<AnyIndex<Scalar>> index;  ///< as it is after the last sweep
};

/// Called before each sweep and after the last with the number that are done and a few words on how it goes.
using StreamProgress = std::function<void(std::size_t done, const std::string& note)>;

/// Runs the job. Mismatches are counted, not thrown. Errors: those of the source and the index; invalid_input for fewer
/// than two sweeps, a window or k of 0, or a sweep of another dimension than the first; std::logic_error when the index
/// ends up breaking an invariant.
template <class Scalar>
[[nodiscard]] StreamResult<Scalar> run_stream(const Sweeps<Scalar>& sweeps, const IndexRecipe<Scalar>& recipe,
                                              const StreamOptions& options, const StreamProgress& progress);

}  // namespace coppice::cli
