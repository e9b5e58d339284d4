// What the machine can do at most: multiplications and additions of floats that never leave the registers.
#pragma once

namespace coppice::bench {

/// Floating-point operations a second of one thread, two a fused multiply-add, in 10^9: the best of several short
/// loops.
[[nodiscard]] double fma_peak();

}  // namespace coppice::bench
