// Triangles, boxes and rays for the tests of Bvh, and what a loop over all of them hits.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "coppice/geometry/ray.hpp"
#include "coppice/geometry/triangle_mesh.hpp"
#include "coppice/index/bvh/intersect.hpp"

namespace coppice::bvh_scenes {

/// The same numbers from every standard library.
class Dice {
 public:
  explicit Dice(std::uint32_t seed) : engine_(seed) {}
  float operator()(float low, float high) { return low + (high - low) * static_cast<float>(engine_() >> 8) * 0x1p-24f; }
  Vec3 point(float low, float high) { return {(*this)(low, high), (*this)(low, high), (*this)(low, high)}; }
  std::size_t below(std::size_t n) { return engine_() % n; }

 private:
  std::mt19937 engine_;
};

inline std::vector<Triangle> soup(std::size_t n, std::uint32_t seed, float size = 0.3f) {
  Dice dice(seed);
  std::vector<Triangle> all(n);
  for (Triangle& t : all) {
    const Vec3 at = dice.point(-1, 1);
    for (Vec3* p : {&t.a, &t.b, &t.c}) {
      const Vec3 off = dice.point(-size, size);
      *p = {at[0] + off[0], at[1] + off[1], at[2] + off[2]};
    }
  }
  return all;
}

/// A sphere of 2 n² quads in triangles.
inline TriangleMesh sphere(std::size_t n, float radius) {
  TriangleMesh mesh;
  constexpr float pi = 3.14159265f;
  for (std::size_t i = 0; i <= n; ++i)
    for (std::size_t j = 0; j < 2 * n; ++j) {
      const float a = pi * static_cast<float>(i) / static_cast<float>(n);
      const float b = pi * static_cast<float>(j) / static_cast<float>(n);
      // Poles are one point each, to the last bit.
      const float s = i == 0 || i == n ? 0 : std::sin(a);
      mesh.vertices.push_back({radius * s * std::cos(b), radius * s * std::sin(b), radius * std::cos(a)});
    }
  const auto at = [&](std::size_t i, std::size_t j) { return static_cast<std::uint32_t>(i * 2 * n + j % (2 * n)); };
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < 2 * n; ++j) {
      if (i > 0) mesh.faces.push_back({at(i, j), at(i + 1, j), at(i, j + 1)});
      if (i + 1 < n) mesh.faces.push_back({at(i, j + 1), at(i + 1, j), at(i + 1, j + 1)});
    }
  return mesh;
}

struct Scene {
  std::string name;
  std::vector<Triangle> triangles;
  bool degenerate = false;
};

inline std::vector<Scene> scenes(std::size_t n) {
  std::vector<Scene> all;
  all.push_back({"soup", soup(n, 1)});
  all.push_back({"ball", sphere(static_cast<std::size_t>(std::sqrt(static_cast<double>(n) / 4)), 1).triangles()});
  Scene slivers{"slivers", soup(n, 3, 1.0f)};
  for (Triangle& t : slivers.triangles)
    for (std::size_t a = 0; a < 3; ++a) t.c[a] = t.a[a] + (t.b[a] - t.a[a]) * 0.4f + 1e-4f * t.c[a];
  all.push_back(slivers);
  Scene walls{"walls", {}};
  Dice dice(5);
  for (std::size_t i = 0; i < n; ++i) {  // flat on an axis, on a coarse grid: many share planes and edges
    Triangle t;
    const std::size_t axis = dice.below(3);
    for (Vec3* p : {&t.a, &t.b, &t.c}) {
      for (std::size_t a = 0; a < 3; ++a) (*p)[a] = static_cast<float>(dice.below(9)) / 4 - 1;
      (*p)[axis] = t.a[axis];
    }
    walls.triangles.push_back(t);
  }
  walls.degenerate = true;
  all.push_back(walls);
  Scene far{"far from the origin", soup(n, 6)};
  for (Triangle& t : far.triangles)
    for (Vec3* p : {&t.a, &t.b, &t.c}) {
      (*p)[0] += 1000;
      (*p)[1] -= 300;
    }
  all.push_back(far);
  Scene mixed{"large, small and degenerate", soup(n, 7)};
  for (std::size_t i = 0; i < mixed.triangles.size(); ++i) {
    Triangle& t = mixed.triangles[i];
    if (i % 7 == 0) t.c = t.b;
    if (i % 11 == 0) t.b = t.c = t.a;
    if (i % 5 == 0)
      for (Vec3* p : {&t.a, &t.b, &t.c})
        for (float& x : *p) x *= 30;
    if (i % 13 == 0)
      for (std::size_t a = 0; a < 3; ++a) t.c[a] = 0.5f * (t.a[a] + t.b[a]);
  }
  mixed.degenerate = true;
  all.push_back(mixed);
  return all;
}

