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

/// Of kernels whose AVX2 units use fused multiply-add, which some processors with AVX2 lack.
enum class Fused { no, in_avx2 };

/// What `tables` returns for the instruction set in use, which it is told as std::type_identity.
template <Fused Form = Fused::no, class Tables>
const auto& chosen(const Tables& tables) noexcept {
  switch (instruction_set()) {
#if defined(COPPICE_WITH_AVX512)
    case InstructionSet::avx512:
      return tables(std::type_identity<simd::avx512>{});
#endif
#if defined(COPPICE_WITH_AVX2)
    case InstructionSet::avx2:
      if (Form == Fused::no || __builtin_cpu_supports("fma")) return tables(std::type_identity<simd::avx2>{});
      break;
#endif
    default:
      break;
  }
  return tables(std::type_identity<simd::baseline>{});
}

}  // namespace coppice::kernels
