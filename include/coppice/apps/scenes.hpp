// Procedural triangle scenes: something to trace, to measure builders on and to learn from, anywhere and without a
// file. Each stands for a kind of input: large walls beside foliage, a landscape, and the two that builders dislike
// most.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "coppice/geometry/triangle_mesh.hpp"

namespace coppice {

/// A mesh and the colour of each of its faces (linear reflectance from 0 to 1).
struct ColoredMesh {
  TriangleMesh mesh;
  std::vector<Vec3> colors;  ///< one a face
};

/// `city` (houses, windows, cars, trees with leaves), `forest` (one of a few trees, turned and scaled, on hills),
/// `terrain` (mountains over a regular grid), `soup` (triangles of all sizes anywhere), `slivers` (long thin needles,
/// no two alike). y points up; lengths are metres, in `soup` and `slivers` the scene is a unit cube.
[[nodiscard]] std::span<const std::string_view> scene_names() noexcept;

/// The scene of that name with about as many triangles as asked for: the same for the same seed. A city has at least
/// what its houses take, about 100,000. Complexity: O(triangles).
/// Errors: invalid_input for an unknown name (naming those there are), or a number outside 16 … 20,000,000.
[[nodiscard]] ColoredMesh make_scene(std::string_view name, std::size_t triangles, std::uint64_t seed = 1);

}  // namespace coppice
