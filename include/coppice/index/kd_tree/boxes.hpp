// The boxes of a KdTree by level, as its view shows them.
#pragma once

#include <vector>

#include "coppice/index/kd_tree/tree.hpp"
#include "coppice/query/plane_tree/level_boxes.hpp"

namespace coppice::kd_tree {

template <class S, int Width>
std::vector<LevelBox<S>> Tree<S, Width>::boxes(int max_level) const {
  if (size_ == 0) return {};
  return plane_tree::level_boxes(view_, max_level);
}

}  // namespace coppice::kd_tree
