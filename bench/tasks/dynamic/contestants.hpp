// The contestants of the task `dynamic`, each compiled in its own file.
#pragma once

#include "harness/updates.hpp"

namespace coppice::bench {

std::unique_ptr<ChangingContestant> dynamic_coppice_kd(int threads);
std::unique_ptr<ChangingContestant> dynamic_nanoflann_forest(int threads);
std::unique_ptr<ChangingContestant> dynamic_boost_rtree(int threads);
std::unique_ptr<ChangingContestant> dynamic_cgal(int threads);
std::unique_ptr<ChangingContestant> dynamic_flann(int threads);
std::unique_ptr<ChangingContestant> dynamic_spatialindex(int threads);

inline constexpr MakeChanging dynamic_contestants[] = {dynamic_coppice_kd,  dynamic_nanoflann_forest,
                                                       dynamic_boost_rtree, dynamic_cgal,
                                                       dynamic_flann,       dynamic_spatialindex};

}  // namespace coppice::bench
