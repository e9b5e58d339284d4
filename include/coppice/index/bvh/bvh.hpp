// A bounding-volume hierarchy over triangles, boxes or points: rays and distances on scenes that change. Nodes are
// eight wide, primitives lie in blocks of eight, and both are tested in one vector evaluation; the searches are
// compiled once an instruction set. Paper 001 builds its tops (index/neural_builder); design: docs/design/bvh.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "coppice/geometry/point_view.hpp"
#include "coppice/geometry/ray.hpp"
#include "coppice/geometry/triangle_mesh.hpp"
#include "coppice/index/bvh/builder.hpp"
#include "coppice/query/hit.hpp"
#include "coppice/query/queries.hpp"

namespace coppice {

namespace bvh {
class Tree;
/// What the primitives are.
enum class Kind { triangles, boxes, points };
}  // namespace bvh

/// Keeps the hits that it accepts (holes in leaves, one side of a surface, …). Called from several threads at once when
/// the executor is parallel, any number of times, in any order, also for hits that are not the closest.
using HitFilter = std::function<bool(const RayHit&)>;

/// How a batch of rays is traced.
struct RayBatch {
  /// Traces the rays in the order of their origins and directions along a Morton curve; pays for incoherent rays.
  bool sorted = false;
  HitFilter filter{};
  Executor executor{};
};

/// A place on the surface of a primitive.
struct SurfacePoint {
  Vec3 point{};
  float distance_squared = std::numeric_limits<float>::infinity();
  float u = 0;  ///< as in RayHit
  float v = 0;
  point_id primitive = no_point;
};

/// A point near a ray.
struct PointNearRay {
  float t = 0;                 ///< of the place on the ray nearest to the point, within [t_min, t_max]
  float distance_squared = 0;  ///< from there to the point
  point_id id = no_point;

  friend bool operator==(const PointNearRay&, const PointNearRay&) = default;
};

/// What a hierarchy did for a batch of rays: nodes, leaves and blocks visited.
struct RayWork {
  std::uint64_t rays = 0;
  std::uint64_t nodes = 0;
  std::uint64_t leaves = 0;
  std::uint64_t blocks = 0;
  std::uint64_t hits = 0;
};

/// A dynamic index over primitives in three dimensions (float), one kind at a time.
///
/// Exactness: the same hits, to the last bit, for every builder, history, number of threads and instruction set: those
/// of a loop over all primitives with `bvh::intersect` (index/bvh/intersect.hpp). At equal t the smallest id wins.
/// Degenerate triangles (a segment, a point) are kept and never hit by rays; distances to them are right.
/// Thread safety: any number of concurrent const calls; one writer and no other call beside it.
/// Errors: a call that throws invalid_input has changed nothing. Limits: 2^26 primitives.
class Bvh {
 public:
  using Config = bvh::Config;

  /// An empty index. Errors: invalid_input for a bad Config.
  explicit Bvh(Config config = {});
  Bvh(Bvh&&) noexcept;
  Bvh& operator=(Bvh&&) noexcept;
  ~Bvh();

  /// Replaces everything; ids become 0 … n − 1, the rows of what is given. Complexity: O(n log n).
  /// Errors: invalid_input naming the row (check_mesh, check_triangles, check_boxes, check_points).
  void build(const TriangleMesh& mesh);
  void build(std::span<const Triangle> triangles);
  void build(std::span<const Box3> boxes);
  void build(PointView<float> points);
  /// As above under the caller's ids. Errors: also invalid_input naming the row of a negative or repeated id.
  void build(std::span<const Triangle> triangles, std::span<const point_id> ids);
  void build(std::span<const Box3> boxes, std::span<const point_id> ids);
  void build(PointView<float> points, std::span<const point_id> ids);
  /// Builds below a given top: every group by the configured builder, in parallel. Errors: also those of Top::check.
  void build(std::span<const Triangle> triangles, const bvh::Top& top);

