// The exact search: every pair in a tile, of bytes where the points have them, else of floats.
#pragma once

#include "high_resolve.hpp"

namespace coppice::high {

/// Fills the output of the problem exactly. Requires: both stores have bytes of one origin, or neither has.
template <class Scalar>
Resolved search_exactly(const Problem<Scalar>& problem);

/// The same for points that are packed already, in whatever their filter sees.
template <class Scalar, class Filter>
Resolved search_packed(const Problem<Scalar>& problem, const tiles::ListKernels<typename Filter::Sum>& kernels,
                       const PackedPoints<typename Filter::Sum>& queries,
                       const PackedPoints<typename Filter::Sum>& points, const Filter& filter) {
  // A few candidates beyond the k-th: what lies within the filter's error of it.
  CandidateLists<typename Filter::Sum> lists(queries.size(), problem.output.k + 6);
  if (problem.same)
    search_all(kernels, points, lists, problem.executor);
  else
    search_rows(kernels, queries, points, lists, problem.executor);
  return resolve(problem, kernels, queries, points, lists, filter, true);
}

/// Packs rows of a store, with memory for `room` in all: as floats of a frame, or its bytes less 128.
template <class Scalar>
[[nodiscard]] PackedPoints<float> pack_floats(const Store<Scalar>& store, const Frame& frame, const Executor& executor,
                                              std::size_t room = 0);
template <class Scalar>
[[nodiscard]] PackedPoints<std::int32_t> pack_bytes(const Store<Scalar>& store, const Executor& executor,
                                                    std::size_t room = 0);
/// Row i, to a position.
template <class Scalar>
void pack_byte_row(const Store<Scalar>& store, std::size_t i, PackedPoints<std::int32_t>& to, std::size_t position);

}  // namespace coppice::high
