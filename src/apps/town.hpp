// The world of the simulated drive: upright solids (turned boxes, cylinders, spheres) on the road plane z = 0, and a
// Bvh over their footprints that finds the solids along a horizontal line. All beams of one column share that line, so
// one ray is traced a column, with every hit, and each beam is then cast in the vertical plane above the line.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "coppice/index/bvh/bvh.hpp"
#include "random.hpp"

namespace coppice::lidar {

using Place = std::array<double, 2>;

/// An upright solid between two heights.
struct Solid {
  enum class Shape : std::uint8_t { box, cylinder, sphere };
  Shape shape = Shape::box;
  Place centre{};
  Place axis{1, 0};  ///< unit vector along the box's first side
  Place half{};      ///< box: half sides; otherwise half[0] is the radius
  double lower = 0;  ///< sphere: `lower` and `upper` are the poles
  double upper = 0;

  [[nodiscard]] double signed_distance(const std::array<double, 3>& place) const noexcept;
};

/// What a vertical plane through the sensor cuts out of a solid, over the horizontal distance t from the sensor:
/// a rectangle [enter, leave] × [lower, upper], or a disc for spheres.
struct Slice {
  double enter;
  double leave;
  double lower;
  double upper;
  double facing;  ///< |cosine| between the line and the side's normal; sphere: 1 ÷ radius
  bool round;
};

/// A hit in that plane; `distance` is horizontal.
struct SliceHit {
  double distance;
  double facing;  ///< |cosine| of the angle of incidence
};

/// The streets, the solids along them, and the hierarchy over these.
class Town {
 public:
  explicit Town(std::uint64_t seed);

  /// Coordinates of the north–south (axis 0) and east–west (axis 1) street lines, ascending.
  [[nodiscard]] const std::vector<double>& streets(int axis) const noexcept { return streets_[axis]; }
  [[nodiscard]] const std::vector<Solid>& solids() const noexcept { return solids_; }

  /// Replaces `slices` by those of the solids that the line from `origin` along the unit vector `direction` meets
  /// within `range`, by `enter`.
  void slice(const Place& origin, const Place& direction, double range, std::vector<Slice>& slices) const;

 private:
  std::array<std::vector<double>, 2> streets_;
  std::vector<Solid> solids_;
  Bvh footprints_;  // of the solids, by their rows, as boxes around z = 0
};

/// The first hit of a ray that starts at height `height` and rises `slope` a metre; false when it misses or starts
/// inside. `sine` and `cosine` are those of the elevation.
[[nodiscard]] bool cast(const Slice& slice, double height, double slope, double sine, double cosine,
                        SliceHit& hit) noexcept;

/// Half the width of every street, kerb to kerb; parked cars stand in its outer part.
inline constexpr double half_street = 5.5;
inline constexpr double kerb_height = 0.12;

}  // namespace coppice::lidar
