// See town_plan.hpp. Sizes are those of a small European town: 11 m from kerb to kerb, blocks of 47 to 81 m, houses of
// one to six floors behind front gardens, plane trees and lamps along the pavement.
#include "town_plan.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace coppice::lidar {
namespace {

constexpr int street_lines = 8;
constexpr double floor_height = 3.1;
constexpr double crossing_clearance = 13;  // nothing is parked or planted nearer to a crossing street's line

class Planner {
 public:
  explicit Planner(std::uint64_t seed) : random_(seed) {}

  TownPlan plan() {
    for (auto& lines : plan_.streets) {
      double at = 0;
      for (int i = 0; i < street_lines; ++i, at += random_.between(58, 92)) lines.push_back(at);
      const double middle = (lines.front() + lines.back()) / 2;
      for (double& line : lines) line -= middle;
    }
    for (int i = 0; i + 1 < street_lines; ++i)
      for (int j = 0; j + 1 < street_lines; ++j) fill_block({line(0, i), line(1, j)}, {line(0, i + 1), line(1, j + 1)});
    for (int axis = 0; axis < 2; ++axis)
      for (int i = 0; i < street_lines; ++i)
        for (int j = 0; j + 1 < street_lines; ++j)
          line_street(axis, line(axis, i), line(1 - axis, j), line(1 - axis, j + 1));
    return std::move(plan_);
  }

 private:
  [[nodiscard]] double line(int axis, int i) const {
    return plan_.streets[static_cast<std::size_t>(axis)][static_cast<std::size_t>(i)];
  }

  void add_box(Place centre, double yaw, Place half, double lower, double upper) {
    plan_.solids.push_back({Solid::Shape::box, centre, {std::cos(yaw), std::sin(yaw)}, half, lower, upper});
  }
  void add_cylinder(Place centre, double radius, double upper) {
    plan_.solids.push_back({Solid::Shape::cylinder, centre, {1, 0}, {radius, radius}, 0, upper});
  }
  void add_tree(Place place) {
    const double radius = random_.between(1.4, 2.4);
    const double crown = random_.between(2.6, 3.6) + radius;
    add_cylinder(place, random_.between(0.11, 0.2), crown);
    plan_.solids.push_back({Solid::Shape::sphere, place, {1, 0}, {radius, radius}, crown - radius, crown + radius});
  }
  void add_parked_car(Place place, double yaw) {
    const double half_length = random_.between(1.9, 2.4);
    const double half_width = random_.between(0.84, 0.95);
    const double bonnet = random_.between(0.8, 0.95);
    add_box(place, yaw, {half_length, half_width}, 0.25, bonnet);
    add_box(place, yaw, {half_length * 0.55, half_width * 0.88}, bonnet, bonnet + random_.between(0.5, 0.85));
  }

  // A block between four street lines: the raised pavement and yards, and either a park or houses along its sides.
  void fill_block(Place lower, Place upper) {
    const Place centre{(lower[0] + upper[0]) / 2, (lower[1] + upper[1]) / 2};
    const Place half{(upper[0] - lower[0]) / 2 - half_street, (upper[1] - lower[1]) / 2 - half_street};
    add_box(centre, 0, half, 0, kerb_height);
    if (random_.chance(0.08)) {
      for (int trees = 22; trees > 0; --trees)
        add_tree(
            {centre[0] + random_.between(-0.85, 0.85) * half[0], centre[1] + random_.between(-0.85, 0.85) * half[1]});
      return;
    }
    const double floors = random_.between(2, 6);
    for (int axis = 0; axis < 2; ++axis)
      for (int side = -1; side <= 1; side += 2) line_block(centre, half, axis, side, floors);
    for (int trees = 5; trees > 0; --trees)
      add_tree({centre[0] + random_.between(-0.4, 0.4) * half[0], centre[1] + random_.between(-0.4, 0.4) * half[1]});
  }

  // Houses, gaps, walls and hedges along one side of a block; sides along axis 0 own the corners.
  void line_block(Place centre, Place half, int axis, int side, double floors) {
    const auto along = static_cast<std::size_t>(axis);
    const std::size_t across = 1 - along;
    const double reach = half[along] - (axis == 0 ? 4 : 19);
    for (double at = -reach; at < reach - 7;) {
      const double width = std::min(random_.between(9, 22), reach - at);
      const double depth = random_.between(9, 13);
      const double setback = random_.between(3.5, 6);
      const double height = floor_height * std::floor(random_.between(1, floors + 1)) + random_.between(0.4, 1.4);
      const auto place = [&](double inset) {
        Place p{};
        p[along] = centre[along] + at + width / 2;
        p[across] = centre[across] + side * (half[across] - inset);
        return p;
      };
      const auto turned = [&](double length, double thickness) {
        return axis == 0 ? Place{length / 2, thickness / 2} : Place{thickness / 2, length / 2};
      };
      const double yaw = random_.between(-0.025, 0.025);
      if (random_.chance(0.86)) {
        add_box(place(setback + depth / 2), yaw, turned(width, depth), 0, height);
        if (random_.chance(0.3))  // a bay or porch in front
          add_box(place(setback - 0.6), yaw, turned(random_.between(2, 4), 1.6), 0, random_.between(2.6, 3.4));
      } else {
        add_tree(place(setback + depth / 2));
      }
      if (random_.chance(0.45))  // a garden wall or a hedge along the pavement
        add_box(place(2.7), 0, turned(width * random_.between(0.6, 0.95), random_.between(0.25, 0.9)), 0,
                random_.between(0.7, 1.7));
      at += width + (random_.chance(0.4) ? 0.0 : random_.between(1.5, 6));
    }
  }

  // Parked cars, trees and lamps along both kerbs of a street, between two crossings.
  void line_street(int axis, double line, double from, double to) {
    const auto at = [&](double along, double across) {
      return axis == 0 ? Place{line + across, along} : Place{along, line + across};
    };
    const double heading = axis == 0 ? std::acos(0.0) : 0.0;
    for (int side = -1; side <= 1; side += 2) {
      for (double s = from + crossing_clearance; s < to - crossing_clearance; s += random_.between(5.6, 7))
        if (random_.chance(0.5))
          add_parked_car(at(s, side * (half_street - 1.1)), heading + random_.between(-0.03, 0.03));
      for (double s = from + crossing_clearance; s < to - crossing_clearance; s += random_.between(9, 14))
        if (random_.chance(0.55)) add_tree(at(s, side * (half_street + 1.3)));
      for (double s = from + crossing_clearance + 4; s < to - crossing_clearance; s += 26)
        add_cylinder(at(s, side * (half_street + 0.5)), 0.09, 6.5);
    }
  }

  Random random_;
  TownPlan plan_;
};

}  // namespace

TownPlan plan_town(std::uint64_t seed) {
  return Planner(seed).plan();
}

}  // namespace coppice::lidar
