// The seam between AllNeighbors and its compiled kernels: plain structs, and the table of functions that each
// instruction set fills (src/kernels/row_kernels.cpp).
//
// Tiles and units. The points stand in leaves of at most 32; the queries of one leaf are a tile and are answered
// together. Kernels filter in float, in units of `inverse_unit`, relative to the middle of the tile, and decide in the
// coordinates as given.
#pragma once

#include <cstddef>
#include <cstdint>

#include "coppice/geometry/metric.hpp"
#include "coppice/query/leaf_kernels.hpp"

namespace coppice::neighbor_graph {

using query::group_leaves;
using query::leaf_capacity;
using query::slack;

/// The boxes of one level, 16 leaves or nodes below each, by axis; padded to a multiple of 16.
struct BoxColumns {
  const float* const* lower;
  const float* const* upper;
  std::size_t count;
  std::size_t block_stride;  ///< from the values of 16 boxes to those of the next 16

  [[nodiscard]] std::size_t place_of(std::size_t box) const noexcept { return box / 16 * block_stride + box % 16; }
};

/// Points in leaves, as kernels see them. Columns are arrays of pointers, one an axis.
template <class S>
struct LeafSetView {
  int dimension;
  const S* rows;  ///< coordinates as given, by slot
  std::ptrdiff_t stride;
  const std::int32_t* ids;           ///< row in the caller's array, by slot; see id_of
  std::size_t id_stride;             ///< from one of them to the next
  const std::int16_t* const* steps;  ///< to the centre of the point's leaf (query::step_of); see place_of
  std::size_t block_stride;          ///< from the values of 16 slots to those of the next 16 in `steps`
  const std::uint32_t* begin;        ///< leaves + 1 slots
  const double* const* center;       ///< by leaf; see center_of
  const float* const* half;          ///< half the edge of a leaf's box, in units, rounded up; see half_of
  std::size_t leaf_stride;           ///< from the values of a leaf to those of the next in these two
  const BoxColumns* levels;          ///< relative to `origin`, in units
  const std::uint32_t*
      earlier;  ///< by leaf: points equal to all of its own in the leaves right before it; null: nowhere
  const double* origin;
  int level_count;
  std::size_t leaves;
  std::size_t points;
  double inverse_unit;

  [[nodiscard]] const std::int32_t& id_of(std::size_t slot) const noexcept { return ids[slot * id_stride]; }
  /// Where the values of a slot stand in `steps`.
  [[nodiscard]] std::size_t place_of(std::size_t slot) const noexcept { return slot / 16 * block_stride + slot % 16; }
  [[nodiscard]] double center_of(std::size_t leaf, int axis) const noexcept { return center[axis][leaf * leaf_stride]; }
  [[nodiscard]] float half_of(std::size_t leaf, int axis) const noexcept { return half[axis][leaf * leaf_stride]; }
};

/// Leaves near something: their centres and half edges by axis, `room` apart.
struct NearLeaves {
  double* center;
  float* half;
  float* extent;  ///< the largest half edge
  std::int32_t* leaf;
  std::size_t room;
};

/// Working memory of one thread. `reserve_*` keep what is in use and make every array of their kind that long.
struct RowScratch {
  NearLeaves near[2];  ///< a group's, and those of a tile that looks farther
  float* offset;       ///< leaves near a tile, `leaf_room` apart
  std::int32_t* leaf;
  float* extent;
  std::size_t leaf_room;
  float* x;  ///< points near a tile, relative to its middle, `point_room` apart
  float* square;
  std::int32_t* slot;
  float* value;         ///< of each of the queries at work, `point_room` apart
  std::size_t queries;  ///< that there is room for at a time, at most 8
  std::size_t point_room;
  std::int32_t* row;  ///< slots of the rows at work, ids of one, and ids of all points, `point_room` apart
  void* exact;        ///< keys of a row, or of k neighbours and their ids
  void (*reserve_near)(RowScratch& scratch, int which, std::size_t count);
  void (*reserve_leaves)(RowScratch& scratch, std::size_t count);
  void (*reserve_points)(RowScratch& scratch, std::size_t count);
};

/// What a kernel did.
struct RowCounts {
  std::int64_t pairs = 0;
  std::int64_t exact_rows = 0;
};

/// The k nearest of the points of `queries` in `set`.
template <class S>
struct NearestTask {
  LeafSetView<S> set;
  LeafSetView<S> queries;
  bool same;  ///< the queries are the points of the set …
  bool self;  ///< … and each may be its own neighbour
  std::size_t k;
  MetricKind metric;
  S limit;                   ///< only keys up to this one
  float reach;               ///< how far they may be, in units, rounded up
  double tolerance;          ///< a row is done when nothing unseen is nearer than its last key divided by this
  float underflow;           ///< what keys may be off by where they underflow, in units
  std::size_t first, count;  ///< which of the caller's rows are asked for
  std::int32_t* ids32;       ///< count × k; one of the two
  std::int64_t* ids64;
  S* distances;  ///< count × k, or null
};

/// All within a radius of the points of `queries`.
template <class S>
struct WithinTask {
  LeafSetView<S> set;
  LeafSetView<S> queries;
  bool same;
  bool self;
  MetricKind metric;
  S limit;
  float reach;
  float underflow;
  std::size_t first, count;
  bool sorted;                  ///< by (key, id); else in storage order
  const std::int64_t* offsets;  ///< of the rows asked for; null: only count them
  std::int64_t* degrees;        ///< count; null: rows are filled
  std::int32_t* ids32;
  std::int64_t* ids64;
  S* distances;  ///< or null
};

template <class S>
struct RowKernels {
  /// Answers the queries in groups [first, last) of 16 leaves.
  void (*nearest)(const NearestTask<S>& task, std::size_t first, std::size_t last, RowScratch& scratch,
                  RowCounts& counts);
  void (*within)(const WithinTask<S>& task, std::size_t first, std::size_t last, RowScratch& scratch,
                 RowCounts& counts);
};

/// The table of the instruction set in use.
template <class S>
[[nodiscard]] const RowKernels<S>& row_kernels();

}  // namespace coppice::neighbor_graph
