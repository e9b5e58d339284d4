// Rays in an order in which neighbours visit the same nodes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "coppice/geometry/ray.hpp"

namespace coppice::bvh {

/// That one thread casts at a time.
inline constexpr std::size_t rays_a_chunk = 1024;

/// The rows of `rays` by the octant of their direction, then along the Morton curve of their origins.
[[nodiscard]] std::vector<std::uint32_t> ray_order(std::span<const Ray> rays);

}  // namespace coppice::bvh
