// ann in the task `static`, in a unit of its own so that it has its own flags.
#include "peers/ann.hpp"

#include "tasks/static/task.hpp"

namespace coppice::bench {

std::unique_ptr<StaticContestant> static_ann(int threads) {
  return std::make_unique<StaticOf<Ann>>(threads);
}

}  // namespace coppice::bench
