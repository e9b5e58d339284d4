// The cell of a simulation: three vectors and the axes along which space repeats. Always in double, whatever the points
// are stored in. Nothing periodic is open space.
#pragma once

#include <array>

namespace coppice {

struct SimulationCell {
  using Vector = std::array<double, 3>;

  std::array<Vector, 3> vectors{};  ///< rows a, b, c, in the units of the coordinates
  std::array<bool, 3> periodic{};   ///< any subset of the axes

  /// Nothing repeats.
  [[nodiscard]] static SimulationCell open() noexcept { return {}; }
  /// A box with these edges, periodic on all axes.
  [[nodiscard]] static SimulationCell orthorhombic(double a, double b, double c) noexcept;
  /// Any three vectors, periodic on all axes.
  [[nodiscard]] static SimulationCell triclinic(const Vector& a, const Vector& b, const Vector& c) noexcept;

  [[nodiscard]] bool is_periodic() const noexcept { return periodic[0] || periodic[1] || periodic[2]; }
  /// a · (b × c): positive where the vectors are right-handed.
  [[nodiscard]] double volume() const noexcept;
  /// The cell with every zero vector of an open axis replaced by a unit vector perpendicular to the others, so that the
  /// vectors span space and are right-handed if they can be.
  [[nodiscard]] SimulationCell completed() const noexcept;
  /// The distance between the two faces that axis k joins. Requires: a completed, regular cell.
  [[nodiscard]] double height(int k) const noexcept;
  /// Row k · x counts the vectors k in x. Requires: a completed, regular cell.
  [[nodiscard]] std::array<Vector, 3> inverse() const noexcept;
  /// The vector of an image: (S0·a + S1·b) + S2·c, in this order, without fused multiply-add.
  [[nodiscard]] Vector shift(const std::array<int, 3>& s) const noexcept;
  /// Errors: invalid_input when something is periodic and a number is not finite or beyond 1e150, a periodic axis has
  /// no vector, or the vectors lie in a plane or are left-handed.
  void check() const;

  friend bool operator==(const SimulationCell&, const SimulationCell&) = default;
};

}  // namespace coppice
