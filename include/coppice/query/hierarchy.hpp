// What a search needs of a structure, and nothing more: the Hierarchy concept. A structure owns layout and change; the
// traversals in *_search.hpp are written once over this view and serve every index.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include "coppice/geometry/pack_baseline.hpp"
#include "coppice/query/queries.hpp"
#include "coppice/storage/id_array.hpp"

namespace coppice::query {

using simd::Mask;

/// A child as its parent names it: a leaf block, or an inner node.
struct Child {
  std::uint32_t handle;
  std::uint32_t filling;  ///< how a leaf is filled, in the words of its structure; 0 for an inner node
  bool is_leaf;
};

/// The lanes of eight entries that lie below `count`, from entry `first` on.
[[gnu::always_inline]] inline Mask live_lanes(int count, int first) {
  return count - first >= simd::lanes ? 0xffu : (1u << (count - first)) - 1;
}

/// The child that a point belongs to, and a lower bound of the squared Euclidean distance from the point to everything
/// in the other children: 0 where none is known.
template <class S>
struct Home {
  int child;
  S others_squared;
};

/// The points of a leaf of up to 32 places as one array an axis, `stride` numbers apart, and the ids beside them.
/// Arrays may be read up to the next multiple of eight entries.
template <class S>
struct LeafBlock {
  const S* coordinates;
  std::size_t stride;
  storage::IdArray ids;
  std::uint32_t taken;  ///< the places that hold points, a bit each

  /// Places up to the last point.
  [[nodiscard]] int count() const { return static_cast<int>(std::bit_width(taken)); }
  /// Which of eight entries from `first` on, a multiple of eight, hold points.
  [[nodiscard]] Mask live(int first) const { return taken >> first & 0xffu; }
  [[nodiscard]] bool has_holes() const { return (taken & (taken + 1)) != 0; }

  /// Eight coordinates, those of entries first, first + 1, …
  [[nodiscard]] const S* eight(int axis, int first) const {
    return coordinates + static_cast<std::size_t>(axis) * stride + first;
  }
};

/// The points of a leaf eight by eight: of each eight, one short array an axis.
template <class S, int D>
struct LeafEights {
  const S* coordinates;
  storage::IdArray ids;
  int size;

  [[nodiscard]] int count() const { return size; }
  [[nodiscard]] Mask live(int first) const { return live_lanes(size, first); }
  [[nodiscard]] bool has_holes() const { return false; }
  [[nodiscard]] const S* eight(int axis, int first) const { return coordinates + axis * simd::lanes + first * D; }
};

/// Which of eight children a region meets, and which lie inside it.
struct Overlap {
  Mask meets;
  Mask inside;
};

/// A structure of nodes with up to eight children and points in leaf blocks.
/// `boxes<T>(node)` gives `lower(axis)` and `upper(axis)`: eight lanes, conservative for every point below a child.
/// `home(node, key(point))` names the child that a point belongs to, where a nearest-neighbour search starts.
template <class H, class T>
concept Hierarchy = requires(const H& h, const typename H::Node& node, const typename H::Scalar* point, Child c,
                             int i) {
  typename H::Scalar;
  { H::compiled_dimension } -> std::convertible_to<int>;
  { h.dimension() } -> std::convertible_to<int>;
  { h.root() } -> std::same_as<Child>;
  { h.node(c) } -> std::same_as<const typename H::Node&>;
  { h.children(node) } -> std::convertible_to<int>;
  { h.child(node, i) } -> std::same_as<Child>;
  { h.block(c).eight(i, i) } -> std::same_as<const typename H::Scalar*>;
  { h.block(c).ids } -> std::convertible_to<storage::IdArray>;
  { h.block(c).count() } -> std::convertible_to<int>;
  { h.block(c).live(i) } -> std::convertible_to<Mask>;
  { h.block(c).has_holes() } -> std::convertible_to<bool>;
  { h.points(c) } -> std::convertible_to<std::uint32_t>;
  { h.template home<T>(node, h.key(point)) } -> std::same_as<Home<typename H::Scalar>>;
  h.template boxes<T>(node).lower(0);
  h.template boxes<T>(node).upper(0);
  h.prefetch(c);
  h.prefetch_axis(c, i);
  h.prefetch_ids(c);
};

/// Whether leaves may be of many axes, and so many cache lines each: memory is then what a search waits for, and leaves
/// are fetched so many ahead of the one that is read. Dimensions up to four are compiled, all but one.
template <class H>
inline constexpr bool many_axes = H::compiled_dimension == 0;
inline constexpr std::size_t leaves_ahead = 4;

/// The candidates that an id filter accepts.
[[gnu::always_inline]] inline Mask accepted(const IdFilter* filter, Mask m, const point_id* ids) {
  Mask kept = 0;
  for (; m != 0; m &= m - 1)
    if ((*filter)(ids[__builtin_ctz(m)])) kept |= m & -m;
  return kept;
}

}  // namespace coppice::query
