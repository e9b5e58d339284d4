// nanoflann in the task `static`, in a unit of its own so that it has its own flags.
#include "peers/nanoflann.hpp"

#include "tasks/static/task.hpp"

namespace coppice::bench {

std::unique_ptr<StaticContestant> static_nanoflann(int threads) {
  return std::make_unique<StaticOf<Nanoflann>>(threads);
}

}  // namespace coppice::bench
