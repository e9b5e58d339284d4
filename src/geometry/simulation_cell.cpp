#include "coppice/geometry/simulation_cell.hpp"

#include <cmath>
#include <sstream>

#include "coppice/errors.hpp"

namespace coppice {
namespace {

using Vector = SimulationCell::Vector;

Vector cross(const Vector& a, const Vector& b) noexcept {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
double dot(const Vector& a, const Vector& b) noexcept {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
double largest(const Vector& a) noexcept {
  return std::fmax(std::fmax(std::fabs(a[0]), std::fabs(a[1])), std::fabs(a[2]));
}
Vector scaled(const Vector& a, double f) noexcept {
  return {a[0] * f, a[1] * f, a[2] * f};
}
bool is_zero(const Vector& a) noexcept {
  return a[0] == 0 && a[1] == 0 && a[2] == 0;
}

/// Of length 1; first scaled by its largest entry, so that no square overflows or vanishes.
Vector unit(const Vector& a) noexcept {
  const Vector v = scaled(a, 1 / largest(a));
  return scaled(v, 1 / std::sqrt(dot(v, v)));
}

/// A unit vector perpendicular to a.
Vector perpendicular(const Vector& a) noexcept {
  Vector axis{};
  std::size_t least = 0;
  for (std::size_t k = 1; k < 3; ++k)
    if (std::fabs(a[k]) < std::fabs(a[least])) least = k;
  axis[least] = 1;
  return unit(cross(unit(a), axis));
}

std::string text(const SimulationCell& cell) {
  std::ostringstream out;
  out.precision(9);
  for (std::size_t i = 0; i < 3; ++i) {
    out << (i == 0 ? "(" : ", (");
    for (std::size_t k = 0; k < 3; ++k) out << (k == 0 ? "" : ", ") << cell.vectors[i][k];
    out << ')';
  }
  return out.str();
}

}  // namespace

SimulationCell SimulationCell::orthorhombic(double a, double b, double c) noexcept {
  return triclinic({a, 0, 0}, {0, b, 0}, {0, 0, c});
}

SimulationCell SimulationCell::triclinic(const Vector& a, const Vector& b, const Vector& c) noexcept {
  return {{a, b, c}, {true, true, true}};
}

double SimulationCell::volume() const noexcept {
  return dot(vectors[0], cross(vectors[1], vectors[2]));
}

SimulationCell SimulationCell::completed() const noexcept {
  SimulationCell cell = *this;
  for (std::size_t k = 0; k < 3; ++k) {
    Vector& v = cell.vectors[k];
    if (periodic[k] || !is_zero(v)) continue;
    const Vector& next = cell.vectors[(k + 1) % 3];
    const Vector& after = cell.vectors[(k + 2) % 3];
    if (is_zero(next) && is_zero(after))
      v[k] = 1;
    else if (is_zero(next) || is_zero(after))
      v = perpendicular(is_zero(next) ? after : next);
    else if (const Vector normal = cross(unit(next), unit(after)); !is_zero(normal))
      v = unit(normal);
  }
  return cell;
}

double SimulationCell::height(int k) const noexcept {
  const auto i = static_cast<std::size_t>(k);
  const Vector normal = cross(unit(vectors[(i + 1) % 3]), unit(vectors[(i + 2) % 3]));
  return std::fabs(dot(vectors[i], unit(normal)));
}

std::array<Vector, 3> SimulationCell::inverse() const noexcept {
  std::array<Vector, 3> rows;
  for (std::size_t k = 0; k < 3; ++k) {
    const Vector normal = unit(cross(unit(vectors[(k + 1) % 3]), unit(vectors[(k + 2) % 3])));
    rows[k] = scaled(normal, 1 / dot(vectors[k], normal));
  }
  return rows;
}

Vector SimulationCell::shift(const std::array<int, 3>& s) const noexcept {
  Vector v;
  for (std::size_t k = 0; k < 3; ++k) v[k] = (s[0] * vectors[0][k] + s[1] * vectors[1][k]) + s[2] * vectors[2][k];
  return v;
}

void SimulationCell::check() const {
  if (!is_periodic()) return;
  for (const Vector& v : vectors)
    for (double x : v)
      if (!(std::fabs(x) <= 1e150))
        throw invalid_input("the cell " + text(*this) + " has an entry that is " +
                            (std::isnan(x)   ? "NaN"
                             : std::isinf(x) ? "infinite"
                                             : "too large") +
                            "; expected finite numbers of magnitude at most 1e150");
  for (std::size_t k = 0; k < 3; ++k)
    if (periodic[k] && is_zero(vectors[k]))
      throw invalid_input("the cell is periodic along " + std::string(1, "abc"[k]) + ", but that vector is zero");
  const SimulationCell cell = completed();
  double sine = 0;  // of the solid angle: the volume of the unit vectors, so that thin cells are judged by shape alone
  bool zero = false;
  for (const Vector& v : cell.vectors) zero |= is_zero(v);
  if (!zero) sine = dot(unit(cell.vectors[0]), cross(unit(cell.vectors[1]), unit(cell.vectors[2])));
  if (std::fabs(sine) < 1e-12)
    throw invalid_input("the cell " + text(*this) + " is singular; expected vectors that do not lie in a plane");
  if (sine < 0) throw invalid_input("the cell " + text(*this) + " is left-handed; expected a · (b × c) > 0");
}

}  // namespace coppice
