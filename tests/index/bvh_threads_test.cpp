// A Bvh on several threads, for the thread sanitizer: builds, repairs and batches of rays are those of one thread, and
// one hierarchy is asked by many at once.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "bvh_scenes.hpp"
#include "coppice/index/bvh/bvh.hpp"

namespace coppice {
namespace {

using namespace bvh_scenes;

std::vector<RayHit> closest(const Bvh& index, const std::vector<Ray>& rays, const Executor& executor = {}) {
  std::vector<RayHit> hits(rays.size());
  index.closest(rays, hits, {.sorted = true, .executor = executor});
  return hits;
}

TEST(BvhThreads, ShareBuildsAndRepairs) {
  const Executor three(3);
  const std::vector<Triangle> triangles = soup(12000, 21, 0.1f), fresh = soup(5000, 22, 0.1f);
  const std::vector<Ray> rays = rays_at(triangles, 3000, 23);
  std::vector<point_id> some;
  for (point_id id = 0; id < 9000; id += 3) some.push_back(id);
  for (const BvhBuilder builder : bvh_builders()) {
    SCOPED_TRACE(bvh_builder_name(builder));
    Bvh one({.builder = builder}), shared({.builder = builder, .executor = three});
    for (Bvh* index : {&one, &shared}) {
      index->build(triangles);
      index->insert(fresh);
      index->move(some, std::span(fresh).first(some.size()));
      index->erase(std::span(some).first(some.size() / 2));
    }
    shared.validate();
    EXPECT_EQ(closest(one, rays), closest(shared, rays, three));
  }
}

TEST(BvhThreads, AskOneHierarchyTogether) {
  const std::vector<Triangle> triangles = soup(4000, 31, 0.1f);
  const std::vector<Ray> rays = rays_at(triangles, 500, 33);
  Bvh index;
  index.build(triangles);
  const std::vector<RayHit> expected = closest(index, rays);
  const float far = index.closest_point({5, 5, 5}).distance_squared;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 4; ++reader)
    readers.emplace_back([&] {
      if (closest(index, rays, Executor(2)) != expected) ++wrong;
      if (index.closest_point({5, 5, 5}).distance_squared != far) ++wrong;
    });
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace coppice
