// Procedural scenes, cameras and the path tracer: the same picture always, light where it must be and nowhere else.
#include "coppice/apps/path_tracer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "apps/sampling.hpp"
#include "coppice/apps/ray_sets.hpp"
#include "coppice/errors.hpp"

namespace coppice {
namespace {

Bvh hierarchy(const TriangleMesh& mesh, BvhBuilder builder = BvhBuilder::binned) {
  bvh::Config config;
  config.builder = builder;
  Bvh index(config);
  index.build(mesh);
  return index;
}

/// A box from −1 to 1 whose faces look inwards or outwards.
ColoredMesh box_mesh(bool inwards) {
  ColoredMesh box;
  for (int corner = 0; corner < 8; ++corner)
    box.mesh.vertices.push_back(
        {(corner & 1) != 0 ? 1.0f : -1.0f, (corner & 2) != 0 ? 1.0f : -1.0f, (corner & 4) != 0 ? 1.0f : -1.0f});
  const auto side = [&](std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
    box.mesh.faces.push_back({a, b, c});
    box.mesh.faces.push_back({a, c, d});
  };
  side(0, 4, 6, 2);  // outwards
  side(1, 3, 7, 5);
  side(0, 1, 5, 4);
  side(2, 6, 7, 3);
  side(0, 2, 3, 1);
  side(4, 5, 7, 6);
  if (inwards)
    for (auto& face : box.mesh.faces) std::swap(face[1], face[2]);
  return box;
}

PathTracer::Config small(int width = 40, int height = 30) {
  PathTracer::Config config;
  config.width = width;
  config.height = height;
  config.samples = 4;
  return config;
}

TEST(Scenes, AreTheSameForTheSameSeedAndAboutAsLargeAsAskedFor) {
  for (const std::string_view name : scene_names()) {
    SCOPED_TRACE(name);
    const std::size_t wanted = name == "city" ? 150'000 : 20'000;
    const ColoredMesh scene = make_scene(name, wanted, 5);
    const ColoredMesh again = make_scene(name, wanted, 5);
    EXPECT_EQ(scene.mesh.vertices, again.mesh.vertices);
    EXPECT_EQ(scene.mesh.faces, again.mesh.faces);
    EXPECT_EQ(scene.colors, again.colors);
    EXPECT_NE(scene.mesh.vertices, make_scene(name, wanted, 6).mesh.vertices);
    EXPECT_NO_THROW(check_mesh(scene.mesh));
    EXPECT_GT(scene.mesh.size(), wanted * 3 / 4);
    EXPECT_LT(scene.mesh.size(), wanted * 5 / 4);
    EXPECT_EQ(scene.colors.size(), scene.mesh.size());
    for (const Vec3& color : scene.colors)
      for (const float channel : color) ASSERT_TRUE(channel >= 0 && channel <= 1);
  }
  EXPECT_THROW((void)make_scene("moon", 1000), invalid_input);
  EXPECT_THROW((void)make_scene("soup", 3), invalid_input);
  EXPECT_EQ(make_scene("soup", 16).mesh.size(), 16u);
  EXPECT_GE(make_scene("forest", 16).mesh.size(), 16u);
}

TEST(Sampling, AnyPowerOfTwoOfSamplesFillsEveryStratum) {
  for (const std::uint64_t pixel : {1u, 77u}) {
    for (const std::uint32_t columns : {1u, 4u, 16u, 64u}) {
      std::set<std::uint32_t> cells;
      for (std::uint32_t sample = 0; sample < 64; ++sample) {
        const auto numbers = paths::pair_of(pixel, sample, 3);
        ASSERT_TRUE(numbers[0] >= 0 && numbers[0] < 1 && numbers[1] >= 0 && numbers[1] < 1);
        const std::uint32_t rows = 64 / columns;
        cells.insert(static_cast<std::uint32_t>(numbers[0] * columns) * rows +
                     static_cast<std::uint32_t>(numbers[1] * rows));
      }
      EXPECT_EQ(cells.size(), 64u) << columns << " columns";
    }
  }
}

TEST(Camera, LooksAtItsTarget) {
  Camera camera{{1, 2, 3}, {4, 2, 3}, 90, 1};
  const Ray middle = camera.ray(50, 25, 100, 50);
  EXPECT_FLOAT_EQ(middle.direction[0], 1);
  EXPECT_NEAR(middle.direction[1], 0, 1e-6);
  const Ray top = camera.ray(50, 0, 100, 50);  // 45 degrees up
  EXPECT_NEAR(top.direction[1], std::sqrt(0.5), 1e-6);
  const Ray right = camera.ray(75, 25, 100, 50);  // to the right of x, seen with y up, is z
  EXPECT_NEAR(right.direction[2], std::sqrt(0.5), 1e-6);
  camera.target = {1, 7, 3};
  EXPECT_THROW(camera.check(), invalid_input);
  camera.up = 2;
  EXPECT_NO_THROW(camera.check());
  camera.field_of_view = 180;
  EXPECT_THROW(camera.check(), invalid_input);
  camera = {{std::nanf(""), 0, 0}, {1, 1, 1}, 60, 1};
  EXPECT_THROW(camera.check(), invalid_input);
}

TEST(Camera, StandsInHallsAndOutsideOfThings) {
  for (const int up : {1, 2}) {
    const Camera inside = automatic_camera(hierarchy(box_mesh(true).mesh), up);
    const Camera outside = automatic_camera(hierarchy(box_mesh(false).mesh), up);
    float farthest_inside = 0;
    float farthest_outside = 0;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      farthest_inside = std::max(farthest_inside, std::abs(inside.position[axis]));
      farthest_outside = std::max(farthest_outside, std::abs(outside.position[axis]));
    }
    EXPECT_LT(farthest_inside, 1);
    EXPECT_GT(farthest_outside, 2);
    EXPECT_NO_THROW(inside.check());
    EXPECT_NO_THROW(outside.check());
  }
  EXPECT_THROW((void)automatic_camera(Bvh()), invalid_input);
}

TEST(PathTracer, SamePictureForAnyThreadsAndBuilder) {
  const ColoredMesh scene = make_scene("soup", 2000, 3);
  const Bvh index = hierarchy(scene.mesh);
  const Camera camera = automatic_camera(index);
  PathTracer::Config config = small(70, 45);
  config.floor = true;
  std::uint64_t last = 0;
  const Picture expected = PathTracer(config).trace(index, scene, camera, [&](std::uint64_t done, std::uint64_t total) {
    EXPECT_GT(done, last);
    EXPECT_EQ(total, 70u * 45u);
    last = done;
  });
  EXPECT_EQ(last, 70u * 45u);
  EXPECT_EQ(expected.primary_rays, 70u * 45u * 4u);
  EXPECT_GT(expected.bounce_rays, 0u);
  for (const int threads : {2, 5}) {
    config.executor = Executor(threads);
    EXPECT_EQ(PathTracer(config).trace(index, scene, camera).radiance, expected.radiance) << threads << " threads";
  }
  config.sorted = true;
  for (const BvhBuilder builder : bvh_builders())
    EXPECT_EQ(PathTracer(config).trace(hierarchy(scene.mesh, builder), scene, camera).radiance, expected.radiance)
        << bvh_builder_name(builder);
  config.seed = 2;
  EXPECT_NE(PathTracer(config).trace(index, scene, camera).radiance, expected.radiance);
}

TEST(PathTracer, NoLightEntersAClosedBox) {
  const ColoredMesh box = box_mesh(true);
  const Picture picture = PathTracer(small()).trace(hierarchy(box.mesh), box, {{0, 0, 0}, {1, 0.2f, 0.1f}, 90, 1});
  for (const Vec3& light : picture.radiance) EXPECT_EQ(light, (Vec3{0, 0, 0}));
  EXPECT_EQ(picture.bounce_rays, 4 * picture.primary_rays);
}

TEST(PathTracer, SunlightOnAFloorIsWhatTheCosineSays) {
  ColoredMesh ground;
  ground.mesh.vertices = {{-9, 0, -9}, {9, 0, -9}, {9, 0, 9}, {-9, 0, 9}};
  ground.mesh.faces = {{0, 2, 1}, {0, 3, 2}};
  ground.colors = {{0.5f, 0.5f, 0.5f}, {0.5f, 0.5f, 0.5f}};
  PathTracer::Config config = small();
  config.bounces = 0;
  const Bvh index = hierarchy(ground.mesh);
  const Camera camera{{0, 1, 0}, {0.3f, 0, 0}, 40, 1};
  std::vector<double> means;
  for (const float elevation : {90.0f, 30.0f}) {
    config.sun_elevation = elevation;
    double sum = 0;
    const Picture picture = PathTracer(config).trace(index, ground, camera);
    for (const Vec3& light : picture.radiance) sum += static_cast<double>(light[0]);
    means.push_back(sum / static_cast<double>(picture.radiance.size()));
  }
  EXPECT_NEAR(means[1] / means[0], 0.5, 0.01);
  EXPECT_NEAR(means[0], 0.5 * 8 / 3.14159265, 0.01);
}

TEST(PathTracer, RefusesWhatDoesNotFitTogether) {
  const ColoredMesh box = box_mesh(false);
  const Bvh index = hierarchy(box.mesh);
  const PathTracer tracer(small());
  EXPECT_THROW((void)tracer.trace(index, make_scene("soup", 100), {{0, 0, 5}, {0, 0, 0}, 60, 1}), invalid_input);
  EXPECT_THROW((void)tracer.trace(index, box, {{0, 0, 5}, {0, 0, 5}, 60, 1}), invalid_input);
  for (const auto change : {+[](PathTracer::Config& c) { c.width = 0; }, +[](PathTracer::Config& c) { c.samples = 0; },
                            +[](PathTracer::Config& c) { c.bounces = -1; },
                            +[](PathTracer::Config& c) { c.sun_elevation = std::nanf(""); }}) {
    PathTracer::Config config;
    change(config);
    EXPECT_THROW(PathTracer{config}, invalid_input);
  }
}

TEST(Picture, DevelopsBrighterWhereThereIsMoreLight) {
  Picture picture{3, 1, {{0, 0, 0}, {0.1f, 0.1f, 0.1f}, {10, 10, 10}}};
  const auto bytes = develop(picture);
  ASSERT_EQ(bytes.size(), 9u);
  EXPECT_EQ(bytes[0], 0);
  EXPECT_LT(bytes[3], bytes[6]);
  EXPECT_LT(bytes[3], develop(picture, 2)[3]);
  EXPECT_TRUE(develop(Picture{}).empty());
}

TEST(RaySets, BouncesLeaveWhatWasHitOnTheSideOfTheRay) {
  const ColoredMesh scene = make_scene("soup", 1000, 2);
  const Bvh index = hierarchy(scene.mesh);
  const auto rays = camera_rays(automatic_camera(index), 50, 30);
  ASSERT_EQ(rays.size(), 1500u);
  std::vector<RayHit> hits(rays.size());
  index.closest(rays, hits);
  const auto bounces = bounce_rays(scene.mesh, rays, hits, 1);
  std::size_t at = 0;
  for (std::size_t i = 0; i < rays.size(); ++i) {
    if (!hits[i]) continue;
    const Vec3 place = point_at(rays[i], hits[i].t);
    const Ray& bounce = bounces.at(at++);
    for (std::size_t axis = 0; axis < 3; ++axis) EXPECT_NEAR(bounce.origin[axis], place[axis], 1e-4);
  }
  EXPECT_EQ(at, bounces.size());
  EXPECT_GT(at, 100u);
}

}  // namespace
}  // namespace coppice
