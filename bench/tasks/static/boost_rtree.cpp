// boost_rtree in the task `static`, in a unit of its own so that it has its own flags.
#include "peers/boost_rtree.hpp"

#include "tasks/static/task.hpp"

namespace coppice::bench {

std::unique_ptr<StaticContestant> static_boost_rtree(int threads) {
  return std::make_unique<StaticOf<BoostRtree>>(threads);
}

}  // namespace coppice::bench