  /// Adds primitives of the kind that was built (an empty index takes any) under consecutive fresh ids; returns the
  /// first. All or nothing. Repairs are local: boxes on the way up, and subtrees that have become too costly.
  point_id insert(std::span<const Triangle> triangles);
  point_id insert(std::span<const Box3> boxes);
  point_id insert(PointView<float> points);
  /// Removes primitives. Errors: invalid_input naming the row of an unknown or repeated id; nothing was removed.
  void erase(std::span<const point_id> ids);
  /// Gives primitives a new place under the same ids. Errors: as erase, and for bad coordinates; nothing has moved.
  void move(std::span<const point_id> ids, std::span<const Triangle> triangles);
  void move(std::span<const point_id> ids, std::span<const Box3> boxes);
  void move(std::span<const point_id> ids, PointView<float> points);
  void clear();

  /// The first primitive along the ray; of boxes, where the ray enters (or t_min inside); points are never hit.
  /// Errors: invalid_input for a bad ray (check_rays).
  [[nodiscard]] RayHit closest(const Ray& ray) const;
  [[nodiscard]] RayHit closest(const Ray& ray, const HitFilter& filter) const;
  /// One hit a ray. Errors: invalid_input naming the row of a bad ray, or when the sizes differ.
  void closest(std::span<const Ray> rays, std::span<RayHit> hits, const RayBatch& batch = {}) const;
  /// Whether anything is hit: shadows and visibility.
  [[nodiscard]] bool any(const Ray& ray) const;
  [[nodiscard]] bool any(const Ray& ray, const HitFilter& filter) const;
  /// One flag a ray, 1 where something is hit.
  void any(std::span<const Ray> rays, std::span<std::uint8_t> hit, const RayBatch& batch = {}) const;
  /// Every hit, in the order of RayHit.
  [[nodiscard]] std::vector<RayHit> all(const Ray& ray, const HitFilter& filter = {}) const;
  /// How much work `closest` does for these rays.
  [[nodiscard]] RayWork work(std::span<const Ray> rays) const;

  /// The points (or centers of boxes) within `radius` of the ray, ordered by (t, id). Errors: unsupported for
  /// triangles; invalid_input for a bad ray or radius.
  [[nodiscard]] std::vector<PointNearRay> near(const Ray& ray, float radius) const;

  /// The point of all primitives nearest to `point`; of several the one on the smallest id. Boxes are solid.
  /// An empty index gives primitive = no_point.
  [[nodiscard]] SurfacePoint closest_point(const Vec3& point,
                                           float radius = std::numeric_limits<float>::infinity()) const;
  /// Distance to a closed surface of triangles, negative inside: by the sign of the angle-weighted normal at the
  /// nearest point (Baerentzen and Aanaes 2005). Errors: unsupported unless triangles, invalid_input when empty.
  [[nodiscard]] float signed_distance(const Vec3& point) const;
  /// The k nearest primitives, ordered by (squared distance, id).
  [[nodiscard]] std::vector<Hit<float>> nearest(const Vec3& point, std::size_t k,
                                                float radius = std::numeric_limits<float>::infinity()) const;
  /// The primitives with squared distance ≤ radius · radius, ordered by (squared distance, id).
  [[nodiscard]] std::vector<Hit<float>> within(const Vec3& point, float radius) const;

  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] bvh::Kind kind() const noexcept;
  [[nodiscard]] const Config& config() const noexcept;
  [[nodiscard]] bool contains(point_id id) const noexcept;
  /// Errors: invalid_input for an unknown id, unsupported for another kind.
  [[nodiscard]] Triangle triangle(point_id id) const;
  /// The box of a primitive of any kind. Errors: invalid_input for an unknown id.
  [[nodiscard]] Box3 box(point_id id) const;
  /// The box of everything; empty for an empty index.
  [[nodiscard]] Box3 bounds() const noexcept;
  [[nodiscard]] bvh::Quality quality() const;
  /// Checks every invariant; O(n). Errors: std::logic_error that names the first one broken.
  void validate() const;

  /// Writes primitives, ids and configuration to a checksummed file, atomically. Errors: io_error.
  void save(const std::filesystem::path& path) const;
  /// Builds from a file. Errors: io_error, corrupt_file, invalid_input when the file holds another index.
  [[nodiscard]] static Bvh load(const std::filesystem::path& path, Executor executor = {});

  /// The tree behind it, for scenes of several.
  [[nodiscard]] const bvh::Tree& tree() const noexcept { return *tree_; }

 private:
  std::unique_ptr<bvh::Tree> tree_;
};

}  // namespace coppice
