// cgal in the task `stream`, in a unit of its own so that it has its own flags.
#include "peers/cgal.hpp"
#include "tasks/stream/contestants.hpp"

namespace coppice::bench {

std::unique_ptr<ChangingContestant> stream_cgal(int threads) {
  return std::make_unique<ChangingOf<Cgal>>(threads);
}

}  // namespace coppice::bench
