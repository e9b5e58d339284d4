// Checks of meshes, triangles, boxes and rays.
#include "coppice/geometry/triangle_mesh.hpp"

#include <cmath>
#include <cstdio>
#include <string>

#include "coppice/errors.hpp"
#include "coppice/geometry/ray.hpp"

namespace coppice {
namespace {

std::string shown(float x) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", static_cast<double>(x));
  return text;
}

bool good(const Vec3& p) {
  bool all = true;
  for (const float x : p) all = all && x >= -ray_coordinate_limit && x <= ray_coordinate_limit;
  return all;
}

[[noreturn]] void refuse(std::size_t row, const std::string& what, const Vec3& p) {
  for (std::size_t a = 0; a < 3; ++a)
    if (!(p[a] >= -ray_coordinate_limit && p[a] <= ray_coordinate_limit))
      throw invalid_input(row, what + ", axis " + std::to_string(a) + ": " + shown(p[a]) +
                                   "; expected a number of magnitude up to " + shown(ray_coordinate_limit));
  throw invalid_input(row, what);
}

[[noreturn]] void refuse(std::size_t row, const Ray& r) {
  if (!good(r.origin)) refuse(row, "origin of a ray", r.origin);
  float most = 0;
  for (std::size_t a = 0; a < 3; ++a) {
    if (!std::isfinite(r.direction[a]))
      throw invalid_input(row, "direction of a ray, axis " + std::to_string(a) + ": " + shown(r.direction[a]) +
                                   "; expected a finite number");
    most = std::max(most, std::abs(r.direction[a]));
  }
  if (most == 0) throw invalid_input(row, "direction of a ray is zero; expected one to go in");
  if (!(most >= ray_direction_least && most <= ray_direction_limit))
    throw invalid_input(row, "direction of a ray, largest component " + shown(most) + "; expected between " +
                                 shown(ray_direction_least) + " and " + shown(ray_direction_limit));
  if (!(r.t_min >= 0)) throw invalid_input(row, "t_min of a ray: " + shown(r.t_min) + "; expected 0 or more");
  throw invalid_input(row, "t_max of a ray: " + shown(r.t_max) + "; expected a number");
}

}  // namespace

std::vector<Triangle> TriangleMesh::triangles() const {
  check_mesh(*this);
  std::vector<Triangle> all;
  all.reserve(faces.size());
  for (std::size_t i = 0; i < faces.size(); ++i) all.push_back(triangle(i));
  return all;
}

void check_mesh(const TriangleMesh& mesh) {
  for (std::size_t i = 0; i < mesh.vertices.size(); ++i)
    if (!good(mesh.vertices[i])) refuse(i, "vertex", mesh.vertices[i]);
  for (std::size_t i = 0; i < mesh.faces.size(); ++i)
    for (const std::uint32_t v : mesh.faces[i])
      if (v >= mesh.vertices.size())
        throw invalid_input(i, "face with vertex " + std::to_string(v) + "; expected less than " +
                                   std::to_string(mesh.vertices.size()) + ", the number of vertices");
}

void check_triangles(std::span<const Triangle> triangles) {
  for (std::size_t i = 0; i < triangles.size(); ++i) {
    const Triangle& t = triangles[i];
    if (good(t.a) && good(t.b) && good(t.c)) continue;
    refuse(i, "corner of a triangle", !good(t.a) ? t.a : !good(t.b) ? t.b : t.c);
  }
}

void check_boxes(std::span<const Box3> boxes) {
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const Box3& b = boxes[i];
    if (!good(b.lower) || !good(b.upper)) refuse(i, "corner of a box", !good(b.lower) ? b.lower : b.upper);
    for (std::size_t a = 0; a < 3; ++a)
      if (b.lower[a] > b.upper[a])
        throw invalid_input(
            i, "box, axis " + std::to_string(a) + ": lower " + shown(b.lower[a]) + " above upper " + shown(b.upper[a]));
  }
}

void check_rays(std::span<const Ray> rays) {
  for (std::size_t i = 0; i < rays.size(); ++i) {
    const Ray& r = rays[i];
    const float x = std::abs(r.direction[0]), y = std::abs(r.direction[1]), z = std::abs(r.direction[2]);
    const float most = std::max(x, std::max(y, z));
    const bool finite = x <= ray_direction_limit && y <= ray_direction_limit && z <= ray_direction_limit;
    if (!(good(r.origin) && finite && most >= ray_direction_least && r.t_min >= 0 && r.t_max == r.t_max)) refuse(i, r);
  }
}

}  // namespace coppice
