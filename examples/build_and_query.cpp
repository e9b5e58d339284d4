// The shortest useful program: build an index over rows of numbers, ask for neighbours, change it, ask again.
#include <cstdio>
#include <vector>

#include "coppice/index/kd_tree/kd_tree.hpp"

int main() {
  const std::vector<double> rows{0, 0, 3, 4, 6, 8};  // three points of two coordinates
  coppice::KdTree<double> tree(2);
  tree.build({rows.data(), 3, 2});  // their ids are 0, 1 and 2

  const std::vector<double> here{3, 3};
  const coppice::point_id added = tree.insert(here);
  tree.erase(0);

  const auto found = tree.nearest({here.data(), 1, 2}, {.k = 2});
  for (std::size_t i = 0; i < found.ids.size(); ++i)
    std::printf("id %lld at distance %g\n", static_cast<long long>(found.ids[i]), found.distances[i]);
  return found.ids[0] == added ? 0 : 1;
}

// Prints:
//   id 3 at distance 0
//   id 1 at distance 1
