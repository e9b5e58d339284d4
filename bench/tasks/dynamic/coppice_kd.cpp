// coppice_kd in the task `dynamic`, in a unit of its own so that it has its own flags.
#include "peers/coppice_kd.hpp"
#include "tasks/dynamic/contestants.hpp"

namespace coppice::bench {

std::unique_ptr<ChangingContestant> dynamic_coppice_kd(int threads) {
  return std::make_unique<ChangingOf<CoppiceKd>>(threads);
}

}  // namespace coppice::bench
