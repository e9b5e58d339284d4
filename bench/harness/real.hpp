// The dimension and the scalar of all points of a bench, chosen when it is compiled: most peers want them as template
// arguments.
#pragma once

namespace coppice::bench {

inline constexpr int dimension = COPPICE_BENCH_DIMENSION;
using Real = COPPICE_BENCH_SCALAR;

}  // namespace coppice::bench
