// FLANN in the task `allrnn`.
#include "peers/tree_flann.hpp"

#include "tasks/allrnn/tree_lister.hpp"

namespace coppice::bench {

WithinListerPtr within_flann() {
  return std::make_unique<TreeRows<FlannTree, Given::as_they_come, some>>();
}
WithinListerPtr within_flann_sorted() {
  return std::make_unique<TreeRows<FlannTree, Given::queries_sorted, some>>();
}

}  // namespace coppice::bench
