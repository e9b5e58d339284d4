// Distances from a point to a triangle or box: double precision, rounded once, so that the bounds of nodes, which are
// padded by more than that rounding, never exceed them. `Target` keeps the copies of different instruction sets apart.
#pragma once

#include <cstddef>

#include "coppice/geometry/triangle_mesh.hpp"

namespace coppice::bvh {

template <class Target>
struct DistanceRules {
  struct Nearest {
    double point[3];  ///< relative to the query
    double squared;
    double u, v;
  };
  static double dot(const double* a, const double* b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

  /// The nearest point of a triangle, by the regions of its corners and edges (Ericson 2005, 5.1.5).
  static Nearest to_triangle(const Triangle& t, const Vec3& p) {
    double a[3], b[3], c[3], ab[3], ac[3];
    for (std::size_t i = 0; i < 3; ++i) {
      a[i] = static_cast<double>(t.a[i]) - p[i];
      b[i] = static_cast<double>(t.b[i]) - p[i];
      c[i] = static_cast<double>(t.c[i]) - p[i];
      ab[i] = b[i] - a[i];
      ac[i] = c[i] - a[i];
    }
    const double d1 = -dot(ab, a), d2 = -dot(ac, a);
    if (d1 <= 0 && d2 <= 0) return at(a, ab, ac, 0, 0);
    const double d3 = -dot(ab, b), d4 = -dot(ac, b);
    if (d3 >= 0 && d4 <= d3) return at(a, ab, ac, 1, 0);
    const double vc = d1 * d4 - d3 * d2;
    if (vc <= 0 && d1 >= 0 && d3 <= 0) return at(a, ab, ac, ratio(d1, d1 - d3), 0);
    const double d5 = -dot(ab, c), d6 = -dot(ac, c);
    if (d6 >= 0 && d5 <= d6) return at(a, ab, ac, 0, 1);
    const double vb = d5 * d2 - d1 * d6;
    if (vb <= 0 && d2 >= 0 && d6 <= 0) return at(a, ab, ac, 0, ratio(d2, d2 - d6));
    const double va = d3 * d6 - d5 * d4;
    if (va <= 0 && d4 - d3 >= 0 && d5 - d6 >= 0) {
      const double w = ratio(d4 - d3, (d4 - d3) + (d5 - d6));
      return at(a, ab, ac, 1 - w, w);
    }
    const double sum = va + vb + vc;
    return at(a, ab, ac, vb / sum, vc / sum);
  }
  /// The nearest point of a solid box.
  static Nearest to_box(const Vec3& lower, const Vec3& upper, const Vec3& p) {
    Nearest n{{0, 0, 0}, 0, 0, 0};
    for (std::size_t i = 0; i < 3; ++i) {
      if (p[i] < lower[i]) n.point[i] = static_cast<double>(lower[i]) - p[i];
      if (p[i] > upper[i]) n.point[i] = static_cast<double>(upper[i]) - p[i];
    }
    n.squared = dot(n.point, n.point);
    return n;
  }

 private:
  static double ratio(double a, double b) { return b > 0 ? a / b : 0; }
  static Nearest at(const double* a, const double* ab, const double* ac, double u, double v) {
    Nearest n;
    n.u = u;
    n.v = v;
    for (std::size_t i = 0; i < 3; ++i) n.point[i] = a[i] + (u * ab[i] + v * ac[i]);
    n.squared = dot(n.point, n.point);
    return n;
  }
};

}  // namespace coppice::bvh
