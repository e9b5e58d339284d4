// Reinsertion (Meister and Bittner 2018, in the serial form of Bittner, Hapala and Havran 2013): the nodes of largest
// surface are taken out, one after the other, and put back where the sum of all surfaces grows least, found by branch
// and bound from the root.
#include <algorithm>
#include <functional>

#include "binary_tree.hpp"

namespace coppice::bvh {
namespace {

class Reinsertion {
 public:
  explicit Reinsertion(std::vector<BinaryNode>& nodes) : nodes_(nodes) {}

  void move(std::uint32_t x) {
    const std::uint32_t p = nodes_[x].parent;
    if (p == none || p == 0) return;
    const std::uint32_t sibling = nodes_[p].child[nodes_[p].child[0] == x ? 1 : 0];
    const std::uint32_t g = nodes_[p].parent;
    replace(g, p, sibling);
    refit(g);
    const Box4 box = nodes_[x].box;
    const std::uint32_t at = best_place(box, sibling);
    const std::uint32_t above = nodes_[at].parent;
    replace(above, at, p);
    nodes_[p].child[0] = at;
    nodes_[p].child[1] = x;
    nodes_[at].parent = nodes_[x].parent = p;
    nodes_[p].box = join(nodes_[at].box, box);
    refit(above);
  }

 private:
  struct Open {
    float grown;  // what inserting below this node adds to the surfaces above it
    std::uint32_t node;
  };

  void replace(std::uint32_t parent, std::uint32_t child, std::uint32_t by) {
    nodes_[parent].child[nodes_[parent].child[0] == child ? 0 : 1] = by;
    nodes_[by].parent = parent;
  }
  void refit(std::uint32_t i) {
    for (; i != none; i = nodes_[i].parent) {
      BinaryNode& n = nodes_[i];
      const Box4 box = join(nodes_[n.child[0]].box, nodes_[n.child[1]].box);
      if (box.same(n.box)) return;
      n.box = box;
    }
  }
  std::uint32_t best_place(const Box4& box, std::uint32_t old) {
    const float surface = box.half_surface();
    std::uint32_t best_node = old;
    float best = join(nodes_[old].box, box).half_surface();
    for (std::uint32_t i = nodes_[old].parent; i != none; i = nodes_[i].parent)
      best += join(nodes_[i].box, box).half_surface() - nodes_[i].box.half_surface();
    const auto later = [](const Open& a, const Open& b) { return a.grown > b.grown; };
    open_.assign(1, {0, 0});
    while (!open_.empty()) {
      std::pop_heap(open_.begin(), open_.end(), later);
      const Open o = open_.back();
      open_.pop_back();
      if (o.grown + surface >= best) break;
      const BinaryNode& n = nodes_[o.node];
      const float joined = join(n.box, box).half_surface();
      if (o.node != 0 && o.grown + joined < best) {
        best = o.grown + joined;
        best_node = o.node;
      }
      if (n.is_leaf()) continue;
      const float grown = o.grown + joined - n.box.half_surface();
      if (grown + surface < best)
        for (std::uint32_t c : n.child) {
          open_.push_back({grown, c});
          std::push_heap(open_.begin(), open_.end(), later);
        }
    }
    return best_node;
  }

  std::vector<BinaryNode>& nodes_;
  std::vector<Open> open_;
};

}  // namespace

void reinsert(BinaryTree& tree, float share) {
  std::vector<std::pair<float, std::uint32_t>> largest;
  for (std::uint32_t i = 1; i < tree.nodes.size(); ++i)
    if (tree.nodes[i].parent != 0 && tree.nodes[i].parent != none)
      largest.emplace_back(tree.nodes[i].box.half_surface(), i);
  const auto count = static_cast<std::size_t>(static_cast<double>(largest.size()) * static_cast<double>(share));
  if (count == 0) return;
  const auto end = largest.begin() + static_cast<std::ptrdiff_t>(count);
  std::nth_element(largest.begin(), end - 1, largest.end(), std::greater<>());
  std::sort(largest.begin(), end, std::greater<>());
  Reinsertion reinsertion(tree.nodes);
  for (auto i = largest.begin(); i != end; ++i) reinsertion.move(i->second);
}

}  // namespace coppice::bvh
