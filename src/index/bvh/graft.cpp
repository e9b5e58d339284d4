// Binary trees put together from parts.
#include <algorithm>

#include "binary_tree.hpp"

namespace coppice::bvh {

void put(BinaryTree& tree, std::span<const std::uint32_t> roots, std::span<const BinaryNode> nodes,
         std::span<const std::uint32_t> primitives, std::size_t first_node, std::size_t first_primitive) {
  const auto base = static_cast<std::uint32_t>(first_node - roots.size());
  const auto moved = [&](std::uint32_t i) { return i < roots.size() ? roots[i] : base + i; };
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    BinaryNode node = nodes[i];
    if (node.is_leaf())
      node.child[1] += static_cast<std::uint32_t>(first_primitive);
    else
      for (std::uint32_t& c : node.child) c = moved(c);
    BinaryNode& to = tree.nodes[moved(i)];
    node.parent = i < roots.size() ? to.parent : moved(node.parent);
    to = node;
  }
  std::copy(primitives.begin(), primitives.end(),
            tree.primitives.begin() + static_cast<std::ptrdiff_t>(first_primitive));
}

BinaryTree graft(const Top& top, std::span<const BinaryTree> parts) {
  BinaryTree tree;
  tree.repeats = true;
  std::size_t nodes = 1;
  for (const BinaryTree& p : parts) nodes += p.nodes.size() + 2;
  tree.nodes.reserve(nodes);
  // Returns false where nothing stands: empty groups leave no trace, and a node with one child is that child.
  const auto place = [&](const auto& self, std::int32_t from, std::uint32_t parent, std::uint32_t& at) -> bool {
    if (from < 0) {
      const BinaryTree& part = parts[static_cast<std::size_t>(~from)];
      if (part.nodes.empty()) return false;
      at = static_cast<std::uint32_t>(tree.nodes.size());
      tree.nodes.push_back({{}, {none, 0}, parent, 0});
      const std::size_t first_node = tree.nodes.size(), first_primitive = tree.primitives.size();
      tree.nodes.resize(first_node + part.nodes.size() - 1);
      tree.primitives.resize(first_primitive + part.primitives.size());
      put(tree, {&at, 1}, part.nodes, part.primitives, first_node, first_primitive);
      return true;
    }
    const Top::Node& node = top.nodes[static_cast<std::size_t>(from)];
    at = static_cast<std::uint32_t>(tree.nodes.size());
    tree.nodes.push_back({{}, {none, 0}, parent, 0});
    std::uint32_t l = none, r = none;
    const bool has_left = self(self, node.left, at, l);
    const bool has_right = self(self, node.right, at, r);
    if (!has_left && !has_right) {
      tree.nodes.pop_back();
      return false;
    }
    if (has_left && has_right) {
      tree.nodes[at].child[0] = l;
      tree.nodes[at].child[1] = r;
      tree.nodes[at].box = join(tree.nodes[l].box, tree.nodes[r].box);
    } else {  // the child takes this node's place; its own stays unused
      const std::uint32_t only = has_left ? l : r;
      BinaryNode moved = tree.nodes[only];
      moved.parent = parent;
      tree.nodes[at] = moved;
      tree.nodes[only].parent = none;
      if (!moved.is_leaf())
        for (std::uint32_t c : moved.child) tree.nodes[c].parent = at;
    }
    return true;
  };
  std::uint32_t root = none;
  if (top.nodes.empty()) {
    if (parts.size() == 1) place(place, ~0, none, root);
  } else {
    place(place, 0, none, root);
  }
  if (root == none) tree.nodes.clear();
  return tree;
}

}  // namespace coppice::bvh
