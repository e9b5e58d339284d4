// The scenes by name, the pieces that they are made of, and those that need no plan: triangles anywhere, and needles.
#include "coppice/apps/scenes.hpp"

#include <string>
#include <utility>

#include "coppice/errors.hpp"
#include "mesh_builder.hpp"

namespace coppice {

namespace scenes {

void MeshBuilder::box(const Vec& center, const Vec& u, const Vec& v, const Vec& half) {
  const Vec up{0, half[1], 0};
  const Vec a = half[0] * u;
  const Vec b = half[2] * v;
  const std::array<Vec, 4> ring{center - a - b, center + a - b, center + a + b, center - a + b};
  // `u` × `v` points down where they are the x and z axes, so the ring runs clockwise seen from above.
  quad(ring[0] + up, ring[3] + up, ring[2] + up, ring[1] + up);
  quad(ring[0] - up, ring[1] - up, ring[2] - up, ring[3] - up);
  for (std::size_t i = 0; i < 4; ++i) {
    const Vec& from = ring[i];
    const Vec& to = ring[(i + 1) % 4];
    quad(from - up, from + up, to + up, to - up);
  }
}

void MeshBuilder::tube(const Vec& from, const Vec& to, double radius, double end_radius, int sides) {
  const auto [u, v] = across(unit(to - from));
  const double step = 4 * std::acos(0.0) / sides;
  const auto first = static_cast<std::uint32_t>(scene_.mesh.vertices.size());
  for (int i = 0; i < sides; ++i) {
    const Vec outward = std::cos(i * step) * u + std::sin(i * step) * v;
    vertex(from + radius * outward);
    vertex(to + end_radius * outward);
  }
  const auto count = static_cast<std::uint32_t>(2 * sides);
  for (std::uint32_t i = 0; i < count; i += 2) {
    const std::uint32_t next = (i + 2) % count;
    face(first + i, first + next, first + next + 1);
    face(first + i, first + next + 1, first + i + 1);
  }
}

void MeshBuilder::leaf(const Vec& center, double size, lidar::Random& random) {
  const Vec along = any_direction(random);
  const Vec wide = across(along)[0];
  quad(center - size * along, center + 0.5 * size * wide, center + size * along, center - 0.5 * size * wide);
}

namespace {

Vec anywhere(lidar::Random& random) {
  return {random.between(0, 1), random.between(0, 1), random.between(0, 1)};
}

using Make = void (*)(MeshBuilder& mesh, std::size_t triangles, std::uint64_t seed);
constexpr std::array<std::string_view, 5> names{"city", "forest", "terrain", "soup", "slivers"};
constexpr std::array<Make, names.size()> makers{make_city, make_forest, make_terrain, make_soup, make_slivers};

}  // namespace

void make_soup(MeshBuilder& mesh, std::size_t triangles, std::uint64_t seed) {
  lidar::Random random(seed);
  for (std::size_t i = 0; i < triangles; ++i) {
    const Vec center = anywhere(random);
    // Sizes over two decades; the more there are, the smaller, so that rays get some way in.
    const double size = 2 / std::cbrt(static_cast<double>(triangles)) * std::exp2(-6.6 * random.between(0, 1));
    mesh.color(random, {0.8, 0.65 + 0.15 * center[1], 0.5}, 0.6, 1);
    mesh.triangle(center + size * any_direction(random), center + size * any_direction(random),
                  center + size * any_direction(random));
  }
}

void make_slivers(MeshBuilder& mesh, std::size_t triangles, std::uint64_t seed) {
  lidar::Random random(seed);
  for (std::size_t i = 0; i < triangles; ++i) {
    const Vec center = anywhere(random);
    const Vec along = any_direction(random);
    const double length = random.between(0.5, 4) / std::cbrt(static_cast<double>(triangles));
    const double width = length * std::exp2(random.between(-12, -7));
    mesh.color(random, {0.75, 0.75, 0.8}, 0.5, 1);
    mesh.triangle(center - length * along, center + width * across(along)[0], center + length * along);
  }
}

}  // namespace scenes

std::span<const std::string_view> scene_names() noexcept {
  return scenes::names;
}

ColoredMesh make_scene(std::string_view name, std::size_t triangles, std::uint64_t seed) {
  if (triangles < 16 || triangles > 20'000'000)
    throw invalid_input("make_scene: found " + std::to_string(triangles) + " triangles, expected 16 to 20000000");
  std::string known;
  for (std::size_t i = 0; i < scenes::names.size(); ++i) {
    if (scenes::names[i] == name) {
      scenes::MeshBuilder mesh;
      scenes::makers[i](mesh, triangles, seed);
      return mesh.take();
    }
    known += (i == 0 ? "" : ", ") + std::string(scenes::names[i]);
  }
  throw invalid_input("make_scene: found the scene '" + std::string(name) + "', expected one of " + known);
}

}  // namespace coppice
