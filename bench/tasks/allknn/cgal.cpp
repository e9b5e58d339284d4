// CGAL in the task `allknn`.
#include "peers/tree_cgal.hpp"

#include "tasks/allknn/tree_lister.hpp"

namespace coppice::bench {

NearestListerPtr nearest_cgal_sorted() {
  return std::make_unique<TreeLister<CgalSearchTree, Given::queries_sorted, some>>();
}

}  // namespace coppice::bench
