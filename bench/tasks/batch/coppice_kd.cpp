// coppice_kd in the task `batch`, in a unit of its own so that it has its own flags.
#include "peers/coppice_kd.hpp"
#include "tasks/batch/contestants.hpp"

namespace coppice::bench {

std::unique_ptr<ChangingContestant> batch_coppice_kd(int threads) {
  return std::make_unique<ChangingOf<CoppiceKd>>(threads);
}

}  // namespace coppice::bench
