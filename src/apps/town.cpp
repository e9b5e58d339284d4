// See town.hpp.
#include "town.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "town_plan.hpp"

namespace coppice::lidar {
namespace {

constexpr double cell_size = 6;

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
  index_solids();
}

void Town::index_solids() {
  Place upper{};
  corner_ = {std::numeric_limits<double>::max(), std::numeric_limits<double>::max()};
  upper = {std::numeric_limits<double>::lowest(), std::numeric_limits<double>::lowest()};
  for (const Solid& solid : solids_) {
    const Place half = footprint(solid);
    for (std::size_t i = 0; i < 2; ++i) {
      corner_[i] = std::min(corner_[i], solid.centre[i] - half[i] - 1);
      upper[i] = std::max(upper[i], solid.centre[i] + half[i] + 1);
    }
  }
  for (std::size_t i = 0; i < 2; ++i) cells_[i] = static_cast<int>(std::ceil((upper[i] - corner_[i]) / cell_size));

  const auto for_each_cell = [&](const Solid& solid, auto&& body) {
    const Place half = footprint(solid);
    std::array<int, 2> first{};
    std::array<int, 2> last{};
    for (std::size_t i = 0; i < 2; ++i) {
      first[i] = static_cast<int>((solid.centre[i] - half[i] - corner_[i]) / cell_size);
      last[i] = static_cast<int>((solid.centre[i] + half[i] - corner_[i]) / cell_size);
    }
    for (int y = first[1]; y <= last[1]; ++y)
      for (int x = first[0]; x <= last[0]; ++x) body(static_cast<std::size_t>(y * cells_[0] + x));
  };
  cell_offsets_.assign(static_cast<std::size_t>(cells_[0] * cells_[1]) + 1, 0);
  for (const Solid& solid : solids_) for_each_cell(solid, [&](std::size_t cell) { ++cell_offsets_[cell + 1]; });
  for (std::size_t cell = 1; cell < cell_offsets_.size(); ++cell) cell_offsets_[cell] += cell_offsets_[cell - 1];
  cell_solids_.resize(cell_offsets_.back());
  std::vector<std::uint32_t> next(cell_offsets_.begin(), cell_offsets_.end() - 1);
  for (std::size_t i = 0; i < solids_.size(); ++i)
    for_each_cell(solids_[i], [&](std::size_t cell) { cell_solids_[next[cell]++] = static_cast<std::uint32_t>(i); });
}

void Town::slice(const Place& origin, const Place& direction, double range, std::vector<std::uint32_t>& seen,
                 std::uint32_t stamp, std::vector<Slice>& slices) const {
  slices.clear();
  double at = 0;
  double end = range;
  for (std::size_t i = 0; i < 2; ++i) {  // clip the line to the grid
    const double upper = corner_[i] + cells_[i] * cell_size;
    if (std::abs(direction[i]) < 1e-12) {
      if (origin[i] < corner_[i] || origin[i] >= upper) return;
      continue;
    }
    const double a = (corner_[i] - origin[i]) / direction[i];
    const double b = (upper - origin[i]) / direction[i];
    at = std::max(at, std::min(a, b));
    end = std::min(end, std::max(a, b));
  }
  if (at >= end) return;

  std::array<int, 2> cell{};
  std::array<double, 2> next{};  // t at which the line leaves the cell's column or row
  std::array<double, 2> step{};
  for (std::size_t i = 0; i < 2; ++i) {
    const double place = (origin[i] + direction[i] * at - corner_[i]) / cell_size;
    cell[i] = std::clamp(static_cast<int>(place), 0, cells_[i] - 1);
    const bool still = std::abs(direction[i]) < 1e-12;
    step[i] = still ? 0 : cell_size / std::abs(direction[i]);
    next[i] = still ? std::numeric_limits<double>::infinity()
                    : (corner_[i] + (cell[i] + (direction[i] > 0 ? 1 : 0)) * cell_size - origin[i]) / direction[i];
  }
  while (true) {
    const auto index = static_cast<std::size_t>(cell[1] * cells_[0] + cell[0]);
    for (std::uint32_t entry = cell_offsets_[index]; entry < cell_offsets_[index + 1]; ++entry) {
      const std::uint32_t id = cell_solids_[entry];
      if (seen[id] == stamp) continue;
      seen[id] = stamp;
      const Solid& solid = solids_[id];
      const Place from_centre{origin[0] - solid.centre[0], origin[1] - solid.centre[1]};
      Slice slice{};
      const bool met = solid.shape == Solid::Shape::box ? slice_box(solid, from_centre, direction, slice)
                                                        : slice_round(solid, from_centre, direction, slice);
      if (met && slice.leave > 0 && slice.enter < range) slices.push_back(slice);
    }
    const std::size_t i = next[0] < next[1] ? 0 : 1;
    if (next[i] >= end) break;
    next[i] += step[i];
    cell[i] += direction[i] > 0 ? 1 : -1;
    if (cell[i] < 0 || cell[i] >= cells_[i]) break;
  }
  std::sort(slices.begin(), slices.end(), [](const Slice& a, const Slice& b) { return a.enter < b.enter; });
}

}  // namespace coppice::lidar
