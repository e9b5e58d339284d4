// The kernels that put particles into leaves, for one instruction set: bounds, Morton keys, cuts at octree boundaries,
// tight boxes. Only the kernel units in src/ instantiate this.
#pragma once

#include "coppice/query/leaf_kernels.hpp"

namespace coppice::query {

template <class Target, class S>
class LeafKernelsOf {
 public:
  static constexpr LeafKernels<S> table() { return {&bounds, &keys, &cut, &settle, &raise}; }

  static bool bounds(const S* rows, std::ptrdiff_t stride, std::size_t count, S limit, S* range) {
    return stride == 3 ? bounds_of(rows, Three{}, count, limit, range) : bounds_of(rows, stride, count, limit, range);
  }

  static void keys(const S* rows, std::ptrdiff_t stride, std::size_t count, const S* lower, S scale,
                   std::uint32_t* keys) {
    if (stride == 3)
      keys_of(rows, Three{}, count, lower, scale, keys);
    else
      keys_of(rows, stride, count, lower, scale, keys);
  }

  /// Where the two keys around a boundary differ first says how high in the octree the boundary lies. Of the boundaries
  /// that leave `least_leaf` to `leaf_capacity` points, the last of the highest is taken.
  static std::size_t cut(const std::uint32_t* keys, std::size_t first, std::size_t last, std::uint32_t* begin) {
    std::size_t leaves = 0;
    while (first < last) {
      begin[leaves++] = static_cast<std::uint32_t>(first);
      if (last - first <= leaf_capacity) break;
      const std::uint32_t* k = keys + first;
      std::uint32_t change[leaf_capacity];
      std::uint32_t most = 0;
      for (std::uint32_t i = 0; i < leaf_capacity; ++i) change[i] = k[i] ^ k[i + 1];
      for (std::uint32_t i = 0; i + 1 < least_leaf; ++i) change[i] = 0;
      for (std::uint32_t i = 0; i < leaf_capacity; ++i) most = change[i] > most ? change[i] : most;
      const std::uint32_t top = most == 0 ? 0 : 1u << (31 - __builtin_clz(most));
      std::uint32_t highest = 0;
      for (std::uint32_t i = 0; i < leaf_capacity; ++i) highest |= static_cast<std::uint32_t>(change[i] >= top) << i;
      first += 32 - static_cast<std::size_t>(__builtin_clz(highest));
    }
    return leaves;
  }

  static void settle(const LeafView<S>& view, std::size_t first, std::size_t last) {
    if (view.relative[0] == nullptr)
      settle_leaves<false, true>(view, first, last);
    else if (view.frame.images == nullptr)
      settle_leaves<false, false>(view, first, last);
    else
      settle_leaves<true, false>(view, first, last);
  }

  static void raise(const BoxLevel& children, const BoxLevel& parents) {
    for (std::size_t p = 0; p < parents.count; ++p)
      for (int a = 0; a < 3; ++a) {
        const float* lower = children.lower[a] + p * group_leaves;
        const float* upper = children.upper[a] + p * group_leaves;
        float least = lower[0], most = upper[0];
        for (std::uint32_t i = 1; i < group_leaves; ++i) {
          least = lower[i] < least ? lower[i] : least;
          most = upper[i] > most ? upper[i] : most;
        }
        parents.lower[a][p] = least;
        parents.upper[a][p] = most;
      }
  }

 private:
  struct Three {  // a stride that the compiler knows
    constexpr operator std::ptrdiff_t() const { return 3; }
  };

  template <class Stride>
  static bool bounds_of(const S* rows, Stride stride, std::size_t count, S limit, S* range) {
    S least[3] = {limit, limit, limit}, most[3] = {-limit, -limit, -limit};
    int bad = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const S* x = rows + static_cast<std::ptrdiff_t>(i) * stride;
      for (int a = 0; a < 3; ++a) {
        bad |= !((x[a] < 0 ? -x[a] : x[a]) <= limit);
        least[a] = x[a] < least[a] ? x[a] : least[a];
        most[a] = x[a] > most[a] ? x[a] : most[a];
      }
    }
    for (int a = 0; a < 3; ++a) {
      range[a] = least[a];
      range[3 + a] = most[a];
    }
    return bad == 0;
  }

