// A Bvh under change: primitives come, go and move; files; tops from outside. After every step the tree is valid and
// answers are those of a loop over what is there.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "bvh_scenes.hpp"
#include "coppice/errors.hpp"
#include "coppice/index/bvh/bvh.hpp"

namespace coppice {
namespace {

using namespace bvh_scenes;
using Model = std::map<point_id, Triangle>;

void expect_equal(const Bvh& index, const Model& model, std::uint32_t seed) {
  index.validate();
  ASSERT_EQ(index.size(), model.size());
  std::vector<Triangle> triangles;
  std::vector<point_id> ids;
  for (const auto& [id, t] : model) {
    triangles.push_back(t);
    ids.push_back(id);
    ASSERT_EQ(index.triangle(id), t);
  }
  if (triangles.empty()) return;
  for (const Ray& ray : rays_at(triangles, 60, seed)) {
    std::vector<RayHit> expected = hits_of(triangles, ray, false);
    for (RayHit& h : expected) h.primitive = ids[static_cast<std::size_t>(h.primitive)];
    ASSERT_EQ(index.closest(ray), expected.empty() ? RayHit{} : expected[0]);
    ASSERT_EQ(index.all(ray), expected);
  }
}

TEST(BvhUpdate, ChurnLeavesTheAnswersOfALoop) {
  for (const BvhBuilder builder : bvh_builders()) {
    SCOPED_TRACE(bvh_builder_name(builder));
    Dice dice(17);
    Bvh index({.builder = builder, .split_overlap = 0});
    Model model;
    for (std::uint32_t step = 0; step < 40; ++step) {
      const std::size_t what = dice.below(10);
      if (what < 4 || model.size() < 20) {
        const std::vector<Triangle> fresh = soup(1 + dice.below(90), 100 + step, step % 5 == 0 ? 2.0f : 0.2f);
        const point_id first = index.insert(fresh);
        for (std::size_t i = 0; i < fresh.size(); ++i) model[first + static_cast<point_id>(i)] = fresh[i];
      } else {
        std::vector<point_id> ids;
        std::vector<Triangle> moved;
        const std::size_t share = what == 9 ? 1 : 4;  // all of them, or some
        for (auto& [id, t] : model)
          if (dice.below(share) == 0) {
            ids.push_back(id);
            const bool far = dice.below(3) == 0;
            for (Vec3* p : {&t.a, &t.b, &t.c})
              for (float& x : *p) x += far ? dice(-2, 2) : dice(-0.01f, 0.01f);
            moved.push_back(t);
          }
        if (what < 7) {
          index.move(ids, moved);
        } else {
          for (std::size_t i = 0; i < ids.size(); ++i) model.erase(ids[i]);
          index.erase(ids);
        }
      }
      expect_equal(index, model, step);
      if (HasFatalFailure()) return;
    }
    std::vector<point_id> rest;
    for (const auto& entry : model) rest.push_back(entry.first);
    index.erase(rest);
    EXPECT_TRUE(index.empty());
    index.validate();
    EXPECT_FALSE(index.closest({{0, 0, 0}, {1, 0, 0}}));
    const point_id last = rest.back();
    EXPECT_GT(index.insert(soup(3, 1)), last) << "an id is never used again";
  }
}

TEST(BvhUpdate, LocalRepairKeepsTheTreeGood) {
  // A crowd that spreads out: boxes grow, and subtrees are built anew before the tree is much worse than a fresh one.
  Dice dice(3);
  std::vector<Triangle> triangles = soup(4000, 9, 0.01f);
  Bvh index;
  index.build(triangles);
  std::vector<point_id> ids(triangles.size());
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<point_id>(i);
  for (int step = 0; step < 10; ++step) {
    for (Triangle& t : triangles) {
      const Vec3 by = dice.point(-0.1f, 0.1f);
      for (Vec3* p : {&t.a, &t.b, &t.c})
        for (std::size_t a = 0; a < 3; ++a) (*p)[a] += by[a];
    }
    index.move(ids, triangles);
    index.validate();
  }
  Bvh fresh;
  fresh.build(triangles);
  EXPECT_LT(index.quality().cost, 2.0 * fresh.quality().cost);
}

TEST(BvhUpdate, RefusalsChangeNothing) {
  Bvh index;
  const std::vector<Triangle> triangles = soup(30, 1);
  index.build(triangles);
  const std::vector<point_id> unknown{3, 99}, twice{3, 3};
  EXPECT_THROW(index.erase(unknown), invalid_input);
  EXPECT_THROW(index.erase(twice), invalid_input);
  EXPECT_THROW(index.move(unknown, std::span(triangles).first(2)), invalid_input);
  EXPECT_THROW(index.move(std::vector<point_id>{1}, std::span(triangles).first(2)), invalid_input);
  EXPECT_THROW(index.insert(some_boxes(3, 1)), invalid_input);
  EXPECT_EQ(index.size(), 30u);
  index.validate();
  EXPECT_EQ(index.triangle(3), triangles[3]);
  EXPECT_FALSE(index.contains(99));
  EXPECT_THROW((void)index.triangle(99), invalid_input);
  const std::vector<point_id> ids{5, 5};
  EXPECT_THROW(index.build(std::span(triangles).first(2), ids), invalid_input);
}

TEST(BvhUpdate, BoxesAndPointsChangeToo) {
  std::vector<Box3> boxes = some_boxes(300, 3);
  Bvh index;
  index.insert(boxes);
  const std::vector<Box3> other = some_boxes(300, 4);
  std::vector<point_id> ids;
  for (point_id i = 0; i < 300; i += 2) ids.push_back(i);
  std::vector<Box3> moved;
  for (const point_id id : ids)
    boxes[static_cast<std::size_t>(id)] = other[static_cast<std::size_t>(id)],
    moved.push_back(boxes[static_cast<std::size_t>(id)]);
  index.move(ids, moved);
  index.validate();
  for (std::size_t i = 0; i < boxes.size(); ++i) EXPECT_EQ(index.box(static_cast<point_id>(i)), boxes[i]);
  Bvh points;
  const std::vector<float> xyz{0, 0, 0, 1, 0, 0, 0, 1, 0};
  EXPECT_EQ(points.insert(PointView<float>(xyz.data(), 3, 3)), 0);
  EXPECT_EQ(points.insert(PointView<float>(xyz.data(), 1, 3)), 3);
  points.validate();
  EXPECT_EQ(points.kind(), bvh::Kind::points);
  EXPECT_THROW((void)points.triangle(0), unsupported);
}

TEST(BvhFiles, WhatIsLoadedAnswersAsWhatWasSaved) {
  const auto path = std::filesystem::temp_directory_path() / "coppice-bvh-test.bvh";
  std::vector<Triangle> triangles = soup(500, 8);
  for (const BvhBuilder builder : bvh_builders()) {
    Bvh index({.builder = builder, .watertight = builder == BvhBuilder::fast});
    index.build(triangles);
    index.erase(std::vector<point_id>{7, 499});
    index.save(path);
    const Bvh loaded = Bvh::load(path);
    EXPECT_EQ(loaded.size(), 498u);
    EXPECT_EQ(loaded.config().builder, builder);
    EXPECT_FALSE(loaded.contains(7));
    loaded.validate();
    for (const Ray& ray : rays_at(triangles, 100, 4)) EXPECT_EQ(loaded.closest(ray), index.closest(ray));
    Bvh again = Bvh::load(path);
    EXPECT_EQ(again.insert(soup(1, 1)), 500) << "the ids go on";
  }
  Bvh boxes;
  boxes.build(some_boxes(40, 2));
  boxes.save(path);
  EXPECT_EQ(Bvh::load(path).box(17), boxes.box(17));
  Bvh().save(path);
  EXPECT_TRUE(Bvh::load(path).empty());

  // Any byte changed is found.
  boxes.save(path);
  std::ifstream in(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  for (std::size_t at = 0; at < bytes.size(); at += 13) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    std::ofstream(path, std::ios::binary) << damaged;
    EXPECT_THROW((void)Bvh::load(path), error) << "byte " << at;
  }
  std::filesystem::remove(path);
  EXPECT_THROW((void)Bvh::load(path), io_error);
}

TEST(BvhTop, TreesUnderAGivenTopHitTheSame) {
  const std::vector<Triangle> triangles = soup(2000, 12);
  const std::vector<bvh::Plane> planes{{0, 0.1f, 1, 2}, {1, -0.2f, ~0, ~1}, {2, 0.3f, ~2, 3}, {0, 5.0f, ~3, ~4}};
  Bvh plain;
  plain.build(triangles);
  for (const bvh::Population population : {bvh::Population::centroid, bvh::Population::clip}) {
    const bvh::Top top = bvh::populate(triangles, planes, 5, population);
    EXPECT_EQ(top.offsets.back() > triangles.size(), population == bvh::Population::clip);
    for (const BvhBuilder builder : bvh_builders()) {
      Bvh index({.builder = builder});
      index.build(triangles, top);
      index.validate();
      for (const Ray& ray : rays_at(triangles, 200, 9)) {
        ASSERT_EQ(index.closest(ray), plain.closest(ray));
        ASSERT_EQ(index.all(ray), plain.all(ray));
      }
    }
  }
  Bvh index;
  bvh::Top bad = bvh::populate(triangles, planes, 5, bvh::Population::centroid);
  bad.nodes[1].left = 0;
  EXPECT_THROW(index.build(triangles, bad), invalid_input);
  bad = bvh::populate(triangles, planes, 5, bvh::Population::centroid);
  bad.references.back().primitive = bad.references.front().primitive;
  EXPECT_THROW(index.build(triangles, bad), invalid_input);
  EXPECT_THROW((void)bvh::populate(triangles, std::vector<bvh::Plane>{{3, 0, ~0, ~1}}, 2, bvh::Population::clip),
               invalid_input);
  EXPECT_TRUE(index.empty());
}

}  // namespace
}  // namespace coppice
