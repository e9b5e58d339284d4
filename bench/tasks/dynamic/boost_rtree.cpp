// boost_rtree in the task `dynamic`, in a unit of its own so that it has its own flags.
#include "peers/boost_rtree.hpp"
#include "tasks/dynamic/contestants.hpp"

namespace coppice::bench {

std::unique_ptr<ChangingContestant> dynamic_boost_rtree(int threads) {
  return std::make_unique<ChangingOf<BoostRtree>>(threads);
}

}  // namespace coppice::bench
