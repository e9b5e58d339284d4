// The contestants of the task `batch`, each compiled in its own file.
#pragma once

#include <type_traits>
#include <vector>

#include "harness/updates.hpp"

namespace coppice::bench {

std::unique_ptr<ChangingContestant> batch_coppice_kd(int threads);
std::unique_ptr<ChangingContestant> batch_nanoflann_forest(int threads);
std::unique_ptr<ChangingContestant> batch_boost_rtree(int threads);
std::unique_ptr<ChangingContestant> batch_cgal(int threads);
std::unique_ptr<ChangingContestant> batch_spatialindex(int threads);

inline std::vector<MakeChanging> batch_contestants() {
  std::vector<MakeChanging> all{batch_coppice_kd, batch_nanoflann_forest, batch_boost_rtree};
  if constexpr (std::is_same_v<Real, double>) all.insert(all.end(), {batch_cgal, batch_spatialindex});
  return all;
}

}  // namespace coppice::bench
