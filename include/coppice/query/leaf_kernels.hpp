// The seam between LeafBlocks and its compiled kernels: plain structs, and the table of functions that each instruction
// set fills (src/kernels/pair_kernels.cpp).
#pragma once

#include <cstddef>
#include <cstdint>

namespace coppice::query {

inline constexpr std::uint32_t leaf_capacity = 32;
inline constexpr std::uint32_t least_leaf = 3;     ///< a cut at an octree boundary leaves at least this many
inline constexpr std::uint32_t group_leaves = 16;  ///< leaves that share one descent; also the fan-out of the boxes
inline constexpr std::uint32_t key_bits = 30;
/// What may be read past the end of every array that kernels load from.
inline constexpr std::size_t slack = 64;
/// Where points do not move, the coordinates relative to the middle of a leaf are kept in 16 bits, as so many steps to
/// the largest half edge of its box.
inline constexpr float steps_a_half = 32767;
/// What that takes from them, in parts of the half edge: half a step.
inline constexpr float step_error = 0.51f / steps_a_half;
/// Bounds of boxes are clamped to this magnitude, in units of the search, so that no square overflows.
inline constexpr float farthest = 1e18f;

/// A particle in storage order. `id` is its row in the caller's array.
template <class S>
struct LeafPoint {
  S x[3];
  std::int32_t id;
};

/// The boxes of one level, 16 leaves or nodes below each; padded to a multiple of 16 with boxes that nothing is near.
struct BoxLevel {
  float* lower[3];
  float* upper[3];
  std::size_t count;
};

/// How coordinates become search coordinates: wrapped into the cell where they lay outside, in units near the cutoff.
struct LeafFrame {
  double origin[3];
  double inverse_unit;  ///< a power of two
  double cell[3][3];
  const std::int32_t* images;  ///< three a particle, the cell it lies in; null: all lie in cell (0, 0, 0)
};

/// Leaf blocks as kernels see them: `relative` and `ids`, or `steps` alone.
template <class S>
struct LeafView {
  LeafFrame frame;
  LeafPoint<S>* points;
  std::int32_t* ids;
  std::int32_t* slots;         ///< of each particle; null: not wanted
  float* relative[3];          ///< to the centre of the point's leaf, in units
  std::int16_t* steps[3];      ///< the same, see step_of
  const std::uint32_t* begin;  ///< leaves + 1 slots
  double* center[3];
  float* half[3];  ///< half the edge of a leaf's box, in units, rounded up
  const BoxLevel* levels;
  int level_count;
  std::size_t leaves;
};

/// The step of a leaf in units, from the largest half edge of its box.
[[gnu::always_inline]] inline float step_of(float half) {
  return half * (1 / steps_a_half);
}
/// So many steps are nearest to a relative coordinate.
[[gnu::always_inline]] inline std::int16_t steps_of(double relative, double steps_a_unit) {
  const double steps = relative * steps_a_unit;
  return static_cast<std::int16_t>(static_cast<std::int32_t>(steps + (steps < 0 ? -0.5 : 0.5)));
}

/// What placing points asks of an instruction set.
template <class S>
struct LeafKernels {
  /// Least and greatest coordinates of `count` rows, `stride` numbers apart, into `range[0..2]` and `range[3..5]`;
  /// false: some number is NaN or beyond `limit`.
  bool (*bounds)(const S* rows, std::ptrdiff_t stride, std::size_t count, S limit, S* range);
  /// Morton keys of `count` rows: (x − lower) · scale on each axis, ten bits.
  void (*keys)(const S* rows, std::ptrdiff_t stride, std::size_t count, const S* lower, S scale, std::uint32_t* keys);
  /// Cuts [first, last) into leaves; their begins go to `begin`. Returns how many. Reads `slack` keys beyond last.
  std::size_t (*cut)(const std::uint32_t* keys, std::size_t first, std::size_t last, std::uint32_t* begin);
  /// Centres, boxes, relative coordinates (or steps) and ids of leaves [first, last).
  void (*settle)(const LeafView<S>& view, std::size_t first, std::size_t last);
  /// The boxes of `parents` from those of `children`.
  void (*raise)(const BoxLevel& children, const BoxLevel& parents);
};

/// The table of the instruction set in use.
template <class S>
[[nodiscard]] const LeafKernels<S>& leaf_kernels();

}  // namespace coppice::query
