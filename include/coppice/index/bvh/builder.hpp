// How a bounding-volume hierarchy is built: the builders by name, their parameters, and the seam for a top of the tree
// that comes from elsewhere (a network, an optimiser): groups of references under a given binary tree, each of which a
// builder then expands. Sources: Wald 2007 (bins), Stich et al. 2009 (spatial splits), Meister and Bittner 2018
// (reinsertion), Wald et al. 2008 (collapse), Karras 2012 and Karras and Aila 2013 (Morton codes and treelets),
// Garanzha et al. 2011 (clusters).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "coppice/geometry/triangle_mesh.hpp"
#include "coppice/parallel/executor.hpp"

namespace coppice {

/// How a tree is built; docs/design/bvh.md says more of each.
enum class BvhBuilder {
  lbvh,    ///< Morton codes, treelets restructured
  fast,    ///< the shortest build: clusters along a curve, bins over and in them, groups of 16, reinsertion
  binned,  ///< 32 bins down to single primitives, reinsertion; the default
  sweep,   ///< every split of sorted primitives tried, reinsertion
  sbvh,    ///< the fastest rays: as binned, and primitives are cut where that pays, reinsertion
};

/// `lbvh`, `fast`, `binned`, `sweep`, `sbvh`.
[[nodiscard]] std::string_view bvh_builder_name(BvhBuilder builder) noexcept;
/// Errors: invalid_input that names those there are.
[[nodiscard]] BvhBuilder bvh_builder_named(std::string_view name);
/// All of them, in the order above.
[[nodiscard]] std::span<const BvhBuilder> bvh_builders() noexcept;

namespace bvh {

/// What an index is made of and how.
struct Config {
  BvhBuilder builder = BvhBuilder::binned;
  /// Rays through a shared edge or vertex hit one of its triangles, never none; some 7 % slower.
  bool watertight = false;
  /// Spatial splits are tried where the boxes of two children overlap by more than this share of the scene's surface;
  /// smaller means more duplicates, better trees and longer builds. ≥ 0.
  float split_overlap = 1e-5f;
  /// Passes of reinsertion, and the share of nodes that each moves; −1: the builder's own choice: two passes of 10 %,
  /// for `fast` of 5 %, for `lbvh` none. More of either costs time and makes the tree better, with less and less
  /// gain.
  int reinsertion_passes = -1;
  float reinsertion_share = -1;
  /// A subtree whose cost has grown by more than this factor through updates is built anew; ≥ 1.
  float rebuild_growth = 1.5f;
  Executor executor{};  ///< where builds, updates and batches of rays run

  /// Errors: invalid_input that names the field.
  void check() const;
};

/// A primitive, or the part of it inside a cell, by its box. The parts of one primitive cover it.
struct Reference {
  Box3 box;
  std::uint32_t primitive = 0;  ///< the row of the triangle, box or point that was given to build
};

/// The upper levels of a tree, given from outside: a binary tree whose leaves are groups of references.
struct Top {
  /// A child ≥ 0 is a node; a child < 0 is the group ~child. Node 0 is the root; children come after their parents.
  struct Node {
    std::int32_t left = 0;
    std::int32_t right = 0;
  };
  std::vector<Node> nodes;            ///< empty: one group, or nothing
  std::vector<std::size_t> offsets;   ///< groups + 1: group g is [offsets[g], offsets[g + 1]) of `references`
  std::vector<Reference> references;  ///< every primitive at least once; groups may be empty

  /// Refuses a tree that is none, or that does not hold every one of `primitives` primitives. Errors: invalid_input.
  void check(std::size_t primitives) const;
};

/// A plane of a top tree: left is below `position`, right above. Children as in Top::Node.
struct Plane {
  int axis = 0;
  float position = 0;
  std::int32_t left = 0;
  std::int32_t right = 0;
};

/// How primitives that straddle a plane are distributed.
enum class Population {
  centroid,  ///< whole, to the side of the center of their box
  clip,      ///< cut by the plane, to both sides: the top's boxes do not overlap
};

/// Distributes triangles over the cells of a tree of planes. `groups` is how many leaves the planes name.
/// Complexity: O(n · depth). Errors: invalid_input for planes that form no tree.
[[nodiscard]] Top populate(std::span<const Triangle> triangles, std::span<const Plane> planes, std::size_t groups,
                           Population population, Executor executor = {});

/// What a tree costs and holds. Costs are expected work of a random ray through the scene (surface area heuristic),
/// relative to the surface of the root's box.
struct Quality {
  double binary_cost = 0;      ///< of the binary tree before the collapse: 1.2 a node, 1 a primitive
  double cost = 0;             ///< of the wide tree: 1 a node, 0.6 a block of eight; what the collapse minimises
  std::size_t nodes = 0;       ///< wide nodes
  std::size_t leaves = 0;      ///< runs of blocks
  std::size_t blocks = 0;      ///< of eight primitives
  std::size_t references = 0;  ///< primitives in blocks, duplicates counted
  std::size_t height = 0;      ///< wide nodes on the longest path
  std::size_t bytes = 0;       ///< nodes, blocks and primitives
  double build_seconds = 0;
};

}  // namespace bvh
}  // namespace coppice
