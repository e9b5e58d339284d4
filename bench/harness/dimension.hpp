// The dimension of all points of a bench, chosen when it is compiled: most peers want it as a template argument.
#pragma once

namespace coppice::bench {

inline constexpr int dimension = COPPICE_BENCH_DIMENSION;

}  // namespace coppice::bench
