// The binary tree that builders make, optimisers change and the collapse turns into wide nodes. Parents come before
// their children when a builder is done; reinsertion breaks that order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "box4.hpp"
#include "coppice/index/bvh/builder.hpp"
#include "coppice/parallel/executor.hpp"
#include "coppice/storage/memory.hpp"

namespace coppice::bvh {

inline constexpr std::uint32_t none = 0xffffffffu;

using Refs = storage::RawVector<Ref>;

struct BinaryNode {
  Box4 box;
  std::uint32_t child[2] = {none, 0};  ///< of a leaf: none, and the first of its primitives
  std::uint32_t parent = none;
  std::uint32_t count = 0;  ///< of a leaf: its primitives

  [[nodiscard]] bool is_leaf() const noexcept { return child[0] == none; }
};

struct BinaryTree {
  storage::RawVector<BinaryNode> nodes;  ///< node 0 is the root; empty: no primitives
  storage::RawVector<std::uint32_t> primitives;
  bool repeats = false;  ///< a primitive may be there more than once
};

/// How a tree is grown from the top: what a builder's name stands for.
struct Growth {
  int bins = 32;
  std::size_t sweep_below = 8;                       ///< nodes of fewer references are split by trying everything
  std::size_t leaf_size = 1;                         ///< nodes of at most so many references are leaves
  std::size_t fragment_size = std::size_t{1} << 13;  ///< nodes of fewer references are one thread's
  bool weighted = false;                             ///< references count for their weights
  bool spatial = false;
  float split_overlap = 1e-5f;
  float root_surface = 0;  ///< of the whole scene, for split_overlap
  /// Splits deeper than this are by halves, so that a tree's depth is bounded by this and log2 of the references.
  int deepest_choice = 48;
};

/// Grows a tree; the same for any number of threads. `triangles` are what references name, when those may be cut.
/// The references are consumed.
[[nodiscard]] BinaryTree grow(Refs&& references, const Growth& growth, std::span<const Triangle> triangles,
                              Executor executor);
/// As grow, along a Morton curve down to clusters of few references, over which a tree is grown by their boxes; then in
/// every cluster.
[[nodiscard]] BinaryTree grow_over_clusters(Refs&& references, const Growth& growth, Executor executor);
/// Copies nodes into a tree from the place `first_node` on, and primitives from `first_primitive` on. As many nodes as
/// there are `roots` take those places instead, and have the parents that are there already. Requires: room.
void put(BinaryTree& tree, std::span<const std::uint32_t> roots, std::span<const BinaryNode> nodes,
         std::span<const std::uint32_t> primitives, std::size_t first_node, std::size_t first_primitive);
/// Puts `parts` under a given top.
[[nodiscard]] BinaryTree graft(const Top& top, std::span<const BinaryTree> parts);

/// A tree along a Morton curve, its treelets of up to nine subtrees rearranged by agglomeration.
[[nodiscard]] BinaryTree grow_along_curve(Refs&& references, int rearrangements, Executor executor);

/// Takes out the subtrees of largest surface, `share` of all, and puts each back where the tree's surface grows least;
/// the same for any number of threads.
void reinsert(BinaryTree& tree, float share, Executor executor);

/// The two parts of a reference's primitive left and right of a plane; either may be empty.
struct Parts {
  Box4 left, right;
};
[[nodiscard]] Parts cut_reference(const Ref& reference, const Triangle& triangle, int axis, float position);

}  // namespace coppice::bvh
