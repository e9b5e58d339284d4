// Points on the triangles of a scene, by area or a triangle each.
#include <algorithm>
#include <cmath>

#include "coppice/errors.hpp"
#include "coppice/index/neural_builder/scenes.hpp"
#include "random.hpp"

namespace coppice::neural_builder {

std::vector<Vec3> sample_surface(std::span<const Triangle> triangles, Heuristic heuristic, std::size_t count,
                                 std::uint64_t seed) {
  if (triangles.empty()) throw invalid_input("found no triangle to draw points from; expected one at least");
  Random random(seed, 0x73616d706c65u);
  std::vector<double> area;  // summed up
  double total = 0;
  if (heuristic == Heuristic::volume) {
    area.reserve(triangles.size());
    for (const Triangle& t : triangles) {
      double u[3], v[3];
      for (std::size_t a = 0; a < 3; ++a) {
        u[a] = static_cast<double>(t.b[a]) - static_cast<double>(t.a[a]);
        v[a] = static_cast<double>(t.c[a]) - static_cast<double>(t.a[a]);
      }
      const double x = u[1] * v[2] - u[2] * v[1];
      const double y = u[2] * v[0] - u[0] * v[2];
      const double z = u[0] * v[1] - u[1] * v[0];
      total += std::sqrt(x * x + y * y + z * z);
      area.push_back(total);
    }
  }
  std::vector<Vec3> points(count);
  for (Vec3& p : points) {
    std::size_t chosen = random.below(triangles.size());
    if (total > 0) {
      const double at = total * static_cast<double>(random.next() >> 11) * 0x1p-53;
      chosen = static_cast<std::size_t>(std::upper_bound(area.begin(), area.end(), at) - area.begin());
      chosen = std::min(chosen, triangles.size() - 1);
    }
    const Triangle& t = triangles[chosen];
    const float side = std::sqrt(random.uniform());
    const float along = random.uniform();
    const float b = along * side;
    const float c = side - b;
    for (std::size_t a = 0; a < 3; ++a) p[a] = t.a[a] + b * (t.b[a] - t.a[a]) + c * (t.c[a] - t.a[a]);
  }
  return points;
}

}  // namespace coppice::neural_builder
