// Hits of single primitives: the operations of the vector tests, one at a time.
#include "coppice/index/bvh/intersect.hpp"

#include "intersect_rules.hpp"

namespace coppice::bvh {
namespace {

struct Plain;
using Rules = HitRules<Plain>;

}  // namespace

bool intersect(const Ray& ray, const Triangle& triangle, RayHit& hit) noexcept {
  const Rules::Corner k = Rules::corner_of(triangle);
  const Vec3& d = ray.direction;
  const float cx = k.v[0] - ray.origin[0], cy = k.v[1] - ray.origin[1], cz = k.v[2] - ray.origin[2];
  const float nx = k.e[1] * k.f[2] - k.e[2] * k.f[1];
  const float ny = k.e[2] * k.f[0] - k.e[0] * k.f[2];
  const float nz = k.e[0] * k.f[1] - k.e[1] * k.f[0];
  const float rx = cy * d[2] - cz * d[1], ry = cz * d[0] - cx * d[2], rz = cx * d[1] - cy * d[0];
  float area = nx * d[0] + ny * d[1] + nz * d[2];
  float u = rx * k.f[0] + ry * k.f[1] + rz * k.f[2];
  float v = -(rx * k.e[0] + ry * k.e[1] + rz * k.e[2]);
  float depth = nx * cx + ny * cy + nz * cz;
  if (area < 0) {
    area = -area;
    u = -u;
    v = -v;
    depth = -depth;
  }
  RayHit found;
  if (!(u >= 0 && v >= 0 && u + v <= area && depth > 0 && area > 0)) return false;
  if (!Rules::confirm(ray, Rules::reach(ray.origin), k, triangle, depth, area, u, v, found) || !(found.t <= ray.t_max))
    return false;
  hit.t = found.t;
  hit.u = found.u;
  hit.v = found.v;
  return true;
}

bool intersect_watertight(const Ray& ray, const Triangle& t, RayHit& hit) noexcept {
  const Rules::Shear s = Rules::shear_of(ray);
  const Vec3& o = ray.origin;
  const float az = t.a[s.z] - o[s.z], bz = t.b[s.z] - o[s.z], cz = t.c[s.z] - o[s.z];
  const float ax = (t.a[s.x] - o[s.x]) - s.sx * az, ay = (t.a[s.y] - o[s.y]) - s.sy * az;
  const float bx = (t.b[s.x] - o[s.x]) - s.sx * bz, by = (t.b[s.y] - o[s.y]) - s.sy * bz;
  const float cx = (t.c[s.x] - o[s.x]) - s.sx * cz, cy = (t.c[s.y] - o[s.y]) - s.sy * cz;
  float u = cx * by - cy * bx;
  float v = ax * cy - ay * cx;
  float w = bx * ay - by * ax;
  float area = u + v + w;
  float depth = (u * az + v * bz + w * cz) * s.sz;
  if (area < 0) {
    area = -area;
    u = -u;
    v = -v;
    w = -w;
    depth = -depth;
  }
  if (!(u >= 0 && v >= 0 && w >= 0 && depth > 0 && area > 0)) return false;
  RayHit found;
  if (!Rules::confirm_watertight(ray, t, depth / area, v / area, w / area, found) || !(found.t <= ray.t_max))
    return false;
  hit.t = found.t;
  hit.u = found.u;
  hit.v = found.v;
  return true;
}

bool intersect(const Ray& ray, const Box3& box, RayHit& hit) noexcept {
  return Rules::confirm_box(ray, box.lower.data(), box.upper.data(), hit);
}

}  // namespace coppice::bvh
