// cgal in the task `static`, in a unit of its own so that it has its own flags.
#include "peers/cgal.hpp"

#include "tasks/static/task.hpp"

namespace coppice::bench {

std::unique_ptr<StaticContestant> static_cgal(int threads) {
  return std::make_unique<StaticOf<Cgal>>(threads);
}

}  // namespace coppice::bench
