// flann in the task `static`, in a unit of its own so that it has its own flags.
#include "peers/flann.hpp"

#include "tasks/static/task.hpp"

namespace coppice::bench {

std::unique_ptr<StaticContestant> static_flann(int threads) {
  return std::make_unique<StaticOf<Flann>>(threads);
}

}  // namespace coppice::bench
