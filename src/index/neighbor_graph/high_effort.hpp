// How much effort a wanted recall takes, found out on sample rows whose true neighbours are searched exactly: the
// dimension of the sketch and the number of candidates, or whether sketches pay at all.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "coppice/index/neighbor_graph/high_dimension.hpp"
#include "high_resolve.hpp"
#include "high_sketch.hpp"

namespace coppice::high {

/// Errors: invalid_input, unsupported, as HighNeighbors::nearest has them.
template <class Scalar>
void check_query(const HighNearest<Scalar>& query);
/// Errors: unsupported for 2^31 points or more.
void check_count(std::size_t points);

struct KeptSketches;

/// The output of the problem by sketches: exact with recall 1, else the least effort that reaches it. Nothing where
/// comparing all pairs exactly is asked for or expected to be faster, or sketches do not reach the recall. What the
/// search was made with goes to `keep`, if given; then rows of sketches that prove nothing are longer by its spare.
template <class Scalar>
std::optional<HighStatistics> search_by_sketch(const Problem<Scalar>& problem, const HighNearest<Scalar>& query,
                                               KeptSketches* keep = nullptr);

/// Sample rows and their true neighbours.
template <class Scalar>
class Sample {
 public:
  /// Spread over all rows of the problem, one at random in each part.
  Sample(const Problem<Scalar>& problem, std::size_t rows, std::uint64_t seed);

  /// Compares them with all points: as bytes where points have them, else as floats of the frame. Exact keys decide.
  void find(const Frame& frame, const Executor& executor);

  [[nodiscard]] const std::vector<std::int32_t>& rows() const noexcept { return rows_; }
  /// The k nearest of sample row j.
  [[nodiscard]] const std::vector<Hit<Scalar>>& hits(std::size_t j) const noexcept { return hits_[j]; }

 private:
  template <class Sum, class Pack>
  void scan(const tiles::ListKernels<Sum>& kernels, const PackedPoints<Sum>& rows, const Pack& pack,
            const Executor& executor);

  const Problem<Scalar>* problem_;
  std::vector<std::int32_t> rows_;
  std::vector<std::vector<Hit<Scalar>>> hits_;
};

/// Recall of the sample: the mean over its rows, and how much less that of all may be: three standard errors, and half
/// a row.
struct RecallEstimate {
  double recall = 0;
  double margin = 1;
};
/// `found[j]` of `wanted[j]` neighbours of sample row j.
[[nodiscard]] RecallEstimate estimate_recall(const std::vector<std::size_t>& found,
                                             const std::vector<std::size_t>& wanted);

}  // namespace coppice::high
