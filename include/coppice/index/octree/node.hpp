// The records of an Octree.
//
// A node stands for a dyadic cell (geometry/dyadic_cell.hpp) and divides it into octants. Octants of few points share a
// leaf: two, four or eight that follow each other and make up a part of the cell, as a bisection of it would. So a node
// has up to eight children, leaves and nodes; each stands in the slot of its first octant, and `slot` leads there. A
// child node's cell lies somewhere inside its octant. Beside the cell stand the children's boxes, tight around their
// points, as floats relative to the cell's center and rounded outward. A quadtree's node is the same with four octants.
// A leaf is a run of eights of points. Its number and room are known to its parent alone.
// The record above all, the anchor, stands for all of space and has one child, the root, in slot 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "coppice/geometry/dyadic_cell.hpp"
#include "coppice/geometry/float_bounds.hpp"
#include "coppice/storage/arena.hpp"
#include "coppice/storage/epochs.hpp"
#include "coppice/storage/point_runs.hpp"

namespace coppice::octree {

inline constexpr int fan_out = 8;
inline constexpr Handle none = 0xffffffffu;
inline constexpr Handle leaf_bit = 0x80000000u;

/// A node and one of its slots, as children point back at it.
constexpr std::uint32_t link_of(Handle node, int slot) {
  return node << 3 | static_cast<unsigned>(slot);
}
/// Where a point is stored, as the id map keeps it: unit · 8 + lane, for the i-th point of a leaf.
constexpr std::uint32_t location_of(Handle leaf, std::uint32_t i) {
  return leaf * storage::unit_points + i;
}
/// Leaves have room for 1, 2, 3, 4, 6, 8, 12, 16 … units: steps of a third to a half, so that a leaf rarely moves as it
/// grows. A room is named by its place in this list, 0 for none.
constexpr std::uint32_t units_of(int room) {
  if (room <= 4) return static_cast<std::uint32_t>(room);
  return (room % 2 != 0 ? 3u : 4u) << ((room - 3) / 2);
}
constexpr int room_for(std::uint32_t count) {
  int room = 0;
  while (units_of(room) * storage::unit_points < count) ++room;
  return room;
}

template <class S, int Dim>
struct alignas(storage::cache_line) Node {
  DyadicCell<S, Dim> cell;
  std::uint32_t points;          // in leaf children
  std::uint8_t nodes;            // inner children
  std::uint8_t slot[fan_out];    // of each octant
  std::uint8_t room[fan_out];    // of a leaf child
  Handle child[fan_out];         // an empty leaf where a slot is not in use
  std::uint32_t count[fan_out];  // points of a leaf child, 0 for an inner one
  float box[Dim][2 * fan_out];   // lower, then upper bounds

  static constexpr int octants = 1 << Dim;

  [[nodiscard]] bool is_leaf(int s) const { return (child[s] & leaf_bit) != 0; }
  [[nodiscard]] bool is_empty(int s) const { return is_leaf(s) && count[s] == 0; }
  /// The slot that a point of the cell belongs to.
  [[nodiscard, gnu::always_inline]] int slot_of(const S* point) const { return slot[cell.part(point)]; }
  /// How many octants a slot in use stands for.
  [[nodiscard]] int span(int s) const {
    int n = 1;
    while (s + n < octants && slot[s + n] == s) ++n;
    return n;
  }
};

/// The writer's part of a node.
struct NodeCold {
  std::uint32_t parent;  // link_of(parent, slot), or none
  storage::Epoch birth;
};
/// The writer's part of eight points.
struct UnitCold {
  std::uint32_t parent;
  storage::Epoch birth;  // of the leaf
};

/// A leaf in the writer's hands.
template <class S, int Dim>
struct Leaf {
  static constexpr std::size_t unit_numbers = std::size_t{storage::unit_points} * Dim;
  static constexpr std::size_t unit_bytes = unit_numbers * sizeof(S);

  S* coordinates;
  storage::IdArray ids;

  [[nodiscard, gnu::always_inline]] S& at(std::size_t i, int axis) const {
    constexpr std::size_t eight = storage::unit_points;
    return coordinates[i / eight * unit_numbers + static_cast<std::size_t>(axis) * eight + i % eight];
  }
  [[gnu::always_inline]] void get(std::size_t i, S* point) const {
    for (int a = 0; a < Dim; ++a) point[a] = at(i, a);
  }
  [[gnu::always_inline]] void set(std::size_t i, const S* point) const {
    for (int a = 0; a < Dim; ++a) at(i, a) = point[a];
  }
};

}  // namespace coppice::octree
