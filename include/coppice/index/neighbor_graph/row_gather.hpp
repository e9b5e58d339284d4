// The points near a tile, for one instruction set: a descent to the leaves near a group of tiles, the leaves near one
// of them, and of those the points within reach of its box, in float relative to its middle. Only the kernel units in
// src/ instantiate this.
#pragma once

#include "coppice/geometry/lanes.hpp"
#include "coppice/index/neighbor_graph/row_kernels.hpp"

namespace coppice::neighbor_graph {

/// A box that queries lie in: its middle in the caller's units, half its edges in units of the search. As long as a
/// point may have axes.
struct TileBox {
  double center[max_dimension];
  float half[max_dimension];
};

/// How the terms of the axes become a value that is compared: squares for l2.
template <class Target, MetricKind Kind>
struct Terms {
  using L = simd::Lanes<Target>;
  using F = typename L::F;
  static constexpr bool squared = Kind == MetricKind::l2;

  /// `sum` and the term of one axis more, from a difference whose sign does not matter.
  [[gnu::always_inline]] static F add(F sum, F difference) {
    if constexpr (squared) return L::mul_add(difference, difference, sum);
    if constexpr (Kind == MetricKind::l1) return L::add(sum, L::abs(difference));
    return L::max(sum, L::abs(difference));
  }
  static float value_of(float distance) { return squared ? distance * distance : distance; }
};

/// `Axes`: a number that the compiler knows, or 0.
template <class Target, class S, int Axes, MetricKind Kind>
class RowGather {
 protected:
  using L = simd::Lanes<Target>;
  using F = typename L::F;
  using I = typename L::I;
  using Mask = typename L::Mask;
  using T = Terms<Target, Kind>;
  static constexpr std::uint32_t width = L::width;
  static constexpr std::size_t any_number = ~std::size_t{0};
  static constexpr float largest_value = 1e37f;  ///< of a point that the filter may let through

  RowGather(const LeafSetView<S>& leaves, RowScratch& memory) : set(leaves), scratch(memory) {}

  const LeafSetView<S>& set;
  RowScratch& scratch;
  std::size_t met = 0;     ///< leaves near the tile, in scratch.leaf and so on
  std::size_t points = 0;  ///< gathered, in scratch.x and so on
  float coarse = 0;        ///< the points of wider leaves are placed one by one: their offsets would be too rough
  float place_error = 0;   ///< how far off each coordinate of them may be …
  float query_error = 0;   ///< … and of the queries
  float span = 0;          ///< how far from the middle of the tile those may lie that count

  [[nodiscard]] int axes() const { return Axes > 0 ? Axes : set.dimension; }

  /// Collects the leaves within `reach` of a box into scratch.near[which], and stops at more than `most`. `skip`: of
  /// equal points in many leaves those are left out that come after as many.
  std::size_t near_leaves(int which, const float* lower, const float* upper, float reach, std::size_t skip,
                          std::size_t most = any_number) {
    struct Item {
      int depth;
      std::uint32_t node;
    };
    constexpr int deepest = 8;  // 16^8 leaves
    Item stack[deepest * group_leaves];
    int height = 0;
    const F limit = L::broadcast(T::value_of(reach * (1 + 2e-6f)));
    std::size_t found = 0;
    const BoxColumns& top = set.levels[set.level_count - 1];
    for (auto block = static_cast<std::uint32_t>((top.count + 15) / 16); block-- > 0;)
      stack[height++] = {set.level_count - 1, block};
    while (height > 0 && found <= most) {
      const Item item = stack[--height];
      const std::uint32_t base = item.node * group_leaves;
      const BoxColumns& level = set.levels[item.depth];
      std::uint32_t near = near_boxes(level, base, lower, upper, limit);
      if (level.count - base < group_leaves) near &= (1u << (level.count - base)) - 1;
      if (item.depth > 0) {
        while (near != 0) {  // the last first, so that leaves come in order
          const std::uint32_t bit = 31 - static_cast<std::uint32_t>(__builtin_clz(near));
          near ^= 1u << bit;
          stack[height++] = {item.depth - 1, base + bit};
        }
        continue;
      }
      if (near == 0) continue;
      if (found + group_leaves + slack > scratch.near[which].room)
        scratch.reserve_near(scratch, which, 2 * found + 1024);
      const NearLeaves& list = scratch.near[which];
      for (; near != 0; near &= near - 1) {
        const std::uint32_t leaf = base + static_cast<std::uint32_t>(__builtin_ctz(near));
        if (set.earlier != nullptr && set.earlier[leaf] >= skip) continue;
        float extent = 0;
        for (int a = 0; a < axes(); ++a) {
          const float half = set.half_of(leaf, a);
          list.center[static_cast<std::size_t>(a) * list.room + found] = set.center_of(leaf, a);
          list.half[static_cast<std::size_t>(a) * list.room + found] = half;
          extent = half > extent ? half : extent;
        }
        list.extent[found] = extent;
        list.leaf[found++] = static_cast<std::int32_t>(leaf);
      }
    }
    return found;
  }

