// Triangles, boxes, and meshes of triangles that share vertices: plain values, and the check that every entrance of the
// library applies to them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace coppice {

/// A point or vector of three floats.
using Vec3 = std::array<float, 3>;

/// An axis-aligned box of floats; default-constructed it is empty: lower above upper.
struct Box3 {
  Vec3 lower{std::numeric_limits<float>::infinity(), std::numeric_limits<float>::infinity(),
             std::numeric_limits<float>::infinity()};
  Vec3 upper{-std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
             -std::numeric_limits<float>::infinity()};

  [[nodiscard]] bool empty() const noexcept {
    return lower[0] > upper[0] || lower[1] > upper[1] || lower[2] > upper[2];
  }
  void extend(const Vec3& p) noexcept {
    for (std::size_t a = 0; a < 3; ++a) {
      lower[a] = std::min(lower[a], p[a]);
      upper[a] = std::max(upper[a], p[a]);
    }
  }
  void extend(const Box3& b) noexcept {
    for (std::size_t a = 0; a < 3; ++a) {
      lower[a] = std::min(lower[a], b.lower[a]);
      upper[a] = std::max(upper[a], b.upper[a]);
    }
  }
  friend bool operator==(const Box3&, const Box3&) = default;
};

/// Three corners; counter-clockwise seen from outside, where there is an outside.
struct Triangle {
  Vec3 a{}, b{}, c{};

  friend bool operator==(const Triangle&, const Triangle&) = default;
};

[[nodiscard]] inline Box3 box_of(const Triangle& t) noexcept {
  Box3 box;
  box.extend(t.a);
  box.extend(t.b);
  box.extend(t.c);
  return box;
}

/// Vertices and faces: face i is the triangle of three rows of `vertices`.
struct TriangleMesh {
  std::vector<Vec3> vertices;
  std::vector<std::array<std::uint32_t, 3>> faces;

  [[nodiscard]] std::size_t size() const noexcept { return faces.size(); }
  [[nodiscard]] bool empty() const noexcept { return faces.empty(); }
  /// Requires: the face's indices are in range.
  [[nodiscard]] Triangle triangle(std::size_t face) const noexcept {
    const auto& f = faces[face];
    return {vertices[f[0]], vertices[f[1]], vertices[f[2]]};
  }
  /// Every face as a triangle of its own. Errors: as check_mesh.
  [[nodiscard]] std::vector<Triangle> triangles() const;
};

/// Refuses a mesh with an index out of range, or a vertex that is NaN, infinite or beyond ray_coordinate_limit.
/// Errors: invalid_input naming the row (of the face, or of the vertex), what was found and what was expected.
void check_mesh(const TriangleMesh& mesh);
/// Refuses triangles with such coordinates. Errors: as check_mesh.
void check_triangles(std::span<const Triangle> triangles);
/// Refuses boxes with such coordinates, or with lower above upper. Errors: as check_mesh.
void check_boxes(std::span<const Box3> boxes);

}  // namespace coppice
