// The invariants of a MultiwayTree, checked one by one, and its statistics.
#pragma once

#include <bit>
#include <stdexcept>
#include <string>

#include "coppice/index/multiway_tree/erase.hpp"

namespace coppice::multiway_tree {

template <class S, int Width>
class Validator {
 public:
  using Tree = multiway_tree::Tree<S, Width>;
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
    if (!holds) throw std::logic_error(std::string("MultiwayTree: ") + what + " (node " + std::to_string(x) + ")");
  }

  void check(Handle x) {
    ++nodes_;
    const Node& n = tree_.node(x);
    const NodeCold& cold = tree_.cold(x);
    require(n.children >= 1 && n.children <= fan_out, "a node has no or too many children", x);
    require(n.children >= 2 || x == tree_.root_, "an inner node has a single child", x);
    Node slabs;
    set_slabs(slabs, n.axis[0], n.split, n.children);
    require(std::equal(n.need, n.need + fan_out, slabs.need) && std::equal(n.right, n.right + fan_out, slabs.right),
            "the children are not slabs in order", x);
    for (int j = 0; j + 1 < n.children; ++j) {
      require(n.axis[j] == n.axis[0], "the pivots cut different axes", x);
      require(j == 0 || n.split[j - 1] < n.split[j], "the pivots do not ascend", x);
    }
    std::uint32_t points = 0;
    std::uint32_t height = 0;
    for (int s = 0; s < n.children; ++s) {
      require(tree_.parent_of(n.child[s]) == link_of(x, s), "a child does not point back", x);
      points += tree_.points_below(n, s);
      height = std::max(height, tree_.height_of(n, s));
      if (n.is_leaf(s))
        check_leaf(x, n, s);
      else
        check_inner(x, n, s);
    }
    require(points == cold.points, "the number of points below is wrong", x);
    require(height + 1 == cold.height, "the height is wrong", x);
  }

  void check_inner(Handle x, const Node& n, int s) {
    require(n.count[s] == 0, "an inner child has a point count", x);
    const Node& below = tree_.node(n.child[s]);
    for (int a = 0; a < tree_.axes(); ++a)
      for (int c = 0; c < below.children; ++c)
        require(n.bounds(a)[s] <= below.bounds(a)[c] && below.bounds(a)[fan_out + c] <= n.bounds(a)[fan_out + s],
                "a box does not hold the boxes below", x);
    check(n.child[s]);
  }

  void check_leaf(Handle x, const Node& n, int s) {
    ++leaves_;
    points_ += n.count[s];
    const Handle h = n.child[s] & ~leaf_bit;
    require(n.count[s] <= leaf_capacity, "a leaf is overfull", x);
    require(n.count[s] > 0 || n.children == 1, "a leaf is empty", x);
    const Leaf<S> l = tree_.leaf(h);
    std::vector<S> point(static_cast<std::size_t>(tree_.axes()));
    for (int i = 0; i < n.count[s]; ++i) {
      for (int a = 0; a < tree_.axes(); ++a) {
        const S v = l.axis(a)[i];
        const S origin = (*tree_.origin_)[static_cast<std::size_t>(a)];
        require(decode_bound(n.bounds(a)[s], origin) <= v && v <= decode_bound(n.bounds(a)[fan_out + s], origin),
                "a point lies outside its box", x);
        point[static_cast<std::size_t>(a)] = v;
      }
      const point_id id = l.ids[static_cast<std::size_t>(i)];
      require(tree_.locations_.find(id) == location_of(h, i), "the id map loses a point", x);
      const typename Tree::Key key(point.data(), tree_.dimension_, id);
      for (std::uint32_t link = link_of(x, s); link != none; link = tree_.cold(link >> 3).parent)
        require(plane_tree::route<simd::baseline>(tree_.node(link >> 3), key) == static_cast<int>(link & 7),
                "a point is not where pivots lead", x);
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

/// The planes of a path are those that a binary search among a node's pivots would look at.
template <class S, int Width>
Statistics Tree<S, Width>::statistics() const {
  Statistics result;
  result.points = size_;
  result.rebuilds = repairs_;
  const auto visit = [&](const auto& self, Handle x) -> std::size_t {
    ++result.nodes;
    const Node& n = node(x);
    std::size_t planes = 0;
    for (int s = 0; s < n.children; ++s) {
      if (n.is_leaf(s))
        ++result.leaves;
      else
        planes = std::max(planes, self(self, n.child[s]));
    }
    return planes + static_cast<std::size_t>(std::bit_width(n.children - 1u));
  };
  result.binary_height = visit(visit, root_);
  result.height = cold(root_).height;
  result.leaf_fill = static_cast<double>(size_) / static_cast<double>(result.leaves * leaf_capacity);
  result.bytes = records_->nodes.bytes() + records_->leaves.bytes() + locations_.bytes();
  result.bytes_per_point = size_ == 0 ? 0 : static_cast<double>(result.bytes) / static_cast<double>(size_);
  return result;
}

}  // namespace coppice::multiway_tree
