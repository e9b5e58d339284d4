// The points of the task `highdim`: images where they are at hand, and a set that is always there.
#pragma once

#include "harness/datasets.hpp"

namespace coppice::bench {

/// fashion_mnist, where its file is found, and low_rank.
[[nodiscard]] std::vector<std::string> high_sets(const Options& options);
/// n points (of low_rank half as many with --quick), or all of a file that has fewer; else these are thinned evenly.
[[nodiscard]] Points<Real> make_high_set(const std::string& name, std::size_t n, const Options& options);

}  // namespace coppice::bench
