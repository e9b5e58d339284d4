// The exact search: every pair in a tile, of bytes where the points have them, else of floats.
#pragma once

#include "high_resolve.hpp"

namespace coppice::high {

/// Fills the output of the problem exactly. Requires: both stores have bytes of one origin, or neither has.
template <class Scalar>
Resolved search_exactly(const Problem<Scalar>& problem);

/// Packs rows of a store: as floats of a frame, or its bytes less 128.
template <class Scalar>
[[nodiscard]] PackedPoints<float> pack_floats(const Store<Scalar>& store, const Frame& frame, const Executor& executor);
template <class Scalar>
[[nodiscard]] PackedPoints<std::int32_t> pack_bytes(const Store<Scalar>& store, const Executor& executor);

}  // namespace coppice::high
