// The collapse of a binary tree to wide nodes.
#include <algorithm>
#include <array>

#include "wide_tree.hpp"

namespace coppice::bvh {
namespace {

class Collapse {
 public:
  Collapse(const BinaryTree& binary, std::span<const Stored> primitives, WideTree& wide)
      : nodes_(binary.nodes), slots_(binary.primitives), primitives_(primitives), wide_(wide) {
    cover_all();
  }

  Collapsed emit() {
    wide_.reserve(nodes_.size() / 12 + 1, slots_.size() / 4 + 1);
    const std::uint32_t root = emit_node(0);
    return {root, wide_.node(root).height};
  }

 private:
  static constexpr std::size_t most_trees = width - 1;
  /// cost[j − 1]: the least cost of covering a subtree by a forest of at most j wide subtrees or leaves.
  struct Cover {
    float cost[most_trees];
    std::uint32_t references;
  };
  /// The children of a wide node, by their binary nodes.
  struct Children {
    std::array<std::uint32_t, width> node;
    std::size_t count = 0;
  };

  void cover_all() {
    // Parents before children; reversed it goes bottom up, also after reinsertion.
    std::vector<std::uint32_t> order, open{0};
    order.reserve(nodes_.size());
    while (!open.empty()) {
      const std::uint32_t i = open.back();
      open.pop_back();
      order.push_back(i);
      if (nodes_[i].is_leaf()) continue;
      open.push_back(nodes_[i].child[0]);
      open.push_back(nodes_[i].child[1]);
    }
    covers_.resize(nodes_.size());
    is_leaf_.assign(nodes_.size(), 0);
    for (std::size_t k = order.size(); k-- > 0;) cover(order[k]);
  }

  void cover(std::uint32_t i) {
    const BinaryNode& n = nodes_[i];
    const float surface = n.box.half_surface();
    Cover& c = covers_[i];
    c.references = n.is_leaf() ? n.count : covers_[n.child[0]].references + covers_[n.child[1]].references;
    const std::uint32_t blocks = (c.references + width - 1) / width;
    const float as_leaf = blocks <= leaf_blocks ? surface * block_cost * static_cast<float>(blocks) : infinite;
    if (n.is_leaf()) {
      for (float& x : c.cost) x = as_leaf;
      is_leaf_[i] = 1;
      return;
    }
    const Cover& l = covers_[n.child[0]];
    const Cover& r = covers_[n.child[1]];
    float forest[width + 1];
    for (std::size_t j = 2; j <= width; ++j) {
      float least = infinite;
      for (std::size_t k = 1; k < j; ++k) least = std::min(least, l.cost[k - 1] + r.cost[j - k - 1]);
      forest[j] = least;
    }
    const float as_node = surface * node_cost + forest[width];
    is_leaf_[i] = as_leaf <= as_node;
    c.cost[0] = std::min(as_leaf, as_node);
    for (std::size_t j = 2; j <= most_trees; ++j) c.cost[j - 1] = std::min(forest[j], c.cost[j - 2]);
  }

  /// The trees of the best forest of at most `places` below i.
  void spread(std::uint32_t i, std::size_t places, Children& to) const {
    const Cover& l = covers_[nodes_[i].child[0]];
    const Cover& r = covers_[nodes_[i].child[1]];
    float least = infinite;
    std::size_t left = 1;
    for (std::size_t k = 1; k < places; ++k)
      if (const float cost = l.cost[k - 1] + r.cost[places - k - 1]; cost < least) {
        least = cost;
        left = k;
      }
    descend(nodes_[i].child[0], left, to);
    descend(nodes_[i].child[1], places - left, to);
  }
  void descend(std::uint32_t i, std::size_t places, Children& to) const {
    while (places > 1 && covers_[i].cost[places - 1] == covers_[i].cost[places - 2]) --places;
    if (places == 1 || nodes_[i].is_leaf())
      to.node[to.count++] = i;
    else
      spread(i, places, to);
  }

  std::uint32_t emit_node(std::uint32_t i) {
    Children children;
    if (nodes_[i].is_leaf())
      children.node[children.count++] = i;
    else
      spread(i, width, children);
    std::sort(children.node.begin(), children.node.begin() + static_cast<std::ptrdiff_t>(children.count),
              [&](std::uint32_t a, std::uint32_t b) {
                const float s = nodes_[a].box.half_surface(), t = nodes_[b].box.half_surface();
                return s > t || (s == t && a < b);
              });
    const std::uint32_t node = wide_.take_node();
    for (std::size_t k = 0; k < children.count; ++k) {
      const std::uint32_t c = children.node[k];
      const ChildRef child = is_leaf_[c] ? emit_leaf(c) : emit_node(c);
      wide_.set_child(node, k, child, nodes_[c].box);
    }
    sum_up(wide_, node);
    WideNode& n = wide_.node(node);
    const float surface = nodes_[i].box.half_surface();
    n.built_cost = surface > 0 ? n.cost / surface : 0;
    return node;
  }

  ChildRef emit_leaf(std::uint32_t i) {
    found_.clear();
    open_.assign(1, i);
    while (!open_.empty()) {
      const BinaryNode& n = nodes_[open_.back()];
      open_.pop_back();
      if (n.is_leaf()) {
        for (std::uint32_t k = 0; k < n.count; ++k) found_.push_back(slots_[n.child[1] + k]);
      } else {
        open_.push_back(n.child[1]);
        open_.push_back(n.child[0]);
      }
    }
    std::sort(found_.begin(), found_.end());
    found_.erase(std::unique(found_.begin(), found_.end()), found_.end());  // parts that meet again
    return wide_.take_leaf(found_, primitives_);
  }

  const std::vector<BinaryNode>& nodes_;
  const std::vector<std::uint32_t>& slots_;
  std::span<const Stored> primitives_;
  WideTree& wide_;
  std::vector<Cover> covers_;
  std::vector<std::uint8_t> is_leaf_;
  std::vector<std::uint32_t> found_, open_;
};

}  // namespace

Collapsed collapse(const BinaryTree& binary, std::span<const Stored> primitives, WideTree& wide) {
  if (binary.nodes.empty()) return {};
  return Collapse(binary, primitives, wide).emit();
}

}  // namespace coppice::bvh