  /// Of those leaves the ones within `reach` of the tile's box, into scratch.leaf and so on; says what is rounded away.
  /// Returns how far points may seem to be that are within reach.
  float meet(int which, std::size_t found, const TileBox& tile, float reach) {
    float widest = 0;
    for (int a = 0; a < axes(); ++a) widest = tile.half[a] > widest ? tile.half[a] : widest;
    coarse = 256 * (reach + widest);
    float others = 0;
    met = leaves_of(which, found, tile, reach * (1 + 2e-6f), others);
    // Every coordinate is rounded to a step of its leaf, as so many steps, and twice with the leaf's place.
    const float stepped = query::step_error * others;
    const float places = 4e-7f * (others + widest) + stepped;
    const float far = reach * (1 + 2e-6f) + (Kind == MetricKind::linf ? 1.0f : root_of_axes()) * places;
    span = root_of_axes() * widest + far;
    query_error = 1.2e-7f * (2 * others + widest + 2 * span);
    place_error = query_error + stepped;
    return far;
  }

  /// Their points within `reach`.
  void gather(int which, std::size_t found, const TileBox& tile, float reach) {
    const float far = meet(which, found, tile, reach);
    points_of(met, tile, far);
  }

  [[nodiscard]] float root_of_axes() const {
    float r = 1;
    while (r * r < static_cast<float>(axes())) r += 0.0625f;
    return r;
  }

  /// What the float value between a query and a gathered point may be wrong by, where it is at most that of `distance`.
  [[nodiscard]] float value_error(float distance) const {
    const auto d = static_cast<float>(axes());
    const float either = place_error + query_error;
    const float apart = root_of_axes() * either;
    constexpr float least = 1e-37f;  // smaller ones may be lost
    if constexpr (Kind == MetricKind::linf) return either + 3e-7f * distance + least;
    if constexpr (Kind == MetricKind::l1) return d * either + d * 3e-7f * distance + least;
    // Every term of |j|² − 2 i·j + |i|² is at most three times the square of the span.
    return (d + 4) * 3e-7f * span * span + (d + 4) * 2e-7f * distance * distance + apart * (2.01f * distance + apart) +
           least;
  }

 private:
  std::size_t points_of_coarse(std::uint32_t begin, std::uint32_t end, const TileBox& tile, float reach,
                               std::size_t n) {
    const std::size_t room = scratch.point_room;
    const F limit = L::broadcast(T::value_of(reach));
    for (std::uint32_t b = begin; b < end; ++b) {
      const S* x = set.rows + static_cast<std::ptrdiff_t>(b) * set.stride;
      F value = L::broadcast(0);
      for (int a = 0; a < axes(); ++a) {
        const auto p = static_cast<float>((static_cast<double>(x[a]) - tile.center[a]) * set.inverse_unit);
        scratch.x[static_cast<std::size_t>(a) * room + n] = p;
        const F apart = L::sub(L::abs(L::broadcast(p)), L::broadcast(tile.half[a]));
        value = T::add(value, L::max(apart, L::broadcast(0)));
      }
      scratch.slot[n] = static_cast<std::int32_t>(b);
      n += (L::not_greater(value, limit) & 1u) != 0;
    }
    return n;
  }

  std::uint32_t near_boxes(const BoxColumns& level, std::uint32_t base, const float* lower, const float* upper,
                           F limit) const {
    std::uint32_t near = 0;
    const std::size_t from = level.place_of(base);
    for (std::uint32_t i = 0; i < group_leaves; i += width) {
      F value = L::broadcast(0);
      for (int a = 0; a < axes(); ++a) {
        const F apart = L::max(L::sub(L::load(level.lower[a] + from + i), L::broadcast(upper[a])),
                               L::sub(L::broadcast(lower[a]), L::load(level.upper[a] + from + i)));
        value = T::add(value, L::max(apart, L::broadcast(0)));
      }
      near |= static_cast<std::uint32_t>(L::not_greater(value, limit)) << i;
    }
    return near;
  }

