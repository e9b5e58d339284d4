// Rays through a Bvh: every builder, arithmetic and instruction set against a loop over all primitives, to the last
// bit; rays, triangles and scenes that are hard or degenerate.
#include "coppice/index/bvh/bvh.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "bvh_scenes.hpp"
#include "coppice/errors.hpp"
#include "coppice/geometry/instruction_set.hpp"
#include "coppice/index/bvh/intersect.hpp"

namespace coppice {
namespace {

using namespace bvh_scenes;

class EverySet : public testing::TestWithParam<InstructionSet> {
 protected:
  void SetUp() override {
    before_ = instruction_set();
    force_instruction_set(GetParam());
  }
  void TearDown() override { force_instruction_set(before_); }

 private:
  InstructionSet before_{};
};

void expect_rays(const Bvh& index, const std::vector<Triangle>& triangles, const std::vector<Ray>& rays) {
  std::vector<RayHit> hits(rays.size());
  std::vector<std::uint8_t> any(rays.size());
  index.closest(rays, hits);
  index.any(rays, any);
  for (std::size_t i = 0; i < rays.size(); ++i) {
    const std::vector<RayHit> expected = hits_of(triangles, rays[i], index.config().watertight);
    ASSERT_EQ(hits[i], expected.empty() ? RayHit{} : expected[0]) << "ray " << i;
    ASSERT_EQ(any[i], !expected.empty()) << "ray " << i;
    if (i % 8 == 0) {
      ASSERT_EQ(index.all(rays[i]), expected) << "ray " << i;
    }
  }
}

TEST_P(EverySet, HitsEqualALoopOverAllTriangles) {
  for (const Scene& scene : scenes(500)) {
    const std::vector<Ray> rays = rays_at(scene.triangles, 200, 7);
    for (const BvhBuilder builder : bvh_builders())
      for (const bool watertight : {false, true}) {
        SCOPED_TRACE(scene.name + ", " + std::string(bvh_builder_name(builder)) + (watertight ? ", watertight" : ""));
        Bvh index({.builder = builder, .watertight = watertight, .split_overlap = 0});
        index.build(scene.triangles);
        index.validate();
        // Only the default arithmetic promises hits of triangles that are hardly there.
        if (watertight && scene.degenerate) continue;
        expect_rays(index, scene.triangles, rays);
      }
  }
}

TEST_P(EverySet, FiltersSeeEveryHitOnTheWay) {
  const std::vector<Triangle> triangles = scenes(300)[0].triangles;
  Bvh index;
  index.build(triangles);
  const auto odd = [](const RayHit& h) { return h.primitive % 2 == 1; };
  for (const Ray& ray : rays_at(triangles, 100, 3)) {
    std::vector<RayHit> expected = hits_of(triangles, ray, false);
    std::erase_if(expected, [&](const RayHit& h) { return !odd(h); });
    EXPECT_EQ(index.closest(ray, odd), expected.empty() ? RayHit{} : expected[0]);
    EXPECT_EQ(index.any(ray, odd), !expected.empty());
    EXPECT_EQ(index.all(ray, odd), expected);
  }
}

TEST_P(EverySet, BoxesAreEnteredAndPointsNeverHit) {
  const std::vector<Box3> boxes = some_boxes(400, 5);
  std::vector<Triangle> around;
  for (const Box3& b : boxes) around.push_back({b.lower, b.upper, b.lower});
  Bvh index;
  index.build(boxes);
  for (const Ray& ray : rays_at(around, 200, 11)) {
    RayHit nearest;
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      RayHit hit;
      if (!bvh::intersect(ray, boxes[i], hit)) continue;
      hit.primitive = static_cast<point_id>(i);
      if (hit < nearest || !nearest) nearest = hit;
    }
    EXPECT_EQ(index.closest(ray), nearest);
    EXPECT_EQ(index.any(ray), static_cast<bool>(nearest));
  }
}

TEST_P(EverySet, WatertightRaysAtSharedEdgesAlwaysHit) {
  // A closed surface around the origin, rays from inside exactly at corners and points of edges.
  const TriangleMesh mesh = sphere(16, 3.7f);
  for (const BvhBuilder builder : {BvhBuilder::binned, BvhBuilder::sbvh}) {
    Bvh index({.builder = builder, .watertight = true, .split_overlap = 0});
    index.build(mesh);
    std::vector<Ray> rays;
    for (const auto& face : mesh.faces)
      for (std::size_t k = 0; k < 3; ++k) {
        const Vec3& a = mesh.vertices[face[k]];
        const Vec3& b = mesh.vertices[face[(k + 1) % 3]];
        for (const float s : {0.0f, 0.25f, 0.5f, 0.7f})
          for (const float o : {0.0f, 0.31f})
            rays.push_back(
                {{o, -o, o / 3},
                 {a[0] + s * (b[0] - a[0]) - o, a[1] + s * (b[1] - a[1]) + o, a[2] + s * (b[2] - a[2]) - o / 3}});
      }
    std::vector<RayHit> hits(rays.size());
    index.closest(rays, hits);
    std::size_t missed = 0;
    for (const RayHit& h : hits) missed += !h;
    EXPECT_EQ(missed, 0u) << "of " << rays.size();
  }
}

INSTANTIATE_TEST_SUITE_P(, EverySet, testing::ValuesIn(available_instruction_sets()),
                         [](const auto& set) { return std::string(instruction_set_name(set.param)); });

TEST(Bvh, ThreadsSortingAndChunksChangeNothing) {
  const std::vector<Triangle> triangles = soup(40000, 2);
  const std::vector<Ray> rays = rays_at(triangles, 3000, 5);
  for (const BvhBuilder builder : bvh_builders()) {
    std::vector<RayHit> first(rays.size()), second(rays.size());
    Bvh one({.builder = builder}), two({.builder = builder, .executor = Executor(2)});
    one.build(triangles);
    two.build(triangles);
    const bvh::Quality q = one.quality(), r = two.quality();
    EXPECT_EQ(q.cost, r.cost);
    EXPECT_EQ(q.nodes, r.nodes);
    EXPECT_EQ(q.references, r.references);
    one.closest(rays, first);
    two.closest(rays, second, {.sorted = true, .executor = Executor(2)});
    EXPECT_EQ(first, second) << bvh_builder_name(builder);
    std::vector<std::uint8_t> a(rays.size()), b(rays.size());
    one.any(rays, a);
    two.any(rays, b, {.sorted = true, .executor = Executor(2)});
    EXPECT_EQ(a, b);
    const RayWork work = one.work(rays), other = two.work(rays);
    EXPECT_EQ(q.binary_cost, r.binary_cost);
    EXPECT_EQ(q.height, r.height);
    EXPECT_EQ(work.nodes, other.nodes);
    EXPECT_EQ(work.blocks, other.blocks);
    EXPECT_EQ(work.rays, rays.size());
    EXPECT_EQ(work.hits, static_cast<std::uint64_t>(std::count(a.begin(), a.end(), 1)));
  }
}

TEST(Bvh, PlacesThatNoCellDividesMakeNoDeepTrees) {
  // Thousands in one place, and as many ever closer to a corner of the scene.
  std::vector<Triangle> triangles(3000, Triangle{{0, 0, 1}, {1, 0, 1}, {0, 1, 1}});
  for (int i = 0; i < 3000; ++i) {
    const float x = std::ldexp(1.0f + static_cast<float>(i % 8) / 8, -(i / 40)), y = 3 + x;
    triangles.push_back({{y, 3, x}, {y + x / 4, 3, x}, {y, 3 + x / 4, x}});
  }
  const std::vector<Ray> rays = rays_at(triangles, 300, 7);
  Bvh expected({.builder = BvhBuilder::sweep});
  expected.build(triangles);
  for (const BvhBuilder builder : bvh_builders()) {
    Bvh index({.builder = builder, .executor = Executor(2)});
    index.build(triangles);
    index.validate();
    EXPECT_LE(index.quality().height, 96u) << bvh_builder_name(builder);
    for (const Ray& ray : rays) EXPECT_EQ(index.closest(ray), expected.closest(ray));
  }
}

TEST(Bvh, ReinsertionMakesTreesCheaper) {
  const std::vector<Triangle> triangles = soup(20000, 12, 0.3f);
  for (const BvhBuilder builder : bvh_builders()) {
    double cost = std::numeric_limits<double>::infinity();
    for (const int passes : {0, 1, 3}) {
      Bvh index({.builder = builder, .reinsertion_passes = passes, .reinsertion_share = 0.2f});
      index.build(triangles);
      index.validate();
      EXPECT_LT(index.quality().binary_cost, cost) << bvh_builder_name(builder) << ", " << passes << " passes";
      cost = index.quality().binary_cost;
    }
  }
}

TEST(Bvh, OfSeveralHitsAtOnePlaceTheSmallestIdWins) {
  std::vector<Triangle> same(40, Triangle{{0, 0, 1}, {1, 0, 1}, {0, 1, 1}});
  std::vector<point_id> ids;
  for (point_id i = 40; i > 0; --i) ids.push_back(1000 + 7 * i);
  for (const BvhBuilder builder : bvh_builders()) {
    Bvh index({.builder = builder});
    index.build(same, ids);
    const RayHit hit = index.closest({{0.25f, 0.25f, 0}, {0, 0, 1}});
    EXPECT_EQ(hit.primitive, 1007);
    EXPECT_EQ(hit.t, 1);
    EXPECT_EQ(index.all({{0.25f, 0.25f, 0}, {0, 0, 1}}).size(), 40u);
  }
}

TEST(Bvh, RangesOfTAreHalfOpen) {
  const Triangle wall{{-1, -1, 2}, {3, -1, 2}, {-1, 3, 2}};
  Bvh index;
  index.build(std::span(&wall, 1));
  Ray ray{{0, 0, 0}, {0, 0, 1}};
  ray.t_max = 2;
  EXPECT_EQ(index.closest(ray).t, 2);
  ray.t_max = std::nextafter(2.0f, 0.0f);
  EXPECT_FALSE(index.closest(ray));
  ray.t_max = 10;
  ray.t_min = 2;
  EXPECT_FALSE(index.any(ray));
  ray.t_min = std::nextafter(2.0f, 0.0f);
  EXPECT_TRUE(index.any(ray));
  EXPECT_FALSE(index.closest({{0, 0, 2}, {0, 0, 1}})) << "a ray that starts on the wall";
}

TEST(Bvh, EmptyAndDegenerate) {
  const Ray ray{{0, 0, 0}, {0, 0, 1}};
  Bvh index;
  EXPECT_FALSE(index.closest(ray));
  EXPECT_FALSE(index.any(ray));
  EXPECT_TRUE(index.all(ray).empty());
  EXPECT_TRUE(index.bounds().empty());
  index.build(TriangleMesh{});
  EXPECT_FALSE(index.closest(ray));
  index.validate();
  const std::vector<Triangle> nothing_to_hit{
      {{0, 0, 1}, {0, 0, 1}, {0, 0, 1}}, {{-1, 0, 2}, {1, 0, 2}, {0, 0, 2}}, {{0, 0, 3}, {0, 0, 4}, {0, 0, 5}}};
  for (const bool watertight : {false, true}) {
    Bvh flat({.watertight = watertight});
    flat.build(nothing_to_hit);
    flat.validate();
    EXPECT_FALSE(flat.closest(ray));
    EXPECT_EQ(flat.size(), 3u);
  }
}

TEST(Bvh, BadInputIsNamedAndChangesNothing) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  const std::vector<Triangle> good = soup(50, 1);
  Bvh index;
  index.build(good);
  std::vector<Triangle> bad = good;
  bad[7].b[1] = nan;
  const auto refusal = [](auto call) -> std::string {
    try {
      call();
    } catch (const invalid_input& e) {
      return e.what();
    }
    return "nothing";
  };
  EXPECT_NE(refusal([&] { index.build(bad); }).find("row 7: corner of a triangle, axis 1: nan"), std::string::npos);
  TriangleMesh mesh = sphere(3, 1);
  mesh.faces[5][2] = 99999;
  EXPECT_NE(refusal([&] { index.build(mesh); }).find("row 5: face with vertex 99999; expected less than"),
            std::string::npos);
  EXPECT_EQ(index.size(), 50u);
  index.validate();

