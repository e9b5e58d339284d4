// PathTracer: pictures of triangle scenes by following light backwards, through a Bvh. Surfaces are matt, light comes
// from a clear sky and a sun. It is also the workload that paper 001 measures rays with (section 6.4): one primary ray
// and four diffuse bounces, tracing being all that it spends time on.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "coppice/apps/scenes.hpp"
#include "coppice/geometry/ray.hpp"
#include "coppice/geometry/triangle_mesh.hpp"
#include "coppice/index/bvh/bvh.hpp"
#include "coppice/parallel/executor.hpp"

namespace coppice {

/// A pinhole. Angles are degrees.
struct Camera {
  Vec3 position{0, 0, 1};
  Vec3 target{0, 0, 0};
  float field_of_view = 60;  ///< from the lower edge of the picture to the upper one
  int up = 1;                ///< the axis that points up in the picture and towards the sky: 1 for y, 2 for z

  /// Errors: invalid_input that names the field: not finite, position and target equal or above one another, a field of
  /// view outside 1 to 170, another axis than 0, 1 or 2.
  void check() const;
  /// The ray through (x, y) of a picture of that size, in pixels from its upper left corner; its direction has
  /// length 1.
  [[nodiscard]] Ray ray(double x, double y, int width, int height) const;
};

/// A view that shows something: along a hall, where walls surround the middle of the scene and face it; over a
/// landscape, where the scene is four times as wide as it is high; else of a thing, from outside and a little above.
/// Errors: invalid_input for an empty scene.
[[nodiscard]] Camera automatic_camera(const Bvh& scene, int up = 1);

/// Light that reached the camera.
struct Picture {
  int width = 0;
  int height = 0;
  std::vector<Vec3> radiance;  ///< red, green and blue a pixel, row after row from the top; linear, unbounded

  /// Rays by what they were for.
  std::uint64_t primary_rays = 0;
  std::uint64_t bounce_rays = 0;
  std::uint64_t shadow_rays = 0;
};

/// Traces pictures. The picture is a function of scene, camera and Config alone: not of the threads, the builder of the
/// hierarchy or the instruction set. Thread safety: any number of concurrent calls.
class PathTracer {
 public:
  struct Config {
    int width = 960;
    int height = 540;
    int samples = 16;        ///< paths a pixel; noise falls with the square root, time grows in proportion
    int bounces = 4;         ///< after the primary ray; 0: what the sun reaches alone
    std::uint64_t seed = 1;  ///< of all random numbers
    float sun_azimuth = 35;  ///< degrees around the vertical, from the first of the other two axes
    float sun_elevation = 55;
    bool floor = false;   ///< an endless plane below the scene
    bool sorted = false;  ///< bounces are traced sorted by direction (RayBatch::sorted)
    Executor executor{};

    /// Errors: invalid_input that names the field.
    void check() const;
  };
  /// Called as pixels are finished, by one thread at a time.
  using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

  PathTracer() : PathTracer(Config{}) {}
  /// Errors: invalid_input for a bad Config.
  explicit PathTracer(Config config);

  [[nodiscard]] const Config& config() const noexcept { return config_; }

  /// Requires: `scene` was built from `mesh`, under the ids 0, 1, …, and has not changed since. `mesh.colors` may be
  /// empty: everything is grey then. Normals are smooth where faces that share a vertex meet at less than 40 degrees.
  /// Memory: 64 bytes a face and 12 a pixel.
  /// Errors: invalid_input for a bad camera, or when scene, faces and colors are not equally many.
  [[nodiscard]] Picture trace(const Bvh& scene, const ColoredMesh& mesh, const Camera& camera,
                              const Progress& progress = {}) const;

 private:
  Config config_;
};

/// A picture as it is shown: 3 × width × height bytes of sRGB, exposed for its mean brightness and with highlights
/// rolled off. `exposure` multiplies what is found to fit.
[[nodiscard]] std::vector<std::uint8_t> develop(const Picture& picture, float exposure = 1);

}  // namespace coppice
