// Local qodes: where a box lies in the box that it was cut from, a bit an axis (0: lower half). What two boxes that
// touch must know of each other to tell which of their children still touch is two words; docs/design says why
// (adjacency_graph_hierarchy.md, after Iliopoulos 2020, §3.4.4). No branch, no table, up to 64 axes.
#pragma once

#include <bit>
#include <cstdint>

namespace coppice {

/// A bit an axis.
using Qode = std::uint64_t;

/// How many axes a qode has room for.
inline constexpr int most_qode_axes = 64;

/// The face that two boxes B and B' share, as seen from B. Two boxes that are one have no split axis.
struct FaceQode {
  Qode split = 0;  ///< axes along which the two lie beside each other; along the others their intervals are nested
  Qode side = 0;   ///< of those, the axes along which B' is above B: B's upper half touches it. Subset of `split`

  /// Whether a child of B touches B'.
  [[nodiscard]] constexpr bool touched_by(Qode child) const noexcept { return ((child ^ side) & split) == 0; }
  /// Whether a child of B' touches B.
  [[nodiscard]] constexpr bool touched_by_other(Qode child) const noexcept { return ((child ^ ~side) & split) == 0; }
  /// The same face as seen from B'.
  [[nodiscard]] constexpr FaceQode reversed() const noexcept { return {split, ~side & split}; }
  /// Dimension of the face, in a space of `dimension` axes: 0 for a corner, dimension − 1 for a side.
  [[nodiscard]] constexpr int dimension(int axes) const noexcept { return axes - std::popcount(split); }

  friend constexpr bool operator==(const FaceQode&, const FaceQode&) = default;
};

/// The face between a child of B and a child of B' that both touch the face of their parents. B may be B', and the
/// children siblings: then `parents` is {}.
[[nodiscard]] constexpr FaceQode face_between(Qode child, Qode other, FaceQode parents) noexcept {
  const Qode parted = (child ^ other) & ~parents.split;
  return {parents.split | parted, parents.side | (~child & parted)};
}

}  // namespace coppice
