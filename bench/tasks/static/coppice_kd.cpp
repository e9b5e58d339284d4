// coppice_kd in the task `static`, in a unit of its own so that it has its own flags.
#include "peers/coppice_kd.hpp"

#include "tasks/static/task.hpp"

namespace coppice::bench {

std::unique_ptr<StaticContestant> static_coppice_kd(int threads) {
  return std::make_unique<StaticOf<CoppiceKd>>(threads);
}

}  // namespace coppice::bench
