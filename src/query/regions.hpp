// A box query on a periodic index, as boxes inside the cell.
#pragma once

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "coppice/query/searchable.hpp"

namespace coppice::query {

/// A box query split at the seams of the cell: along each periodic axis an interval becomes one or two inside it.
template <class Scalar>
class Regions {
 public:
  Regions(const SearchTarget<Scalar>& target, const Scalar* lower, const Scalar* upper)
      : dimension_(static_cast<std::size_t>(target.dimension)) {
    corners_.emplace_back(lower, lower + dimension_);
    corners_.back().insert(corners_.back().end(), upper, upper + dimension_);
    if (!target.periodic->is_periodic()) return;
    for (std::size_t axis = 0; axis < dimension_; ++axis) split(*target.periodic, axis);
  }
  template <class Visit>
  bool for_each(Visit visit) const {
    for (const std::vector<Scalar>& corner : corners_)
      if (!visit(corner.data(), corner.data() + dimension_)) return false;
    return true;
  }

 private:
  void split(const PeriodicBox<Scalar>& box, std::size_t axis) {
    const Scalar length = box.lengths[axis];
    if (!std::isfinite(length)) return;
    const std::size_t before = corners_.size();
    for (std::size_t i = 0; i < before; ++i) {
      Scalar& low = corners_[i][axis];
      Scalar& high = corners_[i][dimension_ + axis];
      if (high - low >= length) {
        low = 0;
        high = length;
        continue;
      }
      low = box.wrap(low, static_cast<int>(axis));
      high = box.wrap(high, static_cast<int>(axis));
      if (low <= high) continue;
      std::vector<Scalar> rest = corners_[i];
      rest[axis] = 0;
      high = length;
      corners_.push_back(std::move(rest));
    }
  }

  std::size_t dimension_;
  std::vector<std::vector<Scalar>> corners_;  // lower then upper, for every piece
};

}  // namespace coppice::query
