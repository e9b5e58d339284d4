// The direction that a surface seems to face, corner by corner: faces that share a vertex and meet at a flat angle look
// like one bent surface, edges stay sharp.
#pragma once

#include <array>
#include <vector>

#include "coppice/geometry/triangle_mesh.hpp"

namespace coppice::paths {

struct FaceNormals {
  Vec3 flat{};                    ///< of the triangle itself, length 1; zero where it has no area
  std::array<Vec3, 3> corners{};  ///< length 1
};

/// Faces that meet at less than about 40 degrees share a normal where they share a vertex, by their areas.
/// Complexity: O(faces), and for each vertex the square of its faces.
[[nodiscard]] std::vector<FaceNormals> smooth_normals(const TriangleMesh& mesh);

}  // namespace coppice::paths
