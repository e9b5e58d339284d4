// ANN in the task `allknn`.
#include "peers/tree_ann.hpp"

#include "tasks/allknn/tree_lister.hpp"

namespace coppice::bench {

NearestListerPtr nearest_ann_sorted() {
  return std::make_unique<TreeLister<AnnTree, Given::queries_sorted, some>>();
}

}  // namespace coppice::bench
