// Which bucket a row belongs to: the planes of several levels of nodes, one register of pivots a level, compiled once
// an instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "coppice/geometry/pack_baseline.hpp"
#include "coppice/index/multiway_tree/pivots.hpp"

namespace coppice::multiway_tree {

/// A node to be: the axis that it divides, and where.
template <class S>
struct Split {
  Pivots<S> pivots;
  int axis = 0;
};

/// Levels of nodes to be. Node i of a level has nodes fan · i, … of the next below it; the last level has buckets.
inline constexpr int most_buckets = 64;
template <class S>
struct DealPlan {
  static constexpr int most_levels = 6;
  int levels = 0;
  int fan[most_levels] = {};
  const Split<S>* splits[most_levels] = {};
};

template <class S>
struct DealKernels {
  /// The bucket of each of n rows that stand `stride` bytes apart, and how many there are of each: added to `count`.
  void (*deal)(const DealPlan<S>& plan, const S* rows, std::size_t stride, std::size_t n, std::uint8_t* bucket_of,
               std::uint32_t* count);
};

/// Only the kernel units in src/ instantiate this.
template <class T, class S>
class DealKernelsOf {
 public:
  static constexpr DealKernels<S> table() { return {&deal}; }

 private:
  using Pack = typename T::template Pack<S>;

  template <int Levels>
  static void deal_levels(const DealPlan<S>& plan, const S* rows, std::size_t stride, std::size_t n,
                          std::uint8_t* bucket_of, std::uint32_t* count) {
    for (std::size_t i = 0; i < n; ++i) {
      const S* row = reinterpret_cast<const S*>(reinterpret_cast<const std::byte*>(rows) + i * stride);
      unsigned b = 0;
      for (int level = 0; level < (Levels != 0 ? Levels : plan.levels); ++level) {
        const Split<S>& split = plan.splits[level][b];
        // Pivots ascend, so those that are not greater are the lowest bits; the eighth is infinite.
        const simd::Mask right = less_equal(Pack::load(split.pivots.value), Pack::broadcast(row[split.axis]));
        b = b * static_cast<unsigned>(plan.fan[level]) + static_cast<unsigned>(__builtin_ctz(~right));
      }
      bucket_of[i] = static_cast<std::uint8_t>(b);
      ++count[b];
    }
  }
  static void deal(const DealPlan<S>& plan, const S* rows, std::size_t stride, std::size_t n, std::uint8_t* bucket_of,
                   std::uint32_t* count) {
    if (plan.levels == 1)
      deal_levels<1>(plan, rows, stride, n, bucket_of, count);
    else if (plan.levels == 2)
      deal_levels<2>(plan, rows, stride, n, bucket_of, count);
    else
      deal_levels<0>(plan, rows, stride, n, bucket_of, count);
  }
};

/// The kernels of the instruction set in use.
template <class S>
[[nodiscard]] const DealKernels<S>& deal_kernels();

}  // namespace coppice::multiway_tree
