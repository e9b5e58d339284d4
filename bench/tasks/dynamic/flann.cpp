// flann in the task `dynamic`, in a unit of its own so that it has its own flags.
#include "peers/flann.hpp"
#include "tasks/dynamic/contestants.hpp"

namespace coppice::bench {

std::unique_ptr<ChangingContestant> dynamic_flann(int threads) {
  return std::make_unique<ChangingOf<Flann>>(threads);
}

}  // namespace coppice::bench
