// The seam between NeighborList and its compiled kernels: plain structs, and the table of functions that each
// instruction set fills (src/kernels/pair_kernels.cpp).
#pragma once

#include <cstddef>
#include <cstdint>

#include "coppice/query/leaf_kernels.hpp"

namespace coppice::octree {

using query::BoxLevel;
using query::group_leaves;
using query::leaf_capacity;
using query::LeafFrame;
using query::LeafPoint;
using query::LeafView;
using query::slack;

/// An image of the cell that may hold neighbours.
struct CellShift {
  double vector[3];
  std::int32_t steps[3];
};

/// Where the neighbours of the particle in one slot lie. `codes` name the image of each (an index into the shifts);
/// null where all are of the cell itself.
struct PairRow {
  const std::int32_t* ids;
  const std::uint32_t* codes;
  std::size_t count;
};

/// Room for rows. `grow` makes at least `more` entries (and as many codes) available at `ids`, perhaps elsewhere:
/// rows that are finished stay where they are.
struct RowSink {
  std::int32_t* ids;
  std::uint32_t* codes;
  std::size_t room;
  void (*grow)(RowSink& sink, std::size_t more);
};

/// Working memory of one thread. `reserve_*` keep what is in use and make every array of their kind that long.
struct PairScratch {
  double* near_center[3];  ///< leaves near a group of leaves: centres, images included
  float* near_half[3];
  float* near_extent;
  std::int32_t* near_leaf;
  std::int32_t* near_code;
  std::size_t near_room;
  float* offset[3];  ///< leaves near one leaf
  std::int32_t* leaf;
  std::int32_t* code;
  float* x[3];  ///< points near one leaf, relative to its centre
  float* square;
  std::int32_t* id;
  std::int32_t* image;
  std::int32_t* row_id[3];  ///< rows that wait for the one before them
  std::int32_t* row_image[3];
  std::size_t point_room;
  void (*reserve_near)(PairScratch& scratch, std::size_t count);
  void (*reserve_points)(PairScratch& scratch, std::size_t count);
};

template <class S>
struct PairSearch {
  LeafView<S> view;
  const std::int32_t* labels;  ///< what a neighbour is called in the rows, one a slot
  const CellShift* shifts;     ///< shifts[0] is no shift
  std::size_t shift_count;     ///< with a half list only the lexicographically positive ones
  bool periodic;
  bool full;
  double cutoff_squared;  ///< what decides, in the caller's units
  float radius;           ///< the cutoff in units
  float slack;            ///< what positions may be off by rounding in double, in units
  float box_slack;        ///< and boxes of the levels, in float
  bool exact;             ///< every row in double: squares of the cutoff do not fit the format
};

/// What a step asks of an instruction set.
template <class S>
struct PairKernels {
  /// The rows of the points in groups [first, last) of 16 leaves. Returns how many rows were decided in double.
  std::size_t (*list)(const PairSearch<S>& search, std::size_t first, std::size_t last, PairScratch& scratch,
                      RowSink& sink, PairRow* rows);
};

/// The table of the instruction set in use.
template <class S>
[[nodiscard]] const PairKernels<S>& pair_kernels();

}  // namespace coppice::octree
