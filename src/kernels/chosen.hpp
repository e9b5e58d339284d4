// The one place that turns the instruction set in use into a table of compiled kernels. Included by the files that
// choose, not by the units themselves.
#pragma once

#include <type_traits>

#include "coppice/geometry/instruction_set.hpp"
#include "targets.hpp"

// The units that may exist of a table without a scalar.
#if defined(__x86_64__)
#define COPPICE_UNITS(KernelsFor)                  \
  extern template struct KernelsFor<simd::avx2>;   \
  extern template struct KernelsFor<simd::avx512>; \
  extern template struct KernelsFor<simd::baseline>;
#else
#define COPPICE_UNITS(KernelsFor) extern template struct KernelsFor<simd::baseline>;
#endif

// And of one for each scalar.
#if defined(__x86_64__)
#define COPPICE_SCALAR_UNITS(KernelsFor)                    \
  extern template struct KernelsFor<simd::avx2, float>;     \
  extern template struct KernelsFor<simd::avx2, double>;    \
  extern template struct KernelsFor<simd::avx512, float>;   \
  extern template struct KernelsFor<simd::avx512, double>;  \
  extern template struct KernelsFor<simd::baseline, float>; \
  extern template struct KernelsFor<simd::baseline, double>;
#else
#define COPPICE_SCALAR_UNITS(KernelsFor)                    \
  extern template struct KernelsFor<simd::baseline, float>; \
  extern template struct KernelsFor<simd::baseline, double>;
#endif

namespace coppice::kernels {

/// What `tables` returns for the instruction set in use, which it is told as std::type_identity. Errors: unsupported
/// when this build has none that the processor runs.
template <class Tables>
const auto& chosen(const Tables& tables) {
  [[maybe_unused]] const InstructionSet set = instruction_set();
#if defined(COPPICE_WITH_AVX512)
  if (set == InstructionSet::avx512) return tables(std::type_identity<simd::avx512>{});
#endif
#if defined(COPPICE_WITH_AVX2)
  if (set == InstructionSet::avx2) return tables(std::type_identity<simd::avx2>{});
#endif
#if defined(COPPICE_WITH_BASELINE)
  return tables(std::type_identity<simd::baseline>{});
#else
  __builtin_unreachable();
#endif
}

}  // namespace coppice::kernels
