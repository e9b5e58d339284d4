// nanoflann in the task `allrnn`, in a unit of its own so that it has its own flags.
#include "peers/tree_nanoflann.hpp"

#include "tasks/allrnn/tree_lister.hpp"

namespace coppice::bench {

WithinListerPtr within_nanoflann() {
  return std::make_unique<TreeRows<NanoflannTree, Given::as_they_come, some>>();
}
WithinListerPtr within_nanoflann_sorted() {
  return std::make_unique<TreeRows<NanoflannTree, Given::queries_sorted, any_number>>();
}
WithinListerPtr within_nanoflann_sorted_points() {
  return std::make_unique<TreeRows<NanoflannTree, Given::points_sorted, any_number>>();
}

}  // namespace coppice::bench
