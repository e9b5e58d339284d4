// The seam between k-means (src/apps) and its compiled kernels (src/kernels/kmeans_*): plain structs over memory that
// the caller owns, and the table of functions of one instruction set. Kernels compute in doubles, whatever the points.
//
// One distance for all methods: the squares of x − c, in the order of the axes, each product and sum rounded. One sum
// for all methods: coordinates on a grid of 64-bit integers, which add up to the same number in any order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "coppice/geometry/point_view.hpp"

namespace coppice::kmeans {

/// Rows of a tile: [axis][row].
inline constexpr int tile_rows = 32;
/// Added to a number below 2^51, it leaves the nearest integer in the lowest bits.
inline constexpr double rounder = 0x1.8p52;

/// Where a coordinate lies on the grid of integers: (x − origin) · scale, times the weight, rounded to nearest even.
struct Grid {
  const double* origin;  ///< one an axis
  const double* scale;
};

[[gnu::always_inline]] inline std::int64_t bits_of(double x) {
  std::int64_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}
/// Requires: |x| < 2^51.
[[gnu::always_inline]] inline std::int64_t rounded(double x) {
  return bits_of(x + rounder) - bits_of(rounder);
}

/// `child` of nodes without children.
inline constexpr std::uint32_t leaf_node = 0;
inline constexpr std::uint32_t unsplit_node = 0xffffffffu;

/// Points of a subtree: their box, their sum on the grid, and where they are.
template <int D>
struct alignas(64) Node {
  double lower[D], upper[D];
  std::int64_t sum[D];
  std::uint32_t begin;  ///< first point
  std::uint32_t count;
  std::uint32_t child;  ///< the first child, leaf_node or unsplit_node
  std::uint32_t children;
};

/// The points of a leaf: axis a at coordinates + a · stride, read up to the next multiple of eight.
struct Block {
  const double* coordinates;
  std::size_t stride;
};

/// A tree that is split where a search first needs it. Node 0 is its root.
template <int D>
struct Tree {
  Node<D>* nodes;
  std::uint32_t used;
  std::uint32_t capacity;
  double* coordinates;  ///< axis a at coordinates + a · stride; null: leaves come from `block`
  std::size_t stride;
  std::uint32_t* rows;         ///< the caller's row of every point; null: the point's own number
  double* weights;             ///< of every point, whole numbers; null: all 1
  std::int64_t* node_weights;  ///< the sum below every node; null where `weights` is
  std::uint32_t leaf_points;   ///< nodes of up to as many are leaves; at least 15
  void* owner;
  void (*grow)(Tree& tree);                                                ///< makes room for more nodes
  Block (*block)(const Tree& tree, const Node<D>& leaf, double* scratch);  ///< scratch: [axis][64]
};

/// What one thread needs and yields.
template <int D>
struct Work {
  double* candidates;    ///< a stack of lists of centers: axis a at candidates + a · room
  std::uint32_t* names;  ///< their numbers, ascending in every list
  std::size_t room;
  std::int64_t* sums;     ///< k × D
  std::int64_t* weights;  ///< k
  std::int64_t* lanes;    ///< k × D × 8, parts of the sums
  std::int32_t* labels;   ///< by row; null where they are not wanted
  void* owner;
  void (*grow)(Work& work, std::size_t more);  ///< makes room for more candidates than `room`
};

/// One pass over a tree.
struct Pass {
  Grid grid;
  double margin;       ///< what rounding may change a difference of two squared distances by
  std::uint32_t many;  ///< a node with at most as many points · candidates is not descended
};

/// Centers in blocks of eight, close to each other, under a hierarchy of boxes: the tree over centers.
template <int D>
struct CenterTree {
  const double* coordinates;   ///< [block][axis][8], padded with the block's first center
  const std::uint32_t* names;  ///< [block][8], padded with 0xffffffff
  const double* boxes;         ///< [group of eight blocks][lower, upper][axis][8]
  std::uint32_t blocks;
};

/// Rows of the caller's that become a tree: the part that one thread does.
template <int D>
struct Planting {
  const void* rows;
  bool is_float;
  std::ptrdiff_t stride;
  int dimension;  ///< up to D; the others are 0
  std::size_t first, last;
  const double* weights;  ///< of the caller's rows; null: all 1
  int axis;               ///< points below the pivot go left
  double pivot;
  std::uint32_t left, right;  ///< where the first left one goes, and behind where the last right one goes
  Node<D> sides[2];           ///< out: boxes and sums
  std::int64_t side_weights[2];
  bool finite;  ///< out of `bounds`: no coordinate was beyond the limit
};

template <int D>
struct TreeKernels {
  /// The box of rows first … last, into sides[0].
  void (*bounds)(Planting<D>& part, double limit);
  /// How many of the rows go left.
  std::uint32_t (*count_left)(const Planting<D>& part);
  /// Copies rows into the tree's arrays, apart by the pivot.
  void (*plant)(Planting<D>& part, Tree<D>& tree, const Grid& grid);
  void (*split)(Tree<D>& tree, std::uint32_t node, const Grid& grid);
  /// Keeps in the list `from` … of `count` candidates those that may be nearest to a point of the node; they go to
  /// `to`. Returns how many.
  std::uint32_t (*prune)(const Node<D>& node, Work<D>& work, std::uint32_t from, std::uint32_t count, std::uint32_t to,
                         double margin);
  /// Gives every point below the root of `tree` to the nearest of `count` candidates at `from`.
  void (*filter)(Tree<D>& tree, Work<D>& work, const Pass& pass, std::uint32_t from, std::uint32_t count);
  /// The same, where every node asks a tree over the centers.
  void (*two_trees)(Tree<D>& tree, Work<D>& work, const Pass& pass, const CenterTree<D>& centers);
};

/// Centers as rows.
struct Centers {
  const double* coordinates;  ///< k × dimension
  std::uint32_t k;
  int dimension;
};

struct Kernels {
  /// The nearest center of every row of a tile, the lower one of two that are equally near; `second` (may be null) gets
  /// the squared distance of the next.
  void (*nearest)(const double* tile, const Centers& centers, std::uint32_t* nearest, double* squared, double* second);
  /// Squared distance, summed in any order: within (dimension + 4) · 2^−53 of the exact value, relatively.
  double (*near_squared)(const double* a, const double* b, int dimension);
  /// Adds a row to a sum on the grid, `weight` times (whole; negative: takes away).
  void (*add)(const double* row, int dimension, const Grid& grid, double weight, std::int64_t* sum);
  TreeKernels<2> two;
  TreeKernels<3> three;
  TreeKernels<4> four;
  TreeKernels<8> eight;

  template <int D>
  [[nodiscard]] const TreeKernels<D>& trees() const {
    if constexpr (D == 2)
      return two;
    else if constexpr (D == 3)
      return three;
    else if constexpr (D == 4)
      return four;
    else
      return eight;
  }
};

/// The kernels of the instruction set in use.
[[nodiscard]] const Kernels& kernels();

}  // namespace coppice::kmeans
