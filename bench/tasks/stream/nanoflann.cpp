// nanoflann in the task `stream`, in a unit of its own so that it has its own flags.
#include "peers/nanoflann.hpp"
#include "tasks/stream/contestants.hpp"

namespace coppice::bench {

std::unique_ptr<ChangingContestant> stream_nanoflann(int threads) {
  return std::make_unique<ChangingOf<Nanoflann>>(threads);
}

}  // namespace coppice::bench
