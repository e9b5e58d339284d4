// What a hit is: the arithmetic that every search along rays repeats, to the last bit, and a loop over primitives may
// use to check them. A hit is a pure function of one ray and one primitive; no tree has a say in it.
#pragma once

#include "coppice/geometry/ray.hpp"
#include "coppice/geometry/triangle_mesh.hpp"

namespace coppice::bvh {

/// Where a ray meets a triangle: t, u and v of `hit`, set only when it does (t_min < t ≤ t_max).
///
/// Moeller and Trumbore 1997 in single precision, from a corner and two edges. The place along the ray and the place in
/// the triangle must then agree to 2^-18 of the magnitudes involved, so that no box around the triangle can miss the
/// hit; where they do not (long triangles seen edge-on), the same is done in double precision.
[[nodiscard]] bool intersect(const Ray& ray, const Triangle& triangle, RayHit& hit) noexcept;
/// As above by the test of Woop, Benthin and Wald 2013, whose edges have no gaps; t comes from the triangle's plane in
/// double precision.
[[nodiscard]] bool intersect_watertight(const Ray& ray, const Triangle& triangle, RayHit& hit) noexcept;
/// Where a ray enters a solid box: t_min ≤ t ≤ t_max.
[[nodiscard]] bool intersect(const Ray& ray, const Box3& box, RayHit& hit) noexcept;

}  // namespace coppice::bvh
