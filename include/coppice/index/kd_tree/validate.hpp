// The invariants of a KdTree, checked one by one, and its statistics.
#pragma once

#include <algorithm>

#include "coppice/index/kd_tree/tree.hpp"
#include "coppice/index/plane_tree_validator.hpp"

namespace coppice::kd_tree {

template <class S, int Width>
void Tree<S, Width>::validate() const {
  plane_tree::Validator<Store> validator(*this, "KdTree");
  validator.run([&](Handle x, const Node& n) {
    validator.require(__builtin_popcount(n.used_planes()) == n.children - 1, "planes and children do not fit together",
                      x);
    std::uint32_t leaves = 0;
    for (int s = 0; s < n.children; ++s) {
      validator.require((n.right[s] & ~n.need[s]) == 0, "a child lies right of a plane it does not need", x);
      leaves += leaves_below(n.child[s]);
    }
    validator.require(leaves == cold(x).leaves, "the number of leaves below is wrong", x);
    for (int s = n.children; s < fan_out; ++s)
      validator.require(n.need[s] == 0 && n.right[s] == 0xff, "an unused slot matches points", x);
    if (keeps_heights())
      validator.require(cold(x).height == each_plane(n, (1u << n.children) - 1, 0, [](int, Side, Side) {}).height,
                        "the height is wrong", x);
  });
}

template <class S, int Width>
Statistics Tree<S, Width>::statistics() const {
  Statistics result;
  result.points = size_;
  result.rebuilds = rebuilder_.rebuilds();
  result.cleavings = cleavings_;
  struct Heights {
    std::size_t nodes;
    std::size_t planes;
  };
  const auto visit = [&](const auto& self, Handle x) -> Heights {
    ++result.nodes;
    const Node& n = node(x);
    std::size_t nodes_below = 0;
    std::size_t planes_below = 0;
    for (int s = 0; s < n.children; ++s) {
      const std::size_t above = static_cast<std::size_t>(__builtin_popcount(n.need[s]));
      Heights below{0, 0};
      if (n.is_leaf(s))
        ++result.leaves;
      else
        below = self(self, n.child[s]);
      nodes_below = std::max(nodes_below, below.nodes);
      planes_below = std::max(planes_below, above + below.planes);
    }
    return {nodes_below + 1, planes_below};
  };
  const Heights heights = visit(visit, root_);
  result.height = heights.nodes;
  result.binary_height = heights.planes;
  this->count_bytes(result, scratch_.bytes());
  return result;
}

}  // namespace coppice::kd_tree
