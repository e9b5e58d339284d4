// The instruction sets that kernel units are compiled for, by name.
#pragma once

namespace coppice::simd {
struct baseline;
struct avx2;
struct avx512;
struct avx512vnni;
}  // namespace coppice::simd
