// See town.hpp.
#include "town.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "town_plan.hpp"

namespace coppice::lidar {
namespace {

double dot(const Place& a, const Place& b) noexcept {
  return a[0] * b[0] + a[1] * b[1];
}
Place left_of(const Place& a) noexcept {
  return {-a[1], a[0]};
}

// Half sides of the solid's footprint along the world's axes.
Place footprint(const Solid& solid) noexcept {
  if (solid.shape != Solid::Shape::box) return solid.half;
  const double c = std::abs(solid.axis[0]);
  const double s = std::abs(solid.axis[1]);
  return {c * solid.half[0] + s * solid.half[1], s * solid.half[0] + c * solid.half[1]};
}

bool slice_box(const Solid& solid, const Place& from_centre, const Place& direction, Slice& slice) noexcept {
  const std::array<Place, 2> axes{solid.axis, left_of(solid.axis)};
  slice.enter = -std::numeric_limits<double>::infinity();
  slice.leave = std::numeric_limits<double>::infinity();
  slice.facing = 1;
  for (std::size_t i = 0; i < 2; ++i) {
    const double start = dot(from_centre, axes[i]);
    const double step = dot(direction, axes[i]);
    if (std::abs(step) < 1e-12) {
      if (std::abs(start) > solid.half[i]) return false;
      continue;
    }
    const double near = (std::copysign(solid.half[i], -step) - start) / step;
    const double far = (std::copysign(solid.half[i], step) - start) / step;
    if (near > slice.enter) {
      slice.enter = near;
      slice.facing = std::abs(step);
    }
    slice.leave = std::min(slice.leave, far);
  }
  slice.lower = solid.lower;
  slice.upper = solid.upper;
  slice.round = false;
  return slice.enter < slice.leave;
}

bool slice_round(const Solid& solid, const Place& from_centre, const Place& direction, Slice& slice) noexcept {
  const double radius = solid.half[0];
  const double middle = -dot(from_centre, direction);
  const double chord_squared = radius * radius - (dot(from_centre, from_centre) - middle * middle);
  if (chord_squared <= 0) return false;
  const double chord = std::sqrt(chord_squared);
  slice.enter = middle - chord;
  slice.leave = middle + chord;
  slice.round = solid.shape == Solid::Shape::sphere;
  if (slice.round) {
    const double height = (solid.lower + solid.upper) / 2;
    slice.lower = height - chord;
    slice.upper = height + chord;
    slice.facing = 1 / radius;
  } else {
    slice.lower = solid.lower;
    slice.upper = solid.upper;
    slice.facing = chord / radius;
  }
  return true;
}

}  // namespace

double Solid::signed_distance(const std::array<double, 3>& place) const noexcept {
  const Place from_centre{place[0] - centre[0], place[1] - centre[1]};
  const double off_middle = place[2] - (lower + upper) / 2;
  if (shape == Shape::sphere) return std::hypot(from_centre[0], from_centre[1], off_middle) - half[0];
  const double above = std::abs(off_middle) - (upper - lower) / 2;
  if (shape == Shape::cylinder) {
    const double beside = std::hypot(from_centre[0], from_centre[1]) - half[0];
    return std::hypot(std::max(beside, 0.0), std::max(above, 0.0)) + std::min(std::max(beside, above), 0.0);
  }
  const double u = std::abs(dot(from_centre, axis)) - half[0];
  const double v = std::abs(dot(from_centre, left_of(axis))) - half[1];
  return std::hypot(std::max(u, 0.0), std::max(v, 0.0), std::max(above, 0.0)) + std::min(std::max({u, v, above}), 0.0);
}

bool cast(const Slice& slice, double height, double slope, double sine, double cosine, SliceHit& hit) noexcept {
  if (slice.round) {
    const double across = (slice.enter + slice.leave) / 2;
    const double up = (slice.lower + slice.upper) / 2 - height;
    const double radius = (slice.leave - slice.enter) / 2;
    const double along = across * cosine + up * sine;
    const double chord_squared = radius * radius - (across * across + up * up - along * along);
    if (chord_squared <= 0) return false;
    const double chord = std::sqrt(chord_squared);
    hit = {(along - chord) * cosine, chord * slice.facing};
    return along > chord;
  }
  const double start = std::max(slice.enter, 0.0);
  const double level = height + slope * start;
  if (level >= slice.lower && level <= slice.upper) {
    hit = {slice.enter, slice.facing * cosine};
    return slice.enter > 0;
  }
  // Over the side: the ray can still come down on the roof, or up from below.
  if (level > slice.upper ? slope >= 0 : slope <= 0) return false;
  hit = {((level > slice.upper ? slice.upper : slice.lower) - height) / slope, std::abs(sine)};
  return hit.distance <= slice.leave;
}

Town::Town(std::uint64_t seed) {
  TownPlan plan = plan_town(seed);
  streets_ = std::move(plan.streets);
  solids_ = std::move(plan.solids);
  // Wider by more than the rounding of places and directions to float can move a line within the range of a sensor.
  constexpr double margin = 0.01;
  std::vector<Box3> boxes;
  for (const Solid& solid : solids_) {
    const Place half = footprint(solid);
    Box3 box{{0, 0, -1}, {0, 0, 1}};
    for (std::size_t i = 0; i < 2; ++i) {
      box.lower[i] = static_cast<float>(solid.centre[i] - half[i] - margin);
      box.upper[i] = static_cast<float>(solid.centre[i] + half[i] + margin);
    }
    boxes.push_back(box);
  }
  footprints_.build(boxes);
}

void Town::slice(const Place& origin, const Place& direction, double range, std::vector<Slice>& slices) const {
  slices.clear();
  Ray line;
  line.origin = {static_cast<float>(origin[0]), static_cast<float>(origin[1]), 0};
  line.direction = {static_cast<float>(direction[0]), static_cast<float>(direction[1]), 0};
  line.t_max = static_cast<float>(range);
  for (const RayHit& hit : footprints_.all(line)) {
    const Solid& solid = solids_[static_cast<std::size_t>(hit.primitive)];
    const Place from_centre{origin[0] - solid.centre[0], origin[1] - solid.centre[1]};
    Slice slice{};
    const bool met = solid.shape == Solid::Shape::box ? slice_box(solid, from_centre, direction, slice)
                                                      : slice_round(solid, from_centre, direction, slice);
    if (met && slice.leave > 0 && slice.enter < range) slices.push_back(slice);
  }
  std::sort(slices.begin(), slices.end(), [](const Slice& a, const Slice& b) { return a.enter < b.enter; });
}

}  // namespace coppice::lidar
