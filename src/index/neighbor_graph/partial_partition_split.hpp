// One box of a partial partition (Iliopoulos 2020, §4.3.1): cut along one axis after the other, each time along the one
// that makes the fewest pairs of boxes that touch.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "coppice/index/neighbor_graph/qode.hpp"

namespace coppice::neighbor_graph {

/// A child that the box would have if it were cut along all axes.
struct UniformChild {
  Qode qode = 0;
  std::uint32_t begin = 0;  ///< its points
  std::uint32_t end = 0;
  [[nodiscard]] std::uint32_t mass() const noexcept { return end - begin; }
};

/// A box that touches it.
struct TouchingBox {
  FaceQode face;            ///< as seen from the box that is cut
  std::uint32_t edges = 0;  ///< e(B', B): how many children of B', if it is cut along all axes, touch that box
};

/// A part of the box: cut along the axes of `cut`, and there in the half that `qode` says.
struct Piece {
  Qode qode = 0;  ///< 0 outside `cut`
  Qode cut = 0;
  std::vector<std::uint32_t> children;  ///< uniform children, by number, ascending
};

/// When a box is cut, and how.
struct SplitRule {
  int dimension = 1;
  std::uint64_t mass = 64;      ///< p: a piece of at most so many points is not cut
  std::uint64_t mass_low = 32;  ///< a piece of at most so many points is better not made
};

/// Cuts a box until its pieces hold at most p points or are cut along all axes. Of the axes that leave more than
/// mass_low points on each side that has any (of all axes, where none does) it takes the one of the least |C|² +
/// Σ e(B', B) · |pieces that touch B'|, where a piece that must be cut again counts twice in |C|; of equal ones the
/// more balanced, then the first. Complexity: O(pieces · (children + dimension · neighbours)).
[[nodiscard]] std::vector<Piece> split_box(std::span<const UniformChild> children,
                                           std::span<const TouchingBox> neighbors, const SplitRule& rule);

/// |C|² + Σ e(B', B) · |pieces that touch B'| of a finished partition (Eq. 4.10).
[[nodiscard]] std::uint64_t adjacency_cost(std::span<const Piece> pieces, std::span<const TouchingBox> neighbors);

/// Whether a piece touches a box that its whole box touches.
[[nodiscard]] constexpr bool touches(Qode qode, Qode cut, FaceQode face) noexcept {
  return ((qode ^ face.side) & face.split & cut) == 0;
}

}  // namespace coppice::neighbor_graph
