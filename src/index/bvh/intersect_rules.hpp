// The scalar half of a hit test: what becomes of a candidate that the vector half (or, for single primitives, the same
// operations one at a time) has found. `Target` keeps the copies of different instruction sets apart; all of them
// compute the same values, since nothing here is fused.
#pragma once

#include <cstddef>

#include "coppice/geometry/ray.hpp"
#include "coppice/geometry/triangle_mesh.hpp"

namespace coppice::bvh {

template <class Target>
struct HitRules {
  /// Place on the ray and place in the triangle agree when they differ by no more than this share of the coordinates.
  static constexpr float agreement = 0x1p-18f;
  /// Where they differ by more than this share of the way along the ray, double precision is asked.
  static constexpr float closeness = 0x1p-18f;
  /// Bounds of boxes are padded by this share: twice the above, which leaves room for every rounding.
  static constexpr float padding = 0x1p-17f;
  /// What t may change by when a candidate is computed anew; candidates are taken in with so much slack.
  static constexpr float slack = 0x1p-10f;
  static constexpr float watertight_slack = 0x1p-8f;

  static float magnitude(float x) { return x < 0 ? -x : x; }
  static float larger(float a, float b) { return a < b ? b : a; }
  static float reach(const Vec3& p) { return larger(larger(magnitude(p[0]), magnitude(p[1])), magnitude(p[2])); }

  /// A corner and two edges, as blocks hold them.
  struct Corner {
    float v[3], e[3], f[3];
  };
  static Corner corner_of(const Triangle& t) {
    Corner c;
    for (std::size_t a = 0; a < 3; ++a) {
      c.v[a] = t.a[a];
      c.e[a] = t.b[a] - t.a[a];
      c.f[a] = t.c[a] - t.a[a];
    }
    return c;
  }

  /// Requires: depth, u_area, v_area and area are those of the ray and the triangle in single precision, area > 0.
  static bool confirm(const Ray& ray, float ray_reach, const Corner& c, const Triangle& triangle, float depth,
                      float area, float u_area, float v_area, RayHit& hit) {
    const float t = depth / area;
    const float u = u_area / area;
    const float v = v_area / area;
    float apart = 0;
    float along = 0;
    float scale = ray_reach;
    for (std::size_t a = 0; a < 3; ++a) {
      const float on_triangle = c.v[a] + (u * c.e[a] + v * c.f[a]);
      const float step = t * ray.direction[a];
      apart = larger(apart, magnitude(on_triangle - (ray.origin[a] + step)));
      along = larger(along, magnitude(step));
      scale = larger(scale, larger(magnitude(c.v[a]), magnitude(on_triangle)));
    }
    // Good enough to be found is not always good enough: t should also be right to a few parts in a million.
    if (!(apart <= agreement * scale && apart <= closeness * along) && recompute(ray, triangle, t, scale, hit))
      return true;
    if (!(apart <= agreement * scale && t > ray.t_min)) return false;
    hit.t = t;
    hit.u = u;
    hit.v = v;
    return true;
  }

  struct Areas {
    double depth, area, u, v;
  };
  /// The triangle in double precision: corner and edges, the edges without the rounding that they have in blocks.
  struct Exact {
    double v[3], e[3], f[3];
  };
  static Exact exact(const Triangle& t) {
    Exact x;
    for (std::size_t a = 0; a < 3; ++a) {
      x.v[a] = t.a[a];
      x.e[a] = static_cast<double>(t.b[a]) - t.a[a];
      x.f[a] = static_cast<double>(t.c[a]) - t.a[a];
    }
    return x;
  }
  static Areas exact_areas(const Ray& ray, const Exact& c) {
    double o[3], n[3], r[3];
    for (std::size_t a = 0; a < 3; ++a) o[a] = c.v[a] - static_cast<double>(ray.origin[a]);
    for (std::size_t a = 0; a < 3; ++a) {
      const std::size_t b = a == 2 ? 0 : a + 1;
      const std::size_t d = b == 2 ? 0 : b + 1;
      n[a] = c.e[b] * c.f[d] - c.e[d] * c.f[b];
      r[a] = o[b] * ray.direction[d] - o[d] * ray.direction[b];
    }
    Areas areas{n[0] * o[0] + n[1] * o[1] + n[2] * o[2],
                n[0] * ray.direction[0] + n[1] * ray.direction[1] + n[2] * ray.direction[2],
                r[0] * c.f[0] + r[1] * c.f[1] + r[2] * c.f[2], -(r[0] * c.e[0] + r[1] * c.e[1] + r[2] * c.e[2])};
    if (areas.area < 0) areas = {-areas.depth, -areas.area, -areas.u, -areas.v};
    return areas;
  }

