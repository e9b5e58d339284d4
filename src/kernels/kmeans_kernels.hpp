// The table that every unit of k-means kernels fills: one an instruction set.
#pragma once

#include "coppice/apps/kmeans_kernels.hpp"
#include "targets.hpp"

namespace coppice::kernels {

template <class Target>
struct KMeansKernelsFor {
  static const kmeans::Kernels table;
};

}  // namespace coppice::kernels
