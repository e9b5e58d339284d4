// The drive: a closed loop along the right-hand lanes of a town's streets, straight legs joined by circular arcs, so
// that position and heading are continuous.
#pragma once

#include <vector>

#include "town.hpp"

namespace coppice::lidar {

/// A place on the route and the unit vector of travel there.
struct Pose {
  Place place;
  Place heading;
};

/// A closed curve by arc length.
class Route {
 public:
  explicit Route(const Town& town);

  [[nodiscard]] double length() const noexcept { return length_; }
  /// The pose after `travelled` metres from the start; wraps around. Complexity: O(legs).
  [[nodiscard]] Pose at(double travelled) const;

 private:
  struct Leg {  // a straight line, then an arc by a quarter turn
    Place from;
    Place heading;
    double straight;
    double turn;  // +1 left, −1 right
  };
  std::vector<Leg> legs_;
  double length_ = 0;
  double start_ = 0;  // metres from the first leg's start to the route's
};

}  // namespace coppice::lidar
