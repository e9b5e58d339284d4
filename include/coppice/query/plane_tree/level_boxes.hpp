// The boxes of a plane tree by level: what its nodes store about their children, decoded into full precision.
#pragma once

#include <algorithm>
#include <vector>

#include "coppice/query/level_box.hpp"
#include "coppice/query/plane_tree/view.hpp"

namespace coppice::plane_tree {

/// Parents before their children. A child's box stands in its parent's record; the root's is the union of its
/// children's. Empty blocks have no box. Requires: a tree that holds points.
template <class S, int Width>
std::vector<LevelBox<S>> level_boxes(const TreeView<S, Width>& tree, int max_level) {
  std::vector<LevelBox<S>> found;
  const int dimension = tree.dimension();
  const auto add = [&](int level, std::size_t parent) {
    found.emplace_back();
    found.back().lower.resize(static_cast<std::size_t>(dimension));
    found.back().upper.resize(static_cast<std::size_t>(dimension));
    found.back().level = level;
    found.back().parent = parent;
    return found.size() - 1;
  };
  // Adding an origin of 0 changes no float bound.
  const auto decode = [&](float bound, int a) { return static_cast<S>(bound) + tree.origin[a]; };

  // Returns the points below, whose own box is found[self]; levels beyond the last wanted are only counted.
  const auto visit = [&](const auto& self_visit, query::Child c, int level, std::size_t self) -> std::size_t {
    const Node<S, Width>& n = tree.node(c);
    std::size_t points = 0;
    for (int s = 0; s < n.children; ++s) {
      const query::Child below = tree.child(n, s);
      if (below.is_leaf && tree.points(below) == 0) continue;
      const bool wanted = level <= max_level;
      const std::size_t child = wanted ? add(level, self) : self;
      if (wanted)
        for (int a = 0; a < dimension; ++a) {
          found[child].lower[static_cast<std::size_t>(a)] = decode(n.bounds(a)[s], a);
          found[child].upper[static_cast<std::size_t>(a)] = decode(n.bounds(a)[fan_out + s], a);
        }
      const std::size_t count = below.is_leaf ? tree.points(below) : self_visit(self_visit, below, level + 1, child);
      points += count;
      if (wanted) {
        found[child].is_leaf = below.is_leaf;
        found[child].points = count;
      }
    }
    return points;
  };
  const std::size_t root = add(0, LevelBox<S>::no_parent);
  const Node<S, Width>& top = tree.node(tree.root());
  for (int a = 0; a < dimension; ++a) {
    const float* lower = top.bounds(a);
    const float* upper = lower + fan_out;
    found[root].lower[static_cast<std::size_t>(a)] = decode(*std::min_element(lower, lower + top.children), a);
    found[root].upper[static_cast<std::size_t>(a)] = decode(*std::max_element(upper, upper + top.children), a);
  }
  found[root].points = visit(visit, tree.root(), 1, root);
  return found;
}

}  // namespace coppice::plane_tree
