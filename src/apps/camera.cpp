// See path_tracer.hpp: the pinhole, and a view of a scene that nobody chose a view for.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "coppice/apps/path_tracer.hpp"
#include "coppice/errors.hpp"
#include "vec.hpp"

namespace coppice {

namespace {

using scenes::narrow;
using scenes::Vec;
using scenes::wide;

[[noreturn]] void refuse(const std::string& field, const std::string& found, const char* expected) {
  throw invalid_input("Camera: " + field + " is " + found + ", expected " + expected);
}

void check_up(int up) {
  if (up < 0 || up > 2) refuse("up", std::to_string(up), "the axis 0, 1 or 2");
}

/// How far it is from a place to what lies in a direction, or 0 where nothing does; and whether that faces the place.
struct Sight {
  double reach = 0;
  bool faces = false;
};
Sight look(const Bvh& scene, const Vec& place, const Vec& direction) {
  Ray ray;
  ray.origin = narrow(place);
  ray.direction = narrow(direction);
  const RayHit hit = scene.closest(ray);
  if (!hit) return {};
  const Triangle wall = scene.triangle(hit.primitive);
  const Vec normal = scenes::cross(wide(wall.b) - wide(wall.a), wide(wall.c) - wide(wall.a));
  return {static_cast<double>(hit.t), scenes::dot(normal, direction) < 0};
}

/// Whether walls surround a place: most rays to the sides meet the front of something.
bool is_indoors(const Bvh& scene, const Vec& place, int up) {
  constexpr int count = 64;
  const auto [u, v] = scenes::across(scenes::along_axis(up));
  const double step = 4 * std::acos(0.0) / count;
  int faced = 0;
  for (int i = 0; i < count; ++i)
    faced += look(scene, place, std::cos((i + 0.5) * step) * u + std::sin((i + 0.5) * step) * v).faces ? 1 : 0;
  return faced > count * 3 / 4;
}

/// A view along the longer axis of a hall, from near one of its ends; nothing where no height of its middle is indoors.
std::optional<Camera> indoors(const Bvh& scene, const Vec& lower, const Vec& size, int up) {
  std::optional<Camera> best;
  double longest = 0;
  const auto vertical = static_cast<std::size_t>(up);
  for (const double height : {0.5, 0.3, 0.15}) {  // where light comes in from above, rather up than down
    Vec place = lower + 0.5 * size;
    place[vertical] = lower[vertical] + height * size[vertical];
    if (!is_indoors(scene, place, up)) continue;
    for (const Vec& along : scenes::across(scenes::along_axis(up))) {
      const double ahead = look(scene, place, along).reach;
      const double behind = look(scene, place, -1.0 * along).reach;
      if (ahead + behind <= 1.3 * longest) continue;
      longest = ahead + behind;
      best.emplace();
      best->position = narrow(place - 0.85 * behind * along);
      best->target = narrow(place + ahead * along + 0.03 * longest * scenes::along_axis(up));
      best->field_of_view = 58;
      best->up = up;
    }
  }
  return best;
}

/// A view over a landscape or a town, from above its edge.
Camera over_land(const Vec& lower, const Vec& size, int up) {
  const auto vertical = static_cast<std::size_t>(up);
  const auto [u, v] = scenes::across(scenes::along_axis(up));
  const Vec towards = scenes::scaled(0.3 * u + 0.14 * v, size);
  Vec place = lower + 0.5 * size + towards;
  place[vertical] = lower[vertical] + 1.5 * size[vertical];
  Vec target = lower + 0.5 * size - 0.25 * towards;
  target[vertical] = lower[vertical] + 0.3 * size[vertical];
  return {narrow(place), narrow(target), 45, up};
}

/// A view of a thing, from the front and a little above.
Camera of_thing(const Vec& lower, const Vec& size, int up) {
  const Vec center = lower + 0.5 * size;
  const auto [u, v] = scenes::across(scenes::along_axis(up));
  const Vec towards = scenes::unit(0.85 * u + 0.45 * v + 0.3 * scenes::along_axis(up));
  constexpr double angle = 40;
  const double radius = 0.5 * std::sqrt(scenes::dot(size, size));
  const double least = std::max(1e-3, 1e-5 * std::sqrt(scenes::dot(center, center)));  // all in one place
  const double distance = 0.85 * std::max(radius, least) / std::tan(angle / 2 * std::acos(0.0) / 90);
  return {narrow(center + distance * towards), narrow(center), static_cast<float>(angle), up};
}

}  // namespace

void Camera::check() const {
  check_up(up);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (!std::isfinite(position[axis])) refuse("position", std::to_string(position[axis]), "finite numbers");
    if (!std::isfinite(target[axis])) refuse("target", std::to_string(target[axis]), "finite numbers");
  }
  if (!(field_of_view >= 1 && field_of_view <= 170))
    refuse("field_of_view", std::to_string(field_of_view), "1 to 170 degrees");
  const Vec forward = wide(target) - wide(position);
  const Vec side = scenes::cross(forward, scenes::along_axis(up));
  if (!(scenes::dot(side, side) > 1e-12 * scenes::dot(forward, forward)))
    refuse("target", "at, above or below the position", "a place to the side of it");
}

Ray Camera::ray(double x, double y, int width, int height) const {
  const Vec forward = scenes::unit(wide(target) - wide(position));
  const Vec right = scenes::unit(scenes::cross(forward, scenes::along_axis(up)));
  const Vec above = scenes::cross(right, forward);
  const double half = std::tan(static_cast<double>(field_of_view) * std::acos(0.0) / 180);
  const double across = (2 * x - width) / height * half;
  const double upward = (height - 2 * y) / height * half;
  Ray ray;
  ray.origin = position;
  ray.direction = narrow(scenes::unit(forward + across * right + upward * above));
  return ray;
}

Camera automatic_camera(const Bvh& scene, int up) {
  check_up(up);
  if (scene.empty()) throw invalid_input("automatic_camera: found an empty scene, expected one with triangles");
  const Box3 box = scene.bounds();
  const Vec lower = wide(box.lower);
  const Vec size = wide(box.upper) - lower;
  if (scene.kind() == bvh::Kind::triangles)
    if (const auto hall = indoors(scene, lower, size, up)) return *hall;
  double widest = 0;
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (axis != static_cast<std::size_t>(up)) widest = std::max(widest, size[axis]);
  const double height = size[static_cast<std::size_t>(up)];
  return height > 0 && height < 0.25 * widest ? over_land(lower, size, up) : of_thing(lower, size, up);
}

}  // namespace coppice
