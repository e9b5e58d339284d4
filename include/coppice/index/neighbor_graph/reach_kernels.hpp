// The seam between a kept graph and its compiled search for the rows that reach a point: plain structs, and the table
// that each instruction set fills (src/kernels/reach_kernels.cpp).
#pragma once

#include <cstddef>
#include <cstdint>

#include "coppice/geometry/metric.hpp"

namespace coppice::neighbor_graph {

/// Boxes by eights: of each eight, one short array an axis. Empty places reach nothing, which is below every key.
template <class S>
struct ReachLevel {
  const S* lower;
  const S* upper;
  const S* reach;
  std::size_t groups;
};

/// Points in leaves of 16, as kernels see them; up to 16 axes, none of them periodic.
template <class S>
struct ReachView {
  static constexpr std::size_t leaf_size = 16;
  static constexpr std::size_t fan = 8;

  int dimension;
  MetricKind metric;
  const S* weights;
  const ReachLevel<S>* levels;  ///< of leaves, of eights of leaves, …
  std::size_t level_count;
  const S* coordinates;  ///< of each leaf 16 an axis
  const S* reach;        ///< by slot
  const std::uint32_t* rows;
};

/// A point lies within what a row reaches.
template <class S>
struct Offer {
  S key;
  std::uint32_t row;
  std::uint32_t point;
};

/// Where offers go; a kernel asks for room for a leaf before it writes.
template <class S>
struct OfferSink {
  Offer<S>* offers = nullptr;
  std::size_t size = 0;
  std::size_t capacity = 0;
  void (*grow)(OfferSink& sink) = nullptr;
};

template <class S>
struct ReachKernels {
  /// All rows that reach any of `count` points, `dimension` numbers each, named from `first` on.
  void (*search)(const ReachView<S>& view, const S* points, std::size_t count, std::uint32_t first, OfferSink<S>& sink);
};

/// The table of the instruction set in use.
template <class S>
[[nodiscard]] const ReachKernels<S>& reach_kernels();

}  // namespace coppice::neighbor_graph
