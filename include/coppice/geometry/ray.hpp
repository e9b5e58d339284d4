// Rays and what they hit: plain values that every query along a ray takes and gives.
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <span>

#include "coppice/geometry/point_view.hpp"

namespace coppice {

/// The half line origin + t · direction, for t_min < t ≤ t_max. The direction needs no unit length; t counts in it.
/// With t_min = 0 a ray does not hit the surface that it starts on (to the last bit: a ray that starts near a surface
/// wants a small positive t_min).
struct Ray {
  std::array<float, 3> origin{};
  std::array<float, 3> direction{};
  float t_min = 0;
  float t_max = std::numeric_limits<float>::infinity();
};

/// Where a ray meets a primitive. Hits are ordered by (t, instance, primitive): of several at the same t the smallest
/// id is the closest, whatever the structure.
struct RayHit {
  float t = std::numeric_limits<float>::infinity();  ///< infinity: nothing was hit
  float u = 0;  ///< the hit is (1 − u − v) · a + u · b + v · c of its triangle
  float v = 0;
  point_id primitive = no_point;
  point_id instance = no_point;  ///< of a scene; no_point in a single structure

  [[nodiscard]] explicit operator bool() const noexcept { return primitive != no_point; }
  friend bool operator==(const RayHit&, const RayHit&) = default;
  friend bool operator<(const RayHit& a, const RayHit& b) noexcept {
    if (a.t != b.t) return a.t < b.t;
    if (a.instance != b.instance) return a.instance < b.instance;
    return a.primitive < b.primitive;
  }
};

/// The place on a ray.
[[nodiscard]] inline std::array<float, 3> point_at(const Ray& ray, float t) noexcept {
  return {ray.origin[0] + t * ray.direction[0], ray.origin[1] + t * ray.direction[1],
          ray.origin[2] + t * ray.direction[2]};
}

/// The largest magnitude of a coordinate among triangles and rays: products of three must not overflow.
inline constexpr float ray_coordinate_limit = 1e12f;
/// Directions have a component between these bounds in magnitude (of any smaller ones, zeros included, any number).
inline constexpr float ray_direction_least = 1e-6f;
inline constexpr float ray_direction_limit = 1e6f;

/// Refuses rays with NaN, an infinite or too large origin, a direction of zero or outside the bounds above, NaN in
/// t_min or t_max, or a negative t_min. Errors: invalid_input naming the row and the field. Complexity: O(n).
void check_rays(std::span<const Ray> rays);

}  // namespace coppice
