// The invariants of a KdTree, checked one by one, and its statistics.
#pragma once

#include <stdexcept>
#include <string>

#include "coppice/index/kd_tree/tree.hpp"

namespace coppice::kd_tree {

template <class S, int Width>
class Validator {
 public:
  using Tree = kd_tree::Tree<S, Width>;
  using Node = typename Tree::Node;

  explicit Validator(const Tree& tree) : tree_(tree) {}

  void run() {
    require(tree_.cold(tree_.root_).parent == none, "the root has a parent", tree_.root_);
    check(tree_.root_);
    require(points_ == tree_.size_, "the leaves do not hold size() points", tree_.root_);
    require(tree_.locations_.size() == tree_.size_, "the id map does not hold size() ids", tree_.root_);
    if (tree_.retired_nodes_.empty() && tree_.retired_leaves_.empty()) {
      require(tree_.records_->nodes.live() == nodes_, "node records are leaked or shared", tree_.root_);
      require(tree_.records_->leaves.live() == leaves_, "leaf records are leaked or shared", tree_.root_);
    }
  }

 private:
  static void require(bool holds, const char* what, Handle x) {
    if (!holds) throw std::logic_error(std::string("KdTree: ") + what + " (node " + std::to_string(x) + ")");
  }

  void check(Handle x) {
    ++nodes_;
    const Node& n = tree_.node(x);
    require(n.children >= 1 && n.children <= fan_out, "a node has no or too many children", x);
    require(n.children >= 2 || x == tree_.root_, "an inner node has a single child", x);
    require(__builtin_popcount(n.used_planes()) == n.children - 1, "planes and children do not fit together", x);
    std::uint32_t leaves = 0;
    for (int s = 0; s < n.children; ++s) {
      require((n.right[s] & ~n.need[s]) == 0, "a child lies right of a plane it does not need", x);
      require(tree_.parent_of(n.child[s]) == link_of(x, s), "a child does not point back", x);
      leaves += tree_.leaves_below(n.child[s]);
      if (n.is_leaf(s))
        check_leaf(x, n, s);
      else
        check_inner(x, n, s);
    }
    require(leaves == tree_.cold(x).leaves, "the number of leaves below is wrong", x);
    for (int s = n.children; s < fan_out; ++s)
      require(n.need[s] == 0 && n.right[s] == 0xff, "an unused slot matches points", x);
    if (tree_.keeps_heights())
      require(tree_.cold(x).height == tree_.each_plane(n, (1u << n.children) - 1, 0, [](int, Side, Side) {}).height,
              "the height is wrong", x);
  }

  void check_inner(Handle x, const Node& n, int s) {
    require(n.count[s] == 0, "an inner child has a point count", x);
    const Node& below = tree_.node(n.child[s]);
    for (int a = 0; a < tree_.axes(); ++a)
      for (int c = 0; c < below.children; ++c) {
        if (below.is_leaf(c) && below.count[c] == 0) continue;
        require(n.bounds(a)[s] <= below.bounds(a)[c] && below.bounds(a)[fan_out + c] <= n.bounds(a)[fan_out + s],
                "a box does not hold the boxes below", x);
      }
    check(n.child[s]);
  }

  void check_leaf(Handle x, const Node& n, int s) {
    ++leaves_;
    points_ += n.count[s];
    const Handle h = n.child[s] & ~leaf_bit;
    require(n.count[s] <= leaf_capacity, "a leaf is overfull", x);
    require(n.count[s] > 0 || n.children == 1, "a leaf is empty", x);
    const Leaf<S> l = tree_.leaf(h);
    std::vector<S> point(static_cast<std::size_t>(tree_.dimension_));
    for (int i = 0; i < n.count[s]; ++i) {
      for (int a = 0; a < tree_.axes(); ++a) {
        const S v = l.axis(a)[i];
        const S origin = std::is_same_v<S, float> ? S(0) : tree_.origin_data()[a];
        require(origin + static_cast<S>(n.bounds(a)[s]) <= v && v <= origin + static_cast<S>(n.bounds(a)[fan_out + s]),
                "a point lies outside its box", x);
        if (a < tree_.dimension_) point[static_cast<std::size_t>(a)] = v;
      }
      require(tree_.locations_.find(l.ids[static_cast<std::size_t>(i)]) == location_of(h, i),
              "the id map loses a point", x);
      const typename Tree::Key key(point.data(), tree_.dimension_, l.ids[static_cast<std::size_t>(i)]);
      for (std::uint32_t link = link_of(x, s); link != none; link = tree_.cold(link >> 3).parent)
        require(route<simd::baseline>(tree_.node(link >> 3), key) == static_cast<int>(link & 7),
                "a point is not where planes lead", x);
    }
  }

  const Tree& tree_;
  std::size_t nodes_ = 0;
  std::size_t leaves_ = 0;
  std::size_t points_ = 0;
};

template <class S, int Width>
void Tree<S, Width>::validate() const {
  Validator<S, Width>(*this).run();
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
  result.leaf_fill = static_cast<double>(size_) / static_cast<double>(result.leaves * leaf_capacity);
  result.bytes = records_->nodes.bytes() + records_->leaves.bytes() + locations_.bytes() + scratch_.bytes();
  result.bytes_per_point = size_ == 0 ? 0 : static_cast<double>(result.bytes) / static_cast<double>(size_);
  return result;
}

}  // namespace coppice::kd_tree