  std::vector<Ray> rays(3, Ray{{0, 0, 0}, {1, 0, 0}});
  std::vector<RayHit> hits(3);
  const auto traced = [&] { index.closest(rays, hits); };
  rays[2].origin[1] = nan;
  EXPECT_NE(refusal(traced).find("row 2: origin of a ray, axis 1: nan"), std::string::npos);
  rays[2] = {{0, 0, 0}, {0, 0, 0}};
  EXPECT_NE(refusal(traced).find("row 2: direction of a ray is zero"), std::string::npos);
  rays[2] = {{0, 0, 0}, {0, inf, 0}};
  EXPECT_NE(refusal(traced).find("row 2: direction of a ray, axis 1: inf"), std::string::npos);
  rays[2] = {{0, 0, 0}, {0, 1e-20f, 0}};
  EXPECT_NE(refusal(traced).find("largest component 1e-20"), std::string::npos);
  rays[2] = {{0, 0, 0}, {0, 1, 0}, -1};
  EXPECT_NE(refusal(traced).find("row 2: t_min of a ray: -1"), std::string::npos);
  rays[2] = {{0, 0, 0}, {0, 1, 0}, 0, nan};
  EXPECT_NE(refusal(traced).find("row 2: t_max of a ray: nan"), std::string::npos);
  hits.pop_back();
  rays.assign(3, Ray{{0, 0, 0}, {1, 0, 0}});
  EXPECT_NE(refusal(traced).find("2 results for 3 rays"), std::string::npos);
  EXPECT_NE(refusal([] { Bvh({.split_overlap = -1}); }).find("split_overlap"), std::string::npos);
  EXPECT_NE(refusal([] { (void)bvh_builder_named("best"); }).find("lbvh, fast, binned, sweep, sbvh"),
            std::string::npos);
  std::vector<Box3> boxes(2, Box3{{0, 0, 0}, {1, 1, 1}});
  boxes[1].lower[2] = 2;
  EXPECT_NE(refusal([&] { index.build(boxes); }).find("row 1: box, axis 2: lower 2 above upper 1"), std::string::npos);
}

}  // namespace
}  // namespace coppice
