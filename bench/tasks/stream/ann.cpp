// ann in the task `stream`, in a unit of its own so that it has its own flags.
#include "peers/ann.hpp"
#include "tasks/stream/contestants.hpp"

namespace coppice::bench {

std::unique_ptr<ChangingContestant> stream_ann(int threads) {
  return std::make_unique<ChangingOf<Ann>>(threads);
}

}  // namespace coppice::bench
