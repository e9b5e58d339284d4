// Scenes made by rule, for training and judging split models: rooms, streets, arcades, terrain, bumpy bodies, machines,
// stairs and scattered spheres, as triangles of very uneven size. The same seed gives the same triangles.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "coppice/index/neural_builder/cost.hpp"

namespace coppice::neural_builder {

/// The kinds of scenes.
enum class SceneKind { room, street, arcade, terrain, body, machine, stairs, spheres };
inline constexpr int scene_kinds = 8;
[[nodiscard]] std::string_view scene_name(SceneKind kind) noexcept;

/// About 10,000 to 120,000 triangles within a box of extent about 1 to 20.
[[nodiscard]] std::vector<Triangle> make_scene(SceneKind kind, std::uint64_t seed);

/// Points on triangles: of every triangle as many as its share of the area (`volume`: what neighbours are sought on),
/// or of every triangle equally many (`surface_area`: the primitives of rays). Evangelou et al. 2023, section 6.1.
/// Errors: invalid_input without triangles.
[[nodiscard]] std::vector<Vec3> sample_surface(std::span<const Triangle> triangles, Heuristic heuristic,
                                               std::size_t count, std::uint64_t seed);

}  // namespace coppice::neural_builder