  static std::uint32_t spread(std::uint32_t v) {
    v = (v | v << 16) & 0x030000ffu;
    v = (v | v << 8) & 0x0300f00fu;
    v = (v | v << 4) & 0x030c30c3u;
    return (v | v << 2) & 0x09249249u;
  }
  static std::uint32_t cell_of(S x, S lower, S scale) {
    S t = (x - lower) * scale;
    t = t > 0 ? t : S{0};
    t = t < 1023 ? t : S{1023};
    return static_cast<std::uint32_t>(static_cast<std::int32_t>(t));
  }

  template <class Stride>
  static void keys_of(const S* rows, Stride stride, std::size_t count, const S* lower, S scale, std::uint32_t* keys) {
    const S a = lower[0], b = lower[1], c = lower[2];
    for (std::size_t i = 0; i < count; ++i) {
      const S* x = rows + static_cast<std::ptrdiff_t>(i) * stride;
      keys[i] =
          spread(cell_of(x[0], a, scale)) | spread(cell_of(x[1], b, scale)) << 1 | spread(cell_of(x[2], c, scale)) << 2;
    }
  }

  static float clamped(double x) { return static_cast<float>(x < -1e18 ? -1e18 : x > 1e18 ? 1e18 : x); }

  template <bool Wrapped, bool InSteps>
  static void settle_leaves(const LeafView<S>& view, std::size_t first, std::size_t last) {
    using Place = double;
    const LeafFrame& frame = view.frame;
    const double scale = frame.inverse_unit;
    const BoxLevel& level = view.levels[0];
    for (std::size_t l = first; l < last; ++l) {
      const std::size_t b = view.begin[l];
      const std::size_t n = view.begin[l + 1] - b;
      const LeafPoint<S>* points = view.points + b;
      Place at[3][leaf_capacity];
      for (std::size_t i = 0; i < n; ++i) {
        if constexpr (!InSteps) view.ids[b + i] = points[i].id;
        if (view.slots != nullptr) view.slots[points[i].id] = static_cast<std::int32_t>(b + i);
        for (int a = 0; a < 3; ++a) at[a][i] = static_cast<Place>(points[i].x[a]);
        if constexpr (Wrapped) {
          const std::int32_t* s = frame.images + 3 * static_cast<std::ptrdiff_t>(points[i].id);
          for (int a = 0; a < 3; ++a)
            at[a][i] -= s[0] * frame.cell[0][a] + s[1] * frame.cell[1][a] + s[2] * frame.cell[2][a];
        }
      }
      double middle[3];
      float widest = 0;
      for (int a = 0; a < 3; ++a) {
        double least = at[a][0], most = at[a][0];
        for (std::size_t i = 1; i < n; ++i) {
          least = at[a][i] < least ? at[a][i] : least;
          most = at[a][i] > most ? at[a][i] : most;
        }
        const double center = 0.5 * least + 0.5 * most;
        view.center[a][l] = middle[a] = center;
        // Where the numbers are coarse for their spread, the center is rounded to one side.
        const double above = most - center, below = center - least;
        const float half = static_cast<float>((above > below ? above : below) * scale) * (1 + 2e-6f) + 1e-30f;
        view.half[a][l] = half;
        widest = half > widest ? half : widest;
        if constexpr (!InSteps) {
          float* relative = view.relative[a] + b;
          for (std::size_t i = 0; i < n; ++i) relative[i] = static_cast<float>((at[a][i] - center) * scale);
        }
        const float lower = clamped((least - frame.origin[a]) * scale);
        const float upper = clamped((most - frame.origin[a]) * scale);
        level.lower[a][l] = lower - (lower < 0 ? -lower : lower) * 2.4e-7f;
        level.upper[a][l] = upper + (upper < 0 ? -upper : upper) * 2.4e-7f;
      }
      if constexpr (InSteps) {
        const double steps_a_unit = 1 / static_cast<double>(step_of(widest));
        for (int a = 0; a < 3; ++a) {
          std::int16_t* steps = view.steps[a] + b;
          for (std::size_t i = 0; i < n; ++i) steps[i] = steps_of((at[a][i] - middle[a]) * scale, steps_a_unit);
        }
      }
    }
  }
};

}  // namespace coppice::query
