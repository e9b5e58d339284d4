// See smooth_normals.hpp.
#include "smooth_normals.hpp"

#include <algorithm>
#include <cmath>

#include "vec.hpp"

namespace coppice::paths {

namespace {

using scenes::narrow;
using scenes::Vec;
using scenes::wide;

/// Twice the area, as a vector along the normal.
Vec area_of(const Triangle& t) noexcept {
  return scenes::cross(wide(t.b) - wide(t.a), wide(t.c) - wide(t.a));
}

}  // namespace

std::vector<FaceNormals> smooth_normals(const TriangleMesh& mesh) {
  const double flat_enough = std::cos(40 * std::acos(0.0) / 90);
  constexpr std::size_t most_faces = 64;  // around one vertex; the hub of a large fan stays sharp
  std::vector<FaceNormals> normals(mesh.size());
  std::vector<Vec3> areas(mesh.size());
  std::vector<std::uint32_t> offsets(mesh.vertices.size() + 1, 0);
  for (std::size_t i = 0; i < mesh.size(); ++i) {
    const Vec area = area_of(mesh.triangle(i));
    const double length = std::sqrt(scenes::dot(area, area));
    areas[i] = narrow(area);
    if (length > 0) normals[i].flat = narrow((1 / length) * area);
    normals[i].corners.fill(normals[i].flat);
    for (const std::uint32_t vertex : mesh.faces[i]) ++offsets[vertex + 1];
  }
  for (std::size_t v = 1; v < offsets.size(); ++v) offsets[v] += offsets[v - 1];
  std::vector<std::uint32_t> around(offsets.back());
  std::vector<std::uint32_t> next(offsets.begin(), offsets.end() - 1);
  for (std::size_t i = 0; i < mesh.size(); ++i)
    for (const std::uint32_t vertex : mesh.faces[i]) around[next[vertex]++] = static_cast<std::uint32_t>(i);

  for (std::size_t i = 0; i < mesh.size(); ++i) {
    const Vec flat = wide(normals[i].flat);
    for (std::size_t corner = 0; corner < 3; ++corner) {
      const std::uint32_t vertex = mesh.faces[i][corner];
      if (offsets[vertex + 1] - offsets[vertex] > most_faces) continue;
      Vec sum{};
      for (std::uint32_t at = offsets[vertex]; at < offsets[vertex + 1]; ++at)
        if (scenes::dot(flat, wide(normals[around[at]].flat)) > flat_enough) sum = sum + wide(areas[around[at]]);
      const double length = std::sqrt(scenes::dot(sum, sum));
      if (length > 0) normals[i].corners[corner] = narrow((1 / length) * sum);
    }
  }
  return normals;
}

}  // namespace coppice::paths
