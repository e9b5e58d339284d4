// cgal in the task `dynamic`, in a unit of its own so that it has its own flags.
#include "peers/cgal.hpp"
#include "tasks/dynamic/contestants.hpp"

namespace coppice::bench {

std::unique_ptr<ChangingContestant> dynamic_cgal(int threads) {
  return std::make_unique<ChangingOf<ErasableCgal>>(threads);
}

}  // namespace coppice::bench
