// FLANN in the task `allknn`. It copies the points in the order of its tree, so that sorting them buys nothing more.
#include "peers/tree_flann.hpp"

#include "tasks/allknn/tree_lister.hpp"

namespace coppice::bench {

NearestListerPtr nearest_flann() {
  return std::make_unique<TreeLister<FlannTree, Given::as_they_come, some>>();
}
NearestListerPtr nearest_flann_sorted() {
  return std::make_unique<TreeLister<FlannTree, Given::queries_sorted, any_number>>();
}

}  // namespace coppice::bench
