// The contestants of the task `dynamic`, each compiled in its own file.
#pragma once

#include <type_traits>
#include <vector>

#include "harness/updates.hpp"

namespace coppice::bench {

std::unique_ptr<ChangingContestant> dynamic_coppice_kd(int threads);
std::unique_ptr<ChangingContestant> dynamic_nanoflann_forest(int threads);
std::unique_ptr<ChangingContestant> dynamic_boost_rtree(int threads);
std::unique_ptr<ChangingContestant> dynamic_cgal(int threads);
std::unique_ptr<ChangingContestant> dynamic_flann(int threads);
std::unique_ptr<ChangingContestant> dynamic_spatialindex(int threads);

inline std::vector<MakeChanging> dynamic_contestants() {
  std::vector<MakeChanging> all{dynamic_coppice_kd, dynamic_nanoflann_forest, dynamic_boost_rtree, dynamic_flann};
  if constexpr (std::is_same_v<Real, double>) all.insert(all.end(), {dynamic_cgal, dynamic_spatialindex});
  return all;
}

}  // namespace coppice::bench
