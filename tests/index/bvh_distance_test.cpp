// Distances of a Bvh against a loop, and scenes of instances against a loop over transformed rays.
#include <gtest/gtest.h>

#include <cmath>

#include "bvh_scenes.hpp"
#include "coppice/errors.hpp"
#include "coppice/geometry/instruction_set.hpp"
#include "coppice/index/bvh/scene.hpp"

namespace coppice {
namespace {

using namespace bvh_scenes;

std::vector<Hit<float>> alone(std::span<const Triangle> triangles, const Vec3& p) {
  std::vector<Hit<float>> hits;
  for (std::size_t i = 0; i < triangles.size(); ++i) {
    Bvh one;
    one.build(triangles.subspan(i, 1));
    hits.push_back({one.nearest(p, 1)[0].distance_squared, static_cast<point_id>(i)});
  }
  std::sort(hits.begin(), hits.end());
  return hits;
}

/// The squared distance by a search over the triangle's places.
double coarse(const Triangle& t, const Vec3& p) {
  double best = 1e300;
  constexpr int steps = 200;
  for (int i = 0; i <= steps; ++i)
    for (int j = 0; i + j <= steps; ++j) {
      double squared = 0;
      for (std::size_t a = 0; a < 3; ++a) {
        const double x = t.a[a] + (t.b[a] - t.a[a]) * (static_cast<double>(i) / steps) +
                         (t.c[a] - t.a[a]) * (static_cast<double>(j) / steps) - p[a];
        squared += x * x;
      }
      best = std::min(best, squared);
    }
  return best;
}

TEST(BvhDistance, OfOneTriangleIsThatOfItsNearestPlace) {
  Dice dice(2);
  for (const Triangle& t : soup(30, 4)) {
    Bvh one;
    one.build(std::span(&t, 1));
    const Vec3 p = dice.point(-2, 2);
    const SurfacePoint s = one.closest_point(p);
    const double found = std::sqrt(static_cast<double>(s.distance_squared));
    EXPECT_NEAR(found, std::sqrt(coarse(t, p)), 0.01);
    EXPECT_LE(found, std::sqrt(coarse(t, p)) + 1e-6);
    for (std::size_t a = 0; a < 3; ++a)
      EXPECT_NEAR(s.point[a], t.a[a] + s.u * (t.b[a] - t.a[a]) + s.v * (t.c[a] - t.a[a]), 1e-5f);
  }
}

TEST(BvhDistance, NearestAndWithinEqualALoop) {
  const InstructionSet before = instruction_set();
  for (const Scene& scene : scenes(250)) {
    SCOPED_TRACE(scene.name);
    Dice dice(6);
    std::vector<Vec3> queries;
    for (int i = 0; i < 12; ++i) {
      const Triangle& t = scene.triangles[dice.below(scene.triangles.size())];
      Vec3 q = i % 3 == 0 ? t.b : t.a;
      if (i % 3 == 2)
        for (float& x : q) x += dice(-0.5f, 0.5f);
      queries.push_back(q);
    }
    for (const Vec3& q : queries) {
      const std::vector<Hit<float>> expected = alone(scene.triangles, q);
      for (const InstructionSet set : available_instruction_sets()) {
        force_instruction_set(set);
        for (const BvhBuilder builder : {BvhBuilder::binned, BvhBuilder::sbvh}) {
          Bvh index({.builder = builder, .watertight = set == InstructionSet::avx2, .split_overlap = 0});
          index.build(scene.triangles);
          for (const std::size_t k : {1u, 7u, 1000u}) {
            const auto first = expected.begin();
            const std::vector<Hit<float>> want(first,
                                               first + static_cast<std::ptrdiff_t>(std::min(k, expected.size())));
            ASSERT_EQ(index.nearest(q, k), want);
          }
          const float radius = std::sqrt(expected[20].distance_squared);
          std::vector<Hit<float>> want = expected;
          std::erase_if(want, [&](const Hit<float>& h) { return !(h.distance_squared <= radius * radius); });
          ASSERT_EQ(index.within(q, radius), want);
          ASSERT_EQ(index.closest_point(q).primitive, expected[0].id);
        }
      }
      force_instruction_set(before);
    }
  }
}

TEST(BvhDistance, OfBoxesAndPoints) {
  const std::vector<Box3> boxes = some_boxes(300, 5);
  Bvh index;
  index.build(boxes);
  Dice dice(8);
  for (int i = 0; i < 50; ++i) {
    const Vec3 p = dice.point(-1.5f, 1.5f);
    std::vector<Hit<float>> expected;
    for (std::size_t k = 0; k < boxes.size(); ++k) {
      double squared = 0;
      for (std::size_t a = 0; a < 3; ++a) {
        const double gap = std::max(
            {0.0, static_cast<double>(boxes[k].lower[a]) - p[a], static_cast<double>(p[a]) - boxes[k].upper[a]});
        squared += gap * gap;
      }
      expected.push_back({static_cast<float>(squared), static_cast<point_id>(k)});
    }
    std::sort(expected.begin(), expected.end());
    expected.resize(5);
    ASSERT_EQ(index.nearest(p, 5), expected);
  }
  EXPECT_TRUE(Bvh().nearest({0, 0, 0}, 3).empty());
  EXPECT_EQ(Bvh().closest_point({0, 0, 0}).primitive, no_point);
  EXPECT_THROW((void)index.within({0, 0, 0}, -1), invalid_input);
  EXPECT_THROW((void)index.nearest({0, 0, std::nanf("")}, 1), invalid_input);
}

TEST(BvhDistance, SignedDistanceOfABall) {
  Bvh index;
  index.build(sphere(24, 2));
  Dice dice(3);
  for (int i = 0; i < 300; ++i) {
    Vec3 p = dice.point(-3, 3);
    if (i % 5 == 0) p = {0, 0, p[2]};  // nearest to the poles, where many triangles meet
    const float r = std::sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
    EXPECT_NEAR(index.signed_distance(p), r - 2, 0.03f);
    if (std::abs(r - 2) > 0.03f) {
      EXPECT_EQ(index.signed_distance(p) < 0, r < 2);
    }
  }
  EXPECT_THROW((void)Bvh().signed_distance({0, 0, 0}), invalid_input);
}

TEST(BvhDistance, PointsNearARay) {
  Dice dice(12);
  std::vector<float> xyz;
  for (int i = 0; i < 900; ++i) xyz.push_back(dice(-1, 1));
  const PointView<float> points(xyz.data(), 300, 3);
  Bvh index;
  index.build(points);
  std::size_t found = 0;
  for (int i = 0; i < 60; ++i) {
    Ray ray{dice.point(-2, 2), dice.point(-1, 1)};
    if (i % 4 == 0) ray.t_max = 1.5f;
    if (i % 5 == 0) ray.direction[dice.below(3)] = 0;
    const float radius = dice(0, 0.3f);
    std::vector<PointNearRay> expected;
    for (std::size_t k = 0; k < 300; ++k) {
      double along = 0, length = 0, squared = 0;
      for (std::size_t a = 0; a < 3; ++a) {
        const double to = static_cast<double>(points.row(k)[a]) - ray.origin[a];
        along += to * ray.direction[a];
        length += static_cast<double>(ray.direction[a]) * ray.direction[a];
      }
      const double t = std::clamp<double>(along / length, ray.t_min, ray.t_max);
      for (std::size_t a = 0; a < 3; ++a) {
        const double off = static_cast<double>(points.row(k)[a]) - ray.origin[a] - t * ray.direction[a];
        squared += off * off;
      }
      if (static_cast<float>(squared) <= radius * radius)
        expected.push_back({static_cast<float>(t), static_cast<float>(squared), static_cast<point_id>(k)});
    }
    std::sort(expected.begin(), expected.end(),
              [](const PointNearRay& a, const PointNearRay& b) { return a.t < b.t || (a.t == b.t && a.id < b.id); });
    EXPECT_EQ(index.near(ray, radius), expected);
    found += expected.size();
  }
  EXPECT_GT(found, 50u);
  Bvh triangles;
  triangles.build(soup(3, 1));
  EXPECT_THROW((void)triangles.near({{0, 0, 0}, {1, 0, 0}}, 1), unsupported);
}

Affine3 some_transform(Dice& dice) {
  const float a = dice(0, 6.3f), b = dice(0, 6.3f), s = dice(0.2f, 2);
  const float ca = std::cos(a), sa = std::sin(a), cb = std::cos(b), sb = std::sin(b);
  Affine3 t;
  t.rows = {{{s * ca * cb, -s * sa, s * ca * sb, dice(-4, 4)},
             {s * sa * cb, s * ca, s * sa * sb, dice(-4, 4)},
             {-s * sb, 0, s * cb, dice(-4, 4)}}};
  return t;
}

TEST(BvhScene, RaysThroughInstancesEqualALoop) {
  Dice dice(21);
  BvhScene scene;
  std::vector<std::vector<Triangle>> shapes{soup(120, 5), sphere(6, 1).triangles(), {}};
  for (const auto& s : shapes) {
    auto shape = std::make_shared<Bvh>();
    shape->build(s);
    scene.add(shape);
  }
  EXPECT_FALSE(scene.closest({{0, 0, 0}, {1, 0, 0}})) << "before anything is placed";
  std::vector<std::pair<std::size_t, Affine3>> placed;
  for (int i = 0; i < 40; ++i) {
    placed.emplace_back(dice.below(3), some_transform(dice));
    if (i % 10 == 9) placed.back() = placed[placed.size() - 2];  // the same twice: the smaller id wins
    EXPECT_EQ(scene.place(placed.back().first, placed.back().second), i);
  }
  scene.remove(5);
  placed[6].second = some_transform(dice);
  scene.move(6, placed[6].second);
  scene.commit();
  EXPECT_EQ(scene.size(), 39u);
  std::vector<Ray> rays;
  for (int i = 0; i < 300; ++i) rays.push_back({dice.point(-6, 6), dice.point(-1, 1)});
  std::vector<RayHit> hits(rays.size());
  std::vector<std::uint8_t> any(rays.size());
  scene.closest(rays, hits, {.sorted = true, .executor = Executor(2)});
  scene.any(rays, any);
  const auto odd = [](const RayHit& h) { return (h.primitive + h.instance) % 2 == 1; };
  std::vector<RayHit> odd_hits(rays.size());
  scene.closest(rays, odd_hits, {.filter = odd});
  std::size_t found = 0;
  for (std::size_t r = 0; r < rays.size(); ++r) {
    std::vector<RayHit> expected;
    for (std::size_t i = 0; i < placed.size(); ++i) {
      if (i == 5) continue;
      for (RayHit h : hits_of(shapes[placed[i].first], placed[i].second.inverse().apply(rays[r]), false)) {
        h.instance = static_cast<point_id>(i);
        expected.push_back(h);
      }
    }
    std::sort(expected.begin(), expected.end());
    ASSERT_EQ(hits[r], expected.empty() ? RayHit{} : expected[0]) << r;
    ASSERT_EQ(scene.closest(rays[r]), hits[r]);
    ASSERT_EQ(any[r], !expected.empty());
    std::erase_if(expected, [&](const RayHit& h) { return !odd(h); });
    ASSERT_EQ(odd_hits[r], expected.empty() ? RayHit{} : expected[0]) << r;
    found += static_cast<bool>(hits[r]);
  }
  EXPECT_GT(found, 50u);
}

TEST(BvhScene, BadInputIsRefused) {
  BvhScene scene;
  EXPECT_THROW(scene.add(nullptr), invalid_input);
  EXPECT_THROW((void)scene.place(0, {}), invalid_input);
  auto shape = std::make_shared<Bvh>();
  shape->build(soup(3, 1));
  scene.add(shape);
  Affine3 flat;
  flat.rows[2] = {0, 0, 0, 0};
  EXPECT_THROW((void)scene.place(0, flat), invalid_input);
  flat.rows[2][1] = std::nanf("");
  EXPECT_THROW((void)scene.place(0, flat), invalid_input);
  const point_id id = scene.place(0, {});
  EXPECT_THROW(scene.move(id + 1, {}), invalid_input);
  scene.remove(id);
  EXPECT_THROW(scene.remove(id), invalid_input);
  EXPECT_EQ(scene.size(), 0u);
}

}  // namespace
}  // namespace coppice
