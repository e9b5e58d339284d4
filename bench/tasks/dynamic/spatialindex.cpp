// spatialindex in the task `dynamic`, in a unit of its own so that it has its own flags.
#include "peers/spatialindex.hpp"
#include "tasks/dynamic/contestants.hpp"

namespace coppice::bench {

std::unique_ptr<ChangingContestant> dynamic_spatialindex(int threads) {
  return std::make_unique<ChangingOf<ChangingSpatialIndex>>(threads);
}

}  // namespace coppice::bench
