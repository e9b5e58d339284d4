// A clear sky: bright at the horizon, blue above, with a sun that gives sharp light and stands in a faint glow. Simple
// on purpose; the numbers were chosen so that shade is about a quarter as bright as sunlight, as it is outdoors.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "vec.hpp"

namespace coppice::paths {

using scenes::Vec;

class Sky {
 public:
  /// Angles in degrees; `up` is the vertical axis.
  Sky(double azimuth, double elevation, int up) : up_(static_cast<std::size_t>(up)) {
    const double degree = std::acos(0.0) / 90;
    const std::size_t first = (up_ + 1) % 3;
    const std::size_t second = (up_ + 2) % 3;
    sun_[up_] = std::sin(elevation * degree);
    sun_[std::min(first, second)] = std::cos(elevation * degree) * std::cos(azimuth * degree);
    sun_[std::max(first, second)] = std::cos(elevation * degree) * std::sin(azimuth * degree);
    sides_ = scenes::across(sun_);
  }

  /// What comes from a direction, the sun left out.
  [[nodiscard]] Vec radiance(const Vec& direction) const noexcept {
    constexpr Vec zenith{0.22, 0.42, 0.95};
    constexpr Vec horizon{0.95, 1.02, 1.1};
    constexpr Vec ground{0.28, 0.26, 0.24};
    const double height = direction[up_];
    const double near_sun = std::max(scenes::dot(direction, sun_), 0.0);
    Vec light{};
    const double upward = std::sqrt(std::clamp(height, 0.0, 1.0));
    const double below = std::clamp(-height * 12, 0.0, 1.0);
    const double glow = 0.35 * std::pow(near_sun, 24) * (1 - below);
    for (std::size_t i = 0; i < 3; ++i) {
      const double sky = horizon[i] + (zenith[i] - horizon[i]) * upward;
      light[i] = sky + (ground[i] - sky) * below + glow * sun_color[i];
    }
    return light;
  }
  /// What the camera sees: also the disk of the sun.
  [[nodiscard]] Vec seen(const Vec& direction) const noexcept {
    Vec light = radiance(direction);
    if (scenes::dot(direction, sun_) > std::cos(2.5 * sun_radius))
      for (std::size_t i = 0; i < 3; ++i) light[i] += 40 * sun_color[i];
    return light;
  }
  /// A direction towards the sun for a place on the unit disk, not normalised.
  [[nodiscard]] Vec towards_sun(const std::array<double, 2>& disk) const noexcept {
    return sun_ + sun_radius * disk[0] * sides_[0] + sun_radius * disk[1] * sides_[1];
  }

  static constexpr Vec sun_color{1, 0.93, 0.82};
  /// What falls on a surface that faces the sun.
  static constexpr double sun_irradiance = 8;

 private:
  static constexpr double sun_radius = 0.008;  // radians; the real one has 0.0047

  std::size_t up_;
  Vec sun_{};
  std::array<Vec, 2> sides_{};
};

}  // namespace coppice::paths
