// The sets of the task `kmeans`: made ones that look like positions of vehicles (gps, 2-D) and like sweeps (lidar,
// 3-D), and real ones where they are found: nodes of maps (osm, 2-D), sweeps (kitti, 3-D).
#pragma once

#include <string>
#include <vector>

#include "harness/datasets.hpp"

namespace coppice::bench {

[[nodiscard]] std::vector<std::string> kmeans_sets(const Options& options);
/// At most n points.
[[nodiscard]] Points<Real> make_kmeans_set(const std::string& name, std::size_t n, const Options& options);

}  // namespace coppice::bench
