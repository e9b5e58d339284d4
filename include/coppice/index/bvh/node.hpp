// The layout of a wide hierarchy, and the seam between it and its compiled searches: nodes of eight boxes, blocks of
// eight primitives, both as structures of arrays, and the table that each instruction set fills
// (src/kernels/ray_kernels.cpp).
#pragma once

#include <cstddef>
#include <cstdint>

#include "coppice/geometry/ray.hpp"
#include "coppice/geometry/triangle_mesh.hpp"
#include "coppice/query/hit.hpp"

namespace coppice::bvh {

inline constexpr std::size_t width = 8;

/// A child: a node's number, or (highest bit) a leaf: first block · 16 + number of blocks. A leaf of no blocks stands
/// in empty places, with a box that nothing meets.
using ChildRef = std::uint32_t;
inline constexpr ChildRef leaf_bit = 0x80000000u;
inline constexpr ChildRef no_child = leaf_bit;
inline constexpr std::uint32_t most_blocks = 15;
[[nodiscard]] constexpr bool is_leaf(ChildRef ref) noexcept {
  return ref >= leaf_bit;
}
[[nodiscard]] constexpr std::uint32_t first_block(ChildRef leaf) noexcept {
  return (leaf & ~leaf_bit) >> 4;
}
[[nodiscard]] constexpr std::uint32_t block_count(ChildRef leaf) noexcept {
  return leaf & 15;
}

/// Eight boxes; full precision, since decoding quantised ones would stand in the chain of dependent operations.
struct alignas(64) WideNode {
  float bounds[6][width];  ///< lower x, upper x, lower y, …
  ChildRef child[width];
  std::uint32_t parent;  ///< of the root: no_node
  std::uint32_t place;   ///< which child of its parent this is
  float cost;            ///< of the subtree: its surfaces, weighted
  float built_cost;      ///< the same divided by the node's own surface, when the subtree was last built
  std::uint32_t height;  ///< of the subtree: 1 where all children are leaves
  std::uint32_t dirty;   ///< something below has changed since the last repair
  std::uint32_t unused[2];
};
static_assert(sizeof(WideNode) == 256);
inline constexpr std::uint32_t no_node = 0xffffffffu;

/// Eight primitives by slots. Triangles: columns 0–2 a corner, 3–5 and 6–8 the edges that leave it, or (watertight) the
/// other corners; boxes and points: columns 0–2 lower, 3–5 upper. Empty lanes: slot no_slot, and numbers that are never
/// hit.
template <int Columns>
struct alignas(32) Block {
  float column[Columns][width];
  std::uint32_t slot[width];
};
using TriangleBlock = Block<9>;
using BoxBlock = Block<6>;
inline constexpr std::uint32_t no_slot = 0xffffffffu;

/// Which arithmetic blocks are for.
enum class Primitive { triangle, watertight_triangle, box };

/// What is stored of a primitive: a triangle, or the two corners of a box (equal ones: a point).
using Stored = Triangle;

/// A hierarchy as kernels see it.
struct View {
  const WideNode* nodes;
  const void* blocks;        ///< TriangleBlock or BoxBlock
  const Stored* primitives;  ///< by slot
  const point_id* ids;       ///< by slot; null: the slots themselves
  ChildRef root;             ///< a leaf only when empty
  float extent;              ///< no coordinate is larger in magnitude
  Primitive primitive;
};

/// Decides about a hit; `context` is the caller's.
struct HitTest {
  /// May move the hit farther along the ray (a scene puts what an instance holds in place of its box).
  bool (*accepts)(void* context, RayHit& hit);
  void* context;
};

/// What a search for near primitives keeps: the k best by (squared distance, id), or all within a radius.
struct NearSink {
  Hit<float>* hits;  ///< k of them, sorted; or null: everything goes to `found`
  std::size_t k;
  std::size_t count;
  float limit;  ///< squared, inclusive
  void (*found)(void* context, float distance_squared, std::uint32_t slot);
  void* context;
};

struct RayKernels {
  void (*closest)(const View& view, const Ray* rays, RayHit* hits, std::size_t count);
  void (*any)(const View& view, const Ray* rays, std::uint8_t* hit, std::size_t count);
  void (*closest_accepted)(const View& view, const Ray& ray, const HitTest& test, RayHit& hit);
  bool (*any_accepted)(const View& view, const Ray& ray, const HitTest& test);
  /// Adds the nodes, leaves and blocks that `closest` visits to three counters.
  void (*count_work)(const View& view, const Ray* rays, std::size_t count, std::uint64_t* counters);
  void (*near)(const View& view, const Vec3& point, NearSink& sink);
};

/// The table of the instruction set in use.
[[nodiscard]] const RayKernels& ray_kernels();

}  // namespace coppice::bvh
