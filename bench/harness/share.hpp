// Leaves data and queries in files, for contestants that run in a process of their own: numpy arrays in a folder
// <dataset>-<n> and what else they need in its workload.json.
#pragma once

#include <filesystem>

#include "harness/workload.hpp"

namespace coppice::bench {

void leave_for_others(const std::filesystem::path& folder, const Dataset& dataset, const Workload& work);

}  // namespace coppice::bench
