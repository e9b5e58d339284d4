// Scenes of two levels: a hierarchy over instances, each an affine image of a hierarchy of triangles or boxes. An
// instance costs a few dozen bytes, whatever stands behind it, and moving it touches nothing below.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "coppice/geometry/ray.hpp"
#include "coppice/index/bvh/bvh.hpp"

namespace coppice {

/// x ↦ M x + t by rows: (m00 m01 m02 t0, m10 …). M must be invertible; entries of both M and its inverse at most 1e6.
struct Affine3 {
  std::array<std::array<float, 4>, 3> rows{{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}}};

  [[nodiscard]] Vec3 apply(const Vec3& p) const noexcept;
  /// Errors: invalid_input when M is singular, or an entry of either is NaN or too large.
  [[nodiscard]] Affine3 inverse() const;
  /// A ray in the space that this maps from the ray's; t stays what it was.
  [[nodiscard]] Ray apply(const Ray& ray) const noexcept;
};

/// A scene of instances. Rays are carried into the space of each instance, so t means the same in all of them.
/// Exactness: every hit equals that of `Bvh` on the transformed ray (`Affine3::apply` of the inverse), the closest over
/// all instances by (t, instance, primitive); boxes of instances are padded by 2^-14 of their coordinates for the
/// rounding of transforms, which covers rays from as far away as some hundred times that. Thread safety: as Bvh; the
/// structures that instances share must not change meanwhile.
class BvhScene {
 public:
  explicit BvhScene(bvh::Config config = {});
  BvhScene(BvhScene&&) noexcept;
  BvhScene& operator=(BvhScene&&) noexcept;
  ~BvhScene();

  /// Takes in a structure to be shown; returns its number. Errors: invalid_input for none, unsupported for points.
  std::size_t add(std::shared_ptr<const Bvh> shape);
  /// Shows structure `shape` at a place; returns the instance's id. Errors: invalid_input.
  point_id place(std::size_t shape, const Affine3& transform);
  /// Moves an instance. Errors: invalid_input for an unknown id or a singular transform.
  void move(point_id instance, const Affine3& transform);
  /// Errors: invalid_input for an unknown id.
  void remove(point_id instance);
  /// Brings the upper level up to date; queries before it see the scene of the last call. Complexity: O(m log m).
  void commit();

  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] RayHit closest(const Ray& ray) const;
  void closest(std::span<const Ray> rays, std::span<RayHit> hits, const RayBatch& batch = {}) const;
  [[nodiscard]] bool any(const Ray& ray) const;
  void any(std::span<const Ray> rays, std::span<std::uint8_t> hit, const RayBatch& batch = {}) const;
  [[nodiscard]] Box3 bounds() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace coppice