  std::size_t leaves_of(int which, std::size_t found, const TileBox& tile, float reach, float& others) {
    if (found + slack > scratch.leaf_room) scratch.reserve_leaves(scratch, 2 * found + 256);
    if (found + slack > scratch.near[which].room) scratch.reserve_near(scratch, which, found + slack);
    const NearLeaves& list = scratch.near[which];
    const std::size_t room = scratch.leaf_room;
    const F limit = L::broadcast(T::value_of(reach));
    F largest = L::broadcast(0);
    std::size_t n = 0;
    for (std::size_t c = 0; c < found; c += width) {
      F value = L::broadcast(0);
      F off[Axes > 0 ? Axes : 1];
      for (int a = 0; a < axes(); ++a) {
        const std::size_t at = static_cast<std::size_t>(a) * list.room + c;
        const F o = L::offset(list.center + at, tile.center[a], set.inverse_unit);
        if constexpr (Axes > 0)
          off[a] = o;
        else
          L::store(scratch.offset + static_cast<std::size_t>(a) * room + n, o);  // of all; kept ones are packed below
        const F apart = L::sub(L::abs(o), L::add(L::load(list.half + at), L::broadcast(tile.half[a])));
        value = T::add(value, L::max(apart, L::broadcast(0)));
      }
      const Mask near = L::not_greater(value, limit) & L::first(static_cast<std::uint32_t>(found - c));
      const F extent = L::load(list.extent + c);
      largest = L::max(largest, L::zero_unless(near & L::not_greater(extent, L::broadcast(coarse)), extent));
      const typename L::Packer pack(near);
      for (int a = 0; a < axes(); ++a) {
        float* to = scratch.offset + static_cast<std::size_t>(a) * room + n;
        if constexpr (Axes > 0)
          pack(to, off[a]);
        else
          pack(to, L::load(to));
      }
      pack(scratch.leaf + n, L::load(list.leaf + c));
      pack(scratch.extent + n, extent);
      n += L::count(near);
    }
    others = L::largest(largest);
    return n;
  }

  void points_of(std::size_t leaves, const TileBox& tile, float reach) {
    std::size_t most = slack;
    for (std::size_t e = 0; e < leaves; ++e) most += set.begin[scratch.leaf[e] + 1] - set.begin[scratch.leaf[e]];
    if (most + slack > scratch.point_room) scratch.reserve_points(scratch, most + most / 4 + 512);
    const std::size_t room = scratch.point_room;
    const std::size_t leaf_room = scratch.leaf_room;
    const F limit = L::broadcast(T::value_of(reach));
    const F zero = L::broadcast(0);
    std::size_t n = 0;
    for (std::size_t e = 0; e < leaves; ++e) {
      const auto leaf = static_cast<std::size_t>(scratch.leaf[e]);
      const std::uint32_t end = set.begin[leaf + 1];
      if (scratch.extent[e] > coarse) {
        n = points_of_coarse(set.begin[leaf], end, tile, reach, n);
        continue;
      }
      const F step = L::broadcast(query::step_of(scratch.extent[e]));
      for (std::uint32_t b = set.begin[leaf]; b < end; b += width) {
        const std::size_t from = Axes > 0 ? b : set.place_of(b);
        F value = zero;
        F x[Axes > 0 ? Axes : 1];
        for (int a = 0; a < axes(); ++a) {
          const F p = L::mul_add(L::load(set.steps[a] + from), step,
                                 L::broadcast(scratch.offset[static_cast<std::size_t>(a) * leaf_room + e]));
          if constexpr (Axes > 0)
            x[a] = p;
          else
            L::store(scratch.x + static_cast<std::size_t>(a) * room + n, p);
          value = T::add(value, L::max(L::sub(L::abs(p), L::broadcast(tile.half[a])), zero));
        }
        const Mask near = L::not_greater(value, limit) & L::first(end - b);
        const typename L::Packer pack(near);
        for (int a = 0; a < axes(); ++a) {
          float* to = scratch.x + static_cast<std::size_t>(a) * room + n;
          if constexpr (Axes > 0)
            pack(to, x[a]);
          else
            pack(to, L::load(to));
        }
        pack(scratch.slot + n, L::add_id(L::lane_ids(), static_cast<std::int32_t>(b)));
        n += L::count(near);
      }
    }
    points = n;
    for (int a = 0; a < axes(); ++a) L::store(scratch.x + static_cast<std::size_t>(a) * room + n, zero);
    if constexpr (T::squared) {
      for (std::size_t i = 0; i < n; i += width) {
        F square = zero;
        for (int a = 0; a < axes(); ++a)
          square = T::add(square, L::load(scratch.x + static_cast<std::size_t>(a) * room + i));
        L::store(scratch.square + i, square);
      }
    } else {
      for (std::size_t i = 0; i < n; i += width) L::store(scratch.square + i, zero);
    }
    // Lanes behind the last are farther than anything that counts.
    L::store(scratch.square + n, L::broadcast(3 * largest_value));
    L::store(scratch.slot + n, L::broadcast_id(0));
  }
};

}  // namespace coppice::neighbor_graph
