// Products that stay products in headers that are compiled with their users' flags: a compiler that may contract would
// fuse them with the sum that they go into, and bounds and distances would no longer be rounded alike.
#pragma once

#include <type_traits>

namespace coppice {

/// The value as it is rounded now, which the compiler cannot see through.
template <class Scalar>
[[nodiscard, gnu::always_inline]] inline Scalar rounded(Scalar value) {
  static_assert(std::is_floating_point_v<Scalar>);
#if defined(__x86_64__)
  asm("" : "+x"(value));
#elif defined(__aarch64__)
  asm("" : "+w"(value));
#else
  volatile Scalar kept = value;
  value = kept;
#endif
  return value;
}

}  // namespace coppice
