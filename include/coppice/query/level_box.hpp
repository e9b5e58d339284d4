// A box of a structure's own shape, for pictures and for those who want to know how it divides space.
#pragma once

#include <cstddef>
#include <vector>

namespace coppice {

/// The box that a structure keeps around one of its nodes: every point below lies in lower ≤ x ≤ upper, boundary
/// included. Boxes are exact in `Scalar`, though not always tight: some structures round outward or shrink late.
template <class Scalar>
struct LevelBox {
  static constexpr std::size_t no_parent = static_cast<std::size_t>(-1);

  std::vector<Scalar> lower;       ///< one number an axis
  std::vector<Scalar> upper;       ///< one number an axis
  int level = 0;                   ///< nodes between here and the root; the root has level 0
  bool is_leaf = false;            ///< a block of points, without boxes below
  std::size_t points = 0;          ///< in all blocks below
  std::size_t parent = no_parent;  ///< where the box of the level above stands in the same list
};

}  // namespace coppice
