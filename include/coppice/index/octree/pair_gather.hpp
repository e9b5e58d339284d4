// The points near a leaf, for one instruction set: a descent for a group of 16 leaves and each image of the cell, the
// leaves near one of them, and of those the points within reach of its box, in float relative to its centre. Only the
// kernel units in src/ instantiate this.
#pragma once

#include "coppice/geometry/lanes.hpp"
#include "coppice/index/octree/pair_kernels.hpp"

namespace coppice::octree {

template <class Target, class S, bool Full, bool Shifts>
class PairGather {
 protected:
  using L = simd::Lanes<Target>;
  using F = typename L::F;
  using I = typename L::I;
  using Mask = typename L::Mask;
  static constexpr std::uint32_t width = L::width;

  PairGather(const PairSearch<S>& s, PairScratch& memory) : search(s), scratch(memory) {}

  const PairSearch<S>& search;
  PairScratch& scratch;

  // Of the leaf at work:
  std::uint32_t own_begin = 0, own_count = 0;
  std::size_t near_leaves = 0;  ///< in scratch.leaf and so on
  std::size_t points = 0;       ///< in scratch.x and so on; the leaf's own come first
  bool images = false;          ///< some of them in another image

  /// Collects the leaves within the radius of the group's box, in every image. Returns how many.
  std::size_t near_group(std::size_t g) {
    const LeafView<S>& view = search.view;
    const BoxLevel& leaves = view.levels[0];
    const BoxLevel& top = view.levels[view.level_count - 1];
    float lower[3], upper[3];
    for (int a = 0; a < 3; ++a) {
      lower[a] = leaves.lower[a][g * group_leaves];
      upper[a] = leaves.upper[a][g * group_leaves];
      for (std::size_t i = 1; i < group_leaves; ++i) {
        const std::size_t l = g * group_leaves + i;
        lower[a] = leaves.lower[a][l] < lower[a] ? leaves.lower[a][l] : lower[a];
        upper[a] = leaves.upper[a][l] > upper[a] ? leaves.upper[a][l] : upper[a];
      }
    }
    std::size_t found = 0;
    const std::size_t shifts = Shifts ? search.shift_count : 1;
    for (std::size_t s = 0; s < shifts; ++s) {
      float from[3], to[3];
      for (int a = 0; a < 3; ++a) {
        const auto v = static_cast<float>(search.shifts[s].vector[a] * view.frame.inverse_unit);
        from[a] = lower[a] - v;
        to[a] = upper[a] - v;
      }
      // Half of the pairs within the cell itself: only leaves from this group on.
      const std::uint32_t least = !Full && s == 0 ? static_cast<std::uint32_t>(g * group_leaves) : 0;
      found = descend(top, from, to, s, least, found);
    }
    return found;
  }

  std::size_t descend(const BoxLevel& top, const float* from, const float* to, std::size_t s, std::uint32_t least,
                      std::size_t found) {
    struct Item {
      int depth;
      std::uint32_t node;
    };
    constexpr int deepest = 8;  // 16^8 leaves
    Item stack[deepest * group_leaves];
    int height = 0;
    const LeafView<S>& view = search.view;
    const float reach = search.radius * (1 + 1e-5f) + search.box_slack;
    const F limit = L::broadcast(reach * reach);
    for (std::uint32_t block = static_cast<std::uint32_t>((top.count + 15) / 16); block-- > 0;)
      stack[height++] = {view.level_count - 1, block};
    while (height > 0) {
      const Item item = stack[--height];
      const std::uint32_t base = item.node * group_leaves;
      const BoxLevel& level = view.levels[item.depth];
      std::uint32_t near = near_boxes(level, base, from, to, limit);
      if (level.count - base < group_leaves) near &= (1u << (level.count - base)) - 1;
      if (item.depth > 0) {
        while (near != 0) {  // the last first, so that leaves come in order
          const std::uint32_t bit = 31 - static_cast<std::uint32_t>(__builtin_clz(near));
          near ^= 1u << bit;
          if (item.depth > 1 || (base + bit + 1) * group_leaves > least) stack[height++] = {item.depth - 1, base + bit};
        }
        continue;
      }
      if (near == 0) continue;
      if (found + group_leaves + slack > scratch.near_room) scratch.reserve_near(scratch, 2 * found + 1024);
      const double* vector = search.shifts[s].vector;
      for (; near != 0; near &= near - 1) {
        const std::uint32_t leaf = base + static_cast<std::uint32_t>(__builtin_ctz(near));
        float extent = 0;
        for (int a = 0; a < 3; ++a) {
          scratch.near_center[a][found] = Shifts ? view.center[a][leaf] + vector[a] : view.center[a][leaf];
          const float half = view.half[a][leaf];
          scratch.near_half[a][found] = half;
          extent = half > extent ? half : extent;
        }
        scratch.near_extent[found] = extent;
        scratch.near_leaf[found] = static_cast<std::int32_t>(leaf);
        if (Shifts) scratch.near_code[found] = static_cast<std::int32_t>(s);
        ++found;
      }
    }
    return found;
  }

  static std::uint32_t near_boxes(const BoxLevel& level, std::uint32_t base, const float* from, const float* to,
                                  F limit) {
    std::uint32_t near = 0;
    for (std::uint32_t i = 0; i < group_leaves; i += width) {
      F square = L::broadcast(0);
      for (int a = 0; a < 3; ++a) {
        const F apart = L::max(L::sub(L::load(level.lower[a] + base + i), L::broadcast(to[a])),
                               L::sub(L::broadcast(from[a]), L::load(level.upper[a] + base + i)));
        const F d = L::max(apart, L::broadcast(0));
        square = L::mul_add(d, d, square);
      }
      near |= static_cast<std::uint32_t>(L::not_greater(square, limit)) << i;
    }
    return near;
  }

