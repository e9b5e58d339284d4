// The boxes of eight children as nodes keep them (geometry/float_bounds.hpp) and as kernels see them.
#pragma once

#include <type_traits>

#include "coppice/geometry/pack_baseline.hpp"

namespace coppice::query {

/// For every axis eight lower and then eight upper bounds, as floats relative to `origin`.
template <class T, class S>
struct ChildBoxes {
  using Pack = typename T::template Pack<S>;
  const float* bounds;
  const S* origin;

  [[nodiscard]] Pack lower(int a) const { return decode(bounds + 2 * simd::lanes * a, a); }
  [[nodiscard]] Pack upper(int a) const { return decode(bounds + 2 * simd::lanes * a + simd::lanes, a); }

 private:
  [[nodiscard]] Pack decode(const float* eight, int a) const {
    if constexpr (std::is_same_v<S, float>)
      return Pack::load(eight);
    else
      return Pack::broadcast(origin[a]) + Pack::load(eight);
  }
};

}  // namespace coppice::query
