// The table that every kernel unit fills: one a pair of instruction set and scalar type.
#pragma once

#include "coppice/query/kernels.hpp"
#include "coppice/storage/columns.hpp"

namespace coppice::simd {
struct baseline;
struct avx2;
struct avx512;
}  // namespace coppice::simd

namespace coppice::kernels {

/// The kd-tree's compiled widths, in the order of the table.
inline constexpr int kd_tree_widths[] = {2, 3, 4, 8, 16, 0};

template <class S>
struct Kernels {
  storage::ColumnKernels<S> columns;
  SearchKernels<S> kd_tree[6];
};

template <class Target, class S>
struct KernelsFor {
  static const Kernels<S> table;
};

}  // namespace coppice::kernels