inline std::vector<Box3> some_boxes(std::size_t n, std::uint32_t seed) {
  Dice dice(seed);
  std::vector<Box3> all(n);
  for (Box3& b : all) {
    const Vec3 at = dice.point(-1, 1);
    b.extend(at);
    const Vec3 size = dice.point(0, 0.2f);
    b.extend(Vec3{at[0] + size[0], at[1] + size[1], at[2] + size[2]});
  }
  return all;
}

/// Rays of all kinds: from anywhere to places on triangles (inside, on edges, at corners), along axes, with short
/// ranges, with directions of every length, and in the planes of triangles.
inline std::vector<Ray> rays_at(const std::vector<Triangle>& triangles, std::size_t n, std::uint32_t seed) {
  Dice dice(seed);
  Box3 all;
  for (const Triangle& t : triangles) all.extend(box_of(t));
  std::vector<Ray> rays(n);
  for (std::size_t i = 0; i < n; ++i) {
    Ray& r = rays[i];
    const Triangle& t = triangles[dice.below(triangles.size())];
    float u = dice(0, 1), v = dice(0, 1 - u);
    if (i % 4 == 1) v = 0;
    if (i % 16 == 2) u = v = 0;
    const float stretch = i % 3 == 0 ? 100.0f : i % 3 == 1 ? 1.0f : 0.001f;
    for (std::size_t a = 0; a < 3; ++a) {
      const float extent = all.upper[a] - all.lower[a];
      r.origin[a] = all.lower[a] + dice(-0.5f, 1.5f) * extent;
      const float target = t.a[a] + u * (t.b[a] - t.a[a]) + v * (t.c[a] - t.a[a]);
      if (i % 9 == 4) r.origin[a] = t.b[a] + dice(-1, 1) * (t.b[a] - t.c[a]);  // in the triangle's plane, nearly
      r.direction[a] = (target - r.origin[a]) * stretch;
    }
    if (i % 7 == 3) r.direction[dice.below(3)] = i % 2 == 0 ? 0.0f : -0.0f;
    if (i % 10 == 5) {
      const std::size_t axis = dice.below(3);
      r.direction = {};
      r.direction[axis] = i % 20 == 5 ? stretch : -stretch;
      if (i % 30 == 5) r.origin = t.a, r.origin[axis] -= 3 * r.direction[axis] / stretch;
    }
    if (i % 6 == 1) r.t_max = 1.0f / stretch;
    if (i % 8 == 3) r.t_min = 0.5f / stretch;
    float most = 0;
    for (const float d : r.direction) most = std::max(most, std::abs(d));
    if (most < ray_direction_least) r.direction = {1, 0, 0};
  }
  return rays;
}

/// Every hit, in order.
inline std::vector<RayHit> hits_of(const std::vector<Triangle>& triangles, const Ray& ray, bool watertight) {
  std::vector<RayHit> hits;
  for (std::size_t i = 0; i < triangles.size(); ++i) {
    RayHit hit;
    const bool met =
        watertight ? bvh::intersect_watertight(ray, triangles[i], hit) : bvh::intersect(ray, triangles[i], hit);
    if (!met) continue;
    hit.primitive = static_cast<point_id>(i);
    hits.push_back(hit);
  }
  std::sort(hits.begin(), hits.end());
  return hits;
}

}  // namespace coppice::bvh_scenes
