// The seam between the all-pairs search of high dimension and its compiled kernels: plain structs, and the table of
// functions that each instruction set fills (src/kernels/tile_kernels.cpp).
//
// Points are compared in tiles: a few rows by three registers of columns, whose inner products stay in registers until
// all are known. What is kept there is x·y − |x|²/2 − |y|²/2 = −|x − y|²/2, so one comparison tells whether a pair may
// enter a list, and nothing else of a pair that may not is ever stored.
#pragma once

#include <cstddef>
#include <cstdint>

namespace coppice::tiles {

/// Points are packed in groups: element s of all 48 points of a group, then element s + 1. The number is a multiple of
/// the rows and the columns of the tiles of every instruction set, so the same array serves both sides.
inline constexpr std::size_t group = 48;

/// Packed points. An element is a float, or four signed bytes; `Sum` is what products are summed in, float or int32.
/// All arrays are padded to whole groups; the halves of the padding are so large that no pair with it enters a list.
template <class Sum>
struct Packed {
  const void* elements = nullptr;     ///< groups × steps × 48 of four bytes each, aligned to a cache line
  const Sum* half = nullptr;          ///< half the squared norm; of bytes rounded down
  const Sum* row_half = nullptr;      ///< the same for a row; of bytes with `byte_shift` times their sum added
  const std::uint8_t* odd = nullptr;  ///< bytes: what rounding took, 0 or 1
  std::size_t size = 0;
  std::size_t steps = 0;
  /// Where the first steps hold most of the distances: after so many, and again after more, a tile is given up if no
  /// pair can still matter. 0: it never is. And the halves of those steps alone, as above; padding as there.
  struct Early {
    std::size_t steps = 0;
    const Sum* half = nullptr;
    const Sum* row_half = nullptr;
  };
  Early early[2] = {};
};

/// A range of groups.
struct Groups {
  std::size_t first;
  std::size_t last;
};

/// The best candidates of every row, by (key, id), unsorted: `counts[row]` entries at row · 2 · room, keys first and
/// ids `room` behind. Keys are estimates of squared distances, never negative: integers, or floats by their bits.
/// A list that is full keeps its `most` best or a few more, and then nothing behind `limits` (key and id) enters.
template <class Sum>
struct Lists {
  std::int32_t* entries = nullptr;
  std::int32_t* limits = nullptr;  ///< two a row
  std::uint32_t* counts = nullptr;
  Sum* thresholds = nullptr;  ///< nothing below enters; padded to whole groups with what nothing reaches
  std::size_t most = 0;
  std::size_t room = 0;  ///< a multiple of 16, more than `most`
};

/// A pair that reached a threshold.
struct Found {
  std::int32_t row;
  std::int32_t column;
};

/// Where `collect` puts pairs; `drain` empties a sink that is full.
struct FoundSink {
  Found* found = nullptr;
  std::size_t size = 0;
  std::size_t room = 0;  ///< at least 48
  void* context = nullptr;
  void (*drain)(FoundSink& sink) = nullptr;
};

/// What there is for one kind of element.
template <class Sum>
struct ListKernels {
  /// Compares groups with groups. Row lists get columns as ids; column lists, where there are some, get rows. With
  /// `same` both sides are one set: a pair of groups is compared once, and no point with itself.
  void (*search)(const Packed<Sum>& rows, Groups row_groups, const Packed<Sum>& columns, Groups column_groups,
                 const Lists<Sum>* row_lists, const Lists<Sum>* column_lists, bool same);
  /// All pairs whose sum reaches the threshold of their row (padded to whole groups).
  void (*collect)(const Packed<Sum>& rows, Groups row_groups, const Packed<Sum>& columns, Groups column_groups,
                  const Sum* thresholds, FoundSink& sink);
};

/// Keys by the evaluation order of geometry/metric.hpp, l2: of `query` and rows `ids[0 … count)` of `points`, `stride`
/// apart. Requires: for more than 16 dimensions, all rows padded with zeros to a multiple of 16.
template <class Stored, class Scalar>
using ExactKeys = void (*)(const Stored* query, const Stored* points, std::size_t stride, const std::int32_t* ids,
                           std::size_t count, std::size_t dimension, Scalar* keys);

struct TileKernels {
  ListKernels<float> floats;
  ListKernels<std::int32_t> bytes;
  /// products[i · stride + j] = row i of the group `a` · row j of the group `b`, 48 × 48.
  void (*multiply)(std::size_t steps, const float* a, const float* b, float* products, std::size_t stride);
  /// The same for `count` ≤ 8 plain rows, `row_stride` apart, times `groups` groups. Eight rows are read.
  void (*project)(std::size_t steps, const float* rows, std::size_t row_stride, const float* b, std::size_t groups,
                  float* products, std::size_t stride);
  ExactKeys<float, float> keys_float;
  ExactKeys<double, double> keys_double;
  ExactKeys<std::uint8_t, float> keys_byte_float;
  ExactKeys<std::uint8_t, double> keys_byte_double;
  /// What is added to every byte of a column before it is multiplied: one factor of some instructions is unsigned.
  std::int32_t byte_shift;
  /// Multiply-adds a nanosecond that may be expected, relative to each other: only the choice of a method uses them.
  float float_rate;
  float byte_rate;
};

/// The table of the instruction set in use.
[[nodiscard]] const TileKernels& tile_kernels();

}  // namespace coppice::tiles
