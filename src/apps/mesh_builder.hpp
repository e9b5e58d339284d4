// Puts scenes together from quads, boxes, tubes and leaves; every face gets the colour that is current.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "coppice/apps/scenes.hpp"
#include "random.hpp"
#include "vec.hpp"

namespace coppice::scenes {

/// A direction, all equally likely.
[[nodiscard]] inline Vec any_direction(lidar::Random& random) noexcept {
  const double z = random.between(-1, 1);
  const double turn = random.between(0, 4 * std::acos(0.0));
  const double r = std::sqrt(1 - z * z);
  return {r * std::cos(turn), r * std::sin(turn), z};
}

class MeshBuilder {
 public:
  /// Of the faces that follow.
  void color(double red, double green, double blue) noexcept {
    color_ = {static_cast<float>(red), static_cast<float>(green), static_cast<float>(blue)};
  }
  /// A shade between `low` and `high` times the given colour.
  void color(lidar::Random& random, const Vec& base, double low, double high) noexcept {
    const double shade = random.between(low, high);
    color(shade * base[0], shade * base[1], shade * base[2]);
  }

  std::uint32_t vertex(const Vec& p) {
    scene_.mesh.vertices.push_back({static_cast<float>(p[0]), static_cast<float>(p[1]), static_cast<float>(p[2])});
    return static_cast<std::uint32_t>(scene_.mesh.vertices.size() - 1);
  }
  void face(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
    scene_.mesh.faces.push_back({a, b, c});
    scene_.colors.push_back(color_);
  }
  void triangle(const Vec& a, const Vec& b, const Vec& c) {
    const std::uint32_t first = vertex(a);
    vertex(b);
    vertex(c);
    face(first, first + 1, first + 2);
  }
  /// Counter-clockwise corners seen from outside.
  void quad(const Vec& a, const Vec& b, const Vec& c, const Vec& d) {
    const std::uint32_t first = vertex(a);
    vertex(b);
    vertex(c);
    vertex(d);
    face(first, first + 1, first + 2);
    face(first, first + 2, first + 3);
  }
  /// A box around `center` with these half sides along two horizontal unit vectors and up.
  void box(const Vec& center, const Vec& u, const Vec& v, const Vec& half);
  /// A tube of `sides` faces from `from` to `to`, open at its ends; its radius changes from one to the other.
  void tube(const Vec& from, const Vec& to, double radius, double end_radius, int sides);
  /// A leaf: a rhombus of two triangles.
  void leaf(const Vec& center, double size, lidar::Random& random);

  [[nodiscard]] std::size_t size() const noexcept { return scene_.mesh.faces.size(); }
  [[nodiscard]] ColoredMesh take() { return std::move(scene_); }

 private:
  ColoredMesh scene_;
  Vec3 color_{0.7f, 0.7f, 0.7f};
};

/// Parts of scenes.hpp, a function a scene.
void make_city(MeshBuilder& mesh, std::size_t triangles, std::uint64_t seed);
void make_forest(MeshBuilder& mesh, std::size_t triangles, std::uint64_t seed);
void make_terrain(MeshBuilder& mesh, std::size_t triangles, std::uint64_t seed);
void make_soup(MeshBuilder& mesh, std::size_t triangles, std::uint64_t seed);
void make_slivers(MeshBuilder& mesh, std::size_t triangles, std::uint64_t seed);

}  // namespace coppice::scenes
