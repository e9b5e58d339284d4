// See route.hpp.
#include "route.hpp"

#include <array>
#include <cmath>

namespace coppice::lidar {
namespace {

constexpr double turn_radius = 12;
constexpr double lane_offset = 1.6;  // from the street's line to the middle of the right-hand lane
constexpr double approach = 36;      // metres from the start to the first turn, so that a short drive shows one
const double quarter_turn = std::acos(0.0);

}  // namespace

Route::Route(const Town& town) {
  // Street numbers of the crossings where the drive turns; a loop through the middle of the town.
  constexpr std::array<std::array<std::size_t, 2>, 8> crossings{
      {{2, 2}, {4, 2}, {4, 3}, {5, 3}, {5, 5}, {3, 5}, {3, 4}, {2, 4}}};
  const std::size_t count = crossings.size();
  std::array<Place, 8> headings{};
  std::array<Place, 8> corners{};
  const auto at = [&](std::size_t i) -> Place {
    return {town.streets(0)[crossings[i % count][0]], town.streets(1)[crossings[i % count][1]]};
  };
  for (std::size_t i = 0; i < count; ++i) {
    const Place from = at(i);
    const Place to = at(i + 1);
    const double distance = std::hypot(to[0] - from[0], to[1] - from[1]);
    headings[i] = {(to[0] - from[0]) / distance, (to[1] - from[1]) / distance};
  }
  for (std::size_t i = 0; i < count; ++i) {  // where the lanes of the two streets of a crossing meet
    const Place& in = headings[(i + count - 1) % count];
    const Place& out = headings[i];
    corners[i] = {at(i)[0] + lane_offset * (in[1] + out[1]), at(i)[1] - lane_offset * (in[0] + out[0])};
  }
  for (std::size_t i = 0; i < count; ++i) {
    const Place& heading = headings[i];
    const Place& next = headings[(i + 1) % count];
    const Place& from = corners[i];
    const Place& to = corners[(i + 1) % count];
    const double straight = std::hypot(to[0] - from[0], to[1] - from[1]) - 2 * turn_radius;
    const double turn = heading[0] * next[1] - heading[1] * next[0];
    legs_.push_back(
        {{from[0] + turn_radius * heading[0], from[1] + turn_radius * heading[1]}, heading, straight, turn});
    length_ += straight + quarter_turn * turn_radius;
  }
  start_ = legs_.front().straight - approach;
}

Pose Route::at(double travelled) const {
  double left = std::fmod(travelled + start_, length_);
  if (left < 0) left += length_;
  for (const Leg& leg : legs_) {
    const Place& h = leg.heading;
    if (left <= leg.straight) return {{leg.from[0] + left * h[0], leg.from[1] + left * h[1]}, h};
    left -= leg.straight;
    if (left <= quarter_turn * turn_radius) {
      const Place inward{-h[1] * leg.turn, h[0] * leg.turn};
      const double c = std::cos(left / turn_radius);
      const double s = std::sin(left / turn_radius);
      const auto along = [&](std::size_t i) {
        return leg.from[i] + leg.straight * h[i] + turn_radius * (s * h[i] + (1 - c) * inward[i]);
      };
      return {{along(0), along(1)}, {c * h[0] + s * inward[0], c * h[1] + s * inward[1]}};
    }
    left -= quarter_turn * turn_radius;
  }
  return {legs_.front().from, legs_.front().heading};  // rounding left a sliver beyond the last leg
}

}  // namespace coppice::lidar
