// The boxes of a KdTree by level: what its nodes store about their children, decoded into full precision.
#pragma once

#include <algorithm>
#include <vector>

#include "coppice/index/kd_tree/tree.hpp"
#include "coppice/query/level_box.hpp"

namespace coppice::kd_tree {

/// Parents before their children. A child's box stands in its parent's record; the root's is the union of its
/// children's. Empty blocks have no box.
template <class S, int Width>
std::vector<LevelBox<S>> Tree<S, Width>::boxes(int max_level) const {
  std::vector<LevelBox<S>> found;
  if (size_ == 0) return found;
  const auto add = [&](int level, std::size_t parent) {
    found.emplace_back();
    found.back().lower.resize(static_cast<std::size_t>(dimension_));
    found.back().upper.resize(static_cast<std::size_t>(dimension_));
    found.back().level = level;
    found.back().parent = parent;
    return found.size() - 1;
  };
  const auto decode = [&](float bound, int a) { return static_cast<S>(bound) + origin_data()[a]; };

  // Returns the points below x, whose own box is found[self]; levels beyond the last wanted are only counted.
  const auto visit = [&](const auto& self_visit, Handle x, int level, std::size_t self) -> std::size_t {
    const Node& n = node(x);
    std::size_t points = 0;
    for (int s = 0; s < n.children; ++s) {
      if (n.is_leaf(s) && n.count[s] == 0) continue;
      const bool wanted = level <= max_level;
      const std::size_t child = wanted ? add(level, self) : self;
      if (wanted)
        for (int a = 0; a < dimension_; ++a) {
          found[child].lower[static_cast<std::size_t>(a)] = decode(n.bounds(a)[s], a);
          found[child].upper[static_cast<std::size_t>(a)] = decode(n.bounds(a)[fan_out + s], a);
        }
      const std::size_t below = n.is_leaf(s) ? n.count[s] : self_visit(self_visit, n.child[s], level + 1, child);
      points += below;
      if (wanted) {
        found[child].is_leaf = n.is_leaf(s);
        found[child].points = below;
      }
    }
    return points;
  };
  const std::size_t root = add(0, LevelBox<S>::no_parent);
  const Node& top = node(root_);
  for (int a = 0; a < dimension_; ++a) {
    const float* lower = top.bounds(a);
    const float* upper = lower + fan_out;
    found[root].lower[static_cast<std::size_t>(a)] = decode(*std::min_element(lower, lower + top.children), a);
    found[root].upper[static_cast<std::size_t>(a)] = decode(*std::max_element(upper, upper + top.children), a);
  }
  found[root].points = visit(visit, root_, 1, root);
  return found;
}

}  // namespace coppice::kd_tree
