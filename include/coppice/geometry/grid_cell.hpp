// Cells of a uniform grid aligned to 0, for down-sampling. A cell is named by the floor of x / edge, kept as floating
// point: an integer would overflow far from the origin, and a cast would fold the two cells around 0 into one.
#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "coppice/errors.hpp"
#include "coppice/geometry/point_view.hpp"

namespace coppice {

/// The ids that a grid of cubes of edge `edge` gives up when every cube keeps only its smallest id, in the order of the
/// rows. Errors: invalid_input unless `edge` is positive and finite. Complexity: O(n · d) expected.
template <class Scalar>
[[nodiscard]] std::vector<point_id> crowded_out(PointView<Scalar> points, const std::vector<point_id>& ids,
                                                Scalar edge) {
  if (!(edge > 0) || !std::isfinite(edge))
    throw invalid_input("cell is " + std::to_string(edge) + "; expected a positive, finite edge length");
  const auto dimension = static_cast<std::size_t>(points.dimension());
  std::vector<Scalar> cells(points.size() * dimension);
  for (std::size_t i = 0; i < points.size(); ++i)
    for (std::size_t axis = 0; axis < dimension; ++axis)
      cells[i * dimension + axis] = std::floor(points.row(i)[axis] / edge) + Scalar(0);  // −0 becomes 0
  const auto hash = [&](std::size_t i) {
    std::size_t h = 0;
    for (std::size_t axis = 0; axis < dimension; ++axis)
      h = (h ^ std::hash<Scalar>{}(cells[i * dimension + axis])) * 0x9e3779b97f4a7c15ull;
    return h ^ (h >> 32);
  };
  const auto same = [&](std::size_t i, std::size_t j) {
    for (std::size_t axis = 0; axis < dimension; ++axis)
      if (cells[i * dimension + axis] != cells[j * dimension + axis]) return false;
    return true;
  };
  std::unordered_map<std::size_t, point_id, decltype(hash), decltype(same)> smallest(points.size(), hash, same);
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto [entry, is_new] = smallest.try_emplace(i, ids[i]);
    if (!is_new && ids[i] < entry->second) entry->second = ids[i];
  }
  std::vector<point_id> out;
  for (std::size_t i = 0; i < points.size(); ++i)
    if (smallest.find(i)->second != ids[i]) out.push_back(ids[i]);
  return out;
}

}  // namespace coppice
