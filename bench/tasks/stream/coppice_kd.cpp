// coppice_kd in the task `stream`, in a unit of its own so that it has its own flags.
#include "peers/coppice_kd.hpp"
#include "tasks/stream/contestants.hpp"

namespace coppice::bench {

std::unique_ptr<ChangingContestant> stream_coppice_kd(int threads) {
  return std::make_unique<ChangingOf<CoppiceKd>>(threads);
}

}  // namespace coppice::bench
