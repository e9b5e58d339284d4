// nanoflann in the task `allknn`, in a unit of its own so that it has its own flags.
#include "peers/tree_nanoflann.hpp"

#include "tasks/allknn/tree_lister.hpp"

namespace coppice::bench {

NearestListerPtr nearest_nanoflann() {
  return std::make_unique<TreeLister<NanoflannTree, Given::as_they_come, any_number>>();
}
NearestListerPtr nearest_nanoflann_sorted() {
  return std::make_unique<TreeLister<NanoflannTree, Given::queries_sorted, any_number>>();
}
NearestListerPtr nearest_nanoflann_sorted_points() {
  return std::make_unique<TreeLister<NanoflannTree, Given::points_sorted, any_number>>();
}

}  // namespace coppice::bench
