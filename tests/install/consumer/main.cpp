// A stranger's program: builds a KdTree, changes it, and asks it in one query and in a batch on all threads.
#include <cstdio>
#include <vector>

#include "coppice/index/kd_tree/kd_tree.hpp"

int main() {
  const std::vector<double> rows{0, 0, 3, 4, 6, 8};
  coppice::KdTree<double> tree(2);
  tree.build({rows.data(), 3, 2});
  const coppice::point_id added = tree.insert(std::vector{3., 3.});
  tree.erase(0);

  const auto found = tree.nearest({rows.data(), 3, 2}, {.k = 2, .executor = coppice::Executor::all_threads()});
  const std::vector<coppice::point_id> expected{added, 1, 1, added, 2, 1};
  for (std::size_t i = 0; i < found.ids.size(); ++i)
    std::printf("%lld %.17g\n", static_cast<long long>(found.ids[i]), found.distances[i]);
  return found.ids == expected && found.distances[2] == 0 && found.distances[5] == 5 ? 0 : 1;
}
