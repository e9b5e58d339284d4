// Binary trees put together from parts.
#include "binary_tree.hpp"

namespace coppice::bvh {

void append(BinaryTree& tree, std::uint32_t root, std::span<const BinaryNode> nodes,
            std::span<const std::uint32_t> primitives) {
  const auto base = static_cast<std::uint32_t>(tree.nodes.size());
  const auto first = static_cast<std::uint32_t>(tree.primitives.size());
  const auto moved = [&](std::uint32_t i) { return i == 0 ? root : base + i - 1; };
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    BinaryNode node = nodes[i];
    if (node.is_leaf())
      node.child[1] += first;
    else
      for (std::uint32_t& c : node.child) c = moved(c);
    if (i == 0) {
      node.parent = tree.nodes[root].parent;
      tree.nodes[root] = node;
    } else {
      node.parent = moved(node.parent);
      tree.nodes.push_back(node);
    }
  }
  tree.primitives.insert(tree.primitives.end(), primitives.begin(), primitives.end());
}

BinaryTree graft(const Top& top, std::span<const BinaryTree> parts) {
  BinaryTree tree;
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
      append(tree, at, part.nodes, part.primitives);
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
