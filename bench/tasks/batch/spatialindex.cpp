// spatialindex in the task `batch`, in a unit of its own so that it has its own flags.
#include "peers/spatialindex.hpp"
#include "tasks/batch/contestants.hpp"

namespace coppice::bench {

std::unique_ptr<ChangingContestant> batch_spatialindex(int threads) {
  return std::make_unique<ChangingOf<ChangingSpatialIndex>>(threads);
}

}  // namespace coppice::bench
