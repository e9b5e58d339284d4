// Super-keys: the order of tuples along one axis in which no two different tuples are equal. The super-key of axis a is
// the tuple read cyclically from a on (y:z:x for y), so ties in one coordinate are broken by the next.
// Source: Brown, "Building a Balanced k-d Tree in O(kn log n) Time" (JCGT 2015), section 3.
#pragma once

#include <type_traits>

namespace coppice {

/// −1, 0 or 1 as `a` precedes, equals or follows `b` in the order of `axis`. Numbers are compared, never subtracted, so
/// every arithmetic type keeps its whole range. `Dim`: the dimension where it is known at compile time, else 0.
template <int Dim, class Key>
[[nodiscard, gnu::always_inline]] inline int compare_super_keys(const Key* a, const Key* b, int axis, int dimension) {
  static_assert(std::is_arithmetic_v<Key>);
  const int d = Dim != 0 ? Dim : dimension;
  if (a[axis] != b[axis]) return a[axis] < b[axis] ? -1 : 1;
  for (int i = 1; i < d; ++i) {
    if (++axis == d) axis = 0;
    if (a[axis] != b[axis]) return a[axis] < b[axis] ? -1 : 1;
  }
  return 0;
}

}  // namespace coppice
