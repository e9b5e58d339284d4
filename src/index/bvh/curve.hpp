// Morton codes of places in a box, and their order: for rays that are traced together and for trees along the curve.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "coppice/parallel/executor.hpp"
#include "coppice/storage/memory.hpp"

namespace coppice::bvh {

/// The bits of three numbers below 2^21, interleaved.
[[nodiscard]] inline std::uint64_t interleaved(std::uint32_t x, std::uint32_t y, std::uint32_t z) noexcept {
  const auto spread = [](std::uint64_t v) {
    v = (v | v << 32) & 0x1f00000000ffff;
    v = (v | v << 16) & 0x1f0000ff0000ff;
    v = (v | v << 8) & 0x100f00f00f00f00f;
    v = (v | v << 4) & 0x10c30c30c30c30c3;
    return (v | v << 2) & 0x1249249249249249;
  };
  return spread(x) << 2 | spread(y) << 1 | spread(z);
}

struct Coded {
  std::uint64_t code;
  std::uint32_t row;
};
/// Sorts by code; equal codes keep their order. `bits`: how many of the low bits of a code are used.
void sort_by_code(std::vector<Coded>& rows, int bits);
/// Sorts numbers by the bits from `shift` on; equal ones keep their order. The same for any number of threads.
void sort_by_bits(storage::RawVector<std::uint64_t>& rows, int shift, int bits, Executor executor);

}  // namespace coppice::bvh
