// The contestants of the task `stream`, each compiled in its own file.
#pragma once

#include "harness/updates.hpp"

namespace coppice::bench {

std::unique_ptr<ChangingContestant> stream_coppice_kd(int threads);
std::unique_ptr<ChangingContestant> stream_nanoflann(int threads);
std::unique_ptr<ChangingContestant> stream_nanoflann_forest(int threads);
std::unique_ptr<ChangingContestant> stream_boost_rtree(int threads);
std::unique_ptr<ChangingContestant> stream_cgal(int threads);
std::unique_ptr<ChangingContestant> stream_flann(int threads);
std::unique_ptr<ChangingContestant> stream_ann(int threads);
std::unique_ptr<ChangingContestant> stream_spatialindex(int threads);

inline constexpr MakeChanging stream_contestants[] = {stream_coppice_kd,  stream_nanoflann,   stream_nanoflann_forest,
                                                      stream_boost_rtree, stream_cgal,        stream_flann,
                                                      stream_ann,         stream_spatialindex};

}  // namespace coppice::bench
