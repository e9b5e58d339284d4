// The searches of a bounding-volume hierarchy, of one instruction set (COPPICE_TARGET). Compiled once an instruction
// set, with its flags; ray_target.cpp chooses between the results, at run time.
#include "ray_kernels.hpp"
#include "near_walk.hpp"
#include "ray_walk.hpp"

namespace coppice::kernels {

template <class Target>
struct RayKernelsOf {
  /// Calls body with the walk that the view's primitives want.
  template <RayPurpose Purpose, bool Tested, class Body>
  [[gnu::always_inline]] static void with_walk(const bvh::View& view, const bvh::HitTest* test, std::uint64_t* counters,
                                               Body body) {
    switch (view.primitive) {
      case bvh::Primitive::triangle:
        body(RayWalk<Target, TriangleLeaf<Target>, Purpose, Tested>(view, test, counters));
        break;
      case bvh::Primitive::watertight_triangle:
        body(RayWalk<Target, WatertightLeaf<Target>, Purpose, Tested>(view, test, counters));
        break;
      case bvh::Primitive::box:
        body(RayWalk<Target, BoxLeaf<Target>, Purpose, Tested>(view, test, counters));
        break;
    }
  }

  static void closest(const bvh::View& view, const Ray* rays, RayHit* hits, std::size_t count) {
    with_walk<RayPurpose::closest, false>(view, nullptr, nullptr, [&](const auto& walk) {
      for (std::size_t i = 0; i < count; ++i) walk.run(rays[i], hits[i]);
    });
  }
  static void any(const bvh::View& view, const Ray* rays, std::uint8_t* hit, std::size_t count) {
    with_walk<RayPurpose::any, false>(view, nullptr, nullptr, [&](const auto& walk) {
      RayHit unused;
      for (std::size_t i = 0; i < count; ++i) hit[i] = walk.run(rays[i], unused);
    });
  }
  static void closest_accepted(const bvh::View& view, const Ray& ray, const bvh::HitTest& test, RayHit& hit) {
    with_walk<RayPurpose::closest, true>(view, &test, nullptr, [&](const auto& walk) { walk.run(ray, hit); });
  }
  static bool any_accepted(const bvh::View& view, const Ray& ray, const bvh::HitTest& test) {
    bool found = false;
    with_walk<RayPurpose::any, true>(view, &test, nullptr, [&](const auto& walk) {
      RayHit unused;
      found = walk.run(ray, unused);
    });
    return found;
  }
  static void count_work(const bvh::View& view, const Ray* rays, std::size_t count, std::uint64_t* counters) {
    with_walk<RayPurpose::count, false>(view, nullptr, counters, [&](const auto& walk) {
      RayHit hit;
      for (std::size_t i = 0; i < count; ++i) counters[3] += walk.run(rays[i], hit);
    });
  }
  static void near(const bvh::View& view, const Vec3& point, bvh::NearSink& sink) {
    if (view.primitive == bvh::Primitive::box)
      NearWalk<Target, false>(view, point).run(sink);
    else
      NearWalk<Target, true>(view, point).run(sink);
  }
};

template <>
const bvh::RayKernels RayKernelsFor<simd::COPPICE_TARGET>::table = {
    &RayKernelsOf<simd::COPPICE_TARGET>::closest,          &RayKernelsOf<simd::COPPICE_TARGET>::any,
    &RayKernelsOf<simd::COPPICE_TARGET>::closest_accepted, &RayKernelsOf<simd::COPPICE_TARGET>::any_accepted,
    &RayKernelsOf<simd::COPPICE_TARGET>::count_work,       &RayKernelsOf<simd::COPPICE_TARGET>::near};

}  // namespace coppice::kernels
