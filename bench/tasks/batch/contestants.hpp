// The contestants of the task `batch`, each compiled in its own file.
#pragma once

#include "harness/updates.hpp"

namespace coppice::bench {

std::unique_ptr<ChangingContestant> batch_coppice_kd(int threads);
std::unique_ptr<ChangingContestant> batch_nanoflann_forest(int threads);
std::unique_ptr<ChangingContestant> batch_boost_rtree(int threads);
std::unique_ptr<ChangingContestant> batch_cgal(int threads);
std::unique_ptr<ChangingContestant> batch_spatialindex(int threads);

inline constexpr MakeChanging batch_contestants[] = {batch_coppice_kd, batch_nanoflann_forest, batch_boost_rtree,
                                                     batch_cgal, batch_spatialindex};

}  // namespace coppice::bench
