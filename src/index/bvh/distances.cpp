// Bvh's distances: nearest primitives and places, inside or outside, points near a ray.
#include <algorithm>
#include <cmath>
#include <string>

#include "coppice/errors.hpp"
#include "coppice/index/bvh/bvh.hpp"
#include "distance_rules.hpp"
#include "intersect_rules.hpp"
#include "tree.hpp"

namespace coppice {
namespace {

using bvh::no_slot;
struct Plain;
using Distances = bvh::DistanceRules<Plain>;
using Hits = bvh::HitRules<Plain>;

void check_query(const Vec3& point, float radius) {
  const Box3 as_box{point, point};
  check_boxes({&as_box, 1});
  if (!(radius >= 0)) throw invalid_input("radius is " + std::to_string(radius) + "; expected 0 or more");
}

Distances::Nearest nearest_on(const bvh::Tree& tree, std::uint32_t slot, const Vec3& p) {
  const bvh::Stored& s = tree.stored(slot);
  return tree.kind() == bvh::Kind::triangles ? Distances::to_triangle(s, p) : Distances::to_box(s.a, s.b, p);
}

struct Within {
  std::vector<Hit<float>> hits;
  const bvh::Tree& tree;
};

std::vector<Hit<float>> within_squared(const bvh::Tree& tree, const Vec3& point, float squared) {
  Within found{{}, tree};
  bvh::NearSink sink{nullptr,
                     0,
                     0,
                     squared,
                     [](void* context, float distance_squared, std::uint32_t slot) {
                       auto& f = *static_cast<Within*>(context);
                       f.hits.push_back({distance_squared, f.tree.id_of(slot)});
                     },
                     &found};
  bvh::ray_kernels().near(tree.view(), point, sink);
  std::sort(found.hits.begin(), found.hits.end());
  found.hits.erase(std::unique(found.hits.begin(), found.hits.end()), found.hits.end());
  return std::move(found.hits);
}

struct Vector {
  double x[3];
  [[nodiscard]] double dot(const Vector& o) const { return x[0] * o.x[0] + x[1] * o.x[1] + x[2] * o.x[2]; }
  [[nodiscard]] Vector cross(const Vector& o) const {
    return {{x[1] * o.x[2] - x[2] * o.x[1], x[2] * o.x[0] - x[0] * o.x[2], x[0] * o.x[1] - x[1] * o.x[0]}};
  }
  [[nodiscard]] double length() const { return std::sqrt(dot(*this)); }
};
Vector between(const Vec3& from, const Vec3& to) {
  return {{static_cast<double>(to[0]) - from[0], static_cast<double>(to[1]) - from[1],
           static_cast<double>(to[2]) - from[2]}};
}

/// The angle that a triangle has at its place (u, v): at a corner its own, on an edge half a turn, else a whole one.
double angle_at(const Triangle& t, double u, double v) {
  constexpr double half_turn = 3.14159265358979323846;
  const double w = 1 - u - v;
  const auto corner = [](const Vec3& at, const Vec3& p, const Vec3& q) {
    const Vector a = between(at, p), b = between(at, q);
    return std::atan2(a.cross(b).length(), a.dot(b));
  };
  if (u == 0 && v == 0) return corner(t.a, t.b, t.c);
  if (u == 1 && v == 0) return corner(t.b, t.c, t.a);
  if (u == 0 && v == 1) return corner(t.c, t.a, t.b);
  return u == 0 || v == 0 || w <= 0 ? half_turn : 2 * half_turn;
}

}  // namespace

std::vector<Hit<float>> Bvh::nearest(const Vec3& point, std::size_t k, float radius) const {
  check_query(point, radius);
  std::vector<Hit<float>> hits(std::min(k, size()));
  if (hits.empty()) return hits;
  bvh::NearSink sink{hits.data(), hits.size(), 0, radius * radius, nullptr, nullptr};
  bvh::ray_kernels().near(tree_->view(), point, sink);
  hits.resize(sink.count);
  return hits;
}

std::vector<Hit<float>> Bvh::within(const Vec3& point, float radius) const {
  check_query(point, radius);
  return within_squared(*tree_, point, radius * radius);
}

SurfacePoint Bvh::closest_point(const Vec3& point, float radius) const {
  const std::vector<Hit<float>> hit = nearest(point, 1, radius);
  SurfacePoint found;
  if (hit.empty()) return found;
  const auto n = nearest_on(*tree_, tree_->slot_of(hit[0].id), point);
  for (std::size_t a = 0; a < 3; ++a) found.point[a] = static_cast<float>(point[a] + n.point[a]);
  found.distance_squared = hit[0].distance_squared;
  found.u = static_cast<float>(n.u);
  found.v = static_cast<float>(n.v);
  found.primitive = hit[0].id;
  return found;
}

float Bvh::signed_distance(const Vec3& point) const {
  if (kind() != bvh::Kind::triangles)
    throw unsupported("signed_distance() needs triangles; nearest() and closest_point() take any primitive");
  if (empty()) throw invalid_input("signed_distance() of an empty index");
  const std::vector<Hit<float>> hit = nearest(point, 1);
  const float squared = hit[0].distance_squared;
  const auto first = nearest_on(*tree_, tree_->slot_of(hit[0].id), point);
  // All triangles around the nearest place: their nearest places are the same but for rounding.
  const double reach = static_cast<double>(Hits::reach(point)) + std::sqrt(static_cast<double>(squared));
  const double apart = 1e-6 * reach;
  Vector outward{{0, 0, 0}};
  for (const Hit<float>& h : within_squared(*tree_, point, squared * (1 + 1e-5f))) {
    const std::uint32_t slot = tree_->slot_of(h.id);
    const auto n = nearest_on(*tree_, slot, point);
    const Vector gap{{n.point[0] - first.point[0], n.point[1] - first.point[1], n.point[2] - first.point[2]}};
    if (gap.length() > apart) continue;
    const Triangle& t = tree_->stored(slot);
    const Vector normal = between(t.a, t.b).cross(between(t.a, t.c));
    const double length = normal.length();
    if (length == 0) continue;
    const double weight = angle_at(t, n.u, n.v) / length;
    for (int a = 0; a < 3; ++a) outward.x[a] += weight * normal.x[a];
  }
  const double distance = std::sqrt(first.squared);
  const Vector to_surface{{first.point[0], first.point[1], first.point[2]}};
  return static_cast<float>(outward.dot(to_surface) > 0 ? -distance : distance);
}

std::vector<PointNearRay> Bvh::near(const Ray& ray, float radius) const {
  if (kind() == bvh::Kind::triangles && !empty())
    throw unsupported("near() needs points or boxes; closest(), any() and all() take triangles");
  check_rays({&ray, 1});
  check_query(ray.origin, radius);
  std::vector<PointNearRay> found;
  if (empty()) return found;
  const bvh::View view = tree_->view();
  const double pad = static_cast<double>(Hits::padding) *
                         (static_cast<double>(Hits::reach(ray.origin)) + static_cast<double>(view.extent)) +
                     static_cast<double>(radius) * (1 + 1e-6);
  double squared_length = 0;
  for (const float d : ray.direction) squared_length += static_cast<double>(d) * d;

  const auto consider = [&](std::uint32_t slot) {
    const bvh::Stored& s = tree_->stored(slot);
    double along = 0, squared = 0, to[3];
    for (std::size_t a = 0; a < 3; ++a) {
      to[a] = 0.5 * (static_cast<double>(s.a[a]) + s.b[a]) - ray.origin[a];
      along += to[a] * ray.direction[a];
    }
    const double t = std::clamp<double>(along / squared_length, ray.t_min, std::max(ray.t_min, ray.t_max));
    for (std::size_t a = 0; a < 3; ++a) {
      const double off = to[a] - t * ray.direction[a];
      squared += off * off;
    }
    const auto rounded = static_cast<float>(squared);
    if (rounded <= radius * radius) found.push_back({static_cast<float>(t), rounded, tree_->id_of(slot)});
  };
  const auto meets = [&](const bvh::Box4& box) {
    double enters = ray.t_min, leaves = ray.t_max;
    for (int a = 0; a < 3; ++a) {
      const double o = ray.origin[static_cast<std::size_t>(a)], d = ray.direction[static_cast<std::size_t>(a)];
      const double low = static_cast<double>(box.lower[a]) - pad - o,
                   high = static_cast<double>(box.upper[a]) + pad - o;
      if (d == 0) {
        if (low > 0 || high < 0) return false;
        continue;
      }
      enters = std::max(enters, (d > 0 ? low : high) / d);
      leaves = std::min(leaves, (d > 0 ? high : low) / d);
    }
    return enters <= leaves;
  };
  std::vector<bvh::ChildRef> open{view.root};
  while (!open.empty()) {
    const bvh::ChildRef at = open.back();
    open.pop_back();
    if (bvh::is_leaf(at)) {
      const auto* blocks = static_cast<const bvh::BoxBlock*>(view.blocks) + bvh::first_block(at);
      for (std::uint32_t b = 0; b < bvh::block_count(at); ++b)
        for (const std::uint32_t slot : blocks[b].slot)
          if (slot != no_slot) consider(slot);
      continue;
    }
    const bvh::WideNode& n = view.nodes[at];
    for (std::size_t i = 0; i < bvh::width; ++i)
      if (n.child[i] != bvh::no_child && meets({bvh::Four{n.bounds[0][i], n.bounds[2][i], n.bounds[4][i], 0},
                                                bvh::Four{n.bounds[1][i], n.bounds[3][i], n.bounds[5][i], 0}}))
        open.push_back(n.child[i]);
  }
  std::sort(found.begin(), found.end(),
            [](const PointNearRay& a, const PointNearRay& b) { return a.t < b.t || (a.t == b.t && a.id < b.id); });
  return found;
}

}  // namespace coppice
