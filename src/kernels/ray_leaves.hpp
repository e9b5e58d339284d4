// Eight primitives against one ray, once an instruction set: the vector half of the hit tests. What it lets through is
// confirmed one at a time, by rules that every instruction set shares (src/index/bvh/intersect_rules.hpp).
#pragma once

#include <bit>

#include "../index/bvh/intersect_rules.hpp"
#include "coppice/index/bvh/node.hpp"
#include "ray_lanes.hpp"

namespace coppice::kernels {

/// A ray with everything that its traversal repeats.
template <class Target>
struct RayTerms {
  using Rules = bvh::HitRules<Target>;

  explicit RayTerms(const Ray& ray_, float extent) : ray(ray_), reach(Rules::reach(ray_.origin)) {
    const float most = Rules::reach(ray_.direction);
    const float pad = Rules::padding * (reach + extent);
    for (std::size_t a = 0; a < 3; ++a) {
      // A direction of (nearly) zero on an axis: a steep slope instead of infinity, which would make NaN with zero.
      float d = ray_.direction[a];
      if (Rules::magnitude(d) < 0x1p-40f * most)
        d = std::bit_cast<std::int32_t>(d) < 0 ? -0x1p-40f * most : 0x1p-40f * most;
      inverse[a] = 1 / d;
      const float at = ray_.origin[a] * inverse[a];
      const float apart = pad * Rules::magnitude(inverse[a]);
      near[a] = at + apart;
      far[a] = at - apart;
      lower[a] = static_cast<int>(2 * a) + (d < 0 ? 1 : 0);
      upper[a] = static_cast<int>(2 * a) + (d < 0 ? 0 : 1);
    }
  }

  const Ray& ray;
  float reach;
  float inverse[3], near[3], far[3];
  int lower[3], upper[3];  ///< rows of a node's bounds where the ray enters and leaves
};

/// What has been found so far.
struct RayBest {
  float t;
  point_id id;  ///< of the hit at t, else the largest: nothing wins against it at the same t
  std::uint32_t slot;
  float u, v;
};

/// Corner and edges. Empty lanes are zero: their depth is never above zero.
template <class Target>
struct TriangleLeaf {
  using Lanes = RayLanes<Target>;
  using Vector = typename Lanes::Vector;
  using Rules = bvh::HitRules<Target>;
  using Block = bvh::TriangleBlock;
  static constexpr float limit_factor = 1 + 2 * Rules::slack;
  struct Frame {
    explicit Frame(const Ray&) {}
  };

  struct Found {
    Vector depth, area, u, v;
  };
  [[gnu::always_inline]] static unsigned test(const Block& b, const RayTerms<Target>& r, const Frame&, float limit,
                                              Found& f) {
    const auto column = [&](std::size_t i) __attribute__((always_inline)) {
      return Lanes::load(b.column[i]);
    };
    const Vector dx = Lanes::splat(r.ray.direction[0]), dy = Lanes::splat(r.ray.direction[1]),
                 dz = Lanes::splat(r.ray.direction[2]);
    const Vector cx = column(0) - Lanes::splat(r.ray.origin[0]), cy = column(1) - Lanes::splat(r.ray.origin[1]),
                 cz = column(2) - Lanes::splat(r.ray.origin[2]);
    const Vector ex = column(3), ey = column(4), ez = column(5), fx = column(6), fy = column(7), fz = column(8);
    const Vector nx = ey * fz - ez * fy, ny = ez * fx - ex * fz, nz = ex * fy - ey * fx;
    const Vector rx = cy * dz - cz * dy, ry = cz * dx - cx * dz, rz = cx * dy - cy * dx;
    const Vector area = nx * dx + ny * dy + nz * dz;
    const Vector sign = Lanes::sign_of(area);
    f.area = Lanes::flip(area, sign);
    f.u = Lanes::flip(rx * fx + ry * fy + rz * fz, sign);
    f.v = Lanes::flip(Lanes::negate(rx * ex + ry * ey + rz * ez), sign);
    f.depth = Lanes::flip(nx * cx + ny * cy + nz * cz, sign);
    const Vector zero = Lanes::splat(0);
    const auto inside = Lanes::both(Lanes::both(Lanes::at_most(zero, f.u), Lanes::at_most(zero, f.v)),
                                    Lanes::at_most(f.u + f.v, f.area));
    const auto ahead = Lanes::both(Lanes::below(zero, f.depth), Lanes::at_most(f.depth, f.area * Lanes::splat(limit)));
    return Lanes::bits(Lanes::both(inside, ahead));
  }
  [[gnu::always_inline]] static bool confirm(const Block& b, int lane, const RayTerms<Target>& r, const Frame&,
                                             const Found& f, const bvh::View& view, RayHit& hit) {
    if (!(f.area[lane] > 0)) return false;
    typename Rules::Corner c;
    for (std::size_t a = 0; a < 3; ++a) {
      c.v[a] = b.column[a][lane];
      c.e[a] = b.column[3 + a][lane];
      c.f[a] = b.column[6 + a][lane];
    }
    return Rules::confirm(r.ray, r.reach, c, view.primitives[b.slot[lane]], f.depth[lane], f.area[lane], f.u[lane],
                          f.v[lane], hit);
  }
};

/// Three corners. Empty lanes are NaN.
template <class Target>
struct WatertightLeaf {
  using Lanes = RayLanes<Target>;
  using Vector = typename Lanes::Vector;
  using Rules = bvh::HitRules<Target>;
  using Block = bvh::TriangleBlock;
  static constexpr float limit_factor = 1 + 2 * Rules::watertight_slack;
  struct Frame {
    explicit Frame(const Ray& ray) : shear(Rules::shear_of(ray)) {}
    typename Rules::Shear shear;
  };

