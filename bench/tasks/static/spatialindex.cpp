// spatialindex in the task `static`, in a unit of its own so that it has its own flags.
#include "peers/spatialindex.hpp"

#include "tasks/static/task.hpp"

namespace coppice::bench {

std::unique_ptr<StaticContestant> static_spatialindex(int threads) {
  return std::make_unique<StaticOf<PackedSpatialIndex>>(threads);
}

}  // namespace coppice::bench
