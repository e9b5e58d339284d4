// Embree 3 at its three qualities, a ray at a time, and sixteen at a time for coherent rays. Its defaults otherwise: no
// robust mode, which is slower.
#include <embree3/rtcore.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "tasks/raytrace/contestants.hpp"

namespace coppice::bench {

namespace {

class Embree final : public RayTracer {
 public:
  Embree(std::string name, RTCBuildQuality quality, bool packets)
      : name_(std::move(name)), quality_(quality), packets_(packets) {}
  Embree(const Embree&) = delete;
  Embree& operator=(const Embree&) = delete;
  ~Embree() override { drop(); }

  Identity identity() const override { return {name_, RTC_VERSION_STRING}; }
  bool builds_fast() const override { return quality_ == RTC_BUILD_QUALITY_LOW; }
  bool coherent_only() const override { return packets_; }

  void build(const TriangleMesh& mesh, int threads) override {
    if (threads != threads_) {
      drop();
      device_ = rtcNewDevice(("threads=" + std::to_string(threads)).c_str());
      if (device_ == nullptr) throw std::runtime_error("Embree gives no device");
      threads_ = threads;
      rtcSetDeviceMemoryMonitorFunction(
          device_,
          [](void* self, ssize_t change, bool) {
            static_cast<Embree*>(self)->bytes_ += change;
            return true;
          },
          this);
    }
    if (scene_ != nullptr) rtcReleaseScene(scene_);
    scene_ = rtcNewScene(device_);
    rtcSetSceneBuildQuality(scene_, quality_);
    RTCGeometry geometry = rtcNewGeometry(device_, RTC_GEOMETRY_TYPE_TRIANGLE);
    rtcSetGeometryBuildQuality(geometry, quality_);
    void* vertices = rtcSetNewGeometryBuffer(geometry, RTC_BUFFER_TYPE_VERTEX, 0, RTC_FORMAT_FLOAT3, sizeof(Vec3),
                                             mesh.vertices.size());
    std::memcpy(vertices, mesh.vertices.data(), mesh.vertices.size() * sizeof(Vec3));
    void* faces = rtcSetNewGeometryBuffer(geometry, RTC_BUFFER_TYPE_INDEX, 0, RTC_FORMAT_UINT3,
                                          3 * sizeof(std::uint32_t), mesh.faces.size());
    std::memcpy(faces, mesh.faces.data(), mesh.faces.size() * sizeof mesh.faces[0]);
    rtcCommitGeometry(geometry);
    rtcAttachGeometry(scene_, geometry);
    rtcReleaseGeometry(geometry);
    rtcCommitScene(scene_);
    if (rtcGetDeviceError(device_) != RTC_ERROR_NONE) throw std::runtime_error("Embree failed to build");
  }

  void trace(std::span<const Ray> rays, std::span<RayHit> hits) const override {
    if (packets_)
      trace_packets(rays, hits);
    else
      trace_each(rays, hits);
  }
  std::size_t bytes() const override { return static_cast<std::size_t>(std::max<ssize_t>(bytes_, 0)); }

 private:
  void drop() {
    if (scene_ != nullptr) rtcReleaseScene(std::exchange(scene_, nullptr));
    if (device_ != nullptr) rtcReleaseDevice(std::exchange(device_, nullptr));
  }

  void trace_each(std::span<const Ray> rays, std::span<RayHit> hits) const {
    RTCIntersectContext context;
    rtcInitIntersectContext(&context);
    for (std::size_t i = 0; i < rays.size(); ++i) {
      const Ray& ray = rays[i];
      RTCRayHit query;
      query.ray.org_x = ray.origin[0];
      query.ray.org_y = ray.origin[1];
      query.ray.org_z = ray.origin[2];
      query.ray.tnear = ray.t_min;
      query.ray.dir_x = ray.direction[0];
      query.ray.dir_y = ray.direction[1];
      query.ray.dir_z = ray.direction[2];
      query.ray.time = 0;
      query.ray.tfar = ray.t_max;
      query.ray.mask = ~0u;
      query.ray.id = 0;
      query.ray.flags = 0;
      query.hit.geomID = RTC_INVALID_GEOMETRY_ID;
      rtcIntersect1(scene_, &context, &query);
      hits[i] = query.hit.geomID == RTC_INVALID_GEOMETRY_ID
                    ? RayHit{}
                    : RayHit{query.ray.tfar, query.hit.u, query.hit.v, query.hit.primID, no_point};
    }
  }

  void trace_packets(std::span<const Ray> rays, std::span<RayHit> hits) const {
    constexpr std::size_t width = 16;
    RTCIntersectContext context;
    rtcInitIntersectContext(&context);
    context.flags = RTC_INTERSECT_CONTEXT_FLAG_COHERENT;
    for (std::size_t first = 0; first < rays.size(); first += width) {
      const std::size_t count = std::min(width, rays.size() - first);
      alignas(64) RTCRayHit16 query;
      alignas(64) std::array<int, width> valid{};
      for (std::size_t i = 0; i < width; ++i) {
        const Ray& ray = rays[first + std::min(i, count - 1)];
        valid[i] = i < count ? -1 : 0;
        query.ray.org_x[i] = ray.origin[0];
        query.ray.org_y[i] = ray.origin[1];
        query.ray.org_z[i] = ray.origin[2];
        query.ray.tnear[i] = ray.t_min;
        query.ray.dir_x[i] = ray.direction[0];
        query.ray.dir_y[i] = ray.direction[1];
        query.ray.dir_z[i] = ray.direction[2];
        query.ray.time[i] = 0;
        query.ray.tfar[i] = ray.t_max;
        query.ray.mask[i] = ~0u;
        query.ray.id[i] = 0;
        query.ray.flags[i] = 0;
        query.hit.geomID[i] = RTC_INVALID_GEOMETRY_ID;
      }
      rtcIntersect16(valid.data(), scene_, &context, &query);
      for (std::size_t i = 0; i < count; ++i)
        hits[first + i] =
            query.hit.geomID[i] == RTC_INVALID_GEOMETRY_ID
                ? RayHit{}
                : RayHit{query.ray.tfar[i], query.hit.u[i], query.hit.v[i], query.hit.primID[i], no_point};
    }
  }

  std::string name_;
  RTCBuildQuality quality_;
  bool packets_;
  int threads_ = 0;
  std::atomic<ssize_t> bytes_{0};
  RTCDevice device_ = nullptr;
  RTCScene scene_ = nullptr;
};

}  // namespace

std::vector<std::unique_ptr<RayTracer>> embree_tracers() {
  std::vector<std::unique_ptr<RayTracer>> all;
  all.push_back(std::make_unique<Embree>("embree/low", RTC_BUILD_QUALITY_LOW, false));
  all.push_back(std::make_unique<Embree>("embree/medium", RTC_BUILD_QUALITY_MEDIUM, false));
  all.push_back(std::make_unique<Embree>("embree/high", RTC_BUILD_QUALITY_HIGH, false));
  all.push_back(std::make_unique<Embree>("embree/high-packets", RTC_BUILD_QUALITY_HIGH, true));
  return all;
}

}  // namespace coppice::bench
