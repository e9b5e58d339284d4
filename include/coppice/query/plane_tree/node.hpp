// Records of trees whose planes cut points apart, and what KdTree and MultiwayTree share: their searches.
//
// An inner node is a binary k-d tree of up to 7 planes in miniature, with up to 8 children, stored without links: child
// c needs the planes in need[c], and lies right of those in right[c]. A point's side of every plane gives 7 bits, and
// its child is the one c with (bits & need[c]) == right[c]. Beside the planes stand the children's boxes, as floats
// relative to the tree's origin and rounded outward, one cache line an axis.
// A leaf is up to 32 points, one array an axis, and their ids. Which of its places hold points is known to its parent
// alone, in one word: a point that leaves a KdTree leaves a hole behind, which the next newcomer fills.
//
// Planes cut an axis at a value: x ≥ split lies right. Where no axis separates points any more, planes cut the id, seen
// as three further coordinates of 21 bits that every scalar type represents exactly: equal points still split.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "coppice/geometry/float_bounds.hpp"
#include "coppice/geometry/point_view.hpp"
#include "coppice/storage/arena.hpp"
#include "coppice/storage/id_array.hpp"

namespace coppice::plane_tree {

inline constexpr int fan_out = 8;
inline constexpr int planes = fan_out - 1;
inline constexpr int leaf_capacity = 32;
inline constexpr int id_axes = 3;
inline constexpr Handle none = 0xffffffffu;
inline constexpr Handle leaf_bit = 0x80000000u;

/// A bit each for the first `count` places of a leaf.
constexpr std::uint32_t first_places(int count) {
  return static_cast<std::uint32_t>((std::uint64_t{1} << count) - 1);
}

/// How many times eight places hold `count`.
constexpr int eights(int count) {
  return (count + 7) / 8;
}

/// Where a point is stored, as the id map keeps it: leaf · 32 + slot.
constexpr std::uint32_t location_of(Handle leaf, int slot) {
  return leaf * leaf_capacity + static_cast<unsigned>(slot);
}
/// A node and one of its slots, as children point back at it.
constexpr std::uint32_t link_of(Handle node, int slot) {
  return node << 3 | static_cast<unsigned>(slot);
}

/// The compiled form that serves a dimension: 2, 3 and 4 axes have their own; others are counted at run time (0), which
/// their arithmetic hides.
constexpr int width_for(int dimension) {
  return dimension >= 2 && dimension <= 4 ? dimension : 0;
}

template <class S, int Width>
struct alignas(storage::cache_line) Node {
  using Axis = std::conditional_t<Width != 0, std::uint8_t, std::uint16_t>;

  S split[planes];
  Axis axis[Width != 0 ? fan_out : planes];  // the eighth only fills the vector of the compiled forms
  std::uint8_t need[fan_out];
  std::uint8_t right[fan_out];
  std::uint8_t children;
  Handle child[fan_out];
  std::uint32_t taken[fan_out];  // the places of a leaf child that hold points, a bit each; 0 for an inner one

  [[nodiscard]] bool is_leaf(int s) const { return (child[s] & leaf_bit) != 0; }
  /// The points of a leaf child, and its places up to the last point.
  [[nodiscard]] int points(int s) const { return std::popcount(taken[s]); }
  [[nodiscard]] int places(int s) const { return static_cast<int>(std::bit_width(taken[s])); }
  [[nodiscard]] unsigned used_planes() const {
    unsigned used = 0;
    for (int s = 0; s < children; ++s) used |= need[s];
    return used;
  }
  /// The child that lies on the given sides of the planes: the lowest slot whose byte of `need & bits ^ right` is 0.
  [[nodiscard]] int match(unsigned bits) const {
    std::uint64_t needs, sides;
    std::memcpy(&needs, need, sizeof needs);
    std::memcpy(&sides, right, sizeof sides);
    constexpr std::uint64_t ones = 0x0101010101010101u;
    const std::uint64_t differs = (needs & (bits * ones)) ^ sides;
    return __builtin_ctzll((differs - ones) & ~differs & (ones << 7)) / 8;
  }

  /// The children's boxes: for every axis 8 lower then 8 upper bounds.
  [[nodiscard]] float* bounds(int a) { return reinterpret_cast<float*>(this + 1) + 2 * fan_out * a; }
  [[nodiscard]] const float* bounds(int a) const { return reinterpret_cast<const float*>(this + 1) + 2 * fan_out * a; }
  static constexpr std::size_t bytes_for(int dimension) {
    return sizeof(Node) + static_cast<std::size_t>(dimension) * 2 * fan_out * sizeof(float);
  }
};

static_assert(sizeof(Node<float, 4>) == 2 * storage::cache_line);
static_assert(sizeof(Node<double, 0>) == 3 * storage::cache_line);
static_assert(sizeof(Node<double, 4>) == 3 * storage::cache_line);

/// A leaf record: coordinates axis by axis, then ids, narrow or wide.
template <class S>
struct Leaf {
  S* coordinates;
  storage::IdArray ids;

  Leaf(std::byte* record, int dimension, bool wide_ids)
      : coordinates(reinterpret_cast<S*>(record)), ids(record + coordinate_bytes(dimension), wide_ids) {}
  [[nodiscard]] S* axis(int a) const { return coordinates + static_cast<std::size_t>(a) * leaf_capacity; }
  static constexpr std::size_t coordinate_bytes(int dimension) {
    return leaf_capacity * static_cast<std::size_t>(dimension) * sizeof(S);
  }
  static constexpr std::size_t bytes_for(int dimension, bool wide_ids) {
    return coordinate_bytes(dimension) + leaf_capacity * storage::IdArray::bytes_each(wide_ids);
  }
};

}  // namespace coppice::plane_tree