  /// The candidate in double precision. It must stay near where it was, or searches could not find it by that.
  [[gnu::noinline]] static bool recompute(const Ray& ray, const Triangle& triangle, float found, float scale,
                                          RayHit& hit) {
    const Exact c = exact(triangle);
    const Areas x = exact_areas(ray, c);
    if (!(x.area > 0 && x.u >= 0 && x.v >= 0 && x.u + x.v <= x.area)) return false;
    const double t = x.depth / x.area;
    const double moved = t - found;
    if (!((moved < 0 ? -moved : moved) <= static_cast<double>(slack) * found)) return false;
    const double u = x.u / x.area;
    const double v = x.v / x.area;
    for (std::size_t a = 0; a < 3; ++a) {
      const double on_triangle = c.v[a] + (u * c.e[a] + v * c.f[a]);
      const double gap = on_triangle - (ray.origin[a] + t * ray.direction[a]);
      if (!((gap < 0 ? -gap : gap) <= static_cast<double>(agreement * scale))) return false;
    }
    const auto rounded = static_cast<float>(t);
    if (!(rounded > ray.t_min)) return false;
    hit.t = rounded;
    hit.u = static_cast<float>(u);
    hit.v = static_cast<float>(v);
    return true;
  }

  /// The frame in which a ray runs along the third axis (Woop, Benthin and Wald 2013).
  struct Shear {
    std::size_t x, y, z;
    float sx, sy, sz;
  };
  static Shear shear_of(const Ray& ray) {
    const Vec3& d = ray.direction;
    std::size_t z = magnitude(d[1]) > magnitude(d[0]) ? 1 : 0;
    if (magnitude(d[2]) > magnitude(d[z])) z = 2;
    std::size_t x = z == 2 ? 0 : z + 1;
    std::size_t y = x == 2 ? 0 : x + 1;
    if (d[z] < 0) {
      const std::size_t swapped = x;
      x = y;
      y = swapped;
    }
    return {x, y, z, d[x] / d[z], d[y] / d[z], 1 / d[z]};
  }
  /// Requires: t, u and v come from the sheared test. Only t is made more accurate.
  static bool confirm_watertight(const Ray& ray, const Triangle& triangle, float t, float u, float v, RayHit& hit) {
    const Areas x = exact_areas(ray, exact(triangle));
    const double on_plane = x.depth / x.area;  // NaN and infinities fail the test below
    const double moved = on_plane - t;
    if ((moved < 0 ? -moved : moved) <= static_cast<double>(watertight_slack) * t) t = static_cast<float>(on_plane);
    if (!(t > ray.t_min)) return false;
    hit.t = t;
    hit.u = u;
    hit.v = v;
    return true;
  }

  static bool confirm_box(const Ray& ray, const float* lower, const float* upper, RayHit& hit) {
    float enters = ray.t_min;
    float leaves = ray.t_max;
    for (std::size_t a = 0; a < 3; ++a) {
      const float d = ray.direction[a];
      const float o = ray.origin[a];
      if (d == 0) {
        if (o < lower[a] || o > upper[a]) return false;
        continue;
      }
      const float near = ((d > 0 ? lower[a] : upper[a]) - o) / d;
      const float far = ((d > 0 ? upper[a] : lower[a]) - o) / d;
      if (near > enters) enters = near;
      if (far < leaves) leaves = far;
    }
    if (!(enters <= leaves)) return false;
    hit.t = enters;
    hit.u = 0;
    hit.v = 0;
    return true;
  }
};

}  // namespace coppice::bvh
