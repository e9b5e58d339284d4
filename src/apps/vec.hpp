// Vectors of three doubles, in which scenes are made and light is carried; what a Bvh holds and traces is float.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

#include "coppice/geometry/triangle_mesh.hpp"

namespace coppice::scenes {

struct Vec {
  std::array<double, 3> numbers{};

  [[nodiscard]] constexpr double& operator[](std::size_t axis) noexcept { return numbers[axis]; }
  [[nodiscard]] constexpr double operator[](std::size_t axis) const noexcept { return numbers[axis]; }

  friend constexpr Vec operator+(const Vec& a, const Vec& b) noexcept {
    return {a[0] + b[0], a[1] + b[1], a[2] + b[2]};
  }
  friend constexpr Vec operator-(const Vec& a, const Vec& b) noexcept {
    return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
  }
  friend constexpr Vec operator*(double s, const Vec& a) noexcept { return {s * a[0], s * a[1], s * a[2]}; }
};

[[nodiscard]] constexpr Vec cross(const Vec& a, const Vec& b) noexcept {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
[[nodiscard]] constexpr double dot(const Vec& a, const Vec& b) noexcept {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
[[nodiscard]] inline Vec unit(const Vec& a) noexcept {
  return (1 / std::sqrt(dot(a, a))) * a;
}
/// Axis by axis, as light is dimmed by a colour.
[[nodiscard]] constexpr Vec scaled(const Vec& a, const Vec& b) noexcept {
  return {a[0] * b[0], a[1] * b[1], a[2] * b[2]};
}

[[nodiscard]] constexpr Vec wide(const Vec3& p) noexcept {
  return {static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2])};
}
[[nodiscard]] constexpr Vec3 narrow(const Vec& p) noexcept {
  return {static_cast<float>(p[0]), static_cast<float>(p[1]), static_cast<float>(p[2])};
}

/// Two directions that stand upright on a unit vector and on one another.
[[nodiscard]] inline std::array<Vec, 2> across(const Vec& direction) noexcept {
  const Vec aside = std::abs(direction[1]) < 0.9 ? Vec{0, 1, 0} : Vec{1, 0, 0};
  const Vec u = unit(cross(aside, direction));
  return {u, cross(direction, u)};
}

/// The unit vector along an axis.
[[nodiscard]] constexpr Vec along_axis(int axis) noexcept {
  Vec unit_vector;
  unit_vector[static_cast<std::size_t>(axis)] = 1;
  return unit_vector;
}

}  // namespace coppice::scenes
