// Coordinates by row for libraries that refer to their caller's memory: rows are appended, never reused, and each
// carries the id that it stands for.
#pragma once

#include <cstdint>
#include <vector>

#include "coppice/geometry/point_view.hpp"
#include "harness/real.hpp"

namespace coppice::bench {

class Rows {
 public:
  void assign(PointView<Real> points) {
    coordinates_.assign(points.row(0), points.row(0) + dimension * points.size());
    ids_.resize(points.size());
    row_of_.resize(points.size());
    for (std::size_t i = 0; i < points.size(); ++i) {
      ids_[i] = static_cast<point_id>(i);
      row_of_[i] = static_cast<std::uint32_t>(i);
    }
  }
  void append(const Real* p, point_id id) {
    if (row_of_.size() <= static_cast<std::size_t>(id)) row_of_.resize(static_cast<std::size_t>(id) + 1);
    row_of_[static_cast<std::size_t>(id)] = static_cast<std::uint32_t>(ids_.size());
    coordinates_.insert(coordinates_.end(), p, p + dimension);
    ids_.push_back(id);
  }

  [[nodiscard]] std::size_t size() const { return ids_.size(); }
  [[nodiscard]] point_id id_of(std::size_t row) const { return ids_[row]; }
  [[nodiscard]] std::uint32_t row_of(point_id id) const { return row_of_[static_cast<std::size_t>(id)]; }

  [[nodiscard]] std::size_t kdtree_get_point_count() const { return ids_.size(); }
  [[nodiscard]] double kdtree_get_pt(std::size_t row, std::size_t axis) const {
    return coordinates_[dimension * row + axis];
  }
  template <class Box>
  bool kdtree_get_bbox(Box&) const {
    return false;
  }

 private:
  std::vector<double> coordinates_;
  std::vector<point_id> ids_;
  std::vector<std::uint32_t> row_of_;  // the last row of an id
};

}  // namespace coppice::bench
