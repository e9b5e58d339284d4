// cgal in the task `batch`, in a unit of its own so that it has its own flags.
#include "peers/cgal.hpp"
#include "tasks/batch/contestants.hpp"

namespace coppice::bench {

std::unique_ptr<ChangingContestant> batch_cgal(int threads) {
  return std::make_unique<ChangingOf<ErasableCgal>>(threads);
}

}  // namespace coppice::bench
