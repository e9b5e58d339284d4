// The invariants that plane trees share, checked one by one. What a node is beyond them its tree says.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "coppice/index/plane_tree_store.hpp"
#include "coppice/query/plane_tree/routing.hpp"

namespace coppice::plane_tree {

/// `Store` is the TreeStore of a tree.
template <class Store>
class Validator {
 public:
  using Node = typename Store::Node;

  /// `name` is for messages. Requires: it outlives this.
  Validator(const Store& tree, const char* name) : tree_(tree), name_(name) {}

  /// Calls check_node(x, node) for every node. Errors: std::logic_error that names the first invariant broken.
  template <class CheckNode>
  void run(const CheckNode& check_node) {
    const Handle root = tree_.root_;
    require(tree_.cold(root).parent == none, "the root has a parent", root);
    check(root, check_node);
    require(points_ == tree_.size_, "the leaves do not hold size() points", root);
    require(tree_.locations_.size() == tree_.size_, "the id map does not hold size() ids", root);
    if (tree_.retired_nodes_.empty() && tree_.retired_leaves_.empty()) {
      require(tree_.records_->nodes.live() == nodes_, "node records are leaked or shared", root);
      require(tree_.records_->leaves.live() == leaves_, "leaf records are leaked or shared", root);
    }
  }
  void require(bool holds, const char* what, Handle x) const {
    if (!holds) throw std::logic_error(std::string(name_) + ": " + what + " (node " + std::to_string(x) + ")");
  }

 private:
  using Scalar = typename Store::Scalar;

  template <class CheckNode>
  void check(Handle x, const CheckNode& check_node) {
    ++nodes_;
    const Node& n = tree_.node(x);
    require(n.children >= 1 && n.children <= fan_out, "a node has no or too many children", x);
    require(n.children >= 2 || x == tree_.root_, "an inner node has a single child", x);
    for (int s = 0; s < n.children; ++s)
      require(tree_.parent_of(n.child[s]) == link_of(x, s), "a child does not point back", x);
    check_node(x, n);
    for (int s = 0; s < n.children; ++s) {
      if (n.is_leaf(s)) {
        check_leaf(x, n, s);
      } else {
        check_box(x, n, s);
        check(n.child[s], check_node);
      }
    }
  }

  void check_box(Handle x, const Node& n, int s) const {
    require(n.taken[s] == 0, "an inner child has places", x);
    const Node& below = tree_.node(n.child[s]);
    for (int a = 0; a < tree_.axes(); ++a)
      for (int c = 0; c < below.children; ++c) {
        if (below.is_leaf(c) && below.taken[c] == 0) continue;
        require(n.bounds(a)[s] <= below.bounds(a)[c] && below.bounds(a)[fan_out + c] <= n.bounds(a)[fan_out + s],
                "a box does not hold the boxes below", x);
      }
  }

  void check_leaf(Handle x, const Node& n, int s) {
    ++leaves_;
    const Handle h = n.child[s] & ~leaf_bit;
    require(n.taken[s] != 0 || n.children == 1, "a leaf is empty", x);
    points_ += static_cast<std::size_t>(n.points(s));
    require(eights(n.places(s)) == eights(n.points(s)), "a leaf spreads over more places than its points need", x);
    const Leaf<Scalar> l = tree_.leaf(h);
    std::vector<Scalar> point(static_cast<std::size_t>(tree_.axes()));
    for (std::uint32_t left = n.taken[s]; left != 0; left &= left - 1) {
      const int i = std::countr_zero(left);
      for (int a = 0; a < tree_.axes(); ++a) {
        const Scalar v = l.axis(a)[i];
        require(tree_.decode(n.bounds(a)[s], a) <= v && v <= tree_.decode(n.bounds(a)[fan_out + s], a),
                "a point lies outside its box", x);
        point[static_cast<std::size_t>(a)] = v;
      }
      const point_id id = l.ids[static_cast<std::size_t>(i)];
      require(tree_.locations_.find(id) == location_of(h, i), "the id map loses a point", x);
      const typename Store::Key key(point.data(), tree_.dimension_, id);
      for (std::uint32_t link = link_of(x, s); link != none; link = tree_.cold(link >> 3).parent)
        require(route<simd::baseline>(tree_.node(link >> 3), key) == static_cast<int>(link & 7),
                "a point is not where planes lead", x);
    }
  }

  const Store& tree_;
  const char* name_;
  std::size_t nodes_ = 0;
  std::size_t leaves_ = 0;
  std::size_t points_ = 0;
};

}  // namespace coppice::plane_tree
