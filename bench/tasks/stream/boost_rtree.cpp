// boost_rtree in the task `stream`, in a unit of its own so that it has its own flags.
#include "peers/boost_rtree.hpp"
#include "tasks/stream/contestants.hpp"

namespace coppice::bench {

std::unique_ptr<ChangingContestant> stream_boost_rtree(int threads) {
  return std::make_unique<ChangingOf<BoostRtree>>(threads);
}

}  // namespace coppice::bench