  struct Found {
    Vector depth, area, v, w;
  };
  [[gnu::always_inline]] static unsigned test(const Block& b, const RayTerms<Target>& r, const Frame& frame,
                                              float limit, Found& f) {
    const auto& s = frame.shear;
    const auto column = [&](std::size_t corner, std::size_t axis) __attribute__((always_inline)) {
      return Lanes::load(b.column[3 * corner + axis]) - Lanes::splat(r.ray.origin[axis]);
    };
    const Vector sx = Lanes::splat(s.sx), sy = Lanes::splat(s.sy);
    const Vector az = column(0, s.z), bz = column(1, s.z), cz = column(2, s.z);
    const Vector ax = column(0, s.x) - sx * az, ay = column(0, s.y) - sy * az;
    const Vector bx = column(1, s.x) - sx * bz, by = column(1, s.y) - sy * bz;
    const Vector cx = column(2, s.x) - sx * cz, cy = column(2, s.y) - sy * cz;
    Vector u = cx * by - cy * bx;
    Vector v = ax * cy - ay * cx;
    Vector w = bx * ay - by * ax;
    Vector area = u + v + w;
    Vector depth = (u * az + v * bz + w * cz) * Lanes::splat(s.sz);
    const Vector sign = Lanes::sign_of(area);
    f.area = Lanes::flip(area, sign);
    f.depth = Lanes::flip(depth, sign);
    f.v = Lanes::flip(v, sign);
    f.w = Lanes::flip(w, sign);
    u = Lanes::flip(u, sign);
    const Vector zero = Lanes::splat(0);
    const auto inside =
        Lanes::both(Lanes::both(Lanes::at_most(zero, u), Lanes::at_most(zero, f.v)), Lanes::at_most(zero, f.w));
    const auto ahead = Lanes::both(Lanes::below(zero, f.depth), Lanes::at_most(f.depth, f.area * Lanes::splat(limit)));
    return Lanes::bits(Lanes::both(inside, ahead));
  }
  [[gnu::always_inline]] static bool confirm(const Block& b, int lane, const RayTerms<Target>& r, const Frame&,
                                             const Found& f, const bvh::View& view, RayHit& hit) {
    const float area = f.area[lane];
    if (!(area > 0)) return false;
    return Rules::confirm_watertight(r.ray, view.primitives[b.slot[lane]], f.depth[lane] / area, f.v[lane] / area,
                                     f.w[lane] / area, hit);
  }
};

/// Boxes; empty lanes have lower above upper.
template <class Target>
struct BoxLeaf {
  using Lanes = RayLanes<Target>;
  using Vector = typename Lanes::Vector;
  using Rules = bvh::HitRules<Target>;
  using Block = bvh::BoxBlock;
  static constexpr float limit_factor = 1 + 2 * Rules::slack;
  struct Frame {
    explicit Frame(const Ray&) {}
  };
  struct Found {};

  [[gnu::always_inline]] static unsigned test(const Block& b, const RayTerms<Target>& r, const Frame&, float limit,
                                              Found&) {
    Vector enters = Lanes::splat(0);
    Vector leaves = Lanes::splat(limit);
    for (std::size_t a = 0; a < 3; ++a) {
      const bool falls = r.lower[a] & 1;
      const Vector inverse = Lanes::splat(r.inverse[a]);
      enters =
          Lanes::max(enters, Lanes::bound(Lanes::load(b.column[falls ? 3 + a : a]), inverse, Lanes::splat(r.near[a])));
      leaves =
          Lanes::min(leaves, Lanes::bound(Lanes::load(b.column[falls ? a : 3 + a]), inverse, Lanes::splat(r.far[a])));
    }
    return Lanes::bits(Lanes::at_most(enters, leaves));
  }
  [[gnu::always_inline]] static bool confirm(const Block& b, int lane, const RayTerms<Target>& r, const Frame&,
                                             const Found&, const bvh::View&, RayHit& hit) {
    float lower[3], upper[3];
    for (std::size_t a = 0; a < 3; ++a) {
      lower[a] = b.column[a][lane];
      upper[a] = b.column[3 + a][lane];
    }
    return Rules::confirm_box(r.ray, lower, upper, hit);
  }
};

}  // namespace coppice::kernels