  /// Of the leaves near the group those near this leaf, without itself (for half lists: without those before it).
  /// Returns the largest half edge among them.
  float near_leaves_of(std::size_t leaf, const float* half, std::size_t found) {
    const LeafView<S>& view = search.view;
    if (found + slack > scratch.near_room) scratch.reserve_near(scratch, found);
    const float reach = search.radius * (1 + 1e-5f) + 4 * search.slack;
    const F limit = L::broadcast(reach * reach);
    const double scale = view.frame.inverse_unit;
    const auto self = static_cast<std::int32_t>(leaf);
    F largest = L::broadcast(0);
    std::size_t n = 0;
    images = false;
    for (std::size_t c = 0; c < found; c += width) {
      F off[3];
      F square = L::broadcast(0);
      for (int a = 0; a < 3; ++a) {
        off[a] = L::offset(scratch.near_center[a] + c, view.center[a][leaf], scale);
        const F edges = L::add(L::load(scratch.near_half[a] + c), L::broadcast(half[a]));
        const F d = L::max(L::sub(L::abs(off[a]), edges), L::broadcast(0));
        square = L::mul_add(d, d, square);
      }
      Mask near = L::not_greater(square, limit) & L::first(static_cast<std::uint32_t>(found - c));
      const I leaves = L::load(scratch.near_leaf + c);
      Mask own = Full ? L::equal(leaves, L::broadcast_id(self)) : L::less_id(leaves, L::broadcast_id(self + 1));
      I codes;
      if constexpr (Shifts) {
        codes = L::load(scratch.near_code + c);
        own &= L::equal(codes, L::broadcast_id(0));
      }
      near &= ~own;
      largest = L::max(largest, L::zero_unless(near, L::load(scratch.near_extent + c)));
      const typename L::Packer pack(near);
      for (int a = 0; a < 3; ++a) pack(scratch.offset[a] + n, off[a]);
      pack(scratch.leaf + n, leaves);
      if constexpr (Shifts) pack(scratch.code + n, codes);
      n += L::count(near);
    }
    near_leaves = n;
    return L::largest(largest);
  }

  std::size_t candidates() const {
    std::size_t n = own_count;
    for (std::size_t e = 0; e < near_leaves; ++e)
      n += search.view.begin[scratch.leaf[e] + 1] - search.view.begin[scratch.leaf[e]];
    return n;
  }

  /// The leaf's own points, then those of the leaves near it that lie within reach of its box.
  void gather(const float* half, float reach) {
    const LeafView<S>& view = search.view;
    const std::size_t most = (near_leaves + 1) * leaf_capacity + slack;
    if (most > scratch.point_room) scratch.reserve_points(scratch, 2 * most);
    float* const x = scratch.x[0];
    float* const y = scratch.x[1];
    float* const z = scratch.x[2];
    std::int32_t* const id = scratch.id;
    std::int32_t* const image = scratch.image;
    const float* const from_x = view.relative[0];
    const float* const from_y = view.relative[1];
    const float* const from_z = view.relative[2];
    const std::int32_t* const labels = search.labels;
    const F zero = L::broadcast(0);
    for (std::uint32_t i = 0; i < own_count; i += width) {
      L::store(x + i, L::load(from_x + own_begin + i));
      L::store(y + i, L::load(from_y + own_begin + i));
      L::store(z + i, L::load(from_z + own_begin + i));
      L::store(id + i, L::load(labels + own_begin + i));
      if constexpr (Shifts) L::store(image + i, L::broadcast_id(0));
    }
    const F half_x = L::broadcast(half[0]), half_y = L::broadcast(half[1]), half_z = L::broadcast(half[2]);
    const F limit = L::broadcast(reach * reach);
    std::size_t n = own_count;
    bool other_images = false;
    for (std::size_t e = 0; e < near_leaves; ++e) {
      const auto leaf = static_cast<std::size_t>(scratch.leaf[e]);
      const std::uint32_t end = view.begin[leaf + 1];
      const F off_x = L::broadcast(scratch.offset[0][e]), off_y = L::broadcast(scratch.offset[1][e]),
              off_z = L::broadcast(scratch.offset[2][e]);
      for (std::uint32_t b = view.begin[leaf]; b < end; b += width) {
        const F px = L::add(L::load(from_x + b), off_x), py = L::add(L::load(from_y + b), off_y),
                pz = L::add(L::load(from_z + b), off_z);
        const F dx = L::max(L::sub(L::abs(px), half_x), zero), dy = L::max(L::sub(L::abs(py), half_y), zero),
                dz = L::max(L::sub(L::abs(pz), half_z), zero);
        const F square = L::mul_add(dx, dx, L::mul_add(dy, dy, L::mul(dz, dz)));
        const Mask near = L::not_greater(square, limit) & L::first(end - b);
        const typename L::Packer pack(near);
        pack(x + n, px);
        pack(y + n, py);
        pack(z + n, pz);
        pack(id + n, L::load(labels + b));
        if constexpr (Shifts) L::store(image + n, L::broadcast_id(scratch.code[e]));
        n += L::count(near);
      }
      if constexpr (Shifts) other_images |= scratch.code[e] != 0;
    }
    points = n;
    images = other_images;
    for (std::size_t i = 0; i < n; i += width) {
      const F px = L::load(x + i), py = L::load(y + i), pz = L::load(z + i);
      L::store(scratch.square + i, L::mul_add(px, px, L::mul_add(py, py, L::mul(pz, pz))));
    }
    L::store(scratch.square + n, L::broadcast(1e30f));
    L::store(x + n, zero);
    L::store(y + n, zero);
    L::store(z + n, zero);
  }
};

}  // namespace coppice::octree
