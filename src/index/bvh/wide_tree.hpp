// The wide tree in memory: nodes, blocks, what was given back of both, and the primitives by slot. Everything that
// changes a tree goes through here; searches see it as a View.
#pragma once

#include <span>
#include <vector>

#include "binary_tree.hpp"
#include "coppice/index/bvh/node.hpp"
#include "coppice/storage/memory.hpp"

namespace coppice::bvh {

inline constexpr float node_cost = 1.0f;
inline constexpr float block_cost = 0.6f;
inline constexpr std::uint32_t leaf_blocks = 2;  ///< a leaf has at most so many
/// No wide tree is higher; stacks of searches rely on it.
inline constexpr std::uint32_t most_height = 96;

using StoredPrimitives = storage::RawVector<Stored>;

/// How many blocks so many primitives fill.
[[nodiscard]] constexpr std::uint32_t blocks_for(std::size_t primitives) noexcept {
  return static_cast<std::uint32_t>((primitives + width - 1) / width);
}
[[nodiscard]] inline Box3 box_of_stored(const Stored& s, bool triangles) noexcept {
  return triangles ? box_of(s) : Box3{s.a, s.b};
}
[[nodiscard]] inline Box4 box4_of(const Stored& s, bool triangles) noexcept {
  if (!triangles) return {four(s.a), four(s.b)};
  Box4 box;
  box.extend(four(s.a));
  box.extend(four(s.b));
  box.extend(four(s.c));
  return box;
}

class WideTree {
 public:
  explicit WideTree(Primitive primitive = Primitive::triangle) : primitive_(primitive) {}

  [[nodiscard]] bool triangles() const noexcept { return primitive_ != Primitive::box; }
  [[nodiscard]] Primitive primitive() const noexcept { return primitive_; }

  [[nodiscard]] WideNode& node(std::uint32_t i) noexcept { return nodes_[i]; }
  [[nodiscard]] const WideNode& node(std::uint32_t i) const noexcept { return nodes_[i]; }
  [[nodiscard]] bool empty() const noexcept { return root_ == no_child; }
  [[nodiscard]] ChildRef root() const noexcept { return root_; }
  void set_root(ChildRef root) noexcept { root_ = root; }

  /// An empty node.
  [[nodiscard]] std::uint32_t take_node();
  /// Nodes and runs of blocks whose contents are anything until somebody writes them.
  void take_nodes(std::span<std::uint32_t> nodes);
  [[nodiscard]] std::uint32_t take_blocks(std::uint32_t count);
  /// Makes a node empty that was taken, and writes a leaf into blocks that were.
  void clear_node(std::uint32_t node);
  [[nodiscard]] ChildRef write_leaf(std::uint32_t first, std::span<const std::uint32_t> slots,
                                    std::span<const Stored> primitives);
  void give_node(std::uint32_t node) { free_nodes_.push_back(node); }
  /// A leaf of the slots given. Requires: 1 to 8 · most_blocks of them.
  [[nodiscard]] ChildRef take_leaf(std::span<const std::uint32_t> slots, std::span<const Stored> primitives);
  void give_leaf(ChildRef leaf);
  /// Appends the slots of a leaf.
  void slots_of(ChildRef leaf, std::vector<std::uint32_t>& slots) const;
  [[nodiscard]] std::size_t leaf_size(ChildRef leaf) const noexcept;
  void write_lane(ChildRef leaf, std::size_t lane, std::uint32_t slot, const Stored& primitive);
  void clear_lane(ChildRef leaf, std::size_t lane);
  [[nodiscard]] std::uint32_t& slot_at(ChildRef leaf, std::size_t lane) noexcept;

  void set_child(std::uint32_t node, std::size_t place, ChildRef child, const Box4& box);
  [[nodiscard]] Box4 child_box(const WideNode& node, std::size_t place) const noexcept;
  [[nodiscard]] Box4 node_box(const WideNode& node) const noexcept;

  void reserve(std::size_t nodes, std::size_t blocks);
  [[nodiscard]] View view(const Stored* primitives, const point_id* ids, float extent) const noexcept;
  [[nodiscard]] std::size_t node_count() const noexcept { return nodes_.size() - free_nodes_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  Primitive primitive_;
  storage::RawVector<WideNode> nodes_;
  storage::RawVector<TriangleBlock> triangle_blocks_;
  storage::RawVector<BoxBlock> box_blocks_;
  std::vector<std::uint32_t> free_nodes_;
  std::vector<std::uint32_t> free_blocks_[most_blocks + 1];  ///< runs by their length
  ChildRef root_ = no_child;
};

/// What a collapse made, and what the binary tree costs a random ray that meets its root: 1.2 a node, 1 a primitive.
struct Collapsed {
  ChildRef root = no_child;
  std::uint32_t height = 0;
  double binary_cost = 0;
};

/// Turns a binary tree into wide nodes of a tree, by dynamic programming over what covers every subtree best: a forest
/// of at most 1 … 7 wide subtrees or leaves (Ylitie, Karras and Laine 2017). Sets the costs of the nodes. The same for
/// any number of threads.
[[nodiscard]] Collapsed collapse(const BinaryTree& binary, std::span<const Stored> primitives, WideTree& wide,
                                 Executor executor);

/// Cost and height of a node from those of its children.
void sum_up(WideTree& tree, std::uint32_t node);

}  // namespace coppice::bvh
