// The invariants of an Octree, checked one by one, and its statistics.
#pragma once

#include <stdexcept>
#include <string>

#include "coppice/index/octree/tree.hpp"

namespace coppice::octree {

template <class S, int Dim>
class Validator {
 public:
  using Tree = octree::Tree<S, Dim>;
  using Node = octree::Node<S, Dim>;
  using Leaf = octree::Leaf<S, Dim>;

  explicit Validator(const Tree& tree) : tree_(tree) {}

  void run() {
    const Handle anchor = tree_.anchor_;
    require(tree_.cold(anchor).parent == none, "the anchor has a parent", anchor);
    ++nodes_;
    check_sums(anchor);
    check_child(anchor, 0);
    for (int s = 1; s < fan_out; ++s) require(tree_.node(anchor).is_empty(s), "the anchor has a second child", anchor);
    require(points_ == tree_.size_, "the leaves do not hold size() points", anchor);
    require(tree_.locations_.size() == tree_.size_, "the id map does not hold size() ids", anchor);
    if (tree_.retired_nodes_.empty() && tree_.retired_leaves_.empty()) {
      require(tree_.records_->nodes.live() == nodes_, "node records are leaked or shared", anchor);
      require(tree_.records_->leaves.live() == units_, "leaf units are leaked or shared", anchor);
    }
  }

 private:
  static void require(bool holds, const char* what, Handle x) {
    if (!holds) throw std::logic_error(std::string("Octree: ") + what + " (node " + std::to_string(x) + ")");
  }

  void check_child(Handle x, int s) {
    const Node& n = tree_.node(x);
    if (n.is_leaf(s))
      check_leaf(x, n, s);
    else
      check_inner(x, n, s);
  }

  void check_sums(Handle x) {
    const Node& n = tree_.node(x);
    std::uint32_t points = 0;
    int nodes = 0;
    for (int s = 0; s < fan_out; ++s) {
      points += n.count[s];
      nodes += !n.is_leaf(s);
    }
    require(points == n.points && nodes == n.nodes, "the sums of a node are wrong", x);
  }

  /// Every octant's slot is the first of two, four, … octants that share it, and slots not in use are empty.
  void check_slots(Handle x) {
    const Node& n = tree_.node(x);
    for (int o = 0; o < fan_out; ++o) {
      const int s = n.slot[o];
      if (o >= Node::octants || s != o) {
        require(n.is_empty(o), "a slot that is not in use holds something", x);
        if (o >= Node::octants) continue;
      }
      require(s <= o && n.slot[s] == s, "an octant leads to a slot that is not in use", x);
      const int span = n.span(s);
      require((span & (span - 1)) == 0 && s % span == 0 && o < s + span, "octants share a slot that are no half", x);
      const int other = s ^ span;
      require(span == Node::octants || n.slot[other] != other || n.span(other) != span || !n.is_leaf(s) ||
                  !n.is_leaf(other) || n.count[s] + n.count[other] > tree_.config.capacity / tree_.config.alpha,
              "two halves hold no more than K/alpha points together", x);
    }
  }

  void check_inner(Handle x, const Node& n, int s) {
    ++nodes_;
    require(n.count[s] == 0 && n.room[s] == 0, "an inner child has a point count", x);
    const Handle h = n.child[s];
    require(tree_.cold(h).parent == link_of(x, s), "a child does not point back", x);
    const Node& below = tree_.node(h);
    if (x != tree_.anchor_) {
      require(n.slot_of(below.cell.center) == s && n.span(s) == 1 && n.cell.holds(below.cell.center),
              "a cell lies outside its octant", h);
      require(below.cell.edge() <= n.cell.half, "a cell is larger than its octant", h);
    }
    check_sums(h);
    check_slots(h);
    int occupied = 0;
    for (int b = 0; b < fan_out; ++b) {
      if (below.is_empty(b)) continue;
      ++occupied;
      const auto inner = Tree::box_of(below, b);
      const auto outer = Tree::box_of(n, s);
      for (std::size_t a = 0; a < Dim; ++a)
        require(outer.lower[a] <= inner.lower[a] && inner.upper[a] <= outer.upper[a],
                "a box does not hold the boxes below", h);
    }
    require(occupied >= 2, "a node has a single child", h);
    require(below.nodes > 0 || below.points > tree_.config.capacity / tree_.config.alpha,
            "a node holds no more than K/alpha points", h);
    require(tree_.divides(below.cell), "a cell of the smallest size is divided", h);
    for (int b = 0; b < fan_out; ++b) check_child(h, b);
  }

  void check_leaf(Handle x, const Node& n, int s) {
    const Handle first = n.child[s] & ~leaf_bit;
    require((n.count[s] == 0) == (n.room[s] == 0), "an empty leaf has room, or a full one none", x);
    require(n.count[s] <= units_of(n.room[s]) * storage::unit_points, "a leaf is overfull", x);
    units_ += units_of(n.room[s]);
    points_ += n.count[s];
    if (n.count[s] == 0) return;
    require(n.count[s] <= tree_.config.capacity * tree_.config.alpha || !tree_.divides(tree_.smallest_cell_of(n, s)),
            "a leaf that could be divided holds more than alpha K points", x);
    for (std::uint32_t u = 0; u < units_of(n.room[s]); ++u)
      require(tree_.unit_cold(first + u).parent == link_of(x, s), "a leaf does not point back", x);
    const Leaf l = tree_.leaf(n, s);
    const auto box = Tree::box_of(n, s);
    std::array<S, Dim> point;
    for (std::uint32_t i = 0; i < n.count[s]; ++i) {
      l.get(i, point.data());
      for (std::size_t a = 0; a < Dim; ++a)
        require(box.lower[a] <= point[a] && point[a] <= box.upper[a], "a point lies outside its box", x);
      require(x == tree_.anchor_ || (n.cell.holds(point.data()) && n.slot_of(point.data()) == s),
              "a point lies outside its octant", x);
      require(tree_.locations_.find(l.ids[i]) == location_of(first, i), "the id map loses a point", x);
    }
  }

  const Tree& tree_;
  std::size_t nodes_ = 0;
  std::size_t units_ = 0;
  std::size_t points_ = 0;
};

template <class S, int Dim>
void Tree<S, Dim>::validate() const {
  Validator<S, Dim>(*this).run();
}

template <class S, int Dim>
Statistics Tree<S, Dim>::statistics() const {
  Statistics result;
  result.points = size_;
  result.rebuilds = repairs_;
  std::size_t room = 0;
  const auto visit = [&](const auto& self, const Node& n) -> std::size_t {
    std::size_t highest = 0;
    for (int s = 0; s < fan_out; ++s) {
      if (!n.is_leaf(s)) {
        ++result.nodes;
        highest = std::max(highest, 1 + self(self, node(n.child[s])));
      } else if (n.count[s] != 0) {
        ++result.leaves;
        room += units_of(n.room[s]) * std::size_t{storage::unit_points};
      }
    }
    return highest;
  };
  result.height = visit(visit, node(anchor_));
  result.binary_height = result.height * Dim;
  if (room != 0) result.leaf_fill = static_cast<double>(size_) / static_cast<double>(room);
  result.bytes = records_->nodes.bytes() + records_->leaves.bytes() + locations_.bytes() + sizeof *this;
  if (size_ != 0) result.bytes_per_point = static_cast<double>(result.bytes) / static_cast<double>(size_);
  return result;
}

}  // namespace coppice::octree
