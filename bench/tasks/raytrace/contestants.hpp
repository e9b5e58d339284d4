// Who takes part in the task `raytrace`: each builds a hierarchy over a mesh and finds the first hit of rays. A call of
// `trace` is one thread's share of thousands of rays, so that it may be virtual.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "coppice/geometry/ray.hpp"
#include "coppice/geometry/triangle_mesh.hpp"
#include "harness/report.hpp"

namespace coppice::bench {

class RayTracer {
 public:
  virtual ~RayTracer() = default;
  [[nodiscard]] virtual Identity identity() const = 0;
  /// Which of the operations its builds count as: fast ones or those that take their time.
  [[nodiscard]] virtual bool builds_fast() const = 0;
  /// Takes the mesh anew, from the caller's memory to a hierarchy that can be traced.
  virtual void build(const TriangleMesh& mesh, int threads) = 0;
  virtual void trace(std::span<const Ray> rays, std::span<RayHit> hits) const = 0;
  /// Whether only coherent rays are for it.
  [[nodiscard]] virtual bool coherent_only() const { return false; }
  /// Of the hierarchy and its primitives.
  [[nodiscard]] virtual std::size_t bytes() const = 0;
  /// What else it knows of what it built.
  [[nodiscard]] virtual std::map<std::string, double> facts() const { return {}; }
};

/// `coppice/bvh-<builder>`, for every builder, and for tops: `neural`, `recursive`, `portfolio`.
[[nodiscard]] std::vector<std::unique_ptr<RayTracer>> coppice_tracers();
/// `embree/low`, `embree/medium`, `embree/high`, and `embree/high-packets`: sixteen rays at a time.
[[nodiscard]] std::vector<std::unique_ptr<RayTracer>> embree_tracers();

}  // namespace coppice::bench
